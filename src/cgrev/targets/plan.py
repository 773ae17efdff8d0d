"""What an upload would do, before anything is sent: which files, how much, what was sent before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cgrev.errors import CgrevError, SettingsError, UsageError
from cgrev.manifest import (
    FILE_NAME,
    BatchEntry,
    Manifest,
    accounting,
    batch_name,
    content_digest,
    read_manifest,
)
from cgrev.targets.batches import BatchChanged, BatchFile
from cgrev.targets.ledger import Ledger
from cgrev.targets.ledger_records import BatchRecord
from cgrev.targets.protocol import Target
from cgrev.targets.states import STORED, BatchState
from cgrev.targets.summary import Sums, sentence

Action = Literal["send", "send again", "skip", "left", "elsewhere"]
"""`send again`: it was refused before and nothing of it is stored. `skip`: it is stored. `left`: it is in
doubt (unknown, partly stored, contradictory) and is not touched. `elsewhere`: another run is sending it."""

_FORMATS = ("csv", "xlsx", "xml")
_REPORT = "report.json"


class FolderRefused(CgrevError):
    """A folder that is not to be uploaded as it is."""


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """A batch and what is to be done with it; `record` is what the ledger knows of it."""

    batch: BatchFile
    action: Action
    why: str = ""
    record: BatchRecord | None = None

    @property
    def is_to_be_sent(self) -> bool:
        return self.action in ("send", "send again")

    def as_dict(self) -> dict[str, Any]:
        batch = self.batch
        return {
            "file": batch.name,
            "sha256": batch.sha256,
            "records": batch.records,
            "bytes": batch.size,
            "total": None if batch.total is None else str(batch.total),
            "action": self.action,
            "why": self.why,
            "state": None if self.record is None else self.record.state.value,
        }


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """What `run` takes. `files` are the batches as they lie there; `items` are what is sent, in order
    (a batch that was split before is there as its parts). `rejected_rows` are not in any of the files."""

    target: str
    description: dict[str, str]
    source: str
    files: tuple[BatchFile, ...]
    items: tuple[PlannedBatch, ...]
    format: str = ""
    rejected_rows: int = 0
    errors: int = 0
    manifest_digest: str = ""
    notes: tuple[str, ...] = ()

    @property
    def to_send(self) -> tuple[PlannedBatch, ...]:
        return tuple(item for item in self.items if item.is_to_be_sent)

    def sums(self, *actions: Action) -> Sums:
        """Batches, records and units of the items with one of these actions (of all, with none given)."""
        chosen = [item.batch for item in self.items if not actions or item.action in actions]
        totals = [batch.total for batch in chosen]
        known = [total for total in totals if total is not None]
        return Sums(
            len(chosen),
            sum(batch.records for batch in chosen),
            sum(known) if len(known) == len(totals) else None,
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "description": self.description,
            "source": self.source,
            "format": self.format,
            "to_send": self.sums("send", "send again").as_dict(),
            "skipped": self.sums("skip").as_dict(),
            "left": self.sums("left", "elsewhere").as_dict(),
            "rejected_rows": self.rejected_rows,
            "errors": self.errors,
            "manifest_sha256": self.manifest_digest,
            "notes": list(self.notes),
            "batches": [item.as_dict() for item in self.items],
        }


def plan(
    source: Path | Sequence[BatchFile],
    target: Target,
    ledger: Ledger,
    *,
    partial: bool = False,
    format: str | None = None,
) -> UploadPlan:
    """The plan for a folder of `convert`, or for files that the caller has checked. Sends nothing.

    A folder may hold the same rows in several formats; one is sent: `format`, or the first of csv, xlsx, xml.
    Raises `FolderRefused` for a folder with errors or rejected rows (unless `partial`) or whose rows were
    sent in another format; `BatchChanged` for a file that is not what its manifest says; `SettingsError`
    for a damaged manifest.
    """
    ledger.recover(target.identity)
    if isinstance(source, Path):
        return _folder_plan(source, target, ledger, partial, format)
    return _assemble(target, ledger, tuple(source), source="files", notes=())


def _folder_plan(
    folder: Path, target: Target, ledger: Ledger, partial: bool, format: str | None
) -> UploadPlan:
    manifest = read_manifest(folder)
    faults = accounting(manifest)
    if faults:
        raise FolderRefused(
            f"'{folder / FILE_NAME}' does not add up: {faults[0]}", help="convert the source again"
        )
    by_format = _by_format(manifest)
    chosen = _choose(folder, by_format, format)
    errors = _errors(folder, manifest)
    rejected = manifest.rows.rejected
    if (errors or rejected) and not partial:
        raise FolderRefused(
            f"'{folder}' is not whole: {rejected} rows were rejected and {errors} errors were found",
            help="mend the source and convert again, or send the valid rows with --partial",
        )
    _require_unsent_elsewise(target, ledger, by_format, chosen)
    files = tuple(_checked(folder, manifest, by_format[chosen], chosen))
    notes = [f"{rejected} rejected rows are not sent"] if rejected else []
    if len(by_format) > 1:
        notes.append(f"the folder holds the rows as {', '.join(by_format)}; they are sent once, as {chosen}")
    return _assemble(
        target,
        ledger,
        files,
        source=str(folder),
        notes=tuple(notes),
        format=chosen,
        rejected_rows=rejected,
        errors=errors,
        manifest_digest=hashlib.sha256((folder / FILE_NAME).read_bytes()).hexdigest(),
    )


def _by_format(manifest: Manifest) -> dict[str, list[BatchEntry]]:
    found: dict[str, list[BatchEntry]] = {}
    for entry in manifest.batches:
        found.setdefault(entry.file.rpartition(".")[2].lower(), []).append(entry)
    return found


def _choose(folder: Path, by_format: dict[str, list[BatchEntry]], format: str | None) -> str:
    if not by_format:
        raise FolderRefused(
            f"'{folder}' holds no batch to send", help="see rejected.csv and report.json in it"
        )
    if format is not None:
        if format not in by_format:
            raise UsageError(f"'{folder}' holds no {format} batches", help=f"it holds {', '.join(by_format)}")
        return format
    return next((name for name in _FORMATS if name in by_format), next(iter(by_format)))


def _errors(folder: Path, manifest: Manifest) -> int:
    """Findings of severity error in the folder's report. Raises `SettingsError` when it cannot be read."""
    if not any(file.file == _REPORT for file in manifest.files):
        return 0
    count: Any = None
    try:
        report = json.loads((folder / _REPORT).read_bytes())
        count = report["summary"]["errors"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise SettingsError(
            f"'{folder / _REPORT}' cannot be read, so it is not known whether the folder is clean",
            help="convert the source again",
        )
    return count


def _checked(
    folder: Path, manifest: Manifest, entries: Sequence[BatchEntry], format: str
) -> Iterator[BatchFile]:
    """The batches of a format, each held to its digest and its name. One file is in memory at a time."""
    digest = content_digest(manifest.stem, [entry.sha256 for entry in entries])
    for number, entry in enumerate(entries, 1):
        if entry.file != batch_name(manifest.stem, digest, number, len(entries), format):
            raise BatchChanged(
                f"'{entry.file}' in '{folder}' is not named after its content",
                help="convert the source again",
            )
        batch = BatchFile(
            (folder / entry.file).absolute(),
            entry.file,
            entry.sha256,
            entry.bytes,
            entry.records,
            entry.total,
        )
        batch.content()
        yield batch


def _require_unsent_elsewise(
    target: Target, ledger: Ledger, by_format: dict[str, list[BatchEntry]], chosen: str
) -> None:
    """The same rows in another format are another content: the ledger alone would let them pass."""
    for name, entries in by_format.items():
        if name == chosen:
            continue
        for entry in entries:
            record = ledger.record(target.identity, entry.sha256)
            if record is not None and record.state is not BatchState.PLANNED and not record.resendable:
                raise FolderRefused(
                    f"rows of this folder were sent as {name} already ('{entry.file}' is {record.state})",
                    help=f"go on with {name}, or run `cgrev uploads resume`",
                )


def _assemble(
    target: Target,
    ledger: Ledger,
    files: tuple[BatchFile, ...],
    *,
    source: str,
    notes: tuple[str, ...],
    **rest: Any,
) -> UploadPlan:
    items: list[PlannedBatch] = []
    seen: dict[str, str] = {}
    unique: list[BatchFile] = []
    extra: list[str] = []
    for batch in files:
        if batch.sha256 in seen:
            extra.append(f"'{batch.path.name}' has the content of '{seen[batch.sha256]}' and is sent once")
            continue
        seen[batch.sha256] = batch.path.name
        unique.append(batch)
        items.extend(_items(ledger, target, batch))
    return UploadPlan(
        target=target.identity,
        description=target.describe(),
        source=source,
        files=tuple(unique),
        items=tuple(items),
        notes=(*notes, *extra),
        **rest,
    )


def _items(ledger: Ledger, target: Target, batch: BatchFile) -> Iterator[PlannedBatch]:
    record = ledger.record(target.identity, batch.sha256)
    if record is not None and record.is_split:
        for part in ledger.parts(target.identity, batch.sha256):
            yield planned(part.batch(), part)
    else:
        yield planned(batch, record)


def planned(batch: BatchFile, record: BatchRecord | None) -> PlannedBatch:
    """What is to be done with a batch in the state the ledger has it in."""
    if record is None or record.state is BatchState.PLANNED:
        return PlannedBatch(batch, "send", "", record)
    if record.state in STORED:
        when = (record.first_sent or record.since)[:19].replace("T", " ")
        if record.contradiction:
            return PlannedBatch(batch, "left", record.contradiction, record)
        return PlannedBatch(batch, "skip", f"sent before, at {when} UTC ({record.state})", record)
    if record.state is BatchState.SENDING:
        return PlannedBatch(batch, "elsewhere", "another run is sending it", record)
    if record.resendable:
        return PlannedBatch(batch, "send again", f"refused before: {record.answer}", record)
    if record.state is BatchState.UNKNOWN:
        return PlannedBatch(batch, "left", "it may be stored: run `cgrev uploads resume`", record)
    return PlannedBatch(batch, "left", record.contradiction or sentence(record), record)
