"""Random arrays of the spread model, each stream under a number that is fixed for ever."""

from __future__ import annotations

from kladsim.core.random_arrays import ArrayStreams

streams = ArrayStreams({"sampler": 101, "forward": 102, "bootstrap": 103, "synthetic": 104})
uniform, normal = streams.uniform, streams.normal
