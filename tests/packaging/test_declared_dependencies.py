"""Every package that the code imports is declared where it is used, and nothing is declared in vain."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT, *(path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml")))]

LAZY = {"keyring": "keyring", "sqlalchemy": "server"}
"""Imported by core modules only behind a command that says which extra brings it."""
INDIRECT = {
    "python-multipart",  # read by starlette when a form arrives
    "psycopg",  # loaded by sqlalchemy from the URL's name
    "pytest",  # the kit is a plugin of pytest
}
"""Used without an import of ours that could be counted on."""
AREAS = {"server": ("server", "cli"), "testing": ("testing",)}
"""Extra -> the parts of `cgrev` that may import what it brings."""


installed = cache(packages_distributions)
"""Top-level name -> distributions that bring it."""


def imported(folder: Path) -> Iterator[tuple[str, Path]]:
    """Top-level names of every absolute import in the folder, type-checking blocks included."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name.partition(".")[0], path
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module.partition(".")[0], path


def distributions(folder: Path) -> Iterator[tuple[str, Path]]:
    """The distributions that those names come from; the standard library left out."""
    known = installed()
    for name, path in imported(folder):
        if name == "cgrev" or name.startswith("cgrev_"):
            # Editable installations do not list their packages.
            yield canonicalize_name(name), path
        elif name not in sys.stdlib_module_names and name != "__future__":
            assert name in known, f"{path} imports {name}, which nothing installed brings"
            yield canonicalize_name(known[name][0]), path


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def project(folder: Path) -> tuple[str, set[str], dict[str, set[str]]]:
    """Name, dependencies and extras of a project."""
    table = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {extra: names(texts) for extra, texts in table.get("optional-dependencies", {}).items()}
    return canonicalize_name(table["name"]), names(table.get("dependencies", [])), extras


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_what_is_imported_is_declared(folder: Path) -> None:
    name, core, extras = project(folder)
    undeclared = []
    for distribution, path in distributions(folder / "src"):
        part = path.relative_to(folder / "src").parts[1].removesuffix(".py")
        allowed = core | {name}
        for extra, parts in AREAS.items():
            if part in parts:
                allowed |= extras.get(extra, set())
        if part == "testing":
            allowed |= extras.get("server", set())
        if distribution in LAZY and distribution in extras.get(LAZY[distribution], set()):
            continue
        if distribution not in allowed:
            undeclared.append(f"{path.relative_to(folder)}: {distribution}")
    assert undeclared == []


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_what_is_declared_is_imported(folder: Path) -> None:
    name, core, extras = project(folder)
    used = {distribution for distribution, _ in distributions(folder / "src")}
    wanted = core.union(*(extras.get(extra, set()) for extra in ("server", "testing", "keyring", "postgres")))
    assert wanted - used - INDIRECT - {name, "cgrev"} == set()


def test_what_tests_and_scripts_import_is_declared() -> None:
    """In core or in any extra: `make` installs them all."""
    _, core, extras = project(ROOT)
    declared = core.union(*extras.values())
    local = {path.stem for folder in ("scripts", "benchmarks") for path in (ROOT / folder).iterdir()}
    folders = [ROOT / name for name in ("tests", "scripts", "samples")] + sorted(ROOT.glob("plugins/*/tests"))
    undeclared = set()
    for folder in folders:
        for name, path in imported(folder):
            if name in sys.stdlib_module_names or name in local or name.startswith("cgrev"):
                continue
            known = installed().get(name)
            if known is None or canonicalize_name(known[0]) not in declared:
                undeclared.add(f"{path.relative_to(ROOT)}: {name}")
    assert undeclared == set()
