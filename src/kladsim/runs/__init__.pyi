from .result import Result as Result
from .run import Progress as Progress
from .run import run as run
from .verify import verify as verify

__all__ = ["Progress", "Result", "run", "verify"]
