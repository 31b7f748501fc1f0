"""Emulator and calibration: which parameters agree with the targets, and quick answers between runs."""
