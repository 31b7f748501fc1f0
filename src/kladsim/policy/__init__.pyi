from .lever import Evidence as Evidence
from .lever import Lever as Lever
from .lever import Programme as Programme
from .registry import lever_class as lever_class
from .registry import lever_classes as lever_classes
from .scenario import Scenario as Scenario

__all__ = ["Evidence", "Lever", "Programme", "Scenario", "lever_class", "lever_classes"]
