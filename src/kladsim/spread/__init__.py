"""Cross-border adoption and early warning: which countries a market form reaches and when, and a monitor that
watches real series for its arrival. ``model`` holds the spread between countries and ``checks`` its patterns; the
layer builds on ``study`` and is read by ``report``.
"""
