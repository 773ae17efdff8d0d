"""Many clients at once: one account whatever its spelling, every amount counted once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

CLIENTS = 50


def spellings(word: str) -> list[str]:
    pairs = itertools.product(*[(letter.lower(), letter.upper()) for letter in word])
    return ["".join(letters) for letters in itertools.islice(pairs, CLIENTS)]


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_fifty_spellings_are_one_account(anywhere: Any) -> None:
    names = spellings("companion")
    assert len(set(names)) == CLIENTS

    def upload(index: int) -> Callable[[], Any]:
        # Each in another order, which would let row locks wait for each other in a circle.
        rows = [
            f"{names[(index + n) % CLIENTS]} {n % 3},100,2020-01-01,2020-01-31,MRR,{index}/{n}"
            for n in range(30)
        ]
        return lambda: anywhere.upload(rows[index % 30 :] + rows[: index % 30], f"{index}.csv")

    answers = at_once([upload(index) for index in range(CLIENTS)])
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"Data": {"data": 1}})
    ] * CLIENTS
    accounts = anywhere.box.accounts()
    assert sorted(account.lower() for account in accounts) == ["companion 0", "companion 1", "companion 2"]
    assert all(account[:-2] in names for account in accounts)
    assert [entry["amount"] for entry in anywhere.box.booked()] == [f"{CLIENTS * 10 * 100}.00"] * 3
    uploads = anywhere.box.uploads()
    assert sorted(int(upload["id"]) for upload in uploads) == list(range(1, CLIENTS + 1))
    assert {upload["successful_records"] for upload in uploads} == {"30"}


def test_the_same_file_at_once_is_taken_once_when_refused_again(
    start: Callable[..., Any], database: str
) -> None:
    caller = start(database=database, same_file="refuse")
    row = ["Acme,12000,2016-01-01,2016-12-31,ARR,"]
    answers = at_once([lambda: caller.upload(row)] * 20)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    assert len(caller.box.uploads()) == 1


def test_two_servers_on_one_database_take_turns(start: Callable[..., Any], database: str) -> None:
    callers = [start(database=database, same_file="refuse") for _ in range(2)]
    files = [[f"{name},1,2020-01-01,2020-01-31,MRR,"] for name in ("Acme", "ACME", "acme", "aCME", "acmE")]

    def work(index: int) -> Callable[[], Any]:
        return lambda: callers[index % 2].upload(files[index // 2 % 5])

    answers = at_once([work(index) for index in range(20)])
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [400] * 15
    assert len(callers[0].box.accounts()) == 1
    assert [entry["amount"] for entry in callers[1].box.booked()] == ["5.00"]


def test_reading_and_deleting_while_others_upload(anywhere: Any) -> None:
    def work(index: int) -> Callable[[], Any]:
        if index % 5 == 0:
            return anywhere.list
        if index % 5 == 1:
            return lambda: anywhere.http.get("/sandbox/booked")
        if index % 5 == 2:
            return lambda: anywhere.delete(id=index % 4 + 1)
        return lambda: anywhere.upload(["Acme,12000,2016-01-01,2016-12-31,ARR,"], f"{index}.csv")

    answers = at_once([work(index) for index in range(30)])
    assert {answer.status_code for answer in answers} <= {200, 404}
    kept = len(anywhere.box.uploads())
    amounts = {entry["amount"] for entry in anywhere.box.booked()}
    assert amounts == ({f"{kept * 1000}.00"} if kept else set())
