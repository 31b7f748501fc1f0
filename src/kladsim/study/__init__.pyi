from .branch import branch as branch
from .compare import Comparison as Comparison
from .compare import compare as compare
from .effects import Effect as Effect

__all__ = ["Comparison", "Effect", "branch", "compare"]
