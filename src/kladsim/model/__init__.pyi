from .outcomes import OUTCOMES as OUTCOMES
from .simulation import Simulation as Simulation
from .version import MODEL_VERSION as MODEL_VERSION

__all__ = ["MODEL_VERSION", "OUTCOMES", "Simulation"]
