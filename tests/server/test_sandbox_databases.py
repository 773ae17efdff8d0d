"""The database behind the sandbox: what is kept, what is refused, and in which words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from cgrev.errors import SettingsError
from cgrev.server import tables
from cgrev.server.tables import Database

ROW = ["Acme,12000,2016-01-01,2016-12-31,ARR,note"]


def test_uploads_outlive_the_server(start: Callable[..., Any], database: str) -> None:
    first = start(database=database)
    first.upload(ROW, "one.csv")
    second = start(database=database)
    second.upload(["ACME,1,2016-01-01,2016-01-31,MRR,"], "two.csv")
    for caller in (first, second):
        assert [upload["source_filename"] for upload in caller.box.uploads()] == ["one.csv", "two.csv"]
        assert caller.box.accounts() == ["Acme"]


def test_a_database_of_a_newer_version_is_left_alone(database: str) -> None:
    opened = Database(database)
    with opened.write() as connection:
        connection.execute(update(tables.schema_version).values(version=99))
    opened.close()
    with pytest.raises(SettingsError, match=r"has schema version 99, this cgrev knows 1") as refused:
        Database(database)
    assert refused.value.help is not None and "upgrade cgrev" in refused.value.help


def test_a_database_without_a_version_is_left_alone(database: str) -> None:
    opened = Database(database)
    with opened.write() as connection:
        connection.execute(tables.schema_version.delete())
    opened.close()
    with pytest.raises(SettingsError, match="has schema version None"):
        Database(database)


def test_a_failed_write_leaves_nothing(database: str) -> None:
    opened = Database(database)
    values = {"source_filename": "a.csv", "digest": "x", "status": "Processed", "uploaded_at": 0}
    with pytest.raises(RuntimeError), opened.write() as connection:
        connection.execute(tables.file.insert(), {**values, "successful": 0, "unsuccessful": 0})
        raise RuntimeError
    with opened.read() as connection:
        assert connection.execute(tables.file.select()).all() == []
    opened.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "is not a database URL"),
        ("mysql://root@localhost/x", "'mysql' is not supported"),
        ("sqlite:////nowhere/at/all/sandbox.db", "cannot be opened: unable to open database file"),
        ("postgresql://nobody:hush-hush@127.0.0.1:1/x", "cannot be opened"),
        ("postgresql://nobody:hush-hush@127.0.0.1:x/x", "is not a database URL"),
    ],
)
def test_databases_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        Database(url)
    assert refused.value.help and "hush-hush" not in f"{refused.value}{refused.value.help}"
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but longer than a header of one hundred bytes" * 3)
    with pytest.raises(SettingsError, match="file is not a database"):
        Database(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


def test_tables_of_others_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE account (id INTEGER)")
    connection.close()
    Database(f"sqlite:///{path}").close()
    Database(f"sqlite:///{path}").close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_is_thrown_away(url: str) -> None:
    opened = Database(url)
    path = Path(opened.engine.url.database or "")
    assert path.exists()
    opened.close()
    assert not path.exists()


def test_sqlite_is_set_up_for_many_clients(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'sandbox.db'}")
    with opened.read() as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]
    opened.close()
    assert values == ["wal", 30_000, 1]


def test_a_database_that_goes_away_is_told(start: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    caller = start(database=f"sqlite:///{path}")
    caller.upload(ROW)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE sandbox_log")
    connection.close()
    answer = caller.list(".xml")
    assert answer.status_code == 503 and answer.text.endswith("<Code>503</Code></Error>")
