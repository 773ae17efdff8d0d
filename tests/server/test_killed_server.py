"""A server that is killed in the middle of an upload has stored the whole file, or none of it."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx2
import pytest

from cgrev.testing.sandbox import running_sandbox

ROWS = 1000
HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description"


def upload_for_ever(box: Any, answered: list[int], stop: threading.Event) -> None:
    for n in range(10_000):
        rows = [f"Account {n} {row},1,2020-01-01,2020-01-31,MRR," for row in range(ROWS)]
        data = "\n".join([HEADER, *rows]).encode()
        try:
            answer = httpx2.post(
                f"{box.api_url}/v4.1/company/revenue_file_automate.json",
                files={"file": (f"{n}.csv", data)},
                headers={"Authorization": f"api_key {box.api_key}"},
                trust_env=False,
            )
        except httpx2.TransportError:
            return
        if answer.json() == {"Data": {"data": 1}}:
            answered.append(n)
        if stop.is_set():
            return


@pytest.mark.parametrize("delay", [0.0, 0.03])
def test_whole_or_none(database: str, delay: float) -> None:
    answered: list[int] = []
    stop = threading.Event()
    with running_sandbox(database=database, process=True) as box:
        thread = threading.Thread(target=upload_for_ever, args=(box, answered, stop))
        thread.start()
        deadline = time.monotonic() + 20
        while len(answered) < 2 and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(delay)
        box.kill()
        stop.set()
        thread.join()
    with running_sandbox(database=database) as box:
        uploads = box.uploads()
        stored = {int(upload["source_filename"].removesuffix(".csv")) for upload in uploads}
        assert set(answered) <= stored, "an acknowledged file is gone"
        assert len(stored - set(answered)) <= 1, "more than the one under way was stored"
        assert {upload["successful_records"] for upload in uploads} == {str(ROWS)}
        booked = box.booked()
        assert len(booked) == len(box.accounts()) == len(stored) * ROWS
        assert {entry["amount"] for entry in booked} == {"1.00"}
