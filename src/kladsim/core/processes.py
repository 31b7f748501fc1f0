"""Declared hazards become kernels: the author of a mechanism writes a hazard and an effect, never a loop.

Every day each active entity gets 64 random bits. The high half decides lane 0, the low half lane 1: an entity whose half
lies below its class's bound is *marked*. A marked entity's process is found by cutting the bound among the processes of
its class, and it happens with probability hazard / bound. Dormant entities are reached by geometric skips over the whole
chunk at a fixed bound, then thinned in the same way. Bounds belong to the model, never to a scenario, so two scenarios
mark the same entities and differ only where their hazards do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kladsim.core import fixedmath, rng
from kladsim.core.jit import kernel
from kladsim.core.population import BLOCK, CLASSES

TWO32 = 4294967296.0
U8, U32, U64 = np.uint8, np.uint32, np.uint64
ONE = np.uint64(1)
SHIFT32 = np.uint64(32)


@dataclass(frozen=True)
class Process:
    """What can happen to an active entity.

    Parameters
    ----------
    name : unique name
    lane : 0 or 1, the half of the day's bits that decides it
    bounds : upper bound of the daily probability by class; fixed, never a scenario's
    effect : ``effect(a, i, c, w, t)`` changes row ``i`` of chunk ``c`` and the world ``w`` on day ``t``
    hazard : ``hazard(a, i, c, w, t)`` returns the daily probability; None means that it equals the bound
    doc : what happens, with the source of the equation
    switch : the mechanism that this process belongs to
    """

    name: str
    lane: int
    bounds: dict[int, float]
    effect: Callable[..., None]
    hazard: Callable[..., float] | None = None
    doc: str = ""
    switch: str = ""


@dataclass(frozen=True)
class Awakening:
    """What can happen to a dormant entity, found by skips at a fixed bound.

    ``hazard(j, c, w, t)`` and ``effect(a, j, c, w, t)`` get the entity's index ``j`` instead of a row.
    """

    name: str
    bound: float
    hazard: Callable[..., float]
    effect: Callable[..., None]
    doc: str = ""
    switch: str = ""


@dataclass
class Lanes:
    """Processes of one population, with their bounds cut per lane and class.

    Raises
    ------
    ValueError
        When the bounds of a class in a lane add up to 1 or more.
    """

    processes: Sequence[Process]
    awakenings: Sequence[Awakening] = ()
    thresholds: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.thresholds = np.zeros((2, CLASSES), np.uint32)
        for lane in (0, 1):
            for klass in range(CLASSES):
                total = sum(p.bounds.get(klass, 0.0) for p in self.processes if p.lane == lane)
                if total >= 1.0:
                    raise ValueError(f"lane {lane}, class {klass}: bounds add up to {total}, they must stay below 1")
                self.thresholds[lane, klass] = int(total * TWO32)

    def of(self, lane: int, klass: int) -> list[tuple[int, Process, int]]:
        """Return (index, process, cumulative threshold) of a lane and class, in order of declaration."""
        out, total = [], 0.0
        for index, process in enumerate(self.processes):
            if process.lane == lane and klass in process.bounds:
                total += process.bounds[klass]
                out.append((index, process, int(total * TWO32)))
        return out


@kernel
def mark_chunk(pid: Any, klass: Any, key: Any, thr: Any, flag: Any, out: Any) -> Any:
    """Write the rows (relative to the slice) that the day's bits mark; return how many.

    Blocks of rows: a branch-free pass that compilers turn into vector code, then a branch-free listing.
    """
    a1, a2, a3, a4, a5, a6, a7 = thr[0, 1], thr[0, 2], thr[0, 3], thr[0, 4], thr[0, 5], thr[0, 6], thr[0, 7]
    b1, b2, b3, b4, b5, b6, b7 = thr[1, 1], thr[1, 2], thr[1, 3], thr[1, 4], thr[1, 5], thr[1, 6], thr[1, 7]
    n = U64(pid.size)
    m = U64(0)
    low = U64(0)
    step = U64(BLOCK)
    while low < n:
        high = min(n, low + step)
        ids = pid[low:high]
        kinds = klass[low:high]
        for j in range(ids.size):
            h = rng.bits(key, U64(ids[j]), rng.ZERO)
            k = kinds[j]
            x = U32(h >> SHIFT32)
            y = U32(h)
            flag[j] = (
                U8((k == 1) & ((x < a1) | (y < b1)))
                | U8((k == 2) & ((x < a2) | (y < b2)))
                | U8((k == 3) & ((x < a3) | (y < b3)))
                | U8((k == 4) & ((x < a4) | (y < b4)))
                | U8((k == 5) & ((x < a5) | (y < b5)))
                | U8((k == 6) & ((x < a6) | (y < b6)))
                | U8((k == 7) & ((x < a7) | (y < b7)))
            )
        for j in range(ids.size):
            out[m] = U32(low + U64(j))
            m += U64(flag[j])
        low = high
    return m


@kernel
def skip(position: Any, key: Any, entity: Any, draw: Any, inverse_log: float) -> Any:
    """Return the next position of a Bernoulli process by one geometric gap."""
    u = rng.unit(key, entity, draw)
    return position + 1 + int(fixedmath.log(1.0 - u) * inverse_log)


def inverse_log_of(bound: float) -> float:
    """Return 1 / log(1 - bound) for ``skip``."""
    return float(1.0 / fixedmath.log(1.0 - bound))


def _chain(lanes: Lanes, lane: int, indent: str) -> list[str]:
    lines = []
    bits = "h >> SHIFT32" if lane == 0 else "h & rng.LOW32"
    lines.append(f"{indent}x = {bits}")
    word = "if"
    for klass in range(1, CLASSES):
        entries = lanes.of(lane, klass)
        if not entries:
            continue
        lines.append(f"{indent}{word} k == {klass}:")
        inner = "if"
        for index, process, cumulative in entries:
            lines.append(f"{indent}    {inner} x < {cumulative}:")
            deep = indent + "        "
            if process.hazard is None:
                lines.append(f"{deep}effect_{index}(a, i, c, w, t)")
            else:
                lines.append(f"{deep}p = hazard_{index}(a, i, c, w, t)")
                lines.append(f"{deep}if p > {float(process.bounds[klass])!r}:")
                lines.append(f"{deep}    over[worker, {index}] += 1")
                lines.append(f"{deep}if rng.unit(accept, a.pid[i], {index + 1}) * {float(process.bounds[klass])!r} < p:")
                lines.append(f"{deep}    effect_{index}(a, i, c, w, t)")
            inner = "elif"
        word = "elif"
    if word == "if":
        lines.append(f"{indent}pass")
    return lines


def _awake(lanes: Lanes, indent: str) -> list[str]:
    lines = []
    for index, process in enumerate(lanes.awakenings):
        inverse = inverse_log_of(process.bound)
        lines += [
            f"{indent}draw = {index} << 32",
            f"{indent}j = skip(-1, dormant, c, draw, {inverse!r})",
            f"{indent}while j < chunks.size[c]:",
            f"{indent}    e = chunks.first[c] + j",
            f"{indent}    p = rouse_{index}(e, c, w, t)",
            f"{indent}    if p > {float(process.bound)!r}:",
            f"{indent}        over[worker, {len(lanes.processes) + index}] += 1",
            f"{indent}    if rng.unit(accept, e, {len(lanes.processes) + index + 1}) * {float(process.bound)!r} < p:",
            f"{indent}        waken_{index}(a, e, c, w, t)",
            f"{indent}    draw += 1",
            f"{indent}    j = skip(j, dormant, c, draw, {inverse!r})",
        ]
    return lines


def step_source(lanes: Lanes, consume: Sequence[int], *, fused: bool, dormant: bool) -> str:
    """Return the source of a step kernel (also shown by ``kladsim explain``)."""
    lines = [
        "def step(a, chunks, w, t, worker, low, high, key, accept, dormant, thr, marks, n_marks, over, flag):",
        "    for c in range(low, high):",
        "        s = chunks.start[c]",
        "        n = chunks.count[c]",
    ]
    if fused:
        lines += [
            "        m = mark_chunk(a.pid[s:s + n], a.klass[s:s + n], key, thr, flag, marks)",
            "        base = 0",
        ]
    else:
        lines += ["        m = n_marks[c]", "        base = s"]
    if consume:
        lines += [
            "        for z in range(m):",
            "            i = s + marks[base + z]",
            "            k = a.klass[i]",
            "            h = rng.bits(key, U64(a.pid[i]), rng.ZERO)",
        ]
        for position, lane in enumerate(consume):
            if position:
                lines.append("            k = a.klass[i]")
            lines += _chain(lanes, lane, "            ")
    if dormant:
        lines += _awake(lanes, "        ")
    return "\n".join(lines) + "\n"


def build_step(lanes: Lanes, consume: Sequence[int] = (0, 1), *, fused: bool = True, dormant: bool = True) -> Any:
    """Compile the kernel that carries out the declared processes over a range of chunks."""
    source = step_source(lanes, consume, fused=fused, dormant=dormant)
    scope: dict[str, Any] = {
        "__name__": __name__,
        "mark_chunk": mark_chunk, "skip": skip, "rng": rng, "U64": U64, "SHIFT32": SHIFT32,
    }  # fmt: skip
    for index, process in enumerate(lanes.processes):
        scope[f"effect_{index}"] = process.effect
        scope[f"hazard_{index}"] = process.hazard
    for index, awakening in enumerate(lanes.awakenings):
        scope[f"rouse_{index}"] = awakening.hazard
        scope[f"waken_{index}"] = awakening.effect
    exec(compile(source, "<kladsim step kernel>", "exec"), scope)
    function = scope["step"]
    function.__kernel_source__ = source
    return kernel(function)


@kernel
def mark(a: Any, chunks: Any, low: Any, high: Any, key: Any, thr: Any, marks: Any, n_marks: Any, flag: Any) -> None:
    """Mark all rows of a range of chunks, for steps that consume the lanes in different phases."""
    for c in range(low, high):
        s = chunks.start[c]
        n = chunks.count[c]
        n_marks[c] = mark_chunk(a.pid[s : s + n], a.klass[s : s + n], key, thr, flag, marks[s : s + n + 1])
