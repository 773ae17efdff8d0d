"""Whatever a server does: no row is stored twice, and nothing is reported that is not so.

The server follows a random script. Its list of uploads may be late, but never later than `settle` says.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cgrev.targets.batches import BatchFile, plain_file
from cgrev.targets.credentials import Credentials
from cgrev.targets.file_v41 import FileApiSettings, FileApiTarget
from cgrev.targets.http import Timeouts
from cgrev.targets.ledger import Ledger
from cgrev.targets.secrets import Secret
from cgrev.targets.states import STORED, BatchState
from cgrev.uploading import UploadSummary, exit_code, plan, resume, run, verify

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"
BATCHES = 4
SETTLE = 0.08

HONEST: list[dict[str, Any]] = [
    {},
    {"read": "headers"},
    {"read": "half"},
    {"then": "close"},
    {"then": "reset", "store": True},
    {"then": "reset", "store": False},
    {"then": "cut", "status": 200, "store": True},
    {"then": "cut", "status": 200, "store": False},
    {"status": 500, "store": True},
    {"status": 500, "store": False},
    {"status": 504, "store": True},
    {"status": 200, "body": b"<html>", "store": True},
    {"status": 200, "body": b"<html>", "store": False},
    {"status": 200, "body": b"", "store": True},
    {"status": 302, "store": True},
    {"status": 429, "headers": {"Retry-After": "0"}},
    {"status": 401},
    {"status": 200, "body": {"Data": False}},
    {"status": 400},
    {"status": 404},
]
LIES: list[dict[str, Any]] = [
    {"status": 200, "body": {"Data": False}, "store": True},
    {"status": 400, "store": True},
]
UPLOADS = st.lists(st.sampled_from(HONEST + LIES), max_size=7)
READS = st.lists(
    st.sampled_from([{}, {"status": 500}, {"then": "reset"}, {"status": 200, "body": b"x"}]), max_size=4
)
TOKENS = st.lists(st.sampled_from([{}, {"status": 503}, {"then": "reset"}, {"status": 401}]), max_size=2)
STEPS = st.lists(
    st.tuples(st.sampled_from(["upload", "resume"]), st.integers(1, 3), UPLOADS, READS, TOKENS),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    path = Path(__file__).parents[1] / "unit" / "targets" / "scripted_server.py"
    spec = importlib.util.spec_from_file_location("cgrev_scripted_server_of_properties", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    server = module.ScriptedServer()
    yield server
    server.close()


def _batches(folder: Path) -> list[BatchFile]:
    found = []
    for number in range(BATCHES):
        path = folder / f"b{number}.csv"
        path.write_text(
            HEADER + "".join(f"b{number} {row},1,2026-01-01,2026-12-31,ARR,\n" for row in range(2))
        )
        found.append(plain_file(path, records=2, total=2))
    return found


def _target(server: Any) -> FileApiTarget:
    credentials = Credentials(Secret(server.client_id), Secret(server.client_secret))
    chosen = FileApiSettings(
        api_url=server.url, auth_url=server.url, attempts=2, backoff=0.001, max_wait=1.0, settle=SETTLE
    )
    return FileApiTarget(chosen, lambda: credentials, timeouts=Timeouts(2.0, 2.0, 4.0))


def _rows(batch: BatchFile) -> set[str]:
    return set(batch.path.read_text().splitlines()[1:])


def _check(server: Any, batches: list[BatchFile], summary: UploadSummary, lied: bool) -> None:
    stored = Counter(server.rows())
    assert all(count == 1 for count in stored.values()), f"stored twice: {stored}"
    by_digest = {batch.sha256: batch for batch in batches}
    for result in summary.results:
        there = _rows(by_digest[result.sha256]) & set(stored)
        if result.state in STORED:
            assert len(there) == 2, f"reported as stored and is not: {result}"
        elif result.state is BatchState.PLANNED:
            assert not there, f"reported as not sent and is stored: {result}"
        elif result.state is BatchState.REJECTED and not result.contradiction:
            assert not there or lied, f"reported as refused and is stored: {result}"
    code = exit_code(summary)
    assert (code == 0) == all(result.is_stored for result in summary.results)
    if code in (3, 4) and not lied:
        unknown = any(result.state is BatchState.UNKNOWN for result in summary.results)
        assert code == 3 or not (stored or unknown)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, lateness=st.sampled_from([0.0, SETTLE / 2]))
def test_every_row_is_stored_at_most_once_and_every_report_is_true(
    server: Any, steps: list[Any], lateness: float
) -> None:
    server.forget()
    server.lateness = lateness
    lied = any(step in LIES for _, _, uploads, _, _ in steps for step in uploads)
    with tempfile.TemporaryDirectory() as name, Ledger(Path(name) / "state") as ledger:
        batches = _batches(Path(name))
        target = _target(server)
        run(plan(batches[:0], target, ledger), target, ledger)
        for number, (what, concurrency, uploads, reads, tokens) in enumerate(steps):
            server.script("upload", *uploads)
            server.script("list", *reads)
            server.script("token", *tokens)
            target = _target(server)
            if what == "upload" or number == 0:
                summary = run(plan(batches, target, ledger), target, ledger, concurrency=concurrency)
            else:
                summary = resume(target, ledger, concurrency=concurrency)
            target.close()
            _check(server, batches, summary, lied)
        server._scripts.clear()
        target = _target(server)
        _check(server, batches, resume(target, ledger), lied)
        time.sleep(lateness)
        final = verify(target, ledger)
        target.close()
        _check(server, batches, final, False)
        states = {result.state for result in final.results}
        assert states <= {BatchState.VERIFIED, BatchState.REJECTED}, "resume does all that is missing"
