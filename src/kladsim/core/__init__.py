"""The engine, which knows nothing of drugs: columns with a declared schema, counter-based random numbers,
fixed-point mathematics, printed phases, the recorder, checkpoints, exact parallel reductions and digests.
"""
