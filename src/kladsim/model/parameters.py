"""Types of the register's values as kernels read them: ``w.p[0].demand_light``.

At run time the values are a structured array (``Register.record``). The stub beside this file, written by
``tools/parameter_types.py``, tells mypy the names.
"""

from __future__ import annotations


class Parameters:
    """One record of parameters: a float for each, its name with ``_`` for ``.``."""


class ParameterTable:
    """The array of one record that kernels receive."""
