"""Long runs say how far they are: on a terminal one line that goes away, anywhere else nothing."""

from __future__ import annotations

import io

import polars as pl
import pytest
from msgspec.structs import replace

from cgrev.checking import examine
from cgrev.cli import running
from cgrev.layout import HEADINGS
from cgrev.opening import DEFAULT_READING, Input
from cgrev.progress import Step, tell, watched_by
from cgrev.settings import load
from cgrev.verbs.check import check_tasks


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE", 0.0)
    monkeypatch.setattr(running, "PAUSE", 0.0)
    monkeypatch.setenv("TERM", "xterm")


def file_of(rows: int) -> bytes:
    lines = [f"Account {n},{'n/a' if n % 3 == 0 else 12},2024-01-01,2024-12-31,ARR,Plan" for n in range(rows)]
    return "\n".join([",".join(HEADINGS), *lines, ""]).encode()


def test_every_piece_of_a_file_is_told_with_rows_and_findings() -> None:
    task = replace(check_tasks(load({}), {})("a.csv"), piece_rows=40_000)
    steps: list[Step] = []
    with watched_by(steps.append):
        examine(Input("a.csv", file_of(120_000)), task, 0, DEFAULT_READING)
    assert len(steps) > 1
    assert [step.what for step in steps] == ["a.csv"] * len(steps)
    assert [step.rows for step in steps] == sorted({step.rows for step in steps})
    assert (steps[-1].rows, steps[-1].findings) == (120_000, 40_000)


def test_a_watcher_changes_no_result() -> None:
    task = check_tasks(load({}), {})("a.csv")
    alone = examine(Input("a.csv", file_of(9)), task, 0, DEFAULT_READING)
    with watched_by(lambda step: None):
        watched = examine(Input("a.csv", file_of(9)), task, 0, DEFAULT_READING)
    assert pl.concat(watched.findings).equals(pl.concat(alone.findings))


@pytest.mark.usefixtures("impatient")
def test_a_terminal_shows_one_line_that_is_gone_at_the_end() -> None:
    terminal = Terminal()
    with running.shown_progress(terminal):
        tell("deals.csv", 250_000, 1_204)
        tell("writing", 9)
    written = terminal.getvalue()
    assert "deals.csv: 250,000 rows, 1,204 findings" in written
    assert "\n" not in written
    assert written.endswith("\r") and not written.rsplit("\r", 2)[1].strip()


@pytest.mark.usefixtures("impatient")
def test_the_line_is_gone_when_the_run_is_interrupted() -> None:
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt), running.shown_progress(terminal):
        tell("deals.csv", 5)
        raise KeyboardInterrupt
    assert terminal.getvalue().endswith("\r")


@pytest.mark.usefixtures("impatient")
def test_control_characters_of_a_name_never_reach_the_terminal() -> None:
    terminal = Terminal()
    with running.shown_progress(terminal):
        tell("\x1b[2Jx.csv", 5)
    assert "\x1b" not in terminal.getvalue()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("stream", "term"), [(io.StringIO(), "xterm"), (Terminal(), "dumb")])
def test_nothing_is_written_where_nobody_would_see_it(
    stream: io.StringIO, term: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    with running.shown_progress(stream):
        tell("deals.csv", 250_000, 3)
    assert stream.getvalue() == ""


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with running.shown_progress(terminal):
        tell("deals.csv", 5)
    assert terminal.getvalue() == ""
