"""The random streams of the model. Numbers are fixed for ever: changing one changes results."""

from __future__ import annotations

from kladsim.core.rng import Streams

STREAMS = Streams()
SCAN = STREAMS.register("daily scan", 1)
ACCEPT = STREAMS.register("acceptance of marked processes", 2)
SKIP_LIFE = STREAMS.register("skips over dormant persons", 3)
EVENT = STREAMS.register("draws inside an event of a person", 4)
PRIORITY = STREAMS.register("priority when something is scarce", 5)
PICK_UP = STREAMS.register("fate of an order", 6)
STOCKING = STREAMS.register("rounding of drops", 7)
SHOPS = STREAMS.register("shops", 8)
PLATFORMS = STREAMS.register("platforms", 9)
LABORATORIES = STREAMS.register("laboratories", 10)
SPREAD = STREAMS.register("opening of places", 11)
POLICE = STREAMS.register("policing", 12)
COURTS = STREAMS.register("courts", 13)
TRAITS = STREAMS.register("fixed traits of persons", 14)
START = STREAMS.register("state on the first day", 15)
OBSERVE = STREAMS.register("measurement error", 16)
RECRUIT = STREAMS.register("recruitment", 17)
LUCK = STREAMS.register("luck redrawn from a day on", 18)
REGIONS = STREAMS.register("fixed traits of regions", 19)
