"""The command line in this process, and small files of the layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cgrev.rules.rule import example


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Cgrev = Callable[..., Ended]
Write = Callable[..., str]


@pytest.fixture
def cgrev(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cgrev:
    """Run `cgrev` with these words; what it wrote and its exit code."""
    from cgrev.cli.main import main

    monkeypatch.setenv("COLUMNS", "100")

    def run(*words: object) -> Ended:
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        written = capfd.readouterr()
        code = end.value.code
        return Ended(code if isinstance(code, int) else int(code is not None), written.out, written.err)

    return run


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file of the layout into the current folder; answers its name."""
    monkeypatch.chdir(tmp_path)

    def put(name: str, *rows: str) -> str:
        Path(name).write_text(example(*rows), "utf-8")
        return name

    return put
