"""First-party plugins have no privileges: they import `cgrev.plugin` and `cgrev.testing`, as anybody's do."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from cgrev._registry import FIRST_PARTY

ROOT = Path(__file__).parents[2]
PLUGINS = [path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))]


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda folder: folder.name)
def test_plugin_imports_the_surface_only(plugin: Path) -> None:
    others = []
    for path in sorted(plugin.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
                if node.module == "cgrev":
                    names = [f"cgrev.{alias.name}" for alias in node.names]
            for name in names:
                top = name.split(".")
                if top[0] == "cgrev" and ".".join(top[:2]) not in ("cgrev.plugin", "cgrev.testing"):
                    others.append(f"{path.relative_to(plugin)}:{node.lineno}: {name}")
    assert others == []


def test_every_plugin_is_known_by_the_converters_it_brings() -> None:
    """`--from NAME` of a converter that is not installed says which package brings it."""
    brought = {}
    for plugin in PLUGINS:
        project = tomllib.loads((plugin / "pyproject.toml").read_text("utf-8"))["project"]
        for name in project["entry-points"]["cgrev.converters"]:
            brought[name] = project["name"]
    assert brought == FIRST_PARTY


def test_the_extra_all_names_every_plugin() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(extras["all"]) == set(FIRST_PARTY.values())


def test_the_import_contract_names_every_plugin() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (contract,) = [contract for contract in contracts if contract["id"] == "plugins"]
    packages = {path.name for plugin in PLUGINS for path in (plugin / "src").iterdir() if path.is_dir()}
    assert packages <= set(contract["forbidden_modules"])
