"""The ledger as a file: where it is, who may read it, its schema, and what happens when it is damaged."""

from __future__ import annotations

import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cgrev.targets.batches import BatchFile
from cgrev.targets.ledger import FILE_NAME, Ledger, LedgerError, state_folder
from cgrev.targets.ledger_schema import APPLICATION_ID, MIGRATIONS

PLACE = "file-v4.1 https://api.eu.customergauge.com"


def test_the_folder_is_the_one_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CGREV_STATE_DIR", str(tmp_path / "mine"))
    assert state_folder() == tmp_path / "mine"
    with Ledger() as ledger:
        assert ledger.path == tmp_path / "mine" / FILE_NAME
    monkeypatch.delenv("CGREV_STATE_DIR")
    assert state_folder().name == "cgrev"


@pytest.mark.skipif(sys.platform == "win32", reason="file modes")
def test_only_its_owner_can_read_it(ledger: Ledger) -> None:
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger.folder.stat().st_mode) == 0o700


def test_what_was_kept_is_there_after_reopening(tmp_path: Path, make_batch: Callable[..., BatchFile]) -> None:
    batch = make_batch()
    with Ledger(tmp_path / "s") as ledger:
        run = ledger.begin("upload", PLACE, folder="out", settings_digest="abc")
        ledger.register(run, [batch])
        ledger.end(run, 0)
    with Ledger(tmp_path / "s") as ledger:
        (record,) = ledger.batches(run.id)
        assert record.batch() == batch
        kept = ledger.run(run.id)
        assert (kept.folder, kept.settings_digest, kept.exit_code) == ("out", "abc", 0)
        assert kept.ended is not None
        assert [found.id for found in ledger.runs(PLACE)] == [run.id]
        assert ledger.runs("elsewhere") == []


def test_it_keeps_a_journal_in_wal_mode_and_writes_through(ledger: Ledger) -> None:
    other = sqlite3.connect(ledger.path)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert other.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    other.close()
    # What is written survives a power cut: SQLite's word for it is 2 (FULL), set for each connection.
    assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    Ledger(tmp_path / "s").close()
    path = tmp_path / "s" / FILE_NAME
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LedgerError) as caught:
        Ledger(tmp_path / "s")
    assert "written by a newer cgrev (schema 99" in caught.value.message
    assert caught.value.help == "update cgrev on this machine"
    assert caught.value.exit_code == 2
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (99,)
    db.close()


def test_the_steps_of_a_new_schema_are_taken_once_and_in_order(
    tmp_path: Path, make_batch: Callable[..., BatchFile]
) -> None:
    with Ledger(tmp_path / "s") as ledger:
        run = ledger.begin("upload", PLACE)
        ledger.register(run, [make_batch()])
    later = (
        *MIGRATIONS,
        ("CREATE TABLE marks (batch TEXT NOT NULL) STRICT", "INSERT INTO marks SELECT sha256 FROM batches"),
        ("INSERT INTO marks SELECT batch || '-2' FROM marks",),
    )
    for _ in range(2):
        Ledger(tmp_path / "s", migrations=later).close()
    db = sqlite3.connect(tmp_path / "s" / FILE_NAME)
    marks = [row[0] for row in db.execute("SELECT batch FROM marks ORDER BY rowid")]
    assert len(marks) == 2 and marks[1] == f"{marks[0]}-2"
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 2,)
    db.close()


def test_a_step_that_fails_leaves_the_old_schema_whole(tmp_path: Path) -> None:
    Ledger(tmp_path / "s").close()
    broken = (*MIGRATIONS, ("CREATE TABLE marks (a TEXT)", "this is no statement"))
    with pytest.raises(LedgerError, match="cannot be used"):
        Ledger(tmp_path / "s", migrations=broken)
    with Ledger(tmp_path / "s") as ledger:
        assert ledger.runs() == []
    db = sqlite3.connect(tmp_path / "s" / FILE_NAME)
    assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'marks'").fetchone() == (0,)
    db.close()


@pytest.mark.parametrize("damage", ["text", "zeros", "truncated", "page"])
def test_a_damaged_file_is_one_clear_line_and_stays_as_it_is(
    damage: str, tmp_path: Path, make_batch: Callable[..., BatchFile]
) -> None:
    with Ledger(tmp_path / "s") as ledger:
        run = ledger.begin("upload", PLACE)
        ledger.register(run, [make_batch(f"b{number}", 1) for number in range(40)])
        ledger.end(run, 0)
    path = tmp_path / "s" / FILE_NAME
    raw = path.read_bytes()
    spoilt = {
        "text": b"this is not a database, this is a text that somebody put here" * 30,
        "zeros": b"\0" * 4096 + raw[4096:],
        "truncated": raw[: len(raw) // 2 + 100],
        "page": raw[:4096] + b"\xff" * 8192 + raw[12288:],
    }[damage]
    path.write_bytes(spoilt)
    with pytest.raises(LedgerError) as caught:
        Ledger(tmp_path / "s")
    assert str(path) in caught.value.message and "\n" not in caught.value.message
    assert caught.value.help
    assert path.read_bytes() == spoilt


def test_a_database_of_another_program_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    db = sqlite3.connect(tmp_path / "s" / FILE_NAME)
    db.execute("CREATE TABLE theirs (a)")
    db.close()
    with pytest.raises(LedgerError, match="database of another program"):
        Ledger(tmp_path / "s")


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger(tmp_path / "file")


def test_an_unknown_run_is_one_clear_line(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="has no run 'nope'"):
        ledger.run("nope")
