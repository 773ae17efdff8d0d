"""What the server's list of uploads says of the batches that were sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from cgrev.errors import TargetError
from cgrev.targets.ledger import Ledger
from cgrev.targets.ledger_records import BatchRecord, Evidence, Run
from cgrev.targets.protocol import Listing, RemoteFile, Target
from cgrev.targets.states import BatchState


class Verdict(StrEnum):
    ABSENT = "absent"
    PENDING = "pending"
    VERIFIED = "verified"
    PARTLY = "partly"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One batch against the list. `evidence` is what the ledger is to keep of it."""

    verdict: Verdict
    evidence: Evidence


_DONE = frozenset({"processed", "done", "complete", "completed", "finished", "failed", "error"})
"""Words for a file that the server is done with; only `Processed` is documented."""


def judge(record: BatchRecord, listing: Listing) -> Judgement:
    """Compare what was sent with what is listed under its name.

    A file is done when the server says so or when its counts make up the whole file; until then its counts
    may still grow, and nothing is concluded.
    """
    entries = [
        entry for entry in listing.named(record.name) if entry.sha256 is None or entry.sha256 == record.sha256
    ]
    if not entries:
        return Judgement(Verdict.ABSENT, Evidence())
    storing = [entry for entry in entries if entry.successful is None or entry.successful > 0]
    if len(storing) > 1:
        ids = ", ".join(entry.id for entry in storing)
        return Judgement(
            Verdict.TWICE,
            Evidence(
                remote_id=ids,
                stored=sum(entry.successful or 0 for entry in storing),
                contradiction=f"the server lists it {len(storing)} times (ids {ids}): rows may count twice",
            ),
        )
    return _judge_one(record, storing[0] if storing else entries[-1])


def _judge_one(record: BatchRecord, entry: RemoteFile) -> Judgement:
    stored, failed = entry.successful, entry.unsuccessful
    counted = (stored or 0) + (failed or 0)
    evidence = Evidence(remote_id=entry.id, stored=stored, failed=failed, logs=entry.logs)
    if entry.sha256 is not None and stored is None:
        whole = Evidence(remote_id=entry.id, stored=record.records, failed=0, contradiction="")
        return Judgement(Verdict.VERIFIED, whole)
    if stored is None or (counted < record.records and entry.status.casefold() not in _DONE):
        return Judgement(Verdict.PENDING, Evidence(remote_id=entry.id))
    if stored == record.records and not failed:
        return Judgement(Verdict.VERIFIED, replace(evidence, contradiction=""))
    return Judgement(Verdict.PARTLY, evidence)


def apply(ledger: Ledger, record: BatchRecord, judgement: Judgement, run: Run | None) -> None:
    """Put a judgement into the ledger. An absent batch is left as it is: absence is the caller's matter."""
    verdict, evidence = judgement.verdict, judgement.evidence
    if verdict is Verdict.ABSENT:
        return
    if record.state is BatchState.REJECTED:
        _apply_to_refused(ledger, record, judgement)
        return
    open_states = (BatchState.UNKNOWN, BatchState.PLANNED)
    conclusive = verdict in (Verdict.VERIFIED, Verdict.PARTLY)
    if record.state not in open_states and not (record.state is BatchState.ACKNOWLEDGED and conclusive):
        ledger.annotate(record, evidence)
        return
    ledger.move(record, _FOUND[verdict], evidence, run=run, note=f"found in the list of uploads: {verdict}")


_FOUND = {
    Verdict.VERIFIED: BatchState.VERIFIED,
    Verdict.PARTLY: BatchState.REJECTED,
    Verdict.PENDING: BatchState.ACKNOWLEDGED,
    Verdict.TWICE: BatchState.ACKNOWLEDGED,
}


def _apply_to_refused(ledger: Ledger, record: BatchRecord, judgement: Judgement) -> None:
    """A file that was refused and is listed: no contradiction as long as none of it is stored."""
    evidence = judgement.evidence
    if record.stored or record.contradiction:
        return
    contradiction = evidence.contradiction
    if not contradiction and (judgement.verdict is Verdict.PENDING or evidence.stored):
        count = "some" if evidence.stored is None else str(evidence.stored)
        contradiction = f"the server refused it, but lists it with {count} of {record.records} records stored"
    ledger.annotate(
        record,
        Evidence(
            remote_id=evidence.remote_id,
            stored=evidence.stored,
            failed=evidence.failed,
            logs=evidence.logs,
            contradiction=contradiction,
        ),
    )


@dataclass(frozen=True, slots=True)
class ReadBack:
    """`listing` None: there is none, and `trouble` says why in one sentence."""

    listing: Listing | None
    trouble: str = ""
    absent: tuple[BatchRecord, ...] = ()


def first_day(records: Sequence[BatchRecord]) -> date | None:
    """The day from which a list must be asked for; one earlier, as the server's time zone is not known.

    None (everything) as soon as one of them was never sent from here.
    """
    if any(record.first_sent is None for record in records):
        return None
    sent = [record.first_sent for record in records if record.first_sent is not None]
    return datetime.fromisoformat(min(sent)).date() - timedelta(days=1) if sent else None


def read_back(
    ledger: Ledger,
    target: Target,
    records: Sequence[BatchRecord],
    run: Run | None,
    only: Collection[BatchState] = frozenset(BatchState) - {BatchState.SENDING},
) -> ReadBack:
    """Ask for the list once and judge every batch in one of the states `only`. No `TargetError` is raised.

    A batch that was never sent from here may be listed all the same: its name carries the digest of its
    content, so somebody sent it from another machine, or this one has lost its ledger.
    """
    judged = [record for record in records if record.state in only]
    if not judged:
        return ReadBack(Listing(()))
    if not target.capabilities.can_list:
        return ReadBack(None, f"'{target.name}' gives no list of uploads")
    try:
        listing = target.listing(first_day(judged))
    except TargetError as error:
        return ReadBack(None, error.message)
    absent: list[BatchRecord] = []
    for record in judged:
        judgement = judge(record, listing)
        if judgement.verdict is Verdict.ABSENT:
            absent.append(record)
        apply(ledger, record, judgement, run)
    return ReadBack(listing, "" if listing.complete else "the list of uploads is not complete", tuple(absent))
