"""What is measured of runs for inference and validation: experiments, cohorts and facts."""

MUST = 0.8
"""Share of runs in which a pattern must hold unless it says otherwise."""
