"""One run and its folder: engine call, parameters of a replicate, store, executors, provenance, export, disclosure."""
