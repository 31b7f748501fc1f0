"""Observers of other packages: numbers recorded every evening, of which outcomes of their own are made.

An installed package declares an `Observer` under the entry-point group ``kladsim.observers``. It runs where an outcome
of the run names it, sees persons and world as read-only arrays, and so moves no result and changes no digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kladsim.core.arrays import Array
from kladsim.core.errors import InputError, unknown_name
from kladsim.core.random_arrays import Floats
from kladsim.core.registry import Registry
from kladsim.model.added import ADDED
from kladsim.model.entities import Persons
from kladsim.model.record import read_only
from kladsim.model.state import World

Observe = Callable[[Persons, World, int], Sequence[float]]


@dataclass(frozen=True)
class Observer:
    """What is recorded every evening.

    Parameters
    ----------
    name, doc : what it is
    columns : names of the numbers
    observe : ``observe(persons, world, day)`` returns one number a column
    """

    name: str
    doc: str
    columns: tuple[str, ...]
    observe: Observe


OBSERVERS: Registry[Observer] = Registry("observer", "kladsim.observers", {}, Observer)


class Observations:
    """What observers recorded in one run: float64[days, columns] each, NaN on days on which they did not run."""

    def __init__(self, names: Iterable[str], n_days: int) -> None:
        self.observers = {name: OBSERVERS.find(name, where="outcome, observer") for name in sorted(set(names))}
        self.values = {
            name: np.full((n_days, len(observer.columns)), np.nan) for name, observer in self.observers.items()
        }

    def record(self, day: int, persons: Persons, world: World) -> None:
        """Let every observer look at the state of an evening."""
        if not self.observers:
            return
        people, state = read_only(persons), read_only(world)
        for name, observer in self.observers.items():
            row = observer.observe(people, state, day)
            if len(row) != len(observer.columns):
                raise InputError(f"returns {len(row)} numbers", where=f"observer {name}",
                                 allowed=f"one for each of {', '.join(observer.columns)}")  # fmt: skip
            self.values[name][day] = row

    def arrays(self) -> dict[str, Floats]:
        """Return what was recorded under names for a saved state."""
        return {f"observed.{name}": values for name, values in self.values.items()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what was recorded in the past."""
        for name, values in self.arrays().items():
            if name in arrays and arrays[name].shape[1] == values.shape[1]:
                rows = min(len(values), len(arrays[name]))
                values[:rows] = arrays[name][:rows]


class RecordedNumbers(dict[str, Floats]):
    """What observers and added mechanisms recorded, by name; one that was off in the run is an ``InputError``."""

    def __missing__(self, name: str) -> Floats:
        if name in ADDED:
            raise InputError("belongs to a mechanism that is off", where="run.observed", value=name,
                             allowed=f"a scenario with mechanisms: {{{name}: on}}")  # fmt: skip
        raise unknown_name("observer or mechanism", name, (*self, *OBSERVERS, *ADDED), where="run.observed")
