"""What an upload would do, and which folders it will not touch."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cgrev.batching import Batch
from cgrev.errors import SettingsError, UsageError
from cgrev.folder import REPORT, FolderWriter
from cgrev.manifest import Amounts, Rows, RunFacts
from cgrev.targets.batches import BatchChanged, BatchFile, plain_file
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.ledger import Ledger
from cgrev.targets.ledger_records import Evidence
from cgrev.targets.states import BatchState
from cgrev.uploading import FolderRefused, exit_code, plan, run

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """An output folder of convert, written by the writer of convert."""

    def make(
        batches: int = 3, rejected: int = 0, errors: int | None = 0, formats: tuple[str, ...] = ("csv",)
    ) -> Path:
        folder = tmp_path / "out"
        with FolderWriter(folder, "march") as writer:
            for form in formats:
                for number in range(batches):
                    text = HEADER + f"Acme {number},10,2026-01-01,2026-12-31,ARR,\n"
                    data = text.encode() if form == "csv" else f"<R>{text}</R>".encode()
                    writer.add(Batch(data, 1, 10, sha256(data).hexdigest()), form)  # type: ignore[arg-type]
            if errors is not None:
                writer.add_file(REPORT, json.dumps({"summary": {"errors": errors}}))
            rows = Rows(read=batches + rejected, written=batches, rejected=rejected)
            writer.commit(
                RunFacts(rows=rows, totals=Amounts(source=str(10 * batches), written=str(10 * batches)))
            )
        return folder

    return make


def test_a_clean_folder_is_planned_whole(
    make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger, server: Any
) -> None:
    upload = plan(make_folder(), target, ledger)
    assert [item.action for item in upload.items] == ["send"] * 3
    sums = upload.sums("send")
    assert (sums.batches, sums.records, sums.total) == (3, 3, 30)
    assert upload.format == "csv" and upload.rejected_rows == 0
    assert len(upload.manifest_digest) == 64
    assert json.loads(json.dumps(upload.as_dict()))["to_send"] == {"batches": 3, "records": 3, "total": "30"}
    assert server.requests == [], "a plan asks nobody"
    assert ledger.runs() == [], "a plan is no run"


def test_a_second_plan_skips_what_was_sent(
    make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger, server: Any
) -> None:
    folder = make_folder()
    summary = run(plan(folder, target, ledger), target, ledger)
    assert exit_code(summary) == 0
    assert [stored.name for stored in server.stored] == sorted(path.name for path in folder.glob("*.csv"))
    again = plan(folder, target, ledger)
    assert [item.action for item in again.items] == ["skip"] * 3
    assert all("sent before" in item.why for item in again.items)
    assert exit_code(run(again, target, ledger)) == 0
    assert len(server.stored) == 3


@pytest.mark.parametrize(("rejected", "errors"), [(2, 0), (0, 1), (3, 3)])
def test_a_folder_with_errors_needs_partial(
    rejected: int, errors: int, make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger
) -> None:
    folder = make_folder(rejected=rejected, errors=errors)
    with pytest.raises(FolderRefused) as caught:
        plan(folder, target, ledger)
    assert f"{rejected} rows were rejected and {errors} errors" in caught.value.message
    assert "--partial" in (caught.value.help or "")
    upload = plan(folder, target, ledger, partial=True)
    assert len(upload.to_send) == 3 and (upload.rejected_rows, upload.errors) == (rejected, errors)


def test_a_report_that_says_nothing_is_not_taken_for_clean(
    make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger
) -> None:
    folder = make_folder()
    (folder / REPORT).write_text("{}")
    with pytest.raises(SettingsError, match="not known whether the folder is clean"):
        plan(folder, target, ledger)


@pytest.mark.parametrize("change", ["edit", "grow", "delete", "swap"])
def test_a_batch_that_was_touched_stops_the_upload(
    change: str, make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger, server: Any
) -> None:
    folder = make_folder()
    first, second, _ = sorted(folder.glob("*.csv"))
    raw = first.read_bytes()
    if change == "edit":
        first.write_bytes(raw.replace(b",10,", b",11,"))
    elif change == "grow":
        first.write_bytes(raw + b"\n")
    elif change == "delete":
        first.unlink()
    else:
        first.write_bytes(second.read_bytes())
    with pytest.raises(BatchChanged) as caught:
        plan(folder, target, ledger)
    assert first.name in caught.value.message and caught.value.exit_code == 2
    assert server.requests == []


def test_a_batch_touched_between_plan_and_sending_is_not_sent(
    make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger, server: Any
) -> None:
    folder = make_folder()
    upload = plan(folder, target, ledger)
    first = min(folder.glob("*.csv"))
    first.write_bytes(first.read_bytes().replace(b",10,", b",99,"))
    summary = run(upload, target, ledger)
    assert exit_code(summary) == 2
    assert server.stored == [] and summary.stop_reason == "changed"
    assert all(result.state is BatchState.PLANNED for result in summary.results)


def test_a_manifest_with_other_names_is_not_believed(
    make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger
) -> None:
    folder = make_folder()
    first = min(folder.glob("*.csv"))
    first.rename(folder / "april.csv")
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(first.name, "april.csv"))
    with pytest.raises(BatchChanged, match=r"'april.csv' in .* is not named after its content"):
        plan(folder, target, ledger)


def test_rows_that_are_there_in_two_formats_are_sent_once(
    make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger, server: Any
) -> None:
    folder = make_folder(formats=("xml", "csv"))
    upload = plan(folder, target, ledger)
    assert upload.format == "csv" and len(upload.items) == 3
    assert any("sent once, as csv" in note for note in upload.notes)
    run(upload, target, ledger)
    with pytest.raises(FolderRefused, match="sent as csv already"):
        plan(folder, target, ledger, format="xml")
    assert len(server.stored) == 3
    with pytest.raises(UsageError, match="holds no xlsx"):
        plan(folder, target, ledger, format="xlsx")


def test_a_folder_without_batches_or_manifest_is_one_clear_line(
    make_folder: Callable[..., Path], target: FileApiTarget, ledger: Ledger, tmp_path: Path
) -> None:
    with pytest.raises(FolderRefused, match="holds no batch"):
        plan(make_folder(batches=0), target, ledger)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match=r"holds no manifest.json"):
        plan(tmp_path / "empty", target, ledger)


def test_a_plain_file_gets_a_name_of_its_content(tmp_path: Path) -> None:
    path = tmp_path / "März 2026 (final).CSV"
    path.write_text(HEADER + "Acme,1,2026-01-01,2026-12-31,ARR,\n", encoding="utf-8")
    batch = plain_file(path, records=1)
    assert batch.name == f"Marz-2026-final-{batch.sha256[:12]}.csv"
    path.write_text(HEADER + "Acme,2,2026-01-01,2026-12-31,ARR,\n", encoding="utf-8")
    assert plain_file(path, records=1).name != batch.name


def test_a_copy_is_sent_once(
    make_batch: Callable[..., BatchFile], target: FileApiTarget, ledger: Ledger, tmp_path: Path
) -> None:
    one = make_batch("march")
    copy = tmp_path / "copy-of-march.csv"
    copy.write_bytes(one.path.read_bytes())
    upload = plan([one, plain_file(copy, records=3)], target, ledger)
    assert len(upload.items) == 1
    assert any("copy-of-march.csv" in note and "sent once" in note for note in upload.notes)


@pytest.mark.parametrize(
    ("state", "evidence", "action"),
    [
        (BatchState.UNKNOWN, Evidence(), "left"),
        (BatchState.REJECTED, Evidence(answer="no reason"), "send again"),
        (BatchState.REJECTED, Evidence(stored=1, failed=2), "left"),
        (BatchState.REJECTED, Evidence(contradiction="it is listed"), "left"),
        (BatchState.ACKNOWLEDGED, Evidence(), "skip"),
        (BatchState.ACKNOWLEDGED, Evidence(contradiction="listed twice"), "left"),
        (BatchState.PLANNED, Evidence(), "send"),
    ],
)
def test_each_state_has_its_action(
    state: BatchState,
    evidence: Evidence,
    action: str,
    make_batch: Callable[..., BatchFile],
    target: FileApiTarget,
    ledger: Ledger,
) -> None:
    batch = make_batch()
    begun = ledger.begin("upload", target.identity)
    ledger.register(begun, [batch])
    record = ledger.claim(begun, batch)
    assert record is not None
    assert [item.action for item in plan([batch], target, ledger).items] == ["elsewhere"]
    ledger.move(record, state, evidence)
    (item,) = plan([batch], target, ledger).items
    assert item.action == action
    assert item.why or action == "send"
