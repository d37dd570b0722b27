"""The habits no linter knows."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from carousel.domain.events import EVENT
from carousel.serving.channels import CHANNELS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "carousel"
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted(m for m in MODULES if m.name == "__init__.py" and m.parent != SOURCE)
DUMPING_GROUNDS = {
    *("utils", "helpers", "common", "misc", "base", "core", "shared", "lib", "manager", "service"),
}


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(SOURCE)))
def test_a_module_has_one_subject(module):
    assert module.stem not in DUMPING_GROUNDS, "name it after its subject"
    assert len(module.read_text().splitlines()) <= 400, "split it along its subjects"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: str(p.parent.relative_to(SOURCE)))
def test_a_package_says_what_it_owns(package):
    docstring = ast.get_docstring(ast.parse(package.read_text())) or ""
    assert "Owns:" in docstring
    assert "Imports:" in docstring


def test_every_channel_file_is_registered():
    files = {m.stem for m in (SOURCE / "serving" / "channels").glob("*.py")} - {"__init__"}
    assert {name: channel.__module__.rpartition(".")[2] for name, channel in CHANNELS.items()} == {
        name: name for name in files
    }


def test_every_path_in_the_architecture_page_exists():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|md|toml|sh))`", page))
    missing = [
        path
        for path in sorted(named)
        if not (
            (ROOT / path).exists() or (SOURCE / path).exists() or (ROOT / "web" / path).exists()
        )
    ]
    assert len(named) > 30
    assert not missing


def test_every_event_type_is_documented():
    page = (ROOT / "docs" / "events.md").read_text()
    types = EVENT.json_schema()["discriminator"]["mapping"]
    assert len(types) == 8
    assert [t for t in types if f"`{t}`" not in page] == []


def test_every_dependency_says_why_it_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in declared}
    page_project = json.loads((ROOT / "web" / "package.json").read_text())
    names |= {*page_project["dependencies"], *page_project["devDependencies"]}
    page = (ROOT / "docs" / "dependencies.md").read_text()
    explained = set(re.findall(r"^\| `([\w@/.-]+)`", page, re.MULTILINE))
    assert names - explained == set()


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda p: p.name
)
def test_a_lock_file_pins_hashes_and_names_no_address(lock):
    text = lock.read_text()
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", text)


def test_the_page_is_locked_without_addresses():
    text = (ROOT / "web" / "package-lock.json").read_text()
    assert '"integrity"' in text
    assert '"resolved"' not in text
