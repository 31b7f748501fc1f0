"""Things by name: those of kladsim, and those that installed packages declare under an entry-point group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from kladsim.core.errors import InputError, unknown_name

Item = TypeVar("Item")


def load_installed(group: str, kind: str, wanted: type[Item]) -> dict[str, Item]:
    """Load what installed packages declare under an entry-point group, by name in alphabetical order.

    Raises
    ------
    InputError : an entry that cannot be loaded, that is no ``wanted``, or whose item has another name
    """
    items = {}
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        where = f"{kind} {point.name}"
        try:
            item = point.load()
        except (ImportError, AttributeError) as error:
            raise InputError(f"cannot be loaded ({error})", where=where, value=point.value) from error
        if not isinstance(item, wanted):
            raise InputError(f"is no {wanted.__name__}", where=where, value=point.value)
        if (own := getattr(item, "name", point.name)) != point.name:
            raise InputError("has another name than its entry point", where=where, value=own, allowed=point.name)
        items[point.name] = item
    return items


class Registry(Mapping[str, Item], Generic[Item]):
    """A read-only mapping of built-in items and of those of installed packages, which load once a name needs them.

    Parameters
    ----------
    kind : what an item is called in errors
    group : the entry-point group
    builtin : the items of kladsim by name
    wanted : the class of an item
    check : what else an item of another package must fulfil: raises ``InputError``
    """

    def __init__(
        self, kind: str, group: str, builtin: Mapping[str, Item], wanted: type[Item],
        check: Callable[[Item], object] = lambda item: None,
    ) -> None:  # fmt: skip
        self.kind, self.group, self.wanted, self.check = kind, group, wanted, check
        self.builtin = dict(builtin)
        self._all: dict[str, Item] | None = None

    def __getitem__(self, name: str) -> Item:
        return self.builtin[name] if name in self.builtin else self._complete()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._complete())

    def __len__(self) -> int:
        return len(self._complete())

    def find(self, name: str, where: str | None = None) -> Item:
        """Return an item; raise ``InputError`` with the nearest name for an unknown one."""
        try:
            return self[name]
        except KeyError:
            raise unknown_name(self.kind, name, self, where=where) from None

    def added(self) -> dict[str, Item]:
        """Return the items of installed packages by name."""
        return {name: item for name, item in self._complete().items() if name not in self.builtin}

    def _complete(self) -> dict[str, Item]:
        if self._all is None:
            installed = load_installed(self.group, self.kind, self.wanted)
            for name, item in installed.items():
                if name in self.builtin:
                    raise InputError("has the name of a built-in one", where=f"{self.kind} {name}", value=self.group)
                self.check(item)
            self._all = {**self.builtin, **installed}
        return self._all
