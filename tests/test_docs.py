"""The documents say what there is: no dependency, command or decision goes without its line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from monitor.commands import names

ROOT = Path(__file__).parent.parent


def _project() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {"run": project["dependencies"], **project["optional-dependencies"]}


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=~! ]", requirement)[0]


def test_every_dependency_says_what_it_is_for_and_none_is_listed_that_is_not_used() -> None:
    text = (ROOT / "docs/dependencies.md").read_text("utf-8")
    listed = set(re.findall(r"^\| ([A-Za-z0-9-]+) \|", text, re.MULTILINE)) - {"package"}
    used = {_name(requirement) for group in _project().values() for requirement in group}
    assert listed == used


def test_every_dependency_is_pinned_with_hashes() -> None:
    for lock, groups in (("requirements.lock", ["run", "build"]), ("requirements-dev.lock", None)):
        text = (ROOT / lock).read_text("utf-8")
        pinned = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[\w+\])?==(\S+)", text, re.MULTILINE))
        named = [name for name in _project() if name != "train"] if groups is None else groups
        wanted = {name: _project()[name] for name in named}
        for requirement in (found for group in wanted.values() for found in group):
            assert _name(requirement).casefold() in {name.casefold() for name in pinned}, lock
        blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
        assert all("--hash=sha256:" in block for block in blocks), lock


def test_what_only_training_needs_is_pinned_and_never_installed_to_run_or_to_test() -> None:
    for requirement in _project()["train"]:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", requirement)
        for lock in ("requirements.lock", "requirements-dev.lock"):
            assert f"\n{_name(requirement)}==" not in (ROOT / lock).read_text("utf-8")


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = [name for name in names() if f"`footprint {name.replace('_', '-')}" not in readme]
    assert missing == []


def test_every_decision_is_in_their_list() -> None:
    folder = ROOT / "docs/decisions"
    text = (folder / "README.md").read_text("utf-8")
    notes = {path.name for path in folder.glob("0*.md")}
    assert notes == set(re.findall(r"\((0\d{3}-[a-z-]+\.md)\)", text))


def test_every_link_between_documents_leads_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_project_speaks_of_itself_alone() -> None:
    forbidden = re.compile(r"pypi\.org|files\.pythonhosted|/root/|/opt/pypi|/work/")
    skipped = {".git", ".venv", ".make", "build"}
    read = {".py", ".md", ".toml", ".lock", ".txt", ".html", ".cfg"}
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        if path.suffix in read and path != Path(__file__) and not skipped & set(inside):
            found = forbidden.search(path.read_text("utf-8", errors="replace"))
            assert found is None, f"{path.relative_to(ROOT)} says {found}"
