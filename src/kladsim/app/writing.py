"""This page as Python, YAML and a command: what is shown, run by anybody, gives the same numbers."""

from __future__ import annotations

import itertools
import re
from datetime import date
from typing import Any

from kladsim.app.answers import Code
from kladsim.app.plans import Frame
from kladsim.policy.lever import Lever
from kladsim.policy.registry import own_lever_classes
from kladsim.policy.scenario import Scenario


def code_of(frame: Frame, plans: list[tuple[str, Scenario]]) -> Code:
    """The same base and plans for those who write."""
    return Code(python=_python(frame, plans), yaml=_yaml(frame, plans), command=_command(frame, plans))


def _python(frame: Frame, plans: list[tuple[str, Scenario]]) -> str:
    base = frame.base
    lines = ["import kladsim as ks", "", f"base = ks.Scenario.preset({base.based_on or base.name!r}).with_("]
    lines += [f"    until={base.until.isoformat()!r}, scale={str(base.scale)!r}, seed={base.seed},", ")"]
    names = []
    for number, (name, scenario) in enumerate(plans, 1):
        names.append(f"plan_{number}")
        levers = [f"    {_call(lever)}," for lever in scenario.levers[len(base.levers) :]]
        lines += [f"{names[-1]} = base.with_(", *levers, f"    name={name!r},", ")"]
    if names:
        options = f"replicates={frame.replicates}{_parameters(frame)}"
        lines += ["", f"found = ks.compare(base, {', '.join(names)}, {options})"]
        lines += ["print(found.summary())   # median, 90 % interval, P(plan better)", "print(found.losers())"]
    else:
        lines += ["", f"found = ks.run(base, replicates={frame.replicates}{_parameters(frame)})"]
        lines += ["print(found.summary())"]
    return "\n".join(lines) + "\n"


def _parameters(frame: Frame) -> str:
    """The option for parameters, where they are not those that every door takes by itself."""
    return f", parameters={frame.named!r}" if frame.named else ""


def _call(lever: Lever) -> str:
    kind = type(lever).__name__
    known = own_lever_classes().get(lever.name) is type(lever)
    options = ", ".join(f"{name}={_literal(value)}" for name, value in lever.options().items())
    return f"ks.{kind}({options})" if known else f"ks.lever_classes()[{lever.name!r}]({options})"


def _literal(value: Any) -> str:
    return repr(value.isoformat() if isinstance(value, date) else value)


def _yaml(frame: Frame, plans: list[tuple[str, Scenario]]) -> str:
    scenarios = [frame.base, *(scenario.with_(name=name) for name, scenario in plans)]
    return "\n---\n".join(scenario.to_yaml().strip() for scenario in scenarios) + "\n"


def _command(frame: Frame, plans: list[tuple[str, Scenario]]) -> str:
    base = frame.base
    common = f"--scale {base.scale} --seed {base.seed} --until {base.until.isoformat()} -n {frame.replicates}"
    common += f" --parameters {frame.named}" if frame.named else ""
    source = base.based_on or base.name
    if not plans:
        return f"kladsim run {source} {common}"
    files = " ".join(f"{name}.yaml" for name in _file_names([name for name, _ in plans]))
    return f"# save each plan of the YAML tab under its name first\nkladsim compare {source} {files} {common}"


def _file_names(names: list[str]) -> list[str]:
    """A file name a plan, all different: names that differ in signs only get a number."""
    names_so_far: list[str] = []
    for name in map(file_name, names):
        numbered = (f"{name}-{number}" for number in itertools.count(2))
        names_so_far.append(next(free for free in itertools.chain([name], numbered) if free not in names_so_far))
    return names_so_far


def file_name(name: str) -> str:
    """A plan's name as the name of a file."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-") or "plan"
