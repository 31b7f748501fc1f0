"""What is known and how well: the register of parameters (unit, range, prior, source, grade) and the tables
of claims, figures, targets, patterns and published results. Pure data and its readers, read at first use.
"""

from kladsim.evidence.claims import claims, figures, patterns, published, targets
from kladsim.evidence.explaining import Explanation, explain, explainable
from kladsim.evidence.mechanisms import MECHANISMS, Mechanism, mechanism, mechanisms
from kladsim.evidence.register import Parameter, Register, load_register

__all__ = [
    "MECHANISMS",
    "Explanation",
    "Mechanism",
    "Parameter",
    "Register",
    "claims",
    "explain",
    "explainable",
    "figures",
    "load_register",
    "mechanism",
    "mechanisms",
    "patterns",
    "published",
    "targets",
]
