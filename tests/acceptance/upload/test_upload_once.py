"""A batch is sent once: whatever the network does, whoever else is sending, whenever a run dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cgrev.targets.batches import BatchFile
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.ledger import Ledger
from cgrev.targets.states import BatchState
from cgrev.testing.sandbox import RunningSandbox
from cgrev.uploading import exit_code, plan, resume, run, verify

MakeBatches = Callable[..., list[BatchFile]]
Stored = Callable[[], Counter[str]]


def _once(batches: list[BatchFile]) -> Counter[str]:
    return Counter({batch.name: batch.records for batch in batches})


def _until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def test_a_clean_upload_is_verified_and_adds_up(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger, stored: Stored
) -> None:
    batches = make_batches(4, records=3)
    summary = run(plan(batches, target, ledger), target, ledger, settings_digest="abc")
    assert exit_code(summary) == 0 and summary.notes == ()
    assert stored() == _once(batches)
    sums = summary.reconciliation
    assert (sums.planned.records, sums.verified.records, sums.listed) == (12, 12, 12)
    assert (sums.planned.total, sums.verified.total) == (24, 24)
    assert sums.explained
    certificate = summary.certificate().as_dict()
    assert certificate["settings_sha256"] == "abc" and certificate["exit_code"] == 0
    assert [batch["sha256"] for batch in certificate["batches"]] == [batch.sha256 for batch in batches]
    assert certificate["ended"] >= certificate["started"]


FAULTS: list[dict[str, Any]] = [
    {"kind": "reset", "stored": True},
    {"kind": "reset", "stored": False},
    {"kind": "status", "status": 500, "stored": True},
    {"kind": "status", "status": 500, "stored": False},
    {"kind": "status", "status": 504, "stored": True},
    {"kind": "hang", "stored": True, "seconds": 30},
    {"kind": "unreadable", "stored": True},
    {"kind": "huge", "stored": True},
    {"kind": "huge", "stored": False},
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_an_unknown_batch_is_shown_and_resolved_and_stored_once(
    fault: dict[str, Any],
    make_batches: MakeBatches,
    box: RunningSandbox,
    connect: Callable[..., FileApiTarget],
    ledger: Ledger,
    stored: Stored,
) -> None:
    from cgrev.targets.http import Timeouts

    target = connect(box, timeouts=Timeouts(1.0, 0.5, 2.0))
    batches = make_batches(3)
    box.faults.add(on="upload", **fault)
    before = len(box.log)
    summary = run(plan(batches, target, ledger), target, ledger)
    assert exit_code(summary) == 5
    assert [result.state for result in summary.results] == [
        BatchState.UNKNOWN,
        BatchState.VERIFIED,
        BatchState.VERIFIED,
    ], "it goes on after an unknown batch"
    assert sum(entry.method == "POST" and "revenue_file" in entry.path for entry in box.log[before:]) <= 3
    again = run(plan(batches, target, ledger), target, ledger)
    assert exit_code(again) == 5, "a second upload does not touch it either"
    assert again.results[0].state is BatchState.UNKNOWN and again.results[0].did == "left"
    final = resume(target, ledger, settle=0.1)
    assert exit_code(final) == 0
    assert stored() == _once(batches)
    assert exit_code(resume(target, ledger, settle=0.1)) == 0
    assert stored() == _once(batches)


def test_a_late_listing_is_waited_for(
    make_batches: MakeBatches, box: RunningSandbox, target: FileApiTarget, ledger: Ledger, stored: Stored
) -> None:
    batches = make_batches(1)
    box.faults.add(on="upload", kind="reset", stored=True)
    box.faults.add(on="list", kind="hide", times=5)
    assert exit_code(run(plan(batches, target, ledger), target, ledger)) == 5
    waits: list[float] = []

    class Waits:
        def begin(self, batches: Any) -> None: ...
        def sending(self, batch: Any) -> None: ...
        def done(self, result: Any) -> None: ...
        def waiting(self, seconds: float, why: str) -> None:
            waits.append(seconds)

    final = resume(target, ledger, settle=10.0, progress=Waits())
    assert exit_code(final) == 0
    assert waits and sum(waits) < 9, "found before the whole time had passed"
    assert stored() == _once(batches)


def test_without_a_settle_time_a_missing_batch_is_given_half_a_minute(
    make_batches: MakeBatches,
    box: RunningSandbox,
    target: FileApiTarget,
    ledger: Ledger,
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = make_batches(1)
    box.faults.add(on="upload", kind="reset", stored=False)
    run(plan(batches, target, ledger), target, ledger)
    slept: list[float] = []
    real = time.sleep

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        assert sum(slept) < 60
        with ledger._transaction() as db:  # the clock goes on while nobody waits
            db.execute("UPDATE batches SET since = datetime(since, ?)", (f"-{seconds + 1} seconds",))
            db.execute("UPDATE batches SET since = since || '+00:00' WHERE since NOT LIKE '%+%'")
        real(0)

    monkeypatch.setattr("cgrev.targets.session.time.sleep", sleep)
    assert exit_code(resume(target, ledger)) == 0
    assert sum(slept) >= 20
    assert stored() == _once(batches)


def test_with_a_settle_time_the_run_itself_looks_and_still_does_not_send_again(
    make_batches: MakeBatches,
    box: RunningSandbox,
    connect: Callable[..., FileApiTarget],
    ledger: Ledger,
    stored: Stored,
) -> None:
    target = connect(box, settle=0.3)
    batches = make_batches(2)
    box.faults.add(on="upload", kind="reset", stored=True)
    box.faults.add(on="upload", kind="reset", stored=False)
    summary = run(plan(batches, target, ledger), target, ledger)
    assert [result.state for result in summary.results] == [BatchState.VERIFIED, BatchState.UNKNOWN]
    assert exit_code(summary) == 5
    assert exit_code(resume(target, ledger)) == 0
    assert stored() == _once(batches)


@pytest.mark.parametrize(
    ("where", "fault", "stored_at_death"),
    [
        ("token", {"kind": "hang", "seconds": 30}, 0),
        ("upload", {"kind": "hang", "seconds": 30, "stored": False}, 0),
        ("upload", {"kind": "hang", "seconds": 30, "stored": True}, 1),
        ("upload", {"kind": "delay", "seconds": 4, "stored": True}, 1),
    ],
    ids=str,
)
def test_a_killed_run_loses_nothing_and_doubles_nothing(
    where: str,
    fault: dict[str, Any],
    stored_at_death: int,
    make_batches: MakeBatches,
    box: RunningSandbox,
    start: Callable[..., Any],
    connect: Callable[..., FileApiTarget],
    ledger: Ledger,
    stored: Stored,
) -> None:
    batches = make_batches(3)
    # The list is late: it shows nothing new to the run that dies, nor to the first looks of the next one.
    box.faults.add(on="list", kind="hide", times=5)
    box.faults.add(on=where, **fault)
    child = start(batches)
    _until(
        lambda: (
            {left.on for left in box.faults.pending} == {"list"}  # type: ignore[attr-defined]
            and len(box.uploads()) == stored_at_death
        )
    )
    child.process.send_signal(signal.SIGKILL)
    child.process.wait(10)
    target = connect(box)
    final = resume(target, ledger, settle=2.5)
    assert exit_code(final) == 0, final.as_dict()
    assert stored() == _once(batches)
    assert exit_code(verify(target, ledger)) == 0


def test_a_run_killed_between_batches_goes_on_where_it_was(
    make_batches: MakeBatches,
    box: RunningSandbox,
    start: Callable[..., Any],
    target: FileApiTarget,
    ledger: Ledger,
    stored: Stored,
) -> None:
    batches = make_batches(30, records=1)
    box.faults.add(on="upload", kind="delay", seconds=0.02, stored=True, times=1000)
    child = start(batches, records=1)
    _until(lambda: len(box.uploads()) >= 7)
    child.process.kill()
    child.process.wait(10)
    box.faults.clear()
    assert len(box.uploads()) < 30
    assert exit_code(resume(target, ledger, settle=0.3)) == 0
    assert stored() == _once(batches)


def test_an_interrupt_leaves_the_batch_unknown_and_the_ledger_consistent(
    make_batches: MakeBatches,
    box: RunningSandbox,
    start: Callable[..., Any],
    target: FileApiTarget,
    ledger: Ledger,
    stored: Stored,
) -> None:
    batches = make_batches(3)
    box.faults.add(on="upload", kind="hang", seconds=30, stored=True)
    child = start(batches, grace=0.2)
    _until(lambda: len(box.uploads()) == 1)
    begun = time.monotonic()
    child.process.send_signal(signal.SIGINT)
    summary = child.end()
    assert time.monotonic() - begun < 5
    assert summary["exit_code"] == 130 and summary["interrupted"]
    assert [batch["state"] for batch in summary["batches"]] == ["unknown", "planned", "planned"]
    assert ledger.run(summary["run"]).exit_code == 130
    assert exit_code(resume(target, ledger, settle=0.3)) == 0
    assert stored() == _once(batches)


def test_an_interrupt_lets_a_batch_under_way_end_when_it_can(
    make_batches: MakeBatches, box: RunningSandbox, start: Callable[..., Any], stored: Stored
) -> None:
    batches = make_batches(3)
    box.faults.add(on="upload", kind="delay", seconds=0.6, stored=True)
    child = start(batches, grace=10.0)
    _until(lambda: len(box.uploads()) == 1)
    child.process.send_signal(signal.SIGINT)
    summary = child.end()
    assert summary["exit_code"] == 130
    assert [batch["state"] for batch in summary["batches"]] == ["acknowledged", "planned", "planned"]


def test_two_processes_on_the_same_files_store_each_once(
    make_batches: MakeBatches, box: RunningSandbox, start: Callable[..., Any], stored: Stored
) -> None:
    batches = make_batches(12)
    box.faults.add(on="upload", kind="delay", seconds=0.05, stored=True, times=1000)
    children = [start(batches, concurrency=2), start(batches)]
    summaries = [child.end() for child in children]
    assert [summary["exit_code"] for summary in summaries] == [0, 0], summaries
    assert stored() == _once(batches)
    sent = [
        {batch["file"] for batch in summary["batches"] if batch["did"] == "sent"} for summary in summaries
    ]
    assert sent[0] | sent[1] == {batch.name for batch in batches}
    assert not sent[0] & sent[1]


def test_what_another_run_is_sending_is_waited_for(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger, state: Path, stored: Stored
) -> None:
    mine, theirs = make_batches(2)
    with Ledger(state) as other:
        begun = other.begin("upload", target.identity)
        other.register(begun, [theirs])
        record = other.claim(begun, theirs)
        assert record is not None

        def finish() -> None:
            time.sleep(0.6)
            assert target.send(theirs).kind.value == "acknowledged"
            other.move(record, BatchState.ACKNOWLEDGED, run=begun)

        thread = threading.Thread(target=finish)
        thread.start()
        summary = run(plan([mine, theirs], target, ledger), target, ledger)
        thread.join()
    assert exit_code(summary) == 0
    assert [result.did for result in summary.results] == ["sent", "skipped"]
    assert stored() == _once([mine, theirs])


def test_a_lost_ledger_does_not_double_what_the_server_lists(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger, stored: Stored, tmp_path: Any
) -> None:
    batches = make_batches(3)
    run(plan(batches[:2], target, ledger), target, ledger)
    with Ledger(tmp_path / "another-machine") as other:
        summary = run(plan(batches, target, other), target, other)
        assert exit_code(summary) == 0
        assert [result.did for result in summary.results] == ["skipped", "skipped", "sent"]
    assert stored() == _once(batches)


def test_several_at_once_are_stored_once(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger, stored: Stored, box: RunningSandbox
) -> None:
    batches = make_batches(20, records=1)
    box.faults.add(on="upload", kind="expire", times=1)
    before = len(box.log)
    summary = run(plan(batches, target, ledger), target, ledger, concurrency=6)
    assert exit_code(summary) == 0
    assert stored() == _once(batches)
    assert [result.name for result in summary.results] == [batch.name for batch in batches]
    tokens = sum(entry.path == "/oauth2/token" for entry in box.log[before:])
    assert 2 <= tokens <= 3, "one token for the run, and one when it died"


def test_the_process_id_of_a_dead_run_means_nothing(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger
) -> None:
    """A run whose process id now belongs to a living program (this one) is dead all the same."""
    (batch,) = make_batches(1)
    begun = ledger.begin("upload", target.identity)
    ledger.register(begun, [batch])
    ledger.claim(begun, batch)
    ledger._leases.give_back(begun.id)
    assert ledger.run(begun.id).pid == os.getpid()
    (item,) = plan([batch], target, ledger).items
    assert item.record is not None and item.record.state is BatchState.UNKNOWN
