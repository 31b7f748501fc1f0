from .combined import Combined as Combined
from .forecasting import forecast as forecast
from .intake import check as check
from .library import series_names as series_names
from .store import add as add
from .watching import watch as watch

__all__ = ["forecast", "series_names", "check", "add", "watch", "Combined"]
