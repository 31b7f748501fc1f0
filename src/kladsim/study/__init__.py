"""Designs, scenarios and replicates: run, compare, branch, the executors, and the store in which a run is a
directory that is named by its content, resumable and can be run again.
"""
