"""One batch, one sender: claims, stale knowledge, and runs that died."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cgrev.targets.batches import BatchFile, canary_parts
from cgrev.targets.ledger import IllegalTransition, Ledger
from cgrev.targets.ledger_records import BatchRecord, Evidence
from cgrev.targets.secrets import Secret
from cgrev.targets.states import ALLOWED, BatchState

PLACE = "file-v4.1 https://api.eu.customergauge.com"
MakeBatch = Callable[..., BatchFile]


def _claimed(ledger: Ledger, batch: BatchFile) -> BatchRecord:
    run = ledger.begin("upload", PLACE)
    ledger.register(run, [batch])
    record = ledger.claim(run, batch)
    assert record is not None
    return record


def test_of_many_that_try_at_once_one_gets_the_batch(tmp_path: Path, make_batch: MakeBatch) -> None:
    batch = make_batch()
    ledgers = [Ledger(tmp_path / "s") for _ in range(8)]
    runs = [ledger.begin("upload", PLACE) for ledger in ledgers]
    for ledger, run in zip(ledgers, runs, strict=True):
        ledger.register(run, [batch])
    barrier = threading.Barrier(8)
    got: list[BatchRecord] = []

    def claim(number: int) -> None:
        barrier.wait()
        record = ledgers[number].claim(runs[number], batch)
        if record is not None:
            got.append(record)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert (got[0].state, got[0].attempts) == (BatchState.SENDING, 1)
    for ledger in ledgers:
        ledger.close()


def test_the_same_content_elsewhere_is_another_batch(ledger: Ledger, make_batch: MakeBatch) -> None:
    batch = make_batch()
    _claimed(ledger, batch)
    elsewhere = ledger.begin("upload", "file-v4.1 https://api.us.customergauge.com")
    ledger.register(elsewhere, [batch])
    assert ledger.claim(elsewhere, batch) is not None


def test_a_judgement_of_an_earlier_attempt_counts_for_nothing(ledger: Ledger, make_batch: MakeBatch) -> None:
    batch = make_batch()
    run = ledger.begin("upload", PLACE)
    ledger.register(run, [batch])
    sending = ledger.claim(run, batch)
    assert sending is not None
    assert ledger.move(sending, BatchState.UNKNOWN)
    unknown = ledger.record(PLACE, batch.sha256)
    assert unknown is not None
    # Two resumptions read the list at the same time; the first plans, sends and ends unknown again.
    assert ledger.move(unknown, BatchState.PLANNED)
    again = ledger.claim(run, batch)
    assert again is not None
    assert ledger.move(again, BatchState.UNKNOWN)
    # The second one still holds what it read before that.
    assert not ledger.move(unknown, BatchState.PLANNED)
    now = ledger.record(PLACE, batch.sha256)
    assert now is not None and (now.state, now.attempts) == (BatchState.UNKNOWN, 2)


@pytest.mark.parametrize("old", list(BatchState))
@pytest.mark.parametrize("new", list(BatchState))
def test_only_changes_of_the_table_are_made(
    old: BatchState, new: BatchState, ledger: Ledger, make_batch: MakeBatch
) -> None:
    record = replace(_claimed(ledger, make_batch()), state=old)
    if new in ALLOWED[old] and new is not BatchState.SENDING:  # that one is for `claim`
        # The row is `sending`: a change that expects anything else finds nothing to change.
        assert ledger.move(record, new) is (old is BatchState.SENDING)
    else:
        with pytest.raises(IllegalTransition):
            ledger.move(record, new)


@pytest.mark.parametrize("evidence", [Evidence(stored=1), Evidence(contradiction="listed")])
def test_a_refused_batch_with_rows_stored_stays_refused(
    evidence: Evidence, ledger: Ledger, make_batch: MakeBatch
) -> None:
    record = _claimed(ledger, make_batch())
    ledger.move(record, BatchState.REJECTED, evidence)
    refused = ledger.record(PLACE, record.sha256)
    assert refused is not None and not refused.resendable
    with pytest.raises(IllegalTransition):
        ledger.move(refused, BatchState.PLANNED)


def test_a_batch_keeps_the_name_it_was_first_sent_under(ledger: Ledger, make_batch: MakeBatch) -> None:
    batch = make_batch()
    record = _claimed(ledger, batch)
    ledger.move(record, BatchState.PLANNED)
    run = ledger.begin("upload", PLACE)
    renamed = replace(batch, name="other.csv")
    ledger.register(run, [renamed])
    again = ledger.claim(run, renamed)
    assert again is not None and again.name == batch.name


def test_a_live_run_keeps_what_it_is_sending(tmp_path: Path, ledger: Ledger, make_batch: MakeBatch) -> None:
    _claimed(ledger, make_batch())
    with Ledger(ledger.folder) as other:
        assert other.recover() == []


DIE = """
import os, sys
from pathlib import Path
from cgrev.targets.batches import plain_file
from cgrev.targets.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
batch = plain_file(Path(sys.argv[2]), records=3)
run = ledger.begin("upload", sys.argv[3])
ledger.register(run, [batch])
assert ledger.claim(run, batch) is not None
os._exit(9)
"""


def test_what_a_dead_run_was_sending_is_unknown(ledger: Ledger, make_batch: MakeBatch) -> None:
    batch = make_batch()
    subprocess.run(
        [sys.executable, "-c", DIE, str(ledger.folder), str(batch.path), PLACE], check=False, timeout=60
    )
    before = ledger.record(PLACE, batch.sha256)
    assert before is not None and before.state is BatchState.SENDING
    (found,) = ledger.recover(PLACE)
    assert (found.state, found.sha256) == (BatchState.UNKNOWN, batch.sha256)
    assert ledger.recover(PLACE) == []
    run = ledger.begin("upload", PLACE)
    assert ledger.claim(run, batch) is None


def test_a_split_batch_is_never_sent_whole(ledger: Ledger, make_batch: MakeBatch) -> None:
    whole = make_batch()
    parts = canary_parts(whole)
    run = ledger.begin("upload", PLACE)
    ledger.register(run, [whole])
    assert ledger.split(run, whole, parts)
    assert not ledger.split(run, whole, parts)
    assert ledger.claim(run, whole) is None
    assert [record.part for record in ledger.batches(run.id)] == ["canary", "rest"]
    for part, state in ((parts[0], BatchState.PLANNED), (parts[1], BatchState.ACKNOWLEDGED)):
        record = ledger.claim(run, part)
        assert record is not None
        ledger.move(record, BatchState.ACKNOWLEDGED)
        combined = ledger.record(PLACE, whole.sha256)
        assert combined is not None and combined.state is state


def test_a_batch_under_way_cannot_be_split(ledger: Ledger, make_batch: MakeBatch) -> None:
    whole = make_batch()
    _claimed(ledger, whole)
    assert not ledger.split(ledger.begin("upload", PLACE), whole, canary_parts(whole))


def test_what_a_server_said_is_kept_clean(ledger: Ledger, make_batch: MakeBatch) -> None:
    token = Secret("ledger-token-1234")
    record = _claimed(ledger, make_batch())
    said = Evidence(
        answer=f"no: {token.reveal()}\x1b[2J\n" + "x" * 2000, logs=(f"Record 1: {token.reveal()}",)
    )
    ledger.move(record, BatchState.REJECTED, said, note=f"note {token.reveal()}")
    kept = ledger.record(PLACE, record.sha256)
    assert kept is not None
    assert kept.answer.startswith("no: ***") and len(kept.answer) == 500 and kept.answer.isprintable()
    assert kept.logs == ("Record 1: ***",)
    ledger.close()
    raw = b"".join(path.read_bytes() for path in ledger.folder.rglob("*") if path.is_file())
    assert b"ledger-token-1234" not in raw
