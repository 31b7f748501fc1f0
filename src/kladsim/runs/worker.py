"""A worker process (``python -m kladsim.runs.worker``): groups of tasks come as lines of JSON, answers go back so.

It does not read the script that started it, so that scripts need no main guard, and it ends when its input does: a
worker left alone would write beside the command that resumes.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kladsim.core.errors import StorageError
from kladsim.runs.tasks import Failure, attempt, decode, to_json

TICK_SECONDS = 0.1
Send = Callable[[str, Any], None]


def run_order(order: dict[str, Any], send: Send) -> None:
    """Run a group of tasks, and send steps, rows and failures one after the other."""
    sent = 0.0

    def tick(done: int, total: int) -> None:
        nonlocal sent
        now = time.monotonic()
        if done in (0, total) or now - sent >= TICK_SECONDS:
            sent = now
            send("tick", [done, total])

    try:
        function, tasks = decode(order)
        for task in tasks:
            answer = attempt(function, task, tick)
            failed = isinstance(answer, Failure)
            send("failure" if failed else "row", vars(answer) if failed else answer)
    except StorageError as error:
        send("storage", str(error))


def _read(orders: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        orders.put(line)
    os._exit(0)


def main() -> None:
    """Run orders until the input ends; Ctrl-C is left to the process that sends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with suppress(OSError):  # what code prints must not stand between answers
        os.dup2(2, 1)

    def send(kind: str, content: Any) -> None:
        answers.write(to_json({kind: content}) + "\n")
        answers.flush()

    orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(orders,), daemon=True).start()
    while True:
        run_order(json.loads(orders.get()), send)


if __name__ == "__main__":
    main()
