"""Uploads against the sandbox, in this process and in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cgrev.targets.batches import BatchFile, plain_file
from cgrev.targets.credentials import Credentials
from cgrev.targets.file_v41 import FileApiSettings, FileApiTarget
from cgrev.targets.http import Timeouts
from cgrev.targets.ledger import Ledger
from cgrev.targets.secrets import Secret
from cgrev.testing.sandbox import RunningSandbox, running_sandbox

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox() as box:
        yield box


@pytest.fixture
def box(running: RunningSandbox) -> Iterator[RunningSandbox]:
    """The sandbox of the module, without uploads and without faults."""
    secret = running.client_secret
    yield running
    running.client_secret = secret
    running.faults.clear()
    for upload in running.uploads():
        running._store.delete(int(upload["id"]))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def ledger(state: Path) -> Iterator[Ledger]:
    with Ledger(state) as ledger:
        yield ledger


@pytest.fixture
def connect() -> Iterator[Callable[..., FileApiTarget]]:
    targets: list[FileApiTarget] = []

    def make(box: RunningSandbox, *, timeouts: Timeouts | None = None, **settings: Any) -> FileApiTarget:
        credentials = Credentials(Secret(box.client_id), Secret(box.client_secret), Secret(box.api_key))
        given: dict[str, Any] = {
            "api_url": box.api_url,
            "auth_url": box.auth_url,
            "attempts": 3,
            "backoff": 0.01,
            "max_wait": 5.0,
            **settings,
        }
        target = FileApiTarget(
            FileApiSettings(**given), lambda: credentials, timeouts=timeouts or Timeouts(2.0, 2.0, 5.0)
        )
        targets.append(target)
        return target

    yield make
    for target in targets:
        target.close()


@pytest.fixture
def target(box: RunningSandbox, connect: Callable[..., FileApiTarget]) -> FileApiTarget:
    return connect(box)


@pytest.fixture
def make_batches(tmp_path: Path) -> Callable[..., list[BatchFile]]:
    """CSV batches, each with rows of its own."""

    def make(count: int, records: int = 2, stem: str = "batch") -> list[BatchFile]:
        found = []
        for number in range(count):
            path = tmp_path / f"{stem}{number}.csv"
            rows = [
                f"{stem} {number} account {row},{row + 1},2026-01-01,2026-12-31,ARR,\n"
                for row in range(records)
            ]
            path.write_text(HEADER + "".join(rows), encoding="utf-8")
            found.append(plain_file(path, records=records, total=sum(range(1, records + 1))))
        return found

    return make


@pytest.fixture
def stored(box: RunningSandbox) -> Callable[[], Counter[str]]:
    """How many records each file name has stored, over all uploads of that name."""

    def count() -> Counter[str]:
        found: Counter[str] = Counter()
        for upload in box.uploads():
            found[upload["source_filename"]] += int(upload["successful_records"])
        return found

    return count


class Child:
    """An upload in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def end(self, timeout: float = 30.0) -> dict[str, Any]:
        """Its summary, once it has ended by itself."""
        out, errors = self.process.communicate(timeout=timeout)
        assert out, errors
        summary: dict[str, Any] = json.loads(out)
        assert self.process.returncode == summary["exit_code"], errors
        return summary


@pytest.fixture
def start(box: RunningSandbox, state: Path) -> Iterator[Callable[..., Child]]:
    children: list[Child] = []

    def launch(batches: list[BatchFile], **options: Any) -> Child:
        environment = {
            **os.environ,
            "CGREV_CLIENT_ID": box.client_id,
            "CGREV_CLIENT_SECRET": box.client_secret,
        }
        process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("upload_child.py")),
                str(state),
                box.api_url,
                json.dumps(options),
                *(str(batch.path) for batch in batches),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        children.append(Child(process))
        return children[-1]

    yield launch
    for child in children:
        if child.process.poll() is None:
            child.process.kill()
        child.process.communicate()
