"""What the ledger gives out: runs, batches, and what is found out about a batch."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from cgrev.targets.batches import BatchFile, Part
from cgrev.targets.states import BatchState


@dataclass(frozen=True, slots=True)
class Run:
    """One command that sends or reads back. Times are UTC, ISO 8601."""

    id: str
    started: str
    ended: str | None
    command: str
    target: str
    folder: str
    settings_digest: str
    version: str
    who: str
    host: str
    pid: int
    resumes: str | None
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """What the ledger knows of one batch at one target.

    `since` is when it came into its state, `first_sent` when it was first sent. `answer` is the last
    thing the server said of it, redacted. `stored` and `failed` are the records the server lists as
    loaded and not loaded. `contradiction` is a sentence when two things the server said do not agree;
    such a batch is never sent again. `is_split`: it is sent as two parts, and its state is theirs.
    """

    target: str
    sha256: str
    name: str
    path: str
    records: int
    size: int
    total: int | None
    part: Literal["canary", "rest"] | None
    whole: str | None
    is_split: bool
    state: BatchState
    since: str
    first_sent: str | None
    attempts: int
    run: str | None
    answer: str
    status: int | None
    code: int | None
    remote_id: str | None
    stored: int | None
    failed: int | None
    logs: tuple[str, ...]
    contradiction: str

    @property
    def age(self) -> float:
        """Seconds in this state; 0 when the clock was turned back meanwhile."""
        return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(self.since)).total_seconds())

    @property
    def resendable(self) -> bool:
        """Whether a refused batch may be sent again: nothing of it is stored, nothing contradicts that."""
        return self.state is BatchState.REJECTED and not self.stored and not self.contradiction

    def batch(self) -> BatchFile:
        part = Part(self.part, self.whole) if self.part is not None and self.whole is not None else None
        return BatchFile(Path(self.path), self.name, self.sha256, self.size, self.records, self.total, part)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is to be kept with a new state; None leaves what is there."""

    answer: str | None = None
    status: int | None = None
    code: int | None = None
    remote_id: str | None = None
    stored: int | None = None
    failed: int | None = None
    logs: tuple[str, ...] | None = None
    contradiction: str | None = None


def batch_record(row: sqlite3.Row) -> BatchRecord:
    """A row of the table as a value."""
    values: dict[str, Any] = dict(row)
    values["state"] = BatchState(values["state"])
    values["is_split"] = bool(values["is_split"])
    values["total"] = None if values["total"] is None else int(values["total"])
    values["logs"] = tuple(cast(list[str], json.loads(values["logs"])))
    return BatchRecord(**values)
