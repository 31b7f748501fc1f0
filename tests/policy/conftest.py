"""A tiny country and register, so that the policy layer is tested by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from kladsim.core.errors import InputError, unknown_name


@dataclass(frozen=True)
class TinyPack:
    name: str = "russia"
    region_code: tuple[str, ...] = ("RU-MOW", "RU-SPE", "RU-SVE")


class TinyRegister:
    def __init__(self, numbers: Mapping[str, float]) -> None:
        self._numbers = dict(numbers)

    def override(self, changes: Mapping[str, float], /) -> TinyRegister:
        for name, value in changes.items():
            if name not in self._numbers:
                raise unknown_name("parameter", name, self._numbers, where="parameters")
            if value < 0:
                raise InputError("is out of range", where=name, value=value, allowed="0 or more")
        return TinyRegister({**self._numbers, **changes})

    def values(self) -> Mapping[str, float]:
        return dict(self._numbers)


@pytest.fixture
def pack() -> TinyPack:
    return TinyPack()


@pytest.fixture
def register() -> TinyRegister:
    return TinyRegister({"courier.pay_per_drop": 400.0, "shop.fee": 0.05})
