"""A folder takes whole batches, keeps what is there, and never pretends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cgrev.errors import ServerUnreachable
from cgrev.targets.batches import BatchChanged, BatchFile
from cgrev.targets.directory import DirectoryTarget
from cgrev.targets.ledger import Ledger
from cgrev.targets.protocol import OutcomeKind
from cgrev.uploading import exit_code, plan, run

MakeBatch = Callable[..., BatchFile]


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


def test_a_batch_is_copied_whole_and_listed_by_digest(outbox: Path, make_batch: MakeBatch) -> None:
    target, batch = DirectoryTarget(outbox), make_batch()
    assert target.check().ready
    assert target.send(batch).kind is OutcomeKind.ACKNOWLEDGED
    assert os.listdir(outbox) == [batch.name]
    (file,) = target.listing().files
    assert (file.name, file.sha256) == (batch.name, batch.sha256)


def test_the_same_batch_again_changes_nothing(outbox: Path, make_batch: MakeBatch) -> None:
    target, batch = DirectoryTarget(outbox), make_batch()
    target.send(batch)
    before = (outbox / batch.name).stat().st_mtime_ns
    assert target.send(batch).kind is OutcomeKind.ACKNOWLEDGED
    assert (outbox / batch.name).stat().st_mtime_ns == before


def test_another_file_of_that_name_is_left_alone(outbox: Path, make_batch: MakeBatch) -> None:
    target, batch = DirectoryTarget(outbox), make_batch()
    (outbox / batch.name).write_text("somebody's")
    assert target.send(batch).kind is OutcomeKind.REFUSED
    assert (outbox / batch.name).read_text() == "somebody's"
    assert os.listdir(outbox) == [batch.name]


def test_a_file_system_without_hard_links_is_served_too(
    outbox: Path, make_batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    target, batch = DirectoryTarget(outbox), make_batch()
    assert target.send(batch).kind is OutcomeKind.ACKNOWLEDGED
    assert (outbox / batch.name).read_bytes() == batch.path.read_bytes()
    other = make_batch("other")
    (outbox / other.name).write_text("somebody's")
    assert target.send(other).kind is OutcomeKind.REFUSED
    assert (outbox / other.name).read_text() == "somebody's"


def test_a_missing_folder_is_not_sent(tmp_path: Path, make_batch: MakeBatch) -> None:
    target = DirectoryTarget(tmp_path / "nowhere")
    assert not target.check().ready
    outcome = target.send(make_batch())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.NOT_SENT, "unreachable")
    with pytest.raises(ServerUnreachable):
        target.listing()


def test_a_changed_file_is_not_copied(outbox: Path, make_batch: MakeBatch) -> None:
    batch = make_batch()
    batch.path.write_text("changed")
    with pytest.raises(BatchChanged):
        DirectoryTarget(outbox).send(batch)
    assert os.listdir(outbox) == []


def test_a_run_is_verified_and_sends_once_even_when_the_folder_was_emptied(
    outbox: Path, make_batch: MakeBatch, ledger: Ledger
) -> None:
    batches = [make_batch("a"), make_batch("b")]
    target = DirectoryTarget(outbox)
    summary = run(plan(batches, target, ledger), target, ledger)
    assert exit_code(summary) == 0
    assert {result.state.value for result in summary.results} == {"verified"}
    for path in outbox.iterdir():
        path.unlink()
    again = plan(batches, target, ledger)
    assert again.to_send == ()
    assert exit_code(run(again, target, ledger)) == 0
    assert os.listdir(outbox) == []
