"""Plugins of one module, installed for one test beside everything else, and the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cgrev.cli.main import main

Install = Callable[..., None]
Cgrev = Callable[..., "Ended"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Writes a module, and the metadata of a distribution that offers it."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    made: list[str] = []

    def make(name: str, source: str, group: str = "cgrev.converters", attribute: str = "") -> None:
        module = f"acceptance_{name.lower().replace('-', '_')}"
        made.append(module)
        (site / f"{module}.py").write_text(source, "utf-8")
        info = site / f"{module}-3.4.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: cgrev-{name.lower()}\nVersion: 3.4\n", "utf-8"
        )
        target = f"{module}:{attribute}" if attribute else module
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n", "utf-8")

    yield make
    for module in made:
        sys.modules.pop(module, None)


@pytest.fixture
def cgrev(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Cgrev]:
    """Runs the command line in an empty folder that holds `export.csv`."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "export.csv").write_text(
        "Client,Fee,From,To,Sort\n"
        "Acme Ltd,1200,2024-01-01,2024-12-31,ARR\nBeta,99,2024-02-01,2024-02-29,MRR\n",
        "utf-8",
    )
    monkeypatch.chdir(work)

    def run(*words: str) -> Ended:
        capsys.readouterr()
        code = 0
        try:
            main(list(words))
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    yield run
