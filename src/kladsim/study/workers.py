"""What every spawned worker process of a study does first."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def behave() -> None:
    """Leave Ctrl-C to the parent, and end with it: a worker left alone would write beside the command that resumes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
