"""What is built holds what is needed and nothing else, for core and every plugin."""

from __future__ import annotations

import email
import json
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from email.message import Message
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT, *(path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml")))]


@dataclass(frozen=True, slots=True)
class Built:
    """The names in a wheel and in its sdist (without the leading folder), and the wheel's metadata."""

    project: Path
    wheel: frozenset[str]
    sdist: frozenset[str]
    metadata: Message
    entry_points: str


@pytest.fixture(scope="module", params=PROJECTS, ids=lambda folder: str(folder.relative_to(ROOT)))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The wheel is built from the sdist, as it is for everybody who installs from one."""
    output = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), str(request.param)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = output.glob("*.whl")
    (sdist,) = output.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = frozenset(archive.namelist())
        (folder,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = email.message_from_bytes(archive.read(f"{folder}/METADATA"))
        points = f"{folder}/entry_points.txt"
        entry_points = archive.read(points).decode() if points in names else ""
    with tarfile.open(sdist) as tar:
        members = frozenset(member.name.partition("/")[2] for member in tar.getmembers())
    return Built(request.param, names, members, metadata, entry_points)


def sources(project: Path) -> set[str]:
    """Every file below src/, as a wheel names it."""
    source = project / "src"
    return {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith(".pyc")
    }


def test_wheel_holds_every_source_file(built: Built) -> None:
    assert sources(built.project) - built.wheel == set()


def test_wheel_holds_nothing_else(built: Built) -> None:
    rest = {name for name in built.wheel - sources(built.project) if ".dist-info/" not in name}
    samples = {name for name in rest if built.project != ROOT and name.split("/")[1] == "cases"}
    assert rest - samples == set()


def test_types_are_shipped(built: Built) -> None:
    packages = {name.partition("/")[0] for name in sources(built.project)}
    assert {f"{package}/py.typed" for package in packages} <= built.wheel


def test_sdist_holds_source_licence_and_readme(built: Built) -> None:
    assert {"pyproject.toml", "README.md", "PKG-INFO"} <= built.sdist
    assert {f"src/{name}" for name in sources(built.project)} <= built.sdist
    assert not [name for name in built.sdist if "__pycache__" in name or name.startswith((".venv", "build/"))]


def test_metadata_is_complete(built: Built) -> None:
    assert built.metadata["License-Expression"] == "Apache-2.0"
    assert built.metadata["Requires-Python"] == ">=3.11"
    assert built.metadata["Summary"]
    assert built.metadata.get_payload(), "the README is the long description"


@pytest.mark.parametrize("built", [ROOT], indirect=True, scope="module", ids=["core"])
def test_core_offers_its_extras_and_command(built: Built) -> None:
    extras = set(built.metadata.get_all("Provides-Extra") or [])
    assert {"server", "postgres", "keyring", "testing", "all", "dev"} <= extras
    assert "cgrev = cgrev.cli:main" in built.entry_points
    assert not [text for text in built.metadata.get_all("Requires-Dist") or [] if text.startswith("pandas")]
    every = {text for text in built.metadata.get_all("Requires-Dist") or [] if "extra == 'all'" in text}
    plugins = {project.name for project in PROJECTS[1:]}
    assert plugins <= {text.partition(" ")[0].partition(";")[0].partition(">")[0] for text in every}


@pytest.mark.parametrize("built", PROJECTS[1:], indirect=True, scope="module", ids=lambda folder: folder.name)
def test_plugins_name_their_entry_points(built: Built) -> None:
    assert "[cgrev.converters]" in built.entry_points


@pytest.mark.parametrize("built", PROJECTS[1:], indirect=True, scope="module", ids=lambda folder: folder.name)
def test_plugins_ship_a_golden_case_of_every_converter(built: Built) -> None:
    """`cgrev plugins check NAME` needs nothing but what is installed."""
    named: set[str] = set()
    for path in (ROOT / "samples").rglob("*.case.json"):
        if any(name.endswith(f"/cases/{path.parent.name}/{path.name}") for name in built.wheel):
            words = json.loads(path.read_text("utf-8"))["arguments"]
            named |= {after for word, after in pairwise(words) if word == "--from"}
    brought = [line.partition(" = ")[0] for line in built.entry_points.splitlines() if " = " in line]
    assert set(brought) - named == set()


@pytest.mark.parametrize("project", PROJECTS[1:], ids=lambda folder: folder.name)
def test_plugins_hold_every_converter_to_the_contract(project: Path) -> None:
    brought = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    tests = "".join(path.read_text("utf-8") for path in project.glob("tests/test_contract_of_*.py"))
    assert [name for name in brought["cgrev.converters"] if f'converter = "{name}"' not in tests] == []
