"""kladsim: an agent-based model of a nation's dead-drop drug economy, for health and justice policy."""

from __future__ import annotations

__version__ = "0.1.0"
