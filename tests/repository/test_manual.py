"""The manual builds offline without a warning, its links resolve, and it leaves out no verb, lever or public name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """Ids of a page, where its links go, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.text: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag in LOADED and found.get(LOADED[tag]):
            self.loads.append(found[LOADED[tag]])

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="session")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built manual, made once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "popen-gw" in shared.name else shared
    built = shared / "manual"
    with FileLock(str(shared / "manual.lock")):
        if not (built / "index.html").is_file():
            source = shared / "docs-source" / "docs"
            shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("tables", "_build"))
            for part in ("CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "examples"):
                (source.parent / part).symlink_to(ROOT / part)
            command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
            done = subprocess.run([*command, str(source), str(built)], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    return built


@pytest.fixture(scope="session")
def pages(manual: Path) -> dict[str, Page]:
    """Every page of the manual by its path."""
    found = {path.relative_to(manual).as_posix(): path for path in manual.rglob("*.html") if "_static" not in path.parts}
    return {name: Page(path) for name, path in found.items()}


def test_every_internal_link_resolves(manual: Path, pages: dict[str, Page]) -> None:
    dead = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = ((manual / name).parent / unquote(parts.path)).resolve() if parts.path else (manual / name).resolve()
            home = target.relative_to(manual.resolve()).as_posix()
            if not target.is_file() or (parts.fragment and home in pages and parts.fragment not in pages[home].ids):
                dead.append(f"{name}: {link}")
    assert dead == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, Page]) -> None:
    assert [(name, what) for name, page in pages.items() for what in page.loads if urlsplit(what).netloc] == []


def test_every_verb_is_on_the_page_of_commands(pages: dict[str, Page]) -> None:
    from typer.main import get_command

    from kladsim.cli.main import verbs

    text = " ".join("".join(pages["tables/commands.html"].text).split())
    for name, command in get_command(verbs).commands.items():  # type: ignore[attr-defined]
        assert f"kladsim {name}" in text
        for inner in getattr(command, "commands", {}):
            assert f"kladsim {name} {inner}" in text


def test_every_lever_has_a_section_with_its_evidence(pages: dict[str, Page]) -> None:
    from kladsim.policy.registry import own_lever_classes

    page = pages["tables/levers.html"]
    text = " ".join("".join(page.text).split())
    for name, made in own_lever_classes().items():
        assert name.replace("_", "-") in page.ids
        assert f"kladsim.{made.__name__}" in text
        assert all(f"(grade {entry.grade}): {entry.says.replace('`', '')}" in text for entry in made.evidence), name


def test_every_public_name_is_on_the_page_of_python(pages: dict[str, Page]) -> None:
    import kladsim

    ids = pages["tables/api.html"].ids
    missing = [n for n in kladsim.__all__ if not ids & {f"kladsim.{n}", f"module-kladsim.{n}"}]
    assert missing == []


def test_every_parameter_claim_figure_and_outcome_has_a_row(pages: dict[str, Page]) -> None:
    from kladsim.evidence import claims, figures, load_register, mechanisms, published
    from kladsim.model.outcomes import OUTCOMES

    wanted = {
        "parameters": {name for name, _ in load_register().items()},
        "claims": {claim.id for claim in claims()},
        "figures": {figure.id for figure in figures()},
        "published": {row.id for row in published()},
        "mechanisms": {mechanism.id for mechanism in mechanisms()},
        "outcomes": set(OUTCOMES),
    }
    for name, ids in wanted.items():
        assert ids - pages[f"tables/{name}.html"].ids == set(), name


def test_pages_that_commands_write_are_listed_without_a_line_of_their_own(tmp_path: Path) -> None:
    sys.path.insert(0, str(DOCS / "_ext"))
    from finished import results_index

    (tmp_path / "index.md").write_text("```{toctree}\n:hidden:\n\nstart\ntables/results\n```\n", encoding="utf-8")
    for name in ("start", "emulator", "gallery/02-b", "gallery/index", "calibration/calibration", "tables/results"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.md").write_text("# A page\n", encoding="utf-8")
    text = results_index(tmp_path)
    listed = text.split(":titlesonly:\n\n")[1].split("\n```")[0].splitlines()
    assert listed == ["/calibration/calibration", "/emulator", "/gallery/index", "/gallery/02-b"]


def commands_shown() -> list[tuple[str, list[str]]]:
    """Every command that a page or the README shows, as words."""
    shown = []
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))):
        if path.parent.name == "tables":
            continue  # left by a build
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        blocks = "\n".join(re.findall(r"^```(?:console)?\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
        for line in re.findall(r"^(?:\$ )?(kladsim [a-z].*)$", blocks, flags=re.MULTILINE):
            if "·" not in line and "|" not in line:
                shown.append((path.name, re.split(r"\s{2,}| #", line)[0].split()[1:]))
    return shown


def test_commands_that_pages_show_exist_with_their_options() -> None:
    from typer.main import get_command

    from kladsim.cli.main import verbs

    shown, root = commands_shown(), get_command(verbs)
    assert len(shown) > 25
    for page, words in shown:
        command, rest = root, list(words)
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]  # type: ignore[attr-defined]
        assert command is not root, f"{page}: kladsim {' '.join(words)}"
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        asked = {word.split("=")[0] for word in rest if re.match(r"--?[a-zA-Z]", word)} - {"-h", "--help"}
        assert asked <= known, f"{page}: kladsim {' '.join(words)}"
