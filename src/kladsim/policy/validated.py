"""The base of what users write: frozen, no unknown keys, errors that name field, value and allowed."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from kladsim.core.errors import InputError, unknown_name
from kladsim.policy.fields import python_value

_BOUND_WORDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


class Validated(BaseModel):
    """A frozen value whose constructor raises `InputError`, never a foreign validation error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def __init__(self, /, **fields: Any) -> None:
        try:
            super().__init__(**{name: python_value(value) for name, value in fields.items()})
        except ValidationError as error:
            raise as_input_error(error, type(self)) from None


def as_input_error(error: ValidationError, model: type[BaseModel]) -> InputError:
    """Return one of pydantic's complaints as an `InputError`: an unknown key explains a missing one."""
    complaints = error.errors(include_url=False)
    first = min(complaints, key=lambda complaint: complaint["type"] != "extra_forbidden")
    path = ".".join(str(part) for part in first["loc"]) or None
    field = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return unknown_name("key", field, model.model_fields, where=model.__name__)
    if first["type"] == "missing":
        return InputError("is required", where=path)
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return relocated(cause, path)
    if first["type"] in ("tuple_type", "list_type"):
        return InputError("is not a list", where=path, value=first["input"], allowed="a list: a line with `- ` an item")
    if first["type"] in ("dict_type", "mapping_type"):
        return InputError("is not a mapping", where=path, value=first["input"], allowed="{NAME: VALUE}")
    allowed = _allowed(model.model_fields.get(field), first.get("ctx", {}))
    return InputError("is not allowed", where=path, value=first["input"], allowed=allowed or first["msg"])


def relocated(error: InputError, prefix: str | None, *, joint: str = ".") -> InputError:
    """Return the same complaint, told from one level further out."""
    where = joint.join(part for part in (prefix, error.where) if part)
    return InputError(
        error.message,
        where=where or None,
        value=error.value,
        allowed=error.allowed,
        suggestion=error.suggestion,
    )


def _allowed(field: FieldInfo | None, context: dict[str, Any]) -> str | None:
    if "expected" in context:
        return str(context["expected"])
    bounds = [
        f"{words} {getattr(item, bound)}"
        for item in (field.metadata if field else ())
        for bound, words in _BOUND_WORDS.items()
        if hasattr(item, bound)
    ]
    # A field that may be absent hides its bounds from its metadata; the complaint still tells the one that was broken.
    told = [f"{words} {context[bound]}" for bound, words in _BOUND_WORDS.items() if bound in context]
    return " and ".join(bounds or told) or None
