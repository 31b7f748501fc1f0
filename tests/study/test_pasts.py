"""A comparison runs the common past of its runs once, and every run keeps the bits of one that ran alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.study.fake_model import SPEC, FakeSimulation
from tests.waiting import wait_until

from kladsim.model.config import Modifier, RunConfig
from kladsim.policy import Scenario
from kladsim.runs import kept
from kladsim.runs.engine import DEFAULT_ENGINE, engine_named
from kladsim.runs.executing import ReplicateTask
from kladsim.runs.families import arrange_families
from kladsim.runs.pasts import past_of, shared_days
from kladsim.runs.running import RunRequest, run_job, run_jobs
from kladsim.runs.store import RunStore
from kladsim.runs.tasks import Progress, list_groups
from kladsim.study import compare
from kladsim.study.design import Design
from kladsim.study.ensemble import Study

ROOT = Path(__file__).parents[2]
START, UNTIL = date(2014, 1, 1), date(2015, 1, 1)
DAYS = 365


def day(number: int) -> date:
    return START + timedelta(days=number)


def modifier(start: int, end: int | None = None, value: float = 0.5, **fields: Any) -> Modifier:
    until = None if end is None else day(end)
    return Modifier(fields.pop("quantity", "treatment.places"), day(start), until, "multiply", value, **fields)


def config(*modifiers: Modifier, **fields: Any) -> RunConfig:
    given = {"parameters": {"a": 1.0}, "switches": {"M9": True}, "seed": 1, "scale": 100, **fields}
    return RunConfig("russia", START, UNTIL, modifiers=modifiers, **given)


# -- the first day on which configurations differ ----------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "days"),
    [
        (config(), config(), DAYS),
        (config(), config(modifier(200)), 200),
        (config(), config(modifier(0)), 0),
        (config(), config(modifier(1)), 1),
        (config(), config(modifier(364)), 364),
        (config(), config(modifier(-90)), 0),
        (config(modifier(-90)), config(modifier(-90), modifier(10)), 10),
        (config(modifier(50)), config(modifier(50), modifier(80)), 80),
        (config(modifier(50)), config(modifier(50, value=0.6)), 50),
        (config(modifier(50)), config(modifier(50, region="RU-MOW")), 50),
        (config(modifier(50)), config(modifier(50, ramp_days=30)), 50),
        (config(modifier(50)), config(modifier(50, end=70)), 70),
        (config(modifier(50, end=90)), config(modifier(50, end=70)), 70),
        (config(modifier(50, end=70)), config(modifier(50, end=70), modifier(70, value=0.5)), 70),
        (config(modifier(50), modifier(50, value=2.0)), config(modifier(50, value=2.0), modifier(50)), 50),
        (config(), config(parameters={"a": 1.1}), 0),
        (config(), config(switches={"M9": False}), 0),
        (config(), config(seed=2), 0),
        (config(), config(luck=1, luck_from=day(120)), 120),
        (config(luck=1, luck_from=day(60)), config(luck=1, luck_from=day(120)), 60),
        (config(luck=1), config(luck=2), 0),
        (config(), replace(config(), until=date(2014, 7, 1)), 0),
    ],
)  # fmt: skip
def test_the_first_day_on_which_two_configurations_differ(one: RunConfig, other: RunConfig, days: int) -> None:
    assert shared_days(one, other) == shared_days(other, one) == days


@given(
    st.lists(st.builds(modifier, st.integers(-5, 12), st.none() | st.integers(13, 20)), max_size=4),
    st.lists(st.builds(modifier, st.integers(-5, 12), st.none() | st.integers(13, 20)), max_size=4),
    st.integers(1, 25),
)
def test_pasts_agree_up_to_the_first_difference_and_no_further(
    first: list[Modifier], second: list[Modifier], at: int
) -> None:
    one, other = config(*first), config(*second)
    agreed = shared_days(one, other)
    if at <= agreed:
        assert past_of(one, at) == past_of(other, at)
    elif agreed < DAYS:
        assert past_of(one, max(at, 21)) != past_of(other, max(at, 21))


# -- the order of runs -------------------------------------------------------------------------------------


def task(*modifiers: Modifier, number: int = 0, **fields: Any) -> ReplicateTask:
    made = config(*modifiers, **fields)
    return ReplicateTask(RunStore(Path("x"), str(hash(str(made)))[:9], "x"), made, number, engine=SPEC)


def test_plans_leave_the_run_with_which_they_share_most() -> None:
    early = modifier(100)
    members = [task(), task(early), task(modifier(200)), task(early, modifier(300)), task(seed=2)]
    found = arrange_families(members)
    assert [item.shared for item in found] == [0, 100, 200, 300, 0]
    assert [item.leave for item in found] == [(100, 200), (300,), (), (), ()]
    assert [len(family) for family in list_groups(found)] == [4, 1]


def test_families_are_split_only_where_workers_would_wait() -> None:
    members = [task(*([modifier(at)] if at else []), number=n) for n in range(2) for at in (0, 10, 20, 30)]
    assert [len(family) for family in list_groups(arrange_families(members, 2))] == [4, 4]
    assert [len(family) for family in list_groups(arrange_families(members, 4))] == [2, 2, 2, 2]
    assert [item.shared for item in arrange_families(members, 4)] == [0, 10, 0, 20] * 2


def test_the_last_day_runs_even_where_nothing_differs() -> None:
    assert [item.shared for item in arrange_families([task(), task()])] == [0, DAYS - 1]


# -- same bits ---------------------------------------------------------------------------------------------


def lever(start: str, end: str | None = None, ramp: int = 0, delay: int = 0, share: float = 0.5) -> dict[str, Any]:
    made = {"lever": "diversion", "start": start, "share": share, "ramp_days": ramp, "delay_days": delay}
    return made if end is None else {**made, "end": end}


def scenario(name: str, *levers: dict[str, Any], **fields: Any) -> Scenario:
    return Scenario(**{"name": name, "until": "2015-07-01", "scale": "1/1000", "levers": levers, **fields})


STARTS = ("2014-01-01", "2014-01-02", "2014-07-16", "2015-01-01", "2015-02-28", "2015-06-30")


@st.composite
def plans(draw: st.DrawFn) -> list[Scenario]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        levers = []
        for share in (0.5, 0.9)[: draw(st.integers(1, 2))]:
            start = draw(st.sampled_from(STARTS))
            end = draw(st.none() | st.just("2015-07-15"))
            levers.append(lever(start, end, draw(st.sampled_from((0, 90))), draw(st.sampled_from((0, 14))), share))
        if len(levers) == 2 and levers[0]["start"] == levers[1]["start"]:
            levers = levers[:1]
        found.append(scenario(f"plan {number}", *levers[:1] if number else levers[-1:]))
    return found


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Count the days that the fake model simulates, by replicate."""
    days: Counter[int] = Counter()
    run = FakeSimulation.run

    def counting(self: FakeSimulation, *arguments: Any, **options: Any) -> None:
        before = self.day
        run(self, *arguments, **options)
        days[self.replicate] += self.day - before

    monkeypatch.setattr(FakeSimulation, "run", counting)
    return days


def separate(folder: Path, what: Scenario, spec: str, replicates: int, threads: int = 1, **fields: Any) -> Any:
    model = engine_named(spec)
    pack = model.load_pack(what.country)
    job = RunRequest(what.name, what.resolve(pack), replicates, folder, threads, engine=spec, fresh=True, **fields)
    return run_job(job, None, model, pack)


@settings(max_examples=8)
@given(others=plans(), seed=st.integers(1, 3), replicates=st.integers(1, 3))
def test_runs_side_by_side_have_the_bits_of_runs_alone(
    tmp_path_factory: pytest.TempPathFactory, others: list[Scenario], seed: int, replicates: int
) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    found = compare(scenario("base", seed=seed), *others, replicates=replicates, out=folder / "all", engine=SPEC)
    for result in (found.base, *found.plans.values()):
        what = Scenario(**{**next(s for s in found.scenarios.values() if s.name == result.name).to_plain()})
        alone = separate(folder / f"alone-{result.name}", what, SPEC, replicates)
        assert result.replicate_digests == alone.replicate_digests
        assert (result.path / "result.nc").read_bytes() == (alone.path / "result.nc").read_bytes()
        assert (result.path / "summary.parquet").read_bytes() == (alone.path / "summary.parquet").read_bytes()
        assert result.provenance["key"] == alone.provenance["key"]
        assert not list(result.path.rglob("*.state.npz"))


@pytest.mark.parametrize("start", STARTS)
def test_the_model_has_the_same_bits_with_a_shared_past(tmp_path: Path, start: str) -> None:
    seed = 1 + STARTS.index(start)
    threads = 1 + seed % 2
    base = scenario("base", until="2015-07-01", seed=seed)
    plan = scenario("plan", lever(start, ramp=60), {"lever": "treatment", "start": start, "places": 20000})
    later = scenario("later", lever("2015-03-01", delay=20), {"lever": "takedown", "date": "2015-04-07"})
    found = compare(base, plan, later, replicates=1, out=tmp_path / "all", threads=threads)
    for result in (found.base, *found.plans.values()):
        alone = separate(tmp_path / f"alone-{result.name}", found.scenarios[result.name], DEFAULT_ENGINE, 1)
        assert result.replicate_digests == alone.replicate_digests, result.name
        assert (result.path / "result.nc").read_bytes() == (alone.path / "result.nc").read_bytes()


def test_draws_of_the_posterior_share_a_past_replicate_by_replicate(tmp_path: Path) -> None:
    base = scenario("base", until="2015-01-01")
    plan = scenario("plan", lever("2014-09-01"))
    found = compare(base, plan, replicates=2, out=tmp_path / "all", parameters="prior")
    from kladsim.runs.parameters import draws_for

    draws = draws_for("prior", "russia")
    for result in (found.base, *found.plans.values()):
        what = found.scenarios[result.name]
        alone = separate(tmp_path / f"alone-{result.name}", what, DEFAULT_ENGINE, 2, draws=draws)
        assert result.replicate_digests == alone.replicate_digests
        begun = (result.path / "progress.jsonl").read_text().count("kept past")
        assert begun == (0 if result.name == "base" else 2)


# -- each past once ----------------------------------------------------------------------------------------


def test_a_comparison_simulates_the_common_past_once(monkeypatch: pytest.MonkeyPatch) -> None:
    days = counted(monkeypatch)
    whole = (date(2015, 7, 1) - START).days
    late = (date(2015, 7, 1) - date(2015, 1, 1)).days
    compare(scenario("base"), scenario("a", lever("2015-01-01")), scenario("b", lever("2015-01-01", share=0.9)),
            replicates=3, engine=SPEC)  # fmt: skip
    assert days == {number: whole + 2 * late for number in range(3)}
    compare(scenario("base"), scenario("a", lever("2015-01-01")), replicates=3, engine=SPEC)
    assert days == {number: whole + 2 * late for number in range(3)}, "the store answers"


def test_a_later_plan_begins_where_an_earlier_one_left_the_base(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The page runs base and plans one after the other: the second plan of a day finds the past of the first."""
    model = replace(engine_named(SPEC), code=lambda: "one")
    pack = model.load_pack("russia")
    days = counted(monkeypatch)
    whole, late = (date(2015, 7, 1) - START).days, (date(2015, 7, 1) - date(2015, 1, 1)).days

    def alone(name: str, *levers: dict[str, Any]) -> None:
        what = scenario(name, *levers)
        run_job(RunRequest(name, what.resolve(pack), 1, tmp_path / name, engine=SPEC), None, model, pack)

    alone("a", lever("2015-01-01"))
    assert days[0] == whole
    alone("b", lever("2015-01-01", share=0.9))
    assert days[0] == whole + late
    alone("base")
    assert days[0] == whole + 2 * late, "the base begins there too"
    separate(tmp_path / "anew", scenario("base"), SPEC, 1)
    assert days[0] == 2 * whole + 2 * late, "a fresh run trusts nothing that is kept"


def test_progress_ends_at_its_total_and_counts_no_shared_day(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []

    def tell(progress: Progress) -> None:
        seen.append((progress.done, progress.total))

    compare(scenario("base"), scenario("a", lever("2015-01-01")), replicates=2, engine=SPEC, progress=tell)
    whole, late = (date(2015, 7, 1) - START).days, (date(2015, 7, 1) - date(2015, 1, 1)).days
    assert seen[-1] == (2 * (whole + late), 2 * (whole + late))
    assert all(done <= total for done, total in seen) and seen == sorted(seen)


def test_cells_of_a_study_share_the_past_at_each_point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    days = counted(monkeypatch)
    whole, late = (date(2015, 7, 1) - START).days, (date(2015, 7, 1) - date(2015, 1, 1)).days
    study = Study.plan(
        scenario("base"), scenario("a", lever("2015-01-01")), scenario("b", lever("2015-01-01", share=0.9)),
        vary=["use.initiation"], design=Design("grid", 2), replicates=2, out=tmp_path / "s",
        engine=SPEC,
    )  # fmt: skip
    for number in (1, 2, 3):
        study.run(shard=f"{number}/3")
    assert study.status().missing == 0
    assert sum(days.values()) == 4 * (whole + 2 * late)
    assert not list(kept.folder().glob("*")), "what only the study needed is gone"


# -- interruptions -----------------------------------------------------------------------------------------


@settings(max_examples=6)
@given(stop=st.integers(0, 3 * 546))
def test_interrupted_on_any_day_the_same_call_resumes_to_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, stop: int
) -> None:
    folder = tmp_path_factory.mktemp("resumed")
    base, plan = scenario("base"), scenario("a", lever("2015-01-20"))
    model = engine_named(SPEC)
    pack = model.load_pack("russia")

    def jobs(where: str) -> list[RunRequest]:
        return [
            RunRequest(item.name, item.resolve(pack), 2, folder / where / item.name, engine=SPEC, checkpoint_seconds=0.0)
            for item in (base, plan)
        ]

    def interrupt(progress: Progress) -> None:
        if progress.done >= stop:
            raise KeyboardInterrupt

    try:
        run_jobs(jobs("x"), interrupt, model, pack)
    except KeyboardInterrupt:
        states = [RunStore.existing(job.out).status()["state"] for job in jobs("x") if job.out]
        assert "running" not in states
    resumed = run_jobs(jobs("x"), None, model, pack)
    for result, what in zip(resumed, (base, plan), strict=True):
        assert result.replicate_digests == separate(folder / "y" / what.name, what, SPEC, 2).replicate_digests


KILLED = """
import sys
sys.path.insert(0, {root!r})
from tests.study.test_pasts import lever, scenario
from kladsim.study import compare
if __name__ == "__main__":
    compare(scenario("base"), scenario("a", lever("2015-01-01")), replicates=4, workers={workers}, engine={spec!r})
"""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.slow
def test_kill_9_in_the_middle_then_the_same_comparison_resumes(tmp_path: Path, workers: int) -> None:
    script = tmp_path / "script.py"
    script.write_text(KILLED.format(root=str(ROOT), workers=workers, spec=SPEC))
    child = subprocess.Popen([sys.executable, script], env={**os.environ, "FAKE_DAY_SECONDS": "0.0005"})
    runs = Path(os.environ["KLADSIM_RUNS"])
    wait_until(lambda: child.poll() is not None or any(runs.glob("a-*/replicates/0000.npz")), "the first replicate")
    child.send_signal(signal.SIGKILL)
    child.wait()
    found = compare(scenario("base"), scenario("a", lever("2015-01-01")), replicates=4, engine=SPEC)
    for result in (found.base, *found.plans.values()):
        alone = separate(tmp_path / result.name, found.scenarios[result.name], SPEC, 4)
        assert result.replicate_digests == alone.replicate_digests


def test_one_run_that_fails_leaves_the_others_finished(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = FakeSimulation.run

    def failing(self: FakeSimulation, *arguments: Any, **options: Any) -> None:
        run(self, *arguments, **options)
        if self.config.modifiers and self.replicate == 1:
            raise RuntimeError("on purpose")

    monkeypatch.setattr(FakeSimulation, "run", failing)
    with pytest.raises(Exception, match="1 of 2 replicates failed"):
        compare(scenario("base"), scenario("a", lever("2015-01-01")), replicates=2, out=tmp_path, engine=SPEC)
    states = {path.parent.name[:4]: RunStore.existing(path.parent).status()["state"] for path in tmp_path.glob("*/status.json")}
    assert sorted(states.values()) == ["failed", "finished"]


def test_a_damaged_or_missing_state_costs_time_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keep = kept.keep

    def damaging(*arguments: Any) -> None:
        keep(*arguments)
        for path in kept.folder().glob("*.npz"):
            path.write_bytes(b"broken")

    monkeypatch.setattr(kept, "keep", damaging)
    plan = scenario("a", lever("2015-01-01"))
    found = compare(scenario("base"), plan, replicates=1, engine=SPEC)
    alone = separate(tmp_path / "alone", found.scenarios["a"], SPEC, 1)
    assert found.plans["a"].replicate_digests == alone.replicate_digests


def test_states_lie_outside_the_folder_of_runs(runs_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KLADSIM_STATES")
    assert "kladsim" in str(kept.folder()) and runs_folder not in kept.folder().parents


def test_kept_states_used_longest_ago_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    kept.folder().mkdir(parents=True)
    for number in range(4):
        path = kept.folder() / f"{number}{kept.ENDING}"
        path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
    monkeypatch.setattr(kept, "MOST_BYTES", 250)
    kept.trim()
    assert sorted(path.name[0] for path in kept.folder().iterdir()) == ["2", "3"]


def test_another_models_code_has_other_pasts() -> None:
    model = engine_named(SPEC)
    pack = model.load_pack("russia")
    codes = [replace(model, code=lambda text=text: text) for text in ("one", "other")]
    keys = {kept._key(engine, pack, config(), 0, 10) for engine in codes}
    assert len(keys) == 2
    assert kept._key(codes[0], pack, config(), 0, 10) == kept._key(codes[0], pack, config(modifier(10)), 0, 10)
