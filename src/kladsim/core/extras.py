"""Optional packages: each kind of work that needs more than a run belongs to an extra, named when it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kladsim.core.errors import InputError

EXTRAS: dict[str, tuple[str, ...]] = {
    "analysis": ("SALib", "sklearn", "scoringrules"),
    "calibrate": ("emcee", "sklearn", "scoringrules", "threadpoolctl"),
    "cluster": ("distributed", "dask"),
    "monitor": ("babel", "charset_normalizer", "python_calamine", "ruptures", "scoringrules"),
    "report": ("typst",),
    "web": ("fastapi", "starlette", "uvicorn", "typst"),
}
"""The modules that each extra of the package brings, as pyproject.toml declares them."""


class MissingExtraError(InputError):
    """A package of an extra is not installed; the message says how to get it."""

    def __init__(self, extra: str, module: str, where: str | None = None, value: object = None) -> None:
        how = f"pip install kladsim[{extra}]"
        super().__init__(
            f"needs the extra `{extra}` (the module {module} is not installed)", where=where, value=value, allowed=how
        )


@contextmanager
def extra(name: str, *, where: str | None = None, value: object = None) -> Iterator[None]:
    """Import modules of an extra within; what is missing is told with the extra's name.

    Raises
    ------
    MissingExtraError : a module of it is not installed
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] == "kladsim":
            raise
        raise MissingExtraError(name, str(error.name), where, value) from error


def missing_extra(error: ModuleNotFoundError) -> MissingExtraError | None:
    """Return the error that names the extra of a module that was not found; None for a module of no extra."""
    module = str(error.name).partition(".")[0]
    found = [name for name, modules in EXTRAS.items() if module in modules]
    return MissingExtraError(found[0], str(error.name)) if found else None
