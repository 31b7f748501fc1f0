"""The drug economy: one module an actor or mechanism, and ``day.py``, the order of a day.

Mechanisms read named quantities and do not know which policies exist. The public names load when they are asked
for, so that ``import kladsim`` compiles nothing.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
