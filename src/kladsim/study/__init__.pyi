from .branching import branch as branch
from .comparison import Comparison as Comparison
from .comparison import compare as compare
from .effects import Effect as Effect

__all__ = ["Comparison", "Effect", "branch", "compare"]
