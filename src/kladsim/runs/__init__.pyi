from .result import Result as Result
from .running import run as run
from .tasks import Progress as Progress
from .verification import verify as verify

__all__ = ["Progress", "Result", "run", "verify"]
