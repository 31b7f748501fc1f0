"""The version of the model: it changes whenever a number does."""

from __future__ import annotations

MODEL_VERSION = "0.7.0"
