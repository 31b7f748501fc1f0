"""Calibration: from the register's priors, through runs of the model, an emulator and history matching, to a posterior
that ships with the package, with the checks that tell whether its intervals can be believed."""
