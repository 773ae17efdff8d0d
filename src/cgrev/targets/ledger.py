"""The ledger: what was sent where, so that nothing is sent twice and nothing is forgotten.

One SQLite file in WAL mode, through the standard library: its driver is imported in a tenth of the time
of an object-relational one, and the few statements here gain nothing from a builder. Every change of
state is one durable transaction that names the state it expects; `sending` is on disk before the first
byte leaves, so whatever happens afterwards, the next run knows that something may have happened.

A run holds an operating-system lock on a file of its own for as long as it lives. The lock is let go
by the system even when the process is killed; so a `sending` batch whose run's lock is free is certain to
be nobody's, and becomes `unknown`.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import secrets
import socket
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import filelock

from cgrev import __version__
from cgrev.targets.batches import BatchFile
from cgrev.targets.leases import Leases
from cgrev.targets.ledger_faults import IllegalTransition, LedgerError, clear_line
from cgrev.targets.ledger_records import BatchRecord, Evidence, Run, batch_record
from cgrev.targets.ledger_schema import MIGRATIONS, Migration, migrate
from cgrev.targets.secrets import redact, server_text
from cgrev.targets.states import ALLOWED, BatchState, combined

FILE_NAME = "ledger.sqlite3"
_BUSY_SECONDS = 30.0

__all__ = ["FILE_NAME", "IllegalTransition", "Ledger", "LedgerError", "state_folder"]


def state_folder() -> Path:
    """`CGREV_STATE_DIR`, or the user's state folder of the system."""
    given = os.environ.get("CGREV_STATE_DIR")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_dir("cgrev", appauthor=False))


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


class Ledger:
    """The ledger in a folder. Safe to use from several threads and from several processes at once.

    Raises `LedgerError` with one clear line for a file that is damaged, foreign, newer, or out of reach.
    """

    def __init__(self, folder: Path | None = None, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self.folder = folder if folder is not None else state_folder()
        self.path = self.folder / FILE_NAME
        self._lock = threading.RLock()
        self._leases = Leases(self.folder / "runs")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._leases.folder.mkdir(mode=0o700, exist_ok=True)
            # Made by hand first, so that no other user can read what is written between.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise LedgerError(
                f"the ledger '{self.path}' cannot be opened: {(error.strerror or 'unknown fault').lower()}",
                help="check the rights on the folder, or set CGREV_STATE_DIR to another one",
            ) from None
        with clear_line(self.path):
            self._db = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            with clear_line(self.path):
                self._db.row_factory = sqlite3.Row
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")  # a state must survive a power cut
                self._db.execute("PRAGMA foreign_keys = ON")
                migrate(self._db, migrations)
                if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    raise sqlite3.DatabaseError("its pages do not fit together")
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._db.close()
            self._leases.give_back_all()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A write, whole or not at all, alone among all processes."""
        with self._lock, clear_line(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, clear_line(self.path):
            return self._db.execute(statement, values).fetchall()

    # -- runs

    def begin(
        self,
        command: str,
        target: str,
        *,
        folder: str = "",
        settings_digest: str = "",
        resumes: str | None = None,
    ) -> Run:
        """A new run, held by this process until `end` or its death."""
        moment = datetime.now(UTC)
        run = Run(
            id=f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            started=moment.isoformat(timespec="milliseconds"),
            ended=None,
            command=command,
            target=target,
            folder=folder,
            settings_digest=settings_digest,
            version=__version__,
            who=_who(),
            host=socket.gethostname(),
            pid=os.getpid(),
            resumes=resumes,
            exit_code=None,
        )
        try:
            self._leases.take(run.id)
        except (OSError, NotImplementedError, filelock.Timeout) as error:
            raise LedgerError(
                f"no lock can be taken in '{self.folder}' ({type(error).__name__})",
                help="set CGREV_STATE_DIR to a folder on a local disk",
            ) from None
        with self._transaction() as db:
            db.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run.id, run.started, run.ended, run.command, run.target, run.folder,
                    run.settings_digest, run.version, run.who, run.host, run.pid, run.resumes,
                    run.exit_code,
                ),
            )  # fmt: skip
        return run

    def end(self, run: Run, exit_code: int) -> Run:
        ended = now()
        with self._transaction() as db:
            db.execute("UPDATE runs SET ended = ?, exit_code = ? WHERE id = ?", (ended, exit_code, run.id))
        self._leases.give_back(run.id)
        return self.run(run.id)

    def is_alive(self, run_id: str | None) -> bool:
        """Whether the process of a run still lives, by its lock."""
        return run_id is not None and self._leases.is_held(run_id)

    def run(self, run_id: str) -> Run:
        """Raises `LedgerError` when there is no such run."""
        rows = self._rows("SELECT * FROM runs WHERE id = ?", run_id)
        if not rows:
            raise LedgerError(
                f"the ledger has no run '{run_id}'", help="list the runs with `cgrev uploads list`"
            )
        return Run(**dict(rows[0]))

    def runs(self, target: str | None = None, limit: int = 100) -> list[Run]:
        """Newest first."""
        rows = self._rows(
            "SELECT * FROM runs WHERE ? IS NULL OR target = ? ORDER BY started DESC, id DESC LIMIT ?",
            target, target, limit,
        )  # fmt: skip
        return [Run(**dict(row)) for row in rows]

    # -- batches

    def register(self, run: Run, batches: Iterable[BatchFile]) -> None:
        """Take batches into a run; those not known yet are `planned`."""
        with self._transaction() as db:
            for position, batch in enumerate(batches):
                self._insert(db, run, batch)
                self._link(db, run, batch.sha256, position)

    def adopt(self, run: Run, old: Run) -> None:
        """Take the batches of an earlier run into this one."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO run_batches SELECT ?, target, sha256, position FROM run_batches"
                " WHERE run = ?",
                (run.id, old.id),
            )

    def _insert(self, db: sqlite3.Connection, run: Run, batch: BatchFile) -> None:
        added = db.execute(
            "INSERT OR IGNORE INTO batches (target, sha256, name, path, records, size, total, part, whole,"
            " state, since, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'planned', ?, ?)",
            (
                run.target, batch.sha256, batch.name, str(batch.path), batch.records, batch.size,
                None if batch.total is None else str(batch.total),
                batch.part.which if batch.part else None,
                batch.part.whole_sha256 if batch.part else None,
                now(), run.id,
            ),
        )  # fmt: skip
        if added.rowcount:
            self._note(db, run.id, run.target, batch.sha256, None, BatchState.PLANNED, batch.name)

    def _link(self, db: sqlite3.Connection, run: Run, sha256: str, position: int) -> None:
        db.execute(
            "INSERT OR IGNORE INTO run_batches VALUES (?, ?, ?, ?)", (run.id, run.target, sha256, position)
        )

    def _note(
        self,
        db: sqlite3.Connection,
        run: str | None,
        target: str,
        sha256: str,
        old: BatchState | None,
        new: BatchState,
        note: str,
    ) -> None:
        db.execute(
            "INSERT INTO events (at, run, target, sha256, from_state, to_state, note)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (now(), run, target, sha256, old, new, redact(note)),
        )

    def split(self, run: Run, whole: BatchFile, parts: Sequence[BatchFile]) -> bool:
        """Send a batch as parts from now on. False when it is no longer `planned` and whole."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE batches SET is_split = 1 WHERE target = ? AND sha256 = ? AND state = 'planned'"
                " AND is_split = 0",
                (run.target, whole.sha256),
            )
            if changed.rowcount != 1:
                return False
            for part in parts:
                self._insert(db, run, part)
                self._link(db, run, part.sha256, 0)
            return True

    def claim(self, run: Run, batch: BatchFile) -> BatchRecord | None:
        """`planned` to `sending`, for one run only: of several that try, one gets the record.

        A batch keeps the name it was first sent under, whatever it is called now: that is the name the
        server may list it by.
        """
        moment = now()
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE batches SET state = 'sending', since = ?, first_sent = coalesce(first_sent, ?),"
                " name = CASE WHEN attempts = 0 THEN ? ELSE name END, attempts = attempts + 1, run = ?,"
                " path = ? WHERE target = ? AND sha256 = ? AND state = 'planned' AND is_split = 0",
                (moment, moment, batch.name, run.id, str(batch.path), run.target, batch.sha256),
            )
            if changed.rowcount != 1:
                return None
            self._note(
                db, run.id, run.target, batch.sha256, BatchState.PLANNED, BatchState.SENDING, batch.name
            )
            return self.record(run.target, batch.sha256)

    def move(
        self,
        record: BatchRecord,
        state: BatchState,
        found: Evidence | None = None,
        *,
        run: Run | None = None,
        note: str = "",
    ) -> bool:
        """Change the state of a batch that is still as `record` says; False when it no longer is.

        The number of attempts is a part of what is expected: a batch that someone else has sent since is
        not the one that was judged. Raises `IllegalTransition` for a change the table does not have.
        """
        # Only `claim` may say that a batch is being sent: it also says by whom.
        if state is BatchState.SENDING or state not in ALLOWED[record.state]:
            raise IllegalTransition(f"{record.state} to {state}")
        if record.state is BatchState.REJECTED and not record.resendable:
            raise IllegalTransition(f"{record.state} to {state}")
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE batches SET state = ?, since = ? WHERE target = ? AND sha256 = ? AND state = ?"
                " AND attempts = ? AND is_split = 0",
                (state, now(), record.target, record.sha256, record.state, record.attempts),
            )
            if changed.rowcount != 1:
                return False
            self._keep(db, record, found or Evidence())
            self._note(
                db, run.id if run else None, record.target, record.sha256, record.state, state,
                note or (found.answer if found and found.answer else ""),
            )  # fmt: skip
            return True

    def annotate(self, record: BatchRecord, found: Evidence) -> None:
        """Keep something new about a batch without a change of its state."""
        with self._transaction() as db:
            self._keep(db, record, found)

    def _keep(self, db: sqlite3.Connection, record: BatchRecord, found: Evidence) -> None:
        logs = None if found.logs is None else json.dumps([server_text(line, 200) for line in found.logs])
        db.execute(
            "UPDATE batches SET answer = coalesce(?, answer), status = coalesce(?, status),"
            " code = coalesce(?, code), remote_id = coalesce(?, remote_id), stored = coalesce(?, stored),"
            " failed = coalesce(?, failed), logs = coalesce(?, logs),"
            " contradiction = coalesce(?, contradiction) WHERE target = ? AND sha256 = ?",
            (
                None if found.answer is None else server_text(found.answer), found.status, found.code,
                found.remote_id, found.stored, found.failed, logs, found.contradiction,
                record.target, record.sha256,
            ),
        )  # fmt: skip

    def recover(self, target: str | None = None) -> list[BatchRecord]:
        """`sending` batches whose run has died become `unknown`. Returns them."""
        rows = self._rows(
            "SELECT * FROM batches WHERE state = 'sending' AND (? IS NULL OR target = ?)", target, target
        )
        lost = [batch_record(row) for row in rows]
        alive = {run: self.is_alive(run) for run in {record.run for record in lost}}
        found: list[BatchRecord] = []
        for record in lost:
            if alive[record.run]:
                continue
            what = Evidence(answer="the run that was sending it ended without a word")
            if self.move(record, BatchState.UNKNOWN, what):
                again = self.record(record.target, record.sha256)
                assert again is not None
                found.append(again)
        return found

    def record(self, target: str, sha256: str) -> BatchRecord | None:
        rows = self._rows("SELECT * FROM batches WHERE target = ? AND sha256 = ?", target, sha256)
        return self._whole(batch_record(rows[0])) if rows else None

    def parts(self, target: str, whole: str) -> list[BatchRecord]:
        """The parts a batch was split into, the canary first."""
        rows = self._rows("SELECT * FROM batches WHERE target = ? AND whole = ? ORDER BY part", target, whole)
        return [batch_record(row) for row in rows]

    def batches(self, run_id: str) -> list[BatchRecord]:
        """The batches of a run in their order; one that was split is given as its parts."""
        rows = self._rows(
            "SELECT b.* FROM run_batches r JOIN batches b USING (target, sha256)"
            " WHERE r.run = ? AND b.part IS NULL ORDER BY r.position, b.name",
            run_id,
        )
        found: list[BatchRecord] = []
        for row in rows:
            record = batch_record(row)
            found.extend(self.parts(record.target, record.sha256) if record.is_split else [record])
        return found

    def unfinished(self, target: str) -> list[BatchRecord]:
        """Batches at a target that are neither stored nor refused."""
        rows = self._rows(
            "SELECT * FROM batches WHERE target = ? AND state IN ('planned', 'sending', 'unknown')"
            " AND is_split = 0 ORDER BY since",
            target,
        )
        return [batch_record(row) for row in rows]

    def _whole(self, record: BatchRecord) -> BatchRecord:
        if not record.is_split:
            return record
        parts = self.parts(record.target, record.sha256)
        return replace(record, state=combined([part.state for part in parts]))

    # -- accounts

    def accounts(self, target: str) -> dict[str, str]:
        """The accounts that were sent to a target: the first spelling by the key they are compared by."""
        rows = self._rows("SELECT key, name FROM accounts WHERE target = ?", target)
        return {row["key"]: row["name"] for row in rows}

    def unnamed(self, target: str, digests: Iterable[str]) -> list[str]:
        """Of these batches, those whose accounts are not kept yet."""
        known = {
            row["sha256"] for row in self._rows("SELECT sha256 FROM accounts_of WHERE target = ?", target)
        }
        return [digest for digest in digests if digest not in known]

    def keep_accounts(self, target: str, sha256: str, names: Mapping[str, str]) -> None:
        """Keep the accounts (name by key) of a batch that the target has; a spelling kept before stands."""
        moment = now()
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO accounts VALUES (?, ?, ?, ?)",
                [(target, key, name, moment) for key, name in names.items()],
            )
            db.execute("INSERT OR IGNORE INTO accounts_of VALUES (?, ?)", (target, sha256))
