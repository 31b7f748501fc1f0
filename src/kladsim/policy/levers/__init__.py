"""The levers that come with kladsim, one file each; every module here is listed by itself and loads when it is read."""

import pkgutil

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, [module.name for module in pkgutil.iter_modules(__path__)])
