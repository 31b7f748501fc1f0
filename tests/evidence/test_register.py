"""The register: validated on load, overridden only inside its ranges, read back from its record."""

from __future__ import annotations

from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kladsim.core.errors import InputError
from kladsim.evidence import Parameter, Register, load_register
from kladsim.evidence.register import evidence_ids

SHIPPED = load_register()
names = st.sampled_from(sorted(SHIPPED))
GOOD = {
    "value": "2.0",
    "unit": '"days"',
    "low": "1",
    "high": "3",
    "prior": '"uniform"',
    "source": '"E062"',
    "grade": '"B"',
    "control": '"nature"',
    "doc": '"A delay."',
}


def read(folder: Path, name: str = "a.delay", **changes: str | None) -> Register:
    cells = {**GOOD, **changes}
    lines = [f"{key} = {cell}" for key, cell in cells.items() if cell is not None]
    path = folder / "parameters.toml"
    path.write_text(f'["{name}"]\n' + "\n".join(lines) + "\n", encoding="utf-8")
    return load_register(path)


def test_shipped_parameters_are_complete_and_inside_their_range() -> None:
    assert len(SHIPPED) >= 3
    for name, parameter in SHIPPED.items():
        assert parameter.name == name
        assert parameter.low <= parameter.value <= parameter.high
        assert parameter.unit and parameter.doc and parameter.source


@given(names, st.floats(0, 1))
def test_override_inside_the_range_round_trips_through_the_record(name: str, share: float) -> None:
    parameter = SHIPPED[name]
    value = min(parameter.high, parameter.low + share * (parameter.high - parameter.low))
    changed = SHIPPED.override({name: value})
    record = changed.record()
    assert record.dtype.names == tuple(p.field for _, p in SHIPPED.items())
    assert {n: float(record[p.field][0]) for n, p in changed.items()} == changed.values()
    assert changed.values() == {**SHIPPED.values(), name: value}


@given(names, st.floats())
def test_override_rejects_all_that_is_outside_the_range(name: str, value: float) -> None:
    parameter = SHIPPED[name]
    if parameter.low <= value <= parameter.high:
        assert SHIPPED.override({name: value})[name].value == value
        return
    with pytest.raises(InputError) as caught:
        SHIPPED.override({name: value})
    assert caught.value.where == name
    assert caught.value.allowed is not None and parameter.unit in caught.value.allowed


@pytest.mark.parametrize("value", ["400", None, True, [1.0]])
def test_override_rejects_what_is_not_a_number(value: object) -> None:
    with pytest.raises(InputError, match="finite number"):
        SHIPPED.override({next(iter(SHIPPED)): value})  # type: ignore[dict-item]


def test_override_leaves_the_register_as_it_was() -> None:
    name = next(iter(SHIPPED))
    before = SHIPPED.values()
    SHIPPED.override({name: SHIPPED[name].high})
    assert SHIPPED.values() == before
    with pytest.raises(TypeError):
        SHIPPED[name] = SHIPPED[name]  # type: ignore[index]


def test_unknown_name_suggests_the_nearest() -> None:
    name = next(iter(SHIPPED))
    with pytest.raises(InputError) as caught:
        SHIPPED.override({name[:-1]: 1.0})
    assert caught.value.suggestion == name


def test_json_schema_accepts_the_values_and_rejects_others() -> None:
    schema = SHIPPED.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    name, parameter = next(iter(SHIPPED.items()))
    assert validator.is_valid(SHIPPED.values())
    assert not validator.is_valid({name: parameter.high + 1})
    assert not validator.is_valid({"no.such": 1.0})


def test_controls_split_the_register() -> None:
    parts = [SHIPPED.controlled_by(control) for control in ("public", "market", "nature")]
    assert sorted(name for part in parts for name in part) == sorted(SHIPPED)
    with pytest.raises(InputError, match="public"):
        SHIPPED.controlled_by("publc")


def test_a_good_file_loads(tmp_path: Path) -> None:
    assert read(tmp_path)["a.delay"] == Parameter(
        "a.delay", 2.0, "days", 1.0, 3.0, "uniform", "E062", "B", "nature", "A delay."
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": "4"}, "out of range"),
        ({"value": "nan"}, "finite number"),
        ({"value": '"2"'}, "finite number"),
        ({"value": "true"}, "finite number"),
        ({"low": "3.5"}, "low is above high"),
        ({"unit": None}, "missing key 'unit'"),
        ({"doc": '""'}, "must be text"),
        ({"grade": '"E"'}, "A, B, C, D"),
        ({"control": '"markt"'}, "did you mean 'market'"),
        ({"prior": '"lognorm"'}, "did you mean 'lognormal'"),
        ({"prior": '"loguniform"', "low": "0"}, "low above 0"),
        ({"source": '"E999"'}, "unknown evidence id"),
        ({"source": '"somebody"'}, "names no source"),
        ({"source": '"assumption"'}, "cannot be graded"),
        ({"uint": '"days"'}, "did you mean 'unit'"),
        ({"value": "= 2"}, "damaged parameter file"),
    ],
)
def test_a_bad_entry_is_named(tmp_path: Path, change: dict[str, str | None], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, "a.delay", **change)
    assert "parameters.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "grade", "ids"),
    [
        ("E134-E136", "A", ("E134", "E135", "E136")),
        ("H9, T22; PL1", "B", ("H9", "T22", "PL1")),
        ("doi:10.1007/s11292-023-09563-z", "A", ()),
        ("'Caulkins and Reuter 1998, E999'", "B", ()),
        ("assumption: no figure found", "D", ()),
        ("E073, assumption", "D", ("E073",)),
    ],
)
def test_sources_that_count(tmp_path: Path, source: str, grade: str, ids: tuple[str, ...]) -> None:
    register = read(tmp_path, source=f'"{source}"', grade=f'"{grade}"')
    assert register["a.delay"].evidence == ids


def test_names_that_share_a_record_field_are_refused(tmp_path: Path) -> None:
    entry = "".join(f"{key} = {cell}\n" for key, cell in GOOD.items())
    path = tmp_path / "twins.toml"
    path.write_text(f'["a.b_c"]\n{entry}["a_b.c"]\n{entry}', encoding="utf-8")
    with pytest.raises(InputError, match="same record field"):
        load_register(path)


@pytest.mark.parametrize("name", ["delay", "A.delay", "a.delay time"])
def test_bad_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="bad parameter name"):
        read(tmp_path, name=name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_register(tmp_path / "none.toml")


def test_ids_cover_every_table() -> None:
    assert {"S001", "E001", "T01", "P27", "O1", "PL15", "D10", "H15", "E22", "S7", "Q7"} <= evidence_ids()
