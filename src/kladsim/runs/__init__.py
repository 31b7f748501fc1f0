"""One run and its folder: engine call, parameters of a replicate, store, executors, provenance, export, disclosure."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
