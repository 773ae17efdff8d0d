"""What became of an upload: batch by batch, in sums, and as the exit code of the command."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cgrev import __version__
from cgrev.targets.ledger_records import BatchRecord, Run
from cgrev.targets.protocol import Reason
from cgrev.targets.states import STORED, BatchState

Did = Literal["sent", "skipped", "not sent", "left", "read back"]
"""What this run did with a batch: `skipped` was stored before, `left` is in doubt and was not touched."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One batch after the run. `message` and `help` are one sentence each; `logs` the server's own lines."""

    name: str
    path: str
    sha256: str
    records: int
    size: int
    total: int | None
    did: Did
    state: BatchState
    message: str = ""
    help: str = ""
    reason: Reason | None = None
    status: int | None = None
    code: int | None = None
    attempts: int = 0
    first_sent: str | None = None
    since: str | None = None
    remote_id: str | None = None
    stored: int | None = None
    failed: int | None = None
    logs: tuple[str, ...] = ()
    contradiction: str = ""
    part: Literal["canary", "rest"] | None = None

    @property
    def is_stored(self) -> bool:
        return self.state in STORED and not self.contradiction

    @property
    def is_doubtful(self) -> bool:
        """Whether rows of it may be stored, or are, without the batch being stored as a whole."""
        return (
            self.state in (BatchState.UNKNOWN, BatchState.SENDING)
            or bool(self.contradiction)
            or (self.state is BatchState.REJECTED and bool(self.stored))
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.name,
            "sha256": self.sha256,
            "records": self.records,
            "bytes": self.size,
            "total": None if self.total is None else str(self.total),
            "did": self.did,
            "state": self.state.value,
            "message": self.message,
            "help": self.help,
            "status": self.status,
            "code": self.code,
            "attempts": self.attempts,
            "first_sent": self.first_sent,
            "since": self.since,
            "remote_id": self.remote_id,
            "stored": self.stored,
            "failed": self.failed,
            "logs": list(self.logs),
            "contradiction": self.contradiction,
            "part": self.part,
        }


def result_of(
    record: BatchRecord, did: Did, *, message: str = "", help: str = "", reason: Reason | None = None
) -> BatchResult:
    """A batch as the ledger has it now, with what this run has to say of it."""
    return BatchResult(
        name=record.name,
        path=record.path,
        sha256=record.sha256,
        records=record.records,
        size=record.size,
        total=record.total,
        did=did,
        state=record.state,
        message=message or record.contradiction or record.answer,
        help=help,
        reason=reason,
        status=record.status,
        code=record.code,
        attempts=record.attempts,
        first_sent=record.first_sent,
        since=record.since,
        remote_id=record.remote_id,
        stored=record.stored,
        failed=record.failed,
        logs=record.logs,
        contradiction=record.contradiction,
        part=record.part,
    )


def sentence(record: BatchRecord) -> str:
    """A state in one sentence."""
    if record.state is BatchState.VERIFIED:
        return f"the server lists it with all {record.records} records loaded"
    if record.state is BatchState.REJECTED and record.failed:
        first = f"; its log says '{record.logs[0]}'" if record.logs else ""
        return f"the server loaded {record.stored or 0} of {record.records} records{first}"
    if record.state is BatchState.ACKNOWLEDGED:
        return "the server took it; it is not listed with its counts yet"
    if record.state is BatchState.PLANNED:
        return "not sent"
    return record.answer


@dataclass(frozen=True, slots=True)
class Sums:
    """Batches, records and whole units in one group. `total` is None when a batch's total is not known."""

    batches: int = 0
    records: int = 0
    total: int | None = 0

    @classmethod
    def of(cls, results: Sequence[BatchResult]) -> Sums:
        totals = [result.total for result in results]
        known = [total for total in totals if total is not None]
        return cls(
            len(results),
            sum(result.records for result in results),
            sum(known) if len(known) == len(totals) else None,
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "batches": self.batches,
            "records": self.records,
            "total": None if self.total is None else str(self.total),
        }


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Every record of the upload in exactly one group; `listed` is what the server says it loaded.

    planned = verified + acknowledged + unknown + rejected + missing. `explained` is true when the rows
    that the server lists are the rows of the verified batches and nothing is in doubt.
    """

    planned: Sums
    verified: Sums
    acknowledged: Sums
    unknown: Sums
    rejected: Sums
    missing: Sums
    listed: int

    @property
    def explained(self) -> bool:
        return self.listed == self.verified.records and not (
            self.unknown.batches or self.rejected.batches or self.missing.batches or self.acknowledged.batches
        )

    def as_dict(self) -> dict[str, Any]:
        groups = ("planned", "verified", "acknowledged", "unknown", "rejected", "missing")
        return {
            **{name: getattr(self, name).as_dict() for name in groups},
            "listed_records": self.listed,
            "explained": self.explained,
        }


@dataclass(frozen=True, slots=True)
class UploadSummary:
    """An upload, a resumption or a reading back, as it ended.

    `stopped` says why it ended before its last batch, `stop_reason` the same in a word. `notes` are
    sentences for a person. `run` is None when nothing was begun.
    """

    command: str
    target: str
    results: tuple[BatchResult, ...]
    run: Run | None = None
    stopped: str = ""
    stop_help: str = ""
    stop_reason: Reason | None = None
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    manifest_digest: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def reconciliation(self) -> Reconciliation:
        def group(*states: BatchState) -> Sums:
            return Sums.of([result for result in self.results if result.state in states])

        return Reconciliation(
            planned=Sums.of(self.results),
            verified=group(BatchState.VERIFIED),
            acknowledged=group(BatchState.ACKNOWLEDGED),
            unknown=group(BatchState.UNKNOWN, BatchState.SENDING),
            rejected=group(BatchState.REJECTED),
            missing=group(BatchState.PLANNED),
            listed=sum(result.stored or 0 for result in self.results),
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "command": self.command,
            "run": None if self.run is None else self.run.id,
            "target": self.target,
            "exit_code": exit_code(self),
            "stopped": self.stopped,
            "interrupted": self.interrupted,
            "notes": list(self.notes),
            "batches": [result.as_dict() for result in self.results],
            "reconciliation": self.reconciliation.as_dict(),
        }

    def certificate(self) -> UploadCertificate:
        """Raises ValueError when nothing was begun: then there is nothing to certify."""
        if self.run is None:
            raise ValueError("no run")
        return UploadCertificate(
            run=self.run,
            manifest_digest=self.manifest_digest,
            versions=self.versions,
            batches=self.results,
            reconciliation=self.reconciliation,
            exit_code=exit_code(self),
        )


def exit_code(summary: UploadSummary) -> int:
    """0 clean, 130 interrupted, 5 in doubt or partly stored, 3 authentication, 2 the files, 4 the server."""
    if summary.interrupted:
        return 130
    stored = sum(result.is_stored for result in summary.results)
    if stored == len(summary.results) and (summary.stop_reason is None or summary.command != "verify"):
        return 0  # there was nothing left to do, so a server that could not be asked is no failure
    if not any(result.did == "sent" for result in summary.results):
        if summary.stop_reason == "authentication":
            return 3
        if summary.stop_reason == "changed":
            return 2
    if any(result.is_doubtful for result in summary.results):
        return 5
    return 5 if 0 < stored < len(summary.results) else 4


@dataclass(frozen=True, slots=True)
class UploadCertificate:
    """Who sent what, when, where, with which versions, and what the server says it has: for the files."""

    run: Run
    manifest_digest: str
    versions: dict[str, str]
    batches: tuple[BatchResult, ...]
    reconciliation: Reconciliation
    exit_code: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "schema": "cgrev-certificate/1",
            "run": self.run.id,
            "command": self.run.command,
            "who": f"{self.run.who}@{self.run.host}",
            "started": self.run.started,
            "ended": self.run.ended,
            "target": self.run.target,
            "folder": self.run.folder,
            "manifest_sha256": self.manifest_digest,
            "settings_sha256": self.run.settings_digest,
            "versions": self.versions,
            "exit_code": self.exit_code,
            "batches": [batch.as_dict() for batch in self.batches],
            "reconciliation": self.reconciliation.as_dict(),
        }


def versions() -> dict[str, str]:
    return {"cgrev": __version__, "python": platform.python_version()}
