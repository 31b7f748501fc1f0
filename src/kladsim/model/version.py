"""The version of the model: it changes whenever a number does, and ends in ``.dev`` while the model is being built."""

from __future__ import annotations

import os

from kladsim.core.errors import InputError

MODEL_VERSION = "0.7.0"
VARIABLE = "KLADSIM_MODEL_VERSION"
SUFFIX = ".dev"


def model_version() -> str:
    """Return the version of the model; the only reader of ``MODEL_VERSION``.

    Tests of a model in development name one in ``$KLADSIM_MODEL_VERSION``, which worker processes inherit.

    Raises
    ------
    InputError : the environment names a version that does not end in ``.dev``
    """
    override = os.environ.get(VARIABLE, "")
    if override and not override.endswith(SUFFIX):
        raise InputError("is for models in development", where=f"${VARIABLE}", value=override, allowed=f"9.9.9{SUFFIX}")
    return override or MODEL_VERSION


def is_in_development() -> bool:
    """Whether the model is being built: what ships was made with another one, and no plan is judged."""
    return model_version().endswith(SUFFIX)
