from .result import Result as Result
from .running import Progress as Progress
from .running import run as run
from .verification import verify as verify

__all__ = ["Progress", "Result", "run", "verify"]
