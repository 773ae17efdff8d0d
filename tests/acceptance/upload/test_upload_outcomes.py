"""Refusals, contradictions, early stops, canaries: what a run says and what it ends with."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cgrev.errors import UsageError
from cgrev.targets.batches import BatchFile, plain_file
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.ledger import Ledger, LedgerError
from cgrev.targets.protocol import Capabilities
from cgrev.targets.sending import Silent
from cgrev.targets.states import BatchState
from cgrev.testing.sandbox import RunningSandbox
from cgrev.uploading import UploadSummary, exit_code, plan, resume, run, verify

MakeBatches = Callable[..., list[BatchFile]]
Stored = Callable[[], Counter[str]]
HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"


def _states(summary: UploadSummary) -> list[str]:
    return [result.state.value for result in summary.results]


@pytest.fixture
def instantly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for the list of uploads take no time."""
    monkeypatch.setattr("cgrev.targets.session.DEFAULT_SETTLE", 0.05)
    monkeypatch.setattr("cgrev.targets.session.CANARY_SECONDS", 0.3)


def test_everything_refused_is_4_and_partly_is_5(
    make_batches: MakeBatches, box: RunningSandbox, target: FileApiTarget, ledger: Ledger, stored: Stored
) -> None:
    one, two = make_batches(2)
    box.faults.add(on="upload", kind="status", status=400)
    refused = run(plan([one], target, ledger), target, ledger)
    assert (exit_code(refused), _states(refused)) == (4, ["rejected"])
    assert "status 400" in refused.results[0].message
    box.faults.add(on="upload", kind="status", status=400)
    ledger.annotate(ledger.batches(refused.run.id)[0], _evidence())  # type: ignore[union-attr]
    three = make_batches(1, stem="third")[0]
    partly = run(plan([two, three], target, ledger), target, ledger)
    assert (exit_code(partly), _states(partly)) == (5, ["rejected", "verified"])
    assert stored() == Counter({three.name: 2})


def _evidence() -> Any:
    from cgrev.targets.ledger_records import Evidence

    return Evidence(answer="noted")


def test_a_refused_batch_is_sent_again_when_a_person_uploads_it_again(
    make_batches: MakeBatches,
    box: RunningSandbox,
    target: FileApiTarget,
    ledger: Ledger,
    stored: Stored,
    instantly: None,
) -> None:
    batches = make_batches(2)
    box.faults.add(on="upload", kind="status", status=400)
    assert exit_code(run(plan(batches, target, ledger), target, ledger)) == 5
    assert exit_code(resume(target, ledger, settle=0.0)) == 5, "resume does what is missing, no more"
    again = plan(batches, target, ledger)
    assert [item.action for item in again.items] == ["send again", "skip"]
    assert exit_code(run(again, target, ledger)) == 0
    assert stored() == Counter({batch.name: 2 for batch in batches})


def test_a_server_that_refuses_and_stores_is_caught_and_never_sent_to_again(
    make_batches: MakeBatches, box: RunningSandbox, target: FileApiTarget, ledger: Ledger, stored: Stored
) -> None:
    batches = make_batches(1)
    box.faults.add(on="upload", kind="lie", stored=True)
    summary = run(plan(batches, target, ledger), target, ledger)
    assert exit_code(summary) == 5
    assert "refused it, but lists it with 2 of 2 records" in summary.results[0].contradiction
    for _ in range(2):
        assert [item.action for item in plan(batches, target, ledger).items] == ["left"]
        assert exit_code(run(plan(batches, target, ledger), target, ledger)) == 5
        assert exit_code(resume(target, ledger, settle=0.0)) == 5
    assert stored() == Counter({batches[0].name: 2})


def test_a_lie_that_is_listed_late_is_caught_before_it_is_sent_again(
    make_batches: MakeBatches,
    box: RunningSandbox,
    target: FileApiTarget,
    ledger: Ledger,
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cgrev.targets.session.DEFAULT_SETTLE", 1.0)
    batches = make_batches(1)
    # Too early: the check, the look before and the look after of the first upload, and of the second one
    # all but the look that it takes when the settle time is over.
    box.faults.add(on="list", kind="hide", times=5)
    box.faults.add(on="upload", kind="lie", stored=True)
    summary = run(plan(batches, target, ledger), target, ledger)
    assert (exit_code(summary), summary.results[0].contradiction) == (4, "")
    assert exit_code(run(plan(batches, target, ledger), target, ledger)) == 5
    assert stored() == Counter({batches[0].name: 2})


def test_a_server_that_takes_and_does_not_store_is_caught(
    make_batches: MakeBatches,
    box: RunningSandbox,
    target: FileApiTarget,
    ledger: Ledger,
    stored: Stored,
    instantly: None,
) -> None:
    batches = make_batches(2)
    box.faults.add(on="upload", kind="lie", stored=False)
    summary = run(plan(batches, target, ledger), target, ledger)
    assert _states(summary) == ["acknowledged", "verified"]
    checked = verify(target, ledger, settle=0.0)
    assert exit_code(checked) == 5
    assert "a complete list of uploads lacks it" in checked.results[0].contradiction
    assert exit_code(resume(target, ledger, settle=0.0)) == 5, "nobody has said that it is not stored"
    assert stored() == Counter({batches[1].name: 2})
    mended = resume(target, ledger, settle=0.0, resend=[batches[0].name])
    assert exit_code(mended) == 0
    assert stored() == Counter({batch.name: 2 for batch in batches})


def test_a_person_cannot_vouch_against_the_list(
    make_batches: MakeBatches, box: RunningSandbox, target: FileApiTarget, ledger: Ledger, stored: Stored
) -> None:
    batches = make_batches(1)
    box.faults.add(on="upload", kind="reset", stored=True)
    run(plan(batches, target, ledger), target, ledger)
    summary = resume(target, ledger, resend=[batches[0].name])
    assert exit_code(summary) == 0
    assert any("is not sent again" in note for note in summary.notes)
    assert stored() == Counter({batches[0].name: 2})
    with pytest.raises(UsageError, match=r"has no batch 'nothing\.csv'"):
        resume(target, ledger, resend=["nothing.csv"])


def test_rows_that_the_server_did_not_load_are_told_with_its_log(
    target: FileApiTarget, ledger: Ledger, tmp_path: Path, box: RunningSandbox
) -> None:
    path = tmp_path / "some.csv"
    path.write_text(HEADER + "Acme,1,2026-01-01,2026-12-31,ARR,\nBeta,x,2026-01-01,2026-12-31,ARR,\n")
    batches = [plain_file(path, records=2)]
    summary = run(plan(batches, target, ledger), target, ledger)
    (result,) = summary.results
    assert exit_code(summary) == 5
    assert (result.state, result.stored, result.failed) == (BatchState.REJECTED, 1, 1)
    assert result.logs and result.logs[0].startswith("Record 2:")
    assert "loaded 1 of 2 records" in result.message
    assert exit_code(resume(target, ledger, settle=0.0)) == 5
    assert len(box.uploads()) == 1


def test_wrong_credentials_send_nothing_and_are_3(
    make_batches: MakeBatches, box: RunningSandbox, connect: Callable[..., FileApiTarget], ledger: Ledger
) -> None:
    box.client_secret = "wrong"
    target = connect(box)
    summary = run(plan(make_batches(2), target, ledger), target, ledger)
    assert exit_code(summary) == 3
    assert summary.stopped and summary.stop_help
    assert _states(summary) == ["planned", "planned"] and box.uploads() == []


def test_credentials_that_die_in_the_middle_stop_the_run(
    make_batches: MakeBatches, box: RunningSandbox, target: FileApiTarget, ledger: Ledger, stored: Stored
) -> None:
    batches = make_batches(4)
    box.faults.add(on="upload", kind="delay", seconds=0, times=1)
    box.faults.add(on="upload", kind="status", status=401, times=2)
    summary = run(plan(batches, target, ledger), target, ledger)
    assert _states(summary) == ["verified", "planned", "planned", "planned"]
    assert (exit_code(summary), summary.stop_reason) == (5, "authentication")
    assert exit_code(resume(target, ledger)) == 0
    assert stored() == Counter({batch.name: 2 for batch in batches})


def test_a_server_that_is_not_there_is_4(
    make_batches: MakeBatches, box: RunningSandbox, connect: Callable[..., FileApiTarget], ledger: Ledger
) -> None:
    target = connect(box, api_url="http://127.0.0.1:9", auth_url="http://127.0.0.1:9")
    summary = run(plan(make_batches(2), target, ledger), target, ledger)
    assert exit_code(summary) == 4
    assert "'127.0.0.1:9' cannot be reached" in summary.stopped


def test_a_server_that_goes_away_stops_the_run_and_resume_sends_the_rest(
    make_batches: MakeBatches, connect: Callable[..., FileApiTarget], ledger: Ledger
) -> None:
    class Gone:
        def __init__(self, inner: FileApiTarget) -> None:
            self.inner, self.left = inner, 2

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def send(self, batch: BatchFile) -> Any:
            from cgrev.errors import ServerUnreachable

            if self.left == 0:
                raise ServerUnreachable("nobody there")
            self.left -= 1
            return self.inner.send(batch)

    from cgrev.testing.sandbox import running_sandbox

    with running_sandbox() as box:
        target = connect(box)
        summary = run(plan(make_batches(9), target, ledger), Gone(target), ledger)
        assert _states(summary) == ["verified"] * 2 + ["planned"] * 7
        assert (exit_code(summary), summary.stopped) == (5, "nobody there")
        assert sum(result.attempts for result in summary.results) == 4, "two found nobody, five not tried"
        assert exit_code(resume(target, ledger)) == 0
        assert len(box.uploads()) == 9


def test_a_throttled_server_is_left_in_peace(
    make_batches: MakeBatches, box: RunningSandbox, target: FileApiTarget, ledger: Ledger
) -> None:
    box.faults.add(on="upload", kind="status", status=429, retry_after="3600", times=9)
    begun = time.monotonic()
    summary = run(plan(make_batches(3), target, ledger), target, ledger)
    assert time.monotonic() - begun < 5
    assert (exit_code(summary), summary.stop_reason) == (4, "throttled")
    assert len(box.faults.pending) == 1 and box.faults.pending[0].times == 8  # type: ignore[attr-defined]


def test_a_target_that_breaks_its_word_leaves_the_batch_unknown(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger
) -> None:
    class Careless:
        capabilities = Capabilities()

        def __getattr__(self, name: str) -> Any:
            return getattr(target, name)

        def send(self, batch: BatchFile) -> Any:
            raise KeyError("surprise")

    summary = run(plan(make_batches(1), target, ledger), Careless(), ledger)  # type: ignore[arg-type]
    assert (exit_code(summary), _states(summary)) == (5, ["unknown"])
    assert "KeyError" in summary.results[0].message


def test_a_canary_goes_first_and_the_rest_follows_without_it(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger, box: RunningSandbox
) -> None:
    batches = make_batches(2, records=4)
    summary = run(plan(batches, target, ledger), target, ledger, canary=True)
    assert exit_code(summary) == 0
    assert [(result.part, result.records) for result in summary.results] == [
        ("canary", 1),
        ("rest", 3),
        (None, 4),
    ]
    uploads = box.uploads()
    assert [int(upload["successful_records"]) for upload in uploads] == [1, 3, 4]
    assert summary.reconciliation.planned.total == 20 and summary.reconciliation.explained
    again = plan(batches, target, ledger)
    assert again.to_send == () and again.sums().records == 8
    assert exit_code(run(again, target, ledger, canary=True)) == 0
    assert len(box.uploads()) == 3


@pytest.mark.parametrize(
    "fault", [{"kind": "lie", "stored": True}, {"kind": "reset"}, {"kind": "status", "status": 400}]
)
def test_a_canary_that_does_not_come_back_stops_the_upload(
    fault: dict[str, Any],
    make_batches: MakeBatches,
    target: FileApiTarget,
    ledger: Ledger,
    box: RunningSandbox,
    instantly: None,
) -> None:
    batches = make_batches(2, records=3)
    box.faults.add(on="upload", **fault)
    summary = run(plan(batches, target, ledger), target, ledger, canary=True)
    assert exit_code(summary) in (4, 5)
    assert [result.attempts for result in summary.results] == [1, 0, 0]
    assert "first record" in summary.stopped
    resumed = resume(target, ledger, settle=0.1)
    if fault["kind"] == "reset":
        assert exit_code(resumed) == 0, "it was not stored: it goes again, alone, and the rest follows"
        assert [int(upload["successful_records"]) for upload in box.uploads()] == [1, 2, 3]
    else:
        assert exit_code(resumed) in (4, 5)
        assert [result.attempts for result in resumed.results] == [1, 0, 0]


def test_a_canary_that_is_listed_late_is_waited_for(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger, box: RunningSandbox
) -> None:
    # One for the check, one for the look before, two for the canary.
    box.faults.add(on="list", kind="hide", times=4)
    summary = run(plan(make_batches(1, records=3), target, ledger), target, ledger, canary=True)
    assert exit_code(summary) == 0
    assert [int(upload["successful_records"]) for upload in box.uploads()] == [1, 2]


def test_a_single_record_is_its_own_canary(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger, box: RunningSandbox
) -> None:
    summary = run(plan(make_batches(2, records=1), target, ledger), target, ledger, canary=True)
    assert exit_code(summary) == 0 and len(box.uploads()) == 2


def test_a_server_that_says_seen_before_is_asked_for_its_list(
    make_batches: MakeBatches, connect: Callable[..., FileApiTarget], ledger: Ledger, tmp_path: Path
) -> None:
    from cgrev.testing.sandbox import running_sandbox

    with running_sandbox(same_file="refuse") as box:
        target = connect(box)
        (batch,) = make_batches(1)
        assert target.send(batch).kind.value == "acknowledged"
        outcome = target.send(batch)
        assert (outcome.kind.value, outcome.code) == ("unknown", 400103)
        summary = run(plan([batch], target, ledger), target, ledger)
        assert (exit_code(summary), _states(summary)) == (0, ["verified"])
        assert len(box.uploads()) == 1


def test_a_list_that_cannot_be_read_resolves_nothing_and_sends_nothing(
    make_batches: MakeBatches, box: RunningSandbox, target: FileApiTarget, ledger: Ledger, stored: Stored
) -> None:
    batches = make_batches(1)
    box.faults.add(on="upload", kind="reset", stored=True)
    run(plan(batches, target, ledger), target, ledger)
    box.faults.add(on="list", kind="unreadable", times=20)
    summary = resume(target, ledger, settle=0.0)
    assert (exit_code(summary), _states(summary)) == (5, ["unknown"])
    assert any("list of uploads cannot be read" in note for note in summary.notes)
    box.faults.clear()
    assert exit_code(resume(target, ledger, settle=0.0)) == 0
    assert stored() == Counter({batches[0].name: 2})


def test_resume_needs_a_run_of_this_target(
    make_batches: MakeBatches,
    target: FileApiTarget,
    connect: Callable[..., FileApiTarget],
    ledger: Ledger,
    box: RunningSandbox,
) -> None:
    with pytest.raises(LedgerError, match="nothing was uploaded"):
        resume(target, ledger)
    summary = run(plan(make_batches(1), target, ledger), target, ledger)
    other = connect(box, tenant="other")
    assert summary.run is not None
    with pytest.raises(Exception, match="went to"):
        verify(other, ledger, summary.run.id)


def test_an_odd_concurrency_is_a_usage_error(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger
) -> None:
    for number in (0, 17):
        with pytest.raises(UsageError, match=f"concurrency {number}"):
            run(plan(make_batches(1), target, ledger), target, ledger, concurrency=number)


def test_a_summary_is_plain_data(make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger) -> None:
    summary = run(plan(make_batches(2), target, ledger), target, ledger)
    shown = json.loads(json.dumps(summary.as_dict()))
    assert shown["exit_code"] == 0 and len(shown["batches"]) == 2
    assert json.loads(json.dumps(summary.certificate().as_dict()))["schema"] == "cgrev-certificate/1"


def test_progress_is_told_in_order_from_the_calling_thread(
    make_batches: MakeBatches, target: FileApiTarget, ledger: Ledger
) -> None:
    import threading

    told: list[tuple[str, str]] = []
    threads: set[int] = set()

    class Listener:
        def begin(self, batches: Any) -> None:
            told.append(("begin", str(len(batches))))

        def sending(self, batch: BatchFile) -> None:
            threads.add(threading.get_ident())
            told.append(("sending", batch.name))

        def waiting(self, seconds: float, why: str) -> None: ...

        def done(self, result: Any) -> None:
            told.append(("done", result.name))

    batches = make_batches(2)
    run(plan(batches, target, ledger), target, ledger, progress=Listener())
    assert told == [
        ("begin", "2"),
        ("sending", batches[0].name),
        ("done", batches[0].name),
        ("sending", batches[1].name),
        ("done", batches[1].name),
    ]
    assert threads == {threading.get_ident()}


def test_waits_for_a_server_in_trouble_are_told(
    make_batches: MakeBatches, box: RunningSandbox, target: FileApiTarget, ledger: Ledger
) -> None:
    told: list[str] = []

    class Listener(Silent):
        def waiting(self, seconds: float, why: str) -> None:
            told.append(why)

    box.faults.add(on="list", kind="status", status=503)
    box.faults.add(on="upload", kind="status", status=429, retry_after="0")
    summary = run(plan(make_batches(1), target, ledger), target, ledger, progress=Listener())
    assert exit_code(summary) == 0
    assert told == ["the server answered 503", "the server answered 429"]


def test_memory_stays_flat_over_many_batches(ledger: Ledger, tmp_path: Path) -> None:
    import tracemalloc

    from cgrev.targets.directory import DirectoryTarget

    (tmp_path / "out").mkdir()
    filler = ("x" * 199 + "\n") * 1000
    batches = []
    for number in range(24):
        path = tmp_path / f"big{number}.csv"
        path.write_text(f"{number}\n{filler}")
        batches.append(plain_file(path, records=1000))
    target = DirectoryTarget(tmp_path / "out")
    upload = plan(batches, target, ledger)
    tracemalloc.start()
    try:
        summary = run(upload, target, ledger)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert exit_code(summary) == 0
    assert sum(batch.size for batch in batches) > 4_000_000
    assert peak < 2_000_000, f"{peak:,} bytes at most at once"
