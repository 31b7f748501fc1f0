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
from types import FunctionType
from typing import Never

import numpy as np
from numpy.typing import NDArray

from kladsim.core import fixedmath, rng
from kladsim.core.arrays import Array
from kladsim.core.bitlists import SPARE, list_wide, prefetch
from kladsim.core.jit import inlined, kernel
from kladsim.core.population import BLOCK, CLASSES, Chunks
from kladsim.core.random_arrays import Floats, Ints

TWO32 = 4294967296.0
U8, U16, U32, U64 = np.uint8, np.uint16, np.uint32, np.uint64
ZERO = np.uint64(0)
SHIFT32 = np.uint64(32)
NO_SIGN = np.uint64(0x7FFFFFFFFFFFFFFF)
BATCH = BLOCK // 4
EXCESS_UNIT, MAX_EXCESS = 1e6, 1e9
EITHER = 2
"""Place, after the two lanes, of how many rows either marks."""
AHEAD = 16
"""How many marked rows ahead memory is asked for."""

# What a model gives. Only generated code calls it: ``Never`` stands for the model's own tables, world and day.
Effect = Callable[[Never, int, int, Never, Never], None]
Hazard = Callable[[Never, int, int, Never, Never], float]
HazardInChunk = Callable[[int, int, Never, Never], float]


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
        None; where the last process of a lane has one, fewer entities are marked, with the same result
    """

    name: str
    lane: int
    bounds: dict[int, float]
    effect: Effect
    hazard: Hazard | None = None
    doc: str = ""
    switch: str = ""
    ceiling: HazardInChunk | None = None


@dataclass(frozen=True)
class DormantProcess:
    """What can happen to a dormant entity, found by skips at a fixed bound.

    ``hazard(j, c, w, t)`` and ``effect(a, j, c, w, t)`` get the entity's index ``j`` instead of a row. The
    optional ``ceiling(0, c, w, t)`` is an upper bound of today's hazards in the chunk: it changes no result,
    but spares the look at entities that cannot be accepted.
    """

    name: str
    bound: float
    hazard: HazardInChunk
    effect: Effect
    doc: str = ""
    switch: str = ""
    ceiling: HazardInChunk | None = None


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
    thresholds: NDArray[np.uint32] = field(init=False)
    cuts: NDArray[np.uint32] = field(init=False)
    bounds: Floats = field(init=False)

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

    @property
    def names(self) -> tuple[str, ...]:
        """The names of processes and awakenings, in the order of ``over``."""
        return (*(each.name for each in self.processes), *(each.name for each in self.awakenings))

    def of(self, lane: int) -> list[tuple[int, Process]]:
        """Return the processes of a lane with their indices, in order of declaration."""
        return [(index, process) for index, process in enumerate(self.processes) if process.lane == lane]


def mark_block_source(lanes: Lanes) -> str:
    """Return the source of a kernel that sets bits 0 and 1 (the lanes) of the flags of up to ``BLOCK`` rows.

    Bit 1 is also set where lane 0 has a row whose lower half is below ``top``: its class may change before lane 1.
    Nested choices instead of a look-up, and no branch: compilers turn it into vector code.
    """
    lines = ["def mark_block(pid, klass, key, thr, top, flag):"]
    choice = ["U32(0)", "U32(0)"]
    for lane in (0, 1):
        for k in reversed(np.flatnonzero(lanes.thresholds[lane]).tolist()):
            lines.append(f"    t{lane}{k} = thr[{lane}, {k}]")
            choice[lane] = f"t{lane}{k} if k == {k} else {choice[lane]}"
    lines += [
        "    for j in range(pid.size):",
        "        h = rng.bits(key, U64(pid[j]), ZERO)",
        "        k = klass[j]",
        f"        upper = {choice[0]}",
        f"        lower = {choice[1]}",
        "        first = U8(U32(h >> SHIFT32) < upper)",
        "        flag[j] = first | ((U8(U32(h) < lower) | (first & U8(U32(h) < top))) << U8(1))",
        "    for j in range(pid.size, (pid.size + 63) & ~63):",
        "        flag[j] = 0",
    ]
    return "\n".join(lines) + "\n"


def _compiled(
    source: str, name: str, scope: dict[str, object], decorate: Callable[[FunctionType], FunctionType]
) -> FunctionType:
    exec(compile(source, f"<kladsim {name}>", "exec"), scope)
    function = scope[name]
    assert isinstance(function, FunctionType)
    function.__dict__["__kernel_source__"] = source
    return decorate(function)


@inlined
def row_of(start: int, mark: int) -> np.int64:
    """Return start + mark as an int64 that the compiler knows to be no negative index."""
    return np.int64((U64(start) + U64(mark)) & NO_SIGN)


@inlined
def is_accepted(place: int, p: float, key: np.uint64, entity: int, draw: int) -> bool:
    """Return whether ``p``, laid over steps of 2^-32, covers step ``place`` (where in part: by a draw)."""
    rest = p * TWO32 - float(place)
    return rest > 0.0 and (rest >= 1.0 or rng.unit(key, entity, draw) < rest)


@inlined
def excess(p: float, bound: float) -> np.int64:
    """Return a hazard above its bound as a multiple of it, in millionths: what is above the bound cannot happen."""
    return np.int64(min(p / bound, MAX_EXCESS) * EXCESS_UNIT)


@inlined
def skip(position: int, key: np.uint64, entity: int, draw: int, inverse_log: float) -> int:
    """Return the next position of a Bernoulli process by one geometric gap."""
    u = rng.unit(key, entity, draw)
    return position + 1 + int(fixedmath.log(1.0 - u) * inverse_log)


def inverse_log_of(bound: float) -> float:
    """Return 1 / log(1 - bound) for ``skip``."""
    return float(1.0 / fixedmath.log(1.0 - bound))


@kernel
def bound_reached(chunks: Chunks, low: int, high: int, dormant: np.uint64, inverse: Floats, most: Ints) -> None:
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
                f"{deep}    over[worker, {index}] = max(over[worker, {index}], excess(p, bounds[{index}, k]))",
                f"{deep}if is_accepted(x{before}, p, accept, a.pid[i], {index + 1}):",
            ]
            deep += "    "
        lines.append(f"{deep}effect_{index}(a, i, c, w, t)")
        word, before = "elif", f" - U64(cuts[{index}, k])"
    return lines if word == "elif" else [f"{indent}pass"]


def _reach(lanes: Lanes, lane: int) -> list[str]:
    """How far the bits of a lane can matter today: the last process's cut, as far as its ceiling goes."""
    processes = lanes.of(lane)
    if not processes or processes[-1][1].ceiling is None:
        return []
    index, process = processes[-1]
    lines = []
    for k in sorted(process.bounds):
        whole = int(lanes.cuts[index, k])
        below = int(lanes.cuts[processes[-2][0], k]) if len(processes) > 1 else 0
        top = f"math.ceil(top_of_{index}({k}, c, w, t) * {TWO32!r})"
        lines.append(f"        reach[{lane}, {k}] = U32({below} + min({whole - below}, max(0, {top})))")
    return lines


def mark_source(lanes: Lanes, bind: Mapping[str, str] | None = None) -> str:
    """Return the source of the kernel that lists, for each lane, the rows of every chunk that its bits mark."""
    lines = [
        *_head("mark", MARK_ARGUMENTS, bind),
        "    reach = thr.copy()",
        "    block = flag[BLOCK:].view(np.uint32)",
        "    for c in range(low, high):",
        "        s = chunks.start[c]",
        "        n = chunks.count[c]",
        *_reach(lanes, 0),
        *_reach(lanes, 1),
        "        top = reach[1].max()",
        "        first = U64(s)",
        "        second = U64(s)",
        "        n_marks[EITHER, c] = 0",
        "        for base in range(0, n, BLOCK):",
        "            size = min(BLOCK, n - base)",
        "            low_row, high_row = s + base, s + base + size",
        "            mark_block(a.pid[low_row:high_row], a.klass[low_row:high_row], key, reach, top, flag)",
        "            q = list_wide(flag, size, U8(3), 0, block, ZERO)",
        "            n_marks[EITHER, c] += q",
        "            for z in range(q):",
        "                j = block[z]",
        "                marks[0, first] = marks[1, second] = U16(base + j)",
        "                first += U64(flag[j] & U8(1))",
        "                second += U64(flag[j] >> U8(1))",
        "        n_marks[0, c] = first - U64(s)",
        "        n_marks[1, c] = second - U64(s)",
    ]
    return "\n".join(lines) + "\n"


def _single(lanes: Lanes, lane: int, fetch: Sequence[str]) -> list[str]:
    half = ">> SHIFT32" if lane == 0 else "& rng.LOW32"
    return [
        f"        for z in range(n_marks[{lane}, c]):",
        *([f"            i = row_of(s, marks[{lane}, s + z + AHEAD])"] if fetch else []),
        *[f"            prefetch(a.{column}, i)" for column in fetch],
        f"            i = row_of(s, marks[{lane}, s + z])",
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
            f"                    over[worker, {number}] = max(over[worker, {number}], excess(p, {bound}))",
            f"                if {luck} < p:",
            f"                    dormant_effect_{index}(a, first + j, c, w, t)",
            "            j = following",
        ]
    return lines


MARK_ARGUMENTS = ("a", "chunks", "w", "t", "worker", "low", "high", "key", "thr", "marks", "n_marks", "flag")
STEP_ARGUMENTS = (
    *("a", "chunks", "w", "t", "worker", "low", "high", "key", "accept", "dormant"),
    *("thr", "marks", "n_marks", "over", "flag"),
)
IN_WORLD = {
    "chunks": "w.chunks",
    "key": "t.scan_key",
    "accept": "t.accept_key",
    "dormant": "t.skip_key",
    "thr": "w.scan.thresholds",
    "marks": "w.scan.marks",
    "n_marks": "w.scan.n_marks",
    "over": "w.scan.over",
    "flag": "w.scan.flag[worker]",
}
"""Where kernels find their arguments in a world whose part ``scan`` is a ``scan_space``, and in a day with its keys."""
_SCOPE = {
    **{"__name__": __name__, "np": np, "math": math, "rng": rng, "U8": U8, "U16": U16, "U32": U32, "U64": U64},
    **{"ZERO": ZERO, "SHIFT32": SHIFT32, "BLOCK": BLOCK, "AHEAD": AHEAD, "EITHER": EITHER},
    **{"list_wide": list_wide, "prefetch": prefetch, "row_of": row_of},
    **{"is_accepted": is_accepted, "skip": skip, "excess": excess},
}


def _head(name: str, arguments: Sequence[str], bind: Mapping[str, str] | None) -> list[str]:
    """Return the first lines of a kernel: its arguments, and where those that are bound are found."""
    bound = dict(bind or {})
    free = [argument for argument in arguments if argument not in bound or argument in ("low", "high")]
    return [
        f"def {name}({', '.join(free)}):",
        *[f"    {argument} = {bound[argument]}" for argument in arguments if argument in bound],
    ]


def step_source(
    lanes: Lanes,
    consume: Sequence[int],
    *,
    dormant: bool,
    fetch: Sequence[str] = (),
    bind: Mapping[str, str] | None = None,
) -> str:
    """Return the source of a step kernel."""
    lines = [
        *_head("step", STEP_ARGUMENTS, bind),
        "    for c in range(low, high):",
        "        s = chunks.start[c]",
    ]
    for lane in consume:
        lines += _single(lanes, lane, fetch)
    if dormant and lanes.awakenings:
        lines += _awake(lanes)
    return "\n".join(lines) + "\n"


def _scope(lanes: Lanes) -> dict[str, object]:
    """Return the names that the generated kernels of a population use."""
    scope: dict[str, object] = {**_SCOPE, "cuts": lanes.cuts, "bounds": lanes.bounds}
    for index, process in enumerate(lanes.processes):
        scope[f"effect_{index}"] = process.effect
        scope[f"hazard_{index}"] = process.hazard
        scope[f"top_of_{index}"] = process.ceiling
    for index, awakening in enumerate(lanes.awakenings):
        scope[f"dormant_hazard_{index}"] = awakening.hazard
        scope[f"dormant_effect_{index}"] = awakening.effect
        scope[f"top_{index}"] = awakening.ceiling
    return scope


def build_mark(lanes: Lanes, *, bind: Mapping[str, str] | None = None) -> FunctionType:
    """Compile the kernel that marks the rows of a range of chunks, once a day before the steps.

    It fills ``marks`` and ``n_marks`` of a ``scan_space``: from a chunk's first row on, the rows within the chunk that
    each lane marks, in order. A chunk has at most 65,536 rows in use.
    """
    scope = _scope(lanes)
    scope["mark_block"] = _compiled(mark_block_source(lanes), "mark_block", dict(_SCOPE), inlined)
    return _compiled(mark_source(lanes, bind), "mark", scope, kernel)


def build_step(
    lanes: Lanes,
    consume: Sequence[int] = (0, 1),
    *,
    dormant: bool = True,
    fetch: Sequence[str] = (),
    bind: Mapping[str, str] | None = None,
) -> FunctionType:
    """Compile the kernel that carries out the declared processes on the marked rows of a range of chunks.

    Parameters
    ----------
    lanes : the processes
    consume : the lanes to carry out, lane 0 of a chunk before its lane 1
    dormant : also carry out the awakenings
    fetch : columns that processes read, asked for ahead of time: rows far apart wait for memory otherwise
    bind : where the step finds some of its arguments in ``w``, ``t`` and the others (for a phase of a day)
    """
    source = step_source(lanes, consume, dormant=dormant, fetch=fetch, bind=bind)
    return _compiled(source, "step", _scope(lanes), kernel)


def scan_space(lanes: Lanes, chunks: Chunks, workers: int) -> dict[str, Array]:
    """Return by name what marking and steps work on.

    Besides the ``thresholds`` of the lanes: ``marks`` (see ``mark_space``), ``n_marks`` (int64 [lane 0, lane 1 or
    either, chunk]), and of each worker ``flag`` (of a block of rows, and the list of those that are set) and ``over``
    (the largest hazard of each process above its bound, see ``excess``; 0: never).
    """
    return {
        "thresholds": lanes.thresholds,
        "flag": np.zeros((workers, BLOCK + 4 * (BLOCK + SPARE)), np.uint8),
        "over": np.zeros((workers, len(lanes.processes) + len(lanes.awakenings)), np.int64),
        "marks": mark_space(chunks),
        "n_marks": np.zeros((3, len(chunks.first)), np.int64),
    }


def mark_space(chunks: Chunks) -> NDArray[np.uint16]:
    """Return ``marks`` (uint16 [lane, row]): each chunk has a place for every row."""
    return np.zeros((2, int(chunks.capacity.sum()) + AHEAD), np.uint16)
