"""Bernoulli thinning with a shared uniform: the author of a mechanism writes a hazard and an effect, never a loop.

Each active entity draws two 32-bit uniforms a day, one for each lane. Competing processes of a class own disjoint
sub-intervals of [0, bound) in a lane; process j happens if the uniform falls into the first ``hazard_j`` of its
sub-interval. (Where the hazard ends within a step of 2^-32 a further draw decides, so that probabilities are exact.)
``bound_j >= hazard_j`` is a constant of the model, so the set of candidates is the same in every scenario: common
random numbers. Dormant entities are reached by geometric skips over the whole chunk at a fixed bound, then thinned by
hazard / bound.

Effects may change their own row and the world's sums of whole numbers, and append rows to their chunk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kladsim.core import fixedmath, rng
from kladsim.core.bitlists import SPARE, list_exact, list_wide
from kladsim.core.columns import Table
from kladsim.core.jit import inlined, kernel
from kladsim.core.population import BLOCK, CHUNK, CLASSES, LEFT, Active, Chunks

TWO32 = 4294967296.0
U8, U32, U64 = np.uint8, np.uint32, np.uint64
ONE, ZERO = np.uint64(1), np.uint64(0)
SHIFT32 = np.uint64(32)
NO_SIGN = np.uint64(0x7FFFFFFFFFFFFFFF)
BATCH = BLOCK // 4
BEHIND = CHUNK + SPARE


@dataclass(frozen=True)
class Process:
    """What can happen to an active entity.

    Parameters
    ----------
    name : unique name
    lane : 0 or 1, the half of the day's bits that decides it
    bounds : upper bound of the daily probability by class; fixed, never a scenario's
    effect : ``effect(a, i, c, w, t)`` changes row ``i`` of chunk ``c`` and the world ``w`` on day ``t``
    hazard : ``hazard(a, i, c, w, t)`` returns the daily probability; None means that it equals the bound,
        rounded up to a multiple of 2^-32
    doc : what happens, with the source of the equation
    switch : the mechanism that this process belongs to
    ceiling : ``ceiling(k, c, w, t)``, an upper bound of today's hazards of class ``k`` in chunk ``c``, or
        None; where the last process of a lane has one, a fused step looks at fewer entities, with the same
        result
    """

    name: str
    lane: int
    bounds: dict[int, float]
    effect: Callable[..., None]
    hazard: Callable[..., float] | None = None
    doc: str = ""
    switch: str = ""
    ceiling: Callable[..., float] | None = None


@dataclass(frozen=True)
class DormantProcess:
    """What can happen to a dormant entity, found by skips at a fixed bound.

    ``hazard(j, c, w, t)`` and ``effect(a, j, c, w, t)`` get the entity's index ``j`` instead of a row. The
    optional ``ceiling(0, c, w, t)`` is an upper bound of today's hazards in the chunk: it changes no result,
    but spares the look at entities that cannot be accepted.
    """

    name: str
    bound: float
    hazard: Callable[..., float]
    effect: Callable[..., None]
    doc: str = ""
    switch: str = ""
    ceiling: Callable[..., float] | None = None


@dataclass
class Lanes:
    """Processes of one population, with their bounds cut per lane and class.

    Attributes
    ----------
    thresholds : uint32 array [lane, class], the part of a half that marks, in 2^-32
    cuts : uint32 array [process, class], where a process's part ends
    bounds : float array [process, class], the bounds (0 where a class knows no such process)

    Raises
    ------
    ValueError
        When a lane, class or bound is not allowed, or the bounds of a class in a lane add up to 1 or more.
    """

    processes: Sequence[Process]
    awakenings: Sequence[DormantProcess] = ()
    thresholds: np.ndarray = field(init=False)
    cuts: np.ndarray = field(init=False)
    bounds: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.thresholds = np.zeros((2, CLASSES), np.uint32)
        self.cuts = np.zeros((len(self.processes), CLASSES), np.uint32)
        self.bounds = np.zeros((len(self.processes), CLASSES))
        total = [[0] * CLASSES, [0] * CLASSES]
        for index, process in enumerate(self.processes):
            if process.lane not in (0, 1):
                raise ValueError(f"process {process.name!r}: lane {process.lane} given, allowed 0 or 1")
            for klass, bound in process.bounds.items():
                self._check(process, klass, bound)
                total[process.lane][klass] += math.ceil(bound * TWO32)
                self.bounds[index, klass] = bound
            for klass, reached in enumerate(total[process.lane]):
                if reached >= TWO32:
                    raise ValueError(
                        f"lane {process.lane}, class {klass}: bounds add up to {reached / TWO32}, "
                        "they must stay below 1"
                    )
            self.cuts[index] = total[process.lane]
        self.thresholds[:] = total
        for awakening in self.awakenings:
            if not 0.0 < awakening.bound < 1.0:
                raise ValueError(f"awakening {awakening.name!r}: bound {awakening.bound} given, allowed (0, 1)")

    @staticmethod
    def _check(process: Process, klass: int, bound: float) -> None:
        if not 1 <= klass < CLASSES:
            raise ValueError(f"process {process.name!r}: class {klass} given, allowed 1 to {CLASSES - 1}")
        if not 0.0 <= bound <= 1.0:
            raise ValueError(f"process {process.name!r}, class {klass}: bound {bound} given, allowed 0 to 1")

    def of(self, lane: int) -> list[tuple[int, Process]]:
        """Return the processes of a lane with their indices, in order of declaration."""
        return [(index, process) for index, process in enumerate(self.processes) if process.lane == lane]


def mark_source(classes: Sequence[Sequence[int]]) -> str:
    """Return the source of a kernel that sets bits 0 and 1 (the lanes) of the flags of up to ``BLOCK`` rows.

    Nested choices instead of a look-up, and no branch: compilers turn it into vector code.
    """
    lines = ["def mark_block(pid, klass, key, thr, flag):"]
    choice = ["U32(0)", "U32(0)"]
    for lane in (0, 1):
        for k in reversed(classes[lane]):
            lines.append(f"    t{lane}{k} = thr[{lane}, {k}]")
            choice[lane] = f"t{lane}{k} if k == {k} else {choice[lane]}"
    lines += [
        "    for j in range(pid.size):",
        "        h = rng.bits(key, U64(pid[j]), ZERO)",
        "        k = klass[j]",
        f"        upper = {choice[0]}",
        f"        lower = {choice[1]}",
        "        flag[j] = U8(U32(h >> SHIFT32) < upper) | (U8(U32(h) < lower) << U8(1))",
        "    for j in range(pid.size, (pid.size + 63) & ~63):",
        "        flag[j] = 0",
    ]
    return "\n".join(lines) + "\n"


def _compiled(source: str, name: str, scope: dict[str, Any], decorate: Callable[..., Any]) -> Any:
    exec(compile(source, f"<kladsim {name}>", "exec"), scope)
    function = scope[name]
    function.__kernel_source__ = source
    return decorate(function)


_BITS = {"__name__": __name__, "rng": rng, "U8": U8, "U32": U32, "U64": U64, "ZERO": ZERO, "SHIFT32": SHIFT32}
mark_block = _compiled(mark_source([range(1, CLASSES)] * 2), "mark_block", dict(_BITS), inlined)


@kernel
def mark_chunk(
    pid: np.ndarray, klass: np.ndarray, key: np.uint64, thr: np.ndarray, flag: np.ndarray, out: np.ndarray
) -> Any:
    """Write the rows (relative to the slice) that a lane of the day's bits marks; return how many."""
    m = ZERO
    for base in range(0, pid.size, BLOCK):
        size = min(BLOCK, pid.size - base)
        mark_block(pid[base : base + size], klass[base : base + size], key, thr, flag)
        m = list_exact(flag, size, U8(3), base, out, m)
    return m


@inlined
def row_of(start: int, mark: int) -> Any:
    """Return start + mark as an int64 that the compiler knows to be no negative index."""
    return np.int64((U64(start) + U64(mark)) & NO_SIGN)


@inlined
def is_accepted(place: int, p: float, key: np.uint64, entity: int, draw: int) -> bool:
    """Return whether ``p``, laid over steps of 2^-32, covers step ``place`` (where in part: by a draw)."""
    rest = p * TWO32 - float(place)
    return rest > 0.0 and (rest >= 1.0 or rng.unit(key, entity, draw) < rest)


@inlined
def skip(position: int, key: np.uint64, entity: int, draw: int, inverse_log: float) -> Any:
    """Return the next position of a Bernoulli process by one geometric gap."""
    u = rng.unit(key, entity, draw)
    return position + 1 + int(fixedmath.log(1.0 - u) * inverse_log)


def inverse_log_of(bound: float) -> float:
    """Return 1 / log(1 - bound) for ``skip``."""
    return float(1.0 / fixedmath.log(1.0 - bound))


@kernel
def bound_reached(
    chunks: Chunks, low: int, high: int, dormant: np.uint64, inverse: np.ndarray, most: np.ndarray
) -> None:
    """Bound the number of dormant entities that the skips of each awakening reach today, before any hazard thins them.

    So that room for them can be made before they are looked at: ``most`` is int64 [chunk, awakening], ``inverse`` holds
    ``inverse_log_of`` each awakening's bound (0 leaves one out). A skip by ``u`` goes further than log(1 - u) x
    inverse, so that the skips have left the chunk once the product of all 1 - u is below exp(size / inverse): no
    logarithm is taken. One entity more than there are makes up for rounding; draws are taken a handful at a time.
    """
    for c in range(low, high):
        for z in range(inverse.size):
            most[c, z] = 0
            left = chunks.size[c] + 1.0 if inverse[z] != 0.0 else 0.0
            draw = z << 32
            while left > 0.0:
                piece = min(left, -500.0 * inverse[z])  # exp(-500) is far from the smallest number
                handful = 2 + int(-1.5 * piece / inverse[z])
                aim = fixedmath.exp(piece / inverse[z])
                product = 1.0
                while product > aim:
                    for _ in range(handful):
                        product *= 1.0 - rng.unit(dormant, c, draw)
                        draw += 1
                    most[c, z] += handful
                left -= piece


def scratch() -> tuple[np.ndarray, np.ndarray]:
    """Return the ``marks`` and ``flag`` that one worker hands to a fused step."""
    return np.zeros(CHUNK + BLOCK + 2 * SPARE, np.uint32), np.zeros(BLOCK, np.uint8)


def _lane(lanes: Lanes, lane: int, indent: str) -> list[str]:
    """What happens to row ``i`` of class ``k`` by the half ``x``: the first process whose cut holds it."""
    lines = [f"{indent}if k < {CLASSES} and x < U64(thr[{lane}, k]):"]
    word, before = "if", ""
    for index, process in lanes.of(lane):
        lines.append(f"{indent}    {word} x < U64(cuts[{index}, k]):")
        deep = indent + "        "
        if process.hazard is not None:
            lines += [
                f"{deep}p = hazard_{index}(a, i, c, w, t)",
                f"{deep}if p > bounds[{index}, k]:",
                f"{deep}    over[worker, {index}] += 1",
                f"{deep}if is_accepted(x{before}, p, accept, a.pid[i], {index + 1}):",
            ]
            deep += "    "
        lines.append(f"{deep}effect_{index}(a, i, c, w, t)")
        word, before = "elif", f" - U64(cuts[{index}, k])"
    return lines if word == "elif" else [f"{indent}pass"]


def _reach(lanes: Lanes, lane: int) -> list[str]:
    """How far the bits of a lane can matter today: the last process's cut, as far as its ceiling goes."""
    lines = [f"        reach[{lane}] = thr[{lane}]"]
    processes = lanes.of(lane)
    if not processes or processes[-1][1].ceiling is None:
        return lines
    index, process = processes[-1]
    for k in sorted(process.bounds):
        whole = int(lanes.cuts[index, k])
        below = int(lanes.cuts[processes[-2][0], k]) if len(processes) > 1 else 0
        top = f"math.ceil(top_of_{index}({k}, c, w, t) * {TWO32!r})"
        lines.append(f"        reach[{lane}, {k}] = U32({below} + min({whole - below}, max(0, {top})))")
    return lines


def _first_lane(lanes: Lanes, indent: str) -> list[str]:
    """Lane 0 of a fused step; a lone process without a hazard happens to all that are marked."""
    processes = lanes.of(0)
    if len(processes) == 1 and processes[0][1].hazard is None:
        return [f"{indent}effect_{processes[0][0]}(a, i, c, w, t)"]
    return [f"{indent}x = rng.bits(key, U64(a.pid[i]), ZERO) >> SHIFT32", *_lane(lanes, 0, indent)]


def _fused(lanes: Lanes, table: Table | None) -> list[str]:
    """A block is scanned and its lane 0 carried out while in the cache; lane 1 follows for the chunk."""
    lines = [
        *_reach(lanes, 0),
        *_reach(lanes, 1),
        "        m = ZERO",
        f"        for base in range(0, n, {BLOCK}):",
        f"            size = min({BLOCK}, n - base)",
        "            low_row, high_row = s + base, s + base + size",
        "            mark_block(a.pid[low_row:high_row], a.klass[low_row:high_row], key, reach, flag)",
        "            block = marks[BEHIND:]",
        "            q = list_wide(flag, size, U8(1), 0, block, ZERO)",
        "            for z in range(q):",
        "                i = row_of(low_row, block[z])",
        "                k = a.klass[i]",
        *_first_lane(lanes, "                "),
        "                if a.klass[i] != k:",
        "                    flag[block[z]] |= U8(2)",
        "            m = list_wide(flag, size, U8(2), base, marks, m)",
        "        for z in range(m):",
        "            i = row_of(s, marks[z])",
        "            k = a.klass[i]",
        "            x = rng.bits(key, U64(a.pid[i]), ZERO) & rng.LOW32",
        *_lane(lanes, 1, "            "),
    ]
    if table is not None:
        lines += [
            "        for z in range(m):",
            "            i = row_of(s, marks[m - ONE - z])",
            f"            if a.klass[i] == {LEFT}:",
            "                chunks.count[c] -= 1",
            "                chunks.ordered[c] = min(chunks.ordered[c], i - s)",
            "                last = s + chunks.count[c]",
            *[f"                a.{column.name}[i] = a.{column.name}[last]" for column in table.columns],
        ]
    return lines


def _single(lanes: Lanes, lane: int) -> list[str]:
    half = ">> SHIFT32" if lane == 0 else "& rng.LOW32"
    return [
        "        for z in range(n_marks[c]):",
        "            i = row_of(s, marks[s + z])",
        "            k = a.klass[i]",
        f"            x = rng.bits(key, U64(a.pid[i]), ZERO) {half}",
        *_lane(lanes, lane, "            "),
    ]


def _awake(lanes: Lanes) -> list[str]:
    """Candidates are drawn first and looked at together, so that their memory is fetched side by side."""
    lines = [
        "        batch = flag.view(np.uint32)",
        "        length = chunks.size[c]",
        "        first = chunks.first[c]",
    ]
    for index, awakening in enumerate(lanes.awakenings):
        number = len(lanes.processes) + index
        inverse, bound = repr(inverse_log_of(awakening.bound)), repr(float(awakening.bound))
        luck = f"rng.unit(accept, first + j, {number + 1}) * {bound}"
        lines += [
            f"        draw = {index} << 32",
            f"        top = {'math.inf' if awakening.ceiling is None else f'top_{index}(0, c, w, t)'}",
            f"        j = skip(-1, dormant, c, draw, {inverse})",
            "        while j < length:",
            "            q = 0",
            f"            while j < length and q < {BATCH}:",
            f"                if {luck} < top:",
            "                    batch[q] = j",
            "                    q += 1",
            "                draw += 1",
            f"                j = skip(j, dormant, c, draw, {inverse})",
            "            following = j",
            "            for z in range(q):",
            "                j = np.int64(batch[z])",
            f"                p = dormant_hazard_{index}(first + j, c, w, t)",
            f"                if p > {bound}:",
            f"                    over[worker, {number}] += 1",
            f"                if {luck} < p:",
            f"                    dormant_effect_{index}(a, first + j, c, w, t)",
            "            j = following",
        ]
    return lines


STEP_ARGUMENTS = (
    *("a", "chunks", "w", "t", "worker", "low", "high", "key", "accept", "dormant"),
    *("thr", "marks", "n_marks", "over", "flag"),
)
_STEP = {
    **_BITS,
    "np": np,
    "math": math,
    "ONE": ONE,
    "BEHIND": BEHIND,
    "list_wide": list_wide,
    "row_of": row_of,
    "is_accepted": is_accepted,
    "skip": skip,
}


def step_source(
    lanes: Lanes,
    consume: Sequence[int],
    *,
    fused: bool,
    dormant: bool,
    table: Table | None = None,
    bind: Mapping[str, str] | None = None,
) -> str:
    """Return the source of a step kernel."""
    bound = dict(bind or {})
    free = [name for name in STEP_ARGUMENTS if name not in bound or name in ("low", "high")]
    lines = [
        f"def step({', '.join(free)}):",
        *[f"    {name} = {value}" for name, value in bound.items()],
        *(["    reach = np.empty_like(thr)"] if fused else []),
        "    for c in range(low, high):",
        "        s = chunks.start[c]",
        "        n = chunks.count[c]",
    ]
    if fused:
        lines += _fused(lanes, table)
    else:
        for lane in consume:
            lines += _single(lanes, lane)
    if dormant and lanes.awakenings:
        lines += _awake(lanes)
    return "\n".join(lines) + "\n"


def build_step(
    lanes: Lanes,
    consume: Sequence[int] = (0, 1),
    *,
    fused: bool = True,
    dormant: bool = True,
    table: Table | None = None,
    bind: Mapping[str, str] | None = None,
) -> Any:
    """Compile the kernel that carries out the declared processes over a range of chunks.

    Parameters
    ----------
    lanes : the processes
    consume : the lanes to carry out; a fused step carries out both, lane 0 of a chunk before its lane 1
    fused : scan and carry out at once, with ``marks`` and ``flag`` from ``scratch``; else ``mark`` goes
        before
    dormant : also carry out the awakenings, with a ``flag`` of at least ``BLOCK`` bytes
    bind : where the step finds some of its arguments in ``w``, ``t`` and the others (for a phase of a day)
    table : the schema of ``a``; if given, rows whose class became ``LEFT`` leave at once (fused steps only)

    Raises
    ------
    ValueError
        When a fused step is asked for one lane, or rows shall leave in a step that is not fused.
    """
    if fused and tuple(consume) != (0, 1):
        raise ValueError(f"a fused step carries out the lanes (0, 1), given {tuple(consume)}")
    if table is not None and not fused:
        raise ValueError("rows leave at once only in a fused step")
    source = step_source(lanes, consume, fused=fused, dormant=dormant, table=table, bind=bind)
    scope: dict[str, Any] = {**_STEP, "cuts": lanes.cuts, "bounds": lanes.bounds}
    for index, process in enumerate(lanes.processes):
        scope[f"effect_{index}"] = process.effect
        scope[f"hazard_{index}"] = process.hazard
        scope[f"top_of_{index}"] = process.ceiling
    for index, awakening in enumerate(lanes.awakenings):
        scope[f"dormant_hazard_{index}"] = awakening.hazard
        scope[f"dormant_effect_{index}"] = awakening.effect
        scope[f"top_{index}"] = awakening.ceiling
    if fused:
        used = [np.flatnonzero(lanes.thresholds[lane]).tolist() for lane in (0, 1)]
        scope["mark_block"] = _compiled(mark_source(used), "mark_block", dict(_BITS), inlined)
    return _compiled(source, "step", scope, kernel)


@kernel
def mark(
    a: Active,
    chunks: Chunks,
    low: int,
    high: int,
    key: np.uint64,
    thr: np.ndarray,
    marks: np.ndarray,
    n_marks: np.ndarray,
    flag: np.ndarray,
) -> None:
    """Mark all rows of a range of chunks, for steps that consume the lanes in different phases."""
    for c in range(low, high):
        s = chunks.start[c]
        n = chunks.count[c]
        n_marks[c] = mark_chunk(a.pid[s : s + n], a.klass[s : s + n], key, thr, flag, marks[s : s + n + 1])
