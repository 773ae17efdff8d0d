"""The tables of the ledger, as a list of steps: step n leads from schema n-1 to schema n.

A step is never changed once it has been released; a new need is a new step at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

APPLICATION_ID = 0x43475256
"""Marks the file as a ledger of cgrev ("CGRV")."""

Migration = Sequence[str]

MIGRATIONS: tuple[Migration, ...] = (
    (
        """
        CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            started TEXT NOT NULL,
            ended TEXT,
            command TEXT NOT NULL,
            target TEXT NOT NULL,
            folder TEXT NOT NULL,
            settings_digest TEXT NOT NULL,
            version TEXT NOT NULL,
            who TEXT NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            resumes TEXT REFERENCES runs (id),
            exit_code INTEGER
        ) STRICT
        """,
        """
        CREATE TABLE batches (
            target TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            name TEXT NOT NULL,
            path TEXT NOT NULL,
            records INTEGER NOT NULL,
            size INTEGER NOT NULL,
            total TEXT,
            part TEXT CHECK (part IN ('canary', 'rest')),
            whole TEXT,
            is_split INTEGER NOT NULL DEFAULT 0,
            state TEXT NOT NULL CHECK (
                state IN ('planned', 'sending', 'acknowledged', 'verified', 'rejected', 'unknown')
            ),
            since TEXT NOT NULL,
            first_sent TEXT,
            attempts INTEGER NOT NULL DEFAULT 0,
            run TEXT REFERENCES runs (id),
            answer TEXT NOT NULL DEFAULT '',
            status INTEGER,
            code INTEGER,
            remote_id TEXT,
            stored INTEGER,
            failed INTEGER,
            logs TEXT NOT NULL DEFAULT '[]',
            contradiction TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (target, sha256)
        ) STRICT
        """,
        "CREATE INDEX batches_state ON batches (state)",
        "CREATE INDEX batches_whole ON batches (target, whole)",
        """
        CREATE TABLE run_batches (
            run TEXT NOT NULL REFERENCES runs (id),
            target TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (run, target, sha256),
            FOREIGN KEY (target, sha256) REFERENCES batches (target, sha256)
        ) STRICT
        """,
        """
        CREATE TABLE events (
            number INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            run TEXT,
            target TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            from_state TEXT,
            to_state TEXT NOT NULL,
            note TEXT NOT NULL
        ) STRICT
        """,
    ),
    (
        """
        CREATE TABLE accounts (
            target TEXT NOT NULL,
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            since TEXT NOT NULL,
            PRIMARY KEY (target, key)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE accounts_of (
            target TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            PRIMARY KEY (target, sha256)
        ) STRICT, WITHOUT ROWID
        """,
    ),
)


class NewerSchema(Exception):
    """The file was written by a newer program."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"schema {found}, this one knows {known}")


class NotALedger(Exception):
    """The file is a database of something else."""


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Bring a ledger to the newest schema, all steps in one transaction. Returns the schema it had.

    Two processes may do this at once: the second waits and finds nothing left to do.
    """
    connection.execute("BEGIN EXCLUSIVE")
    try:
        before: int = connection.execute("PRAGMA user_version").fetchone()[0]
        mark: int = connection.execute("PRAGMA application_id").fetchone()[0]
        tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if mark != APPLICATION_ID and (tables or before):
            raise NotALedger
        if before > len(migrations):
            raise NewerSchema(before, len(migrations))
        for step in migrations[before:]:
            for statement in step:
                connection.execute(statement)
        if before != len(migrations):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return before
