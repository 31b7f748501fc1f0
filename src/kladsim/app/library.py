"""What is there to see: run directories below the runs folder, their views, and the baseline that is shipped."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

from kladsim.app.jobs import known_id
from kladsim.app.settings import ServerSettings
from kladsim.app.shelf import Shelf
from kladsim.app.view import View, read_view, view_file, view_of, write_view
from kladsim.core.errors import InputError, StorageError, unknown_name
from kladsim.runs.result import Result
from kladsim.runs.store import RunStore

SHIPPED = Path(__file__).with_name("shipped")
IN_MEMORY = 24


class Library:
    """Finds runs by id and keeps their views at hand."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self._views: OrderedDict[str, View] = OrderedDict()
        self.shelf = Shelf(settings.runs)
        self._lock = threading.RLock()

    def runs(self) -> dict[str, dict[str, Any]]:
        """The status of every run directory by id, with its ``path``; read again only where it changed."""
        return self.shelf.every()

    def status_of(self, folder: Path) -> dict[str, Any]:
        """What the status file of a run directory says, nothing where there is none."""
        return self.shelf.status_in(folder)

    def shipped(self) -> list[str]:
        """Ids of the runs whose views come with the package."""
        if not self.settings.shipped:
            return []
        return sorted(path.name.split(".")[0] for path in SHIPPED.glob("*.json.gz"))

    def shipped_base(self) -> View | None:
        """The shipped baseline, of whatever model it is."""
        views = (self.find(run_id) for run_id in self.shipped())
        return next((view for view in views if view is not None and view.name == self.settings.base), None)

    def find(self, run_id: str) -> View | None:
        """The view of a run, None where no finished run has this id.

        Raises
        ------
        InputError : it cannot be an id
        """
        known_id(run_id)
        with self._lock:
            known = self._views.get(run_id)
            if known is not None and (known.regional or not view_file(self.settings.views, run_id).exists()):
                self._views.move_to_end(run_id)
                return known
        view = self._stored(run_id) or self._made(run_id)
        if view is not None:
            self._remember(view)
        return view

    def is_there(self, run_id: str) -> bool:
        """Whether the run itself is there, finished and whole, and not only its view."""
        return self.result(run_id) is not None

    def view(self, run_id: str) -> View:
        """The view of a finished run.

        Raises
        ------
        InputError : no finished run has this id
        """
        view = self.find(run_id)
        if view is None:
            raise unknown_name("finished run", run_id, (), where="run")
        return view

    def _stored(self, run_id: str) -> View | None:
        for folder in (self.settings.views, *((SHIPPED,) if self.settings.shipped else ())):
            path = view_file(folder, run_id)
            if path.exists():
                try:
                    return read_view(path)
                except StorageError:
                    continue
        return None

    def _made(self, run_id: str) -> View | None:
        status = self.shelf.find(run_id)
        if status is None or status.get("state") != "finished":
            return None
        try:
            view = view_of(Result.open(Path(status["path"])))
        except (InputError, StorageError):
            return None
        with suppress(OSError):  # a view that cannot be kept is made again
            write_view(self.settings.views, view)
        return view

    def result(self, run_id: str) -> Result | None:
        """The finished run itself, None where only its view is there."""
        status = self.shelf.find(known_id(run_id))
        if status is None or not RunStore(Path(status["path"]), str(status["key"]), str(status["name"])).finished:
            return None
        return Result(Path(status["path"]), from_store=True)

    def _remember(self, view: View) -> None:
        with self._lock:
            self._views[view.id] = view
            while len(self._views) > IN_MEMORY:
                self._views.popitem(last=False)
