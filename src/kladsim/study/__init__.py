"""Designs of runs and what is learned from them: comparisons, branches, precision, economics, analysis, catalogue."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
