"""The web dashboard, served on the user's own machine: it launches and views run directories and holds no
results of its own, so a reload loses nothing. Near empty in this release.
"""
