"""Each fault does what it is named after, as often as it was asked for, and then all is well again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from cgrev.server.faults import Fault

ROW = ["Acme,12000,2016-01-01,2016-12-31,ARR,"]
STORED = {"Data": {"data": 1}}


@pytest.fixture
def caller(shared: Any) -> Iterator[Any]:
    """The sandbox of this file, without uploads and faults."""
    key = dict(shared.key)
    yield shared
    shared.key = key
    shared.http.timeout = 20
    shared.box.faults.clear()
    for upload in shared.box.uploads():
        shared.delete(id=upload["id"])


def stored(caller: Any) -> int:
    return len(caller.box.uploads())


@pytest.mark.parametrize("after", [False, True])
def test_status_before_or_after_the_file_is_stored(caller: Any, after: bool) -> None:
    caller.box.faults.add(on="upload", kind="status", status=503, stored=after, times=2)
    assert [caller.upload(ROW).status_code for _ in range(3)] == [503, 503, 200]
    assert stored(caller) == (3 if after else 1)


def test_too_many_requests_with_either_form_of_retry_after(caller: Any) -> None:
    for value in ("7", "Wed, 21 Oct 2026 07:28:00 GMT"):
        caller.box.faults.add(on="upload", kind="status", status=429, retry_after=value)
        answer = caller.upload(ROW, suffix=".xml")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, value)
        assert answer.text.startswith("<Error>")
    assert stored(caller) == 0


def test_the_token_endpoint_fails(start: Callable[..., Any]) -> None:
    faults = [{"on": "token", "kind": "status"}, {"on": "token", "kind": "status", "status": 429}]
    caller = start(faults=faults)
    assert [caller.token().status_code for _ in range(3)] == [500, 429, 200]


def test_tokens_expire_in_the_middle_of_a_run(caller: Any) -> None:
    caller.key = {"Authorization": f"Bearer {caller.token().json()['access_token']}"}
    assert caller.upload(ROW).json() == STORED
    caller.box.faults.add(on="upload", kind="expire")
    answer = caller.upload(ROW)
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (401, 200000)
    caller.key = {"Authorization": f"Bearer {caller.token().json()['access_token']}"}
    assert caller.upload(ROW).json() == STORED
    caller.box.expire_tokens()
    assert caller.list().status_code == 401
    assert stored(caller) == 2


@pytest.mark.parametrize("after", [False, True])
def test_the_connection_is_reset(caller: Any, after: bool) -> None:
    caller.box.faults.add(on="upload", kind="reset", stored=after)
    with pytest.raises(httpx2.TransportError):
        caller.upload(ROW)
    assert stored(caller) == (1 if after else 0)
    assert caller.box.log[-1].status == 0
    assert caller.upload(ROW).json() == STORED


def test_no_answer_after_the_commit(caller: Any) -> None:
    caller.box.faults.add(on="upload", kind="hang", stored=True, seconds=30)
    caller.http.timeout = httpx2.Timeout(0.3)
    started = time.monotonic()
    with pytest.raises(httpx2.TimeoutException):
        caller.upload(ROW)
    assert time.monotonic() - started < 5
    assert stored(caller) == 1


def test_a_hanging_connection_is_reset_in_the_end(caller: Any) -> None:
    caller.box.faults.add(on="list", kind="hang", seconds=0.1)
    with pytest.raises(httpx2.TransportError):
        caller.list()


@pytest.mark.parametrize("after", [False, True])
def test_a_late_answer(caller: Any, after: bool) -> None:
    caller.box.faults.add(on="upload", kind="delay", seconds=0.2, stored=after)
    started = time.monotonic()
    assert caller.upload(ROW).json() == STORED
    assert time.monotonic() - started >= 0.2
    assert stored(caller) == 1


@pytest.mark.parametrize("after", [False, True])
def test_an_answer_nobody_can_read(caller: Any, after: bool) -> None:
    caller.box.faults.add(on="upload", kind="unreadable", stored=after)
    answer = caller.upload(ROW)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert stored(caller) == (1 if after else 0)


def test_a_redirect_to_another_host(caller: Any) -> None:
    caller.box.faults.add(on="upload", kind="redirect", location="http://elsewhere.example/v4.1")
    answer = caller.upload(ROW)
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://elsewhere.example/v4.1")
    assert stored(caller) == 0


def test_lies(caller: Any) -> None:
    caller.box.faults.add(on="upload", kind="lie", stored=True)
    assert caller.upload(ROW).json() == {"Data": False}
    assert stored(caller) == 1
    caller.box.faults.add(on="upload", kind="lie")
    assert caller.upload(ROW, suffix=".xml").text == "<Data><data>1</data></Data>"
    assert stored(caller) == 1


def test_a_huge_answer(caller: Any) -> None:
    caller.box.faults.add(on="upload", kind="huge", size=3_000_000, stored=True)
    assert len(caller.upload(ROW).content) == 3_000_000
    assert stored(caller) == 1


@pytest.mark.parametrize("suffix", [".json", ".xml"])
def test_uploads_are_listed_late(caller: Any, suffix: str) -> None:
    caller.upload(ROW, "old.csv")
    caller.box.faults.add(on="list", kind="hide", times=2)
    caller.upload(ROW, "new.csv")
    texts = [caller.list(suffix).text for _ in range(3)]
    assert ["old.csv" in text for text in texts] == [True, True, True]
    assert ["new.csv" in text for text in texts] == [False, False, True]


def test_uploads_are_listed_after_some_seconds(start: Callable[..., Any]) -> None:
    caller = start(faults=[{"on": "list", "kind": "hide", "seconds": 0.4, "times": 1000}])
    caller.upload(ROW, "new.csv")
    assert "new.csv" not in caller.list().text
    deadline = time.monotonic() + 10
    while "new.csv" not in caller.list().text:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_hidden_listing_still_says_what_is_wrong_with_a_request(caller: Any) -> None:
    caller.box.faults.add(on="list", kind="hide", times=2)
    assert caller.list(".xml", limit=0).text.endswith("<Code>300001</Code></Error>")
    caller.key = {}
    assert caller.list().status_code == 401


def test_faults_of_one_endpoint_leave_the_others_alone(caller: Any) -> None:
    caller.box.faults.add(on="delete", kind="status", status=500)
    assert caller.upload(ROW).json() == STORED
    file = caller.list().json()["Data"][0]["id"]
    assert [caller.delete(id=file).status_code for _ in range(2)] == [500, 200]


def test_faults_can_be_taken_back(caller: Any) -> None:
    caller.box.faults.add(on="upload", kind="status", times=5)
    caller.upload(ROW)
    assert [fault.times for fault in caller.box.faults.pending] == [4]
    caller.box.faults.clear()
    assert caller.upload(ROW).json() == STORED


@pytest.mark.parametrize(
    "fields",
    [
        {"on": "upload", "kind": "explode"},
        {"on": "nowhere", "kind": "status"},
        {"on": "upload", "kind": "hide"},
        {"on": "list", "kind": "lie"},
        {"on": "upload", "kind": "status", "times": 0},
        {"on": "upload", "kind": "status", "status": 200},
        {"on": "upload", "kind": "status", "retry_after": "1\r\nX: y"},
        {"on": "upload", "kind": "redirect", "location": "http://a\r\nX: y"},
        {"on": "upload", "kind": "status", "colour": "red"},
    ],
)
def test_faults_that_cannot_be(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fields)


def test_the_admin_endpoint_exists_only_when_enabled(start: Callable[..., Any]) -> None:
    closed, opened = start(), start(faults_endpoint=True)
    fault = {"on": "upload", "kind": "status", "status": 503}
    assert closed.http.post("/sandbox/faults", json=fault, headers=closed.key).status_code == 404
    assert opened.http.post("/sandbox/faults", json=fault).status_code == 401
    answer = opened.http.post("/sandbox/faults", json=fault, headers=opened.key)
    assert [entry["status"] for entry in answer.json()["faults"]] == [503]
    assert opened.upload(ROW).status_code == 503
    opened.http.post("/sandbox/faults", json=fault, headers=opened.key)
    assert opened.http.delete("/sandbox/faults", headers=opened.key).json() == {"faults": []}
    assert opened.upload(ROW).json() == STORED


def test_the_admin_endpoint_says_what_is_wrong(start: Callable[..., Any]) -> None:
    caller = start(faults_endpoint=True)
    for body in (b"", b"{", b"[]", b'{"on": "upload"}', b'{"on": "upload", "kind": "hide"}'):
        answer = caller.http.post("/sandbox/faults", content=body, headers=caller.key)
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, 300001), body
