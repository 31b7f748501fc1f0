"""Checks of the model against evidence: experiments and rules are data; stored results say what they were made with."""
