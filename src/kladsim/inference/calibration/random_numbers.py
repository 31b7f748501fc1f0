"""Random arrays of calibration, each stream under a number that is fixed for ever."""

from __future__ import annotations

from kladsim.core.random_arrays import ArrayStreams

streams = ArrayStreams({"design": 911, "sampler": 912, "truths": 913, "predictive": 914, "bands": 915})
uniform, normal = streams.uniform, streams.normal
