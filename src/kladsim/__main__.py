"""``python -m kladsim``: the command line where no script is on the path (batch jobs)."""

from __future__ import annotations

from kladsim.cli.main import app

if __name__ == "__main__":
    app()
