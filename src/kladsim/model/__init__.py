"""The drug economy: one module an actor or mechanism, and ``day.py``, the order of a day.

Mechanisms read named quantities and do not know which policies exist.
"""
