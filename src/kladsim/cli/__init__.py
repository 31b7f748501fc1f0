"""The command line: one file a group of verbs, all with ``--json`` and an example in ``--help``.

Exit codes: 0 ok, 1 failed, 2 invalid input, 3 interrupted and resumable.
"""
