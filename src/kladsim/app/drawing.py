"""Charts and maps remembered: each depends on what is asked and on the runs that are there, on nothing else."""

from __future__ import annotations

from contextlib import suppress

from kladsim.app import answers as a
from kladsim.app.catalogue import catalogue
from kladsim.app.charting import chart_answer
from kladsim.app.geometry import map_of
from kladsim.app.memo import Memo, Packed, packed_json
from kladsim.app.regional import regions_answer
from kladsim.app.service import Service
from kladsim.app.view import View
from kladsim.report.pack_maps import NoMapError
from kladsim.runs.judging import FEWEST_FOR_90

KEPT = 300
#: The outcome of the first chart.
FIRST = "deaths"
NOTHING = a.ChartAnswer(spec=None, rows=[], unit="", sentence="", missing=["baseline"])


class Drawer:
    """Draws what a page asks for; fifty pages that ask for the same wait for one drawing."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._charts: Memo[a.ChartAnswer] = Memo(KEPT)
        self._packed: Memo[Packed] = Memo(KEPT)
        self._regions: Memo[Packed] = Memo(KEPT)
        self._constant: Memo[Packed] = Memo(KEPT)
        self._nothing = packed_json(NOTHING)

    def names(self) -> Packed:
        """Everything that the page offers by name."""
        settings = self.service.settings
        defaults: dict[str, str | int] = {
            "base": settings.base, "until": settings.until, "scale": settings.scale,
            "replicates": settings.replicates, "seed": settings.seed, "fewest_for_90": FEWEST_FOR_90,
        }  # fmt: skip
        return self._constant("names", lambda: packed_json(catalogue(self.service.engine, defaults)))

    def map(self, country: str) -> Packed:
        """The map of a country.

        Raises
        ------
        InputError : unknown country, or a pack without a map
        """
        return self._constant(("map", country), lambda: packed_json(map_of(country)))

    def warm(self) -> None:
        """Make what every first page asks for."""
        self.names()
        base = self.service.frame(a.Asked()).base
        with suppress(NoMapError):
            self.map(base.country)
        for asked in (a.ChartAsked(outcome=FIRST), a.ChartAsked(outcome=FIRST, look="dark")):
            self.packed(asked)

    def chart(self, asked: a.ChartAsked) -> a.ChartAnswer:
        """The chart of one outcome.

        Raises
        ------
        InputError : unknown outcome
        """
        base, plans, missing = self.service.comparison(asked)
        if base is None:
            return NOTHING
        return self._drawn(asked, base, plans, missing)

    def packed(self, asked: a.ChartAsked) -> Packed:
        """The chart of one outcome as bytes.

        Raises
        ------
        InputError : unknown outcome
        """
        base, plans, missing = self.service.comparison(asked)
        if base is None:
            return self._nothing
        known = _content(asked, base, plans, missing)
        return self._packed(known, lambda: packed_json(self._drawn(asked, base, plans, missing)))

    def regions(self, asked: a.RegionsAsked) -> Packed:
        """Values by region and year as bytes.

        Raises
        ------
        InputError : the outcome is not known by region
        """
        base, plans, missing = self.service.comparison(asked)
        if base is None:
            return packed_json(regions_answer(self.service, asked, base, plans))
        name = asked.plans[asked.plan].name if asked.plan is not None and asked.plan < len(asked.plans) else ""
        # A difference needs the runs themselves: a map that could not be drawn without them can be drawn later.
        there = tuple(self.service.library.is_there(view.id) for view in (base, *plans.values()))
        known = asked.outcome, asked.view, asked.plan, name, base.id, _ids(plans), tuple(missing), there
        return self._regions(known, lambda: packed_json(regions_answer(self.service, asked, base, plans)))

    def _drawn(self, asked: a.ChartAsked, base: View, plans: dict[str, View], missing: list[str]) -> a.ChartAnswer:
        content = _content(asked, base, plans, missing)
        return self._charts(content, lambda: chart_answer(asked, base, plans, missing))


def _content(asked: a.ChartAsked, base: View, plans: dict[str, View], missing: list[str]) -> tuple[object, ...]:
    style = asked.outcome, asked.view, asked.style, asked.look, asked.language
    return *style, base.id, _ids(plans), tuple(missing)


def _ids(plans: dict[str, View]) -> tuple[tuple[str, str], ...]:
    return tuple((name, view.id) for name, view in plans.items())
