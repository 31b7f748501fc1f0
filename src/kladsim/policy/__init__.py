"""What a government or another public body may change: levers (one file each), packages of levers, and
scenarios, which are frozen, validated and resolve to the configuration of a run.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
