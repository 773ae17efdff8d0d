"""What is known of a batch after each way an upload can end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cgrev.targets.batches import BatchChanged, BatchFile
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.http import Timeouts
from cgrev.targets.protocol import OutcomeKind

MakeBatch = Callable[..., BatchFile]


def test_a_batch_arrives_byte_for_byte_under_its_name(
    server: Any, target: FileApiTarget, make_batch: MakeBatch
) -> None:
    batch = make_batch()
    outcome = target.send(batch)
    assert outcome.kind is OutcomeKind.ACKNOWLEDGED
    (stored,) = server.stored
    assert stored.content == batch.path.read_bytes()
    assert stored.name == batch.name
    assert batch.sha256[:12] in batch.name
    (request,) = server.of("upload")
    assert request.headers["user-agent"].startswith("cgrev/")
    assert request.headers["authorization"] == f"Bearer {server.tokens[0]}"
    assert request.body.count(b"Content-Disposition") == 1


def test_an_api_key_signs_without_a_token(
    server: Any, connect: Callable[..., FileApiTarget], make_batch: MakeBatch
) -> None:
    assert connect(server, auth="api-key").send(make_batch()).kind is OutcomeKind.ACKNOWLEDGED
    assert server.of("upload")[0].headers["authorization"] == f"api_key {server.api_key}"
    assert server.of("token") == []


def test_xml_answers_are_asked_for_by_the_suffix(
    server: Any, connect: Callable[..., FileApiTarget], make_batch: MakeBatch
) -> None:
    server.script("upload", {"store": True, "body": b"<Data><data>1</data></Data>"})
    assert connect(server, answers="xml").send(make_batch()).kind is OutcomeKind.ACKNOWLEDGED
    assert server.of("upload")[0].path.endswith(".xml")


BROKEN_AFTER_IT_LEFT = [
    {"read": "headers", "then": "reset"},
    {"read": "half", "then": "reset"},
    {"then": "reset"},
    {"then": "close"},
    {"store": True, "then": "reset"},
    {"store": True, "then": "hang", "seconds": 3.0},
    {"then": "cut"},
    {"status": 500},
    {"status": 502},
    {"status": 503, "headers": {"Retry-After": "0"}},
    {"status": 504, "store": True},
    {"status": 408},
    {"status": 200, "body": b"<html>welcome"},
    {"status": 200, "body": b""},
    {"status": 200, "body": b"x" * (2 * 1024 * 1024)},
    {"status": 200, "body": {"Data": {"data": 0}}},
    {"status": 200, "body": {"Data": True}},
    {"status": 200, "body": b'{"Data": false, "Data": {"data": 1}}'},
    {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}},
    {"status": 200, "headers": {"Content-Encoding": "gzip"}},
    {"status": 400, "body": {"Error": {"Message": "seen", "Code": 400103}}},
]


@pytest.mark.parametrize("step", BROKEN_AFTER_IT_LEFT, ids=str)
def test_an_unclear_end_is_unknown_and_is_not_tried_again(
    step: Any, server: Any, connect: Callable[..., FileApiTarget], make_batch: MakeBatch
) -> None:
    quick = Timeouts(connect=1.0, silence=0.4, whole=2.0)
    server.script("upload", step)
    outcome = connect(server, timeouts=quick).send(make_batch())
    assert outcome.kind is OutcomeKind.UNKNOWN, outcome
    assert len(server.of("upload")) <= 1
    assert len(server.stored) <= 1


@pytest.mark.parametrize(
    "step",
    [
        {"body": {"Data": False}},
        {"body": b"<Data>false</Data>"},
        {"body": {"Error": {"Message": "bad", "Code": "300004"}}},
        {"status": 400, "body": {"Message": "bad", "Code": 300004}},
        {"status": 400, "body": b"<Error><Message>bad</Message><Code>300001</Code></Error>"},
        {"status": 404, "body": b"not here"},
        {"status": 413},
        {"status": 307, "headers": {"Location": "http://127.0.0.1:9/"}},
    ],
    ids=str,
)
def test_a_no_is_refused(step: Any, server: Any, target: FileApiTarget, make_batch: MakeBatch) -> None:
    server.script("upload", step)
    outcome = target.send(make_batch())
    assert outcome.kind is OutcomeKind.REFUSED, outcome
    assert len(server.of("upload")) == 1


def test_no_server_is_not_sent_after_some_tries(
    serve: Callable[..., Any], connect: Callable[..., FileApiTarget], make_batch: MakeBatch
) -> None:
    gone, tokens = serve(), serve()
    gone.close()
    target = connect(gone, auth_url=tokens.url)
    waits: list[float] = []
    target.on_wait(lambda seconds, why: waits.append(seconds))
    outcome = target.send(make_batch())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.NOT_SENT, "unreachable")
    assert f"127.0.0.1:{gone.port}" in outcome.message
    assert len(waits) == 2


def test_429_is_waited_for_and_the_batch_is_stored_once(
    server: Any, target: FileApiTarget, make_batch: MakeBatch
) -> None:
    server.script("upload", {"status": 429, "headers": {"Retry-After": "0"}}, {"status": 429})
    assert target.send(make_batch()).kind is OutcomeKind.ACKNOWLEDGED
    assert len(server.stored) == 1


def test_429_with_a_long_wait_is_not_sat_out(
    server: Any, target: FileApiTarget, make_batch: MakeBatch
) -> None:
    server.script("upload", {"status": 429, "headers": {"Retry-After": "3600"}})
    begun = time.monotonic()
    outcome = target.send(make_batch())
    assert time.monotonic() - begun < 3
    assert (outcome.kind, outcome.reason) == (OutcomeKind.NOT_SENT, "throttled")
    assert "3600" in outcome.message


def test_a_token_that_died_is_renewed_once_and_the_batch_sent_again(
    server: Any, target: FileApiTarget, make_batch: MakeBatch
) -> None:
    assert target.send(make_batch("a")).kind is OutcomeKind.ACKNOWLEDGED
    server.expire_tokens()
    assert target.send(make_batch("b")).kind is OutcomeKind.ACKNOWLEDGED
    assert len(server.of("token")) == 2
    assert [stored.name.split("-")[0] for stored in server.stored] == ["a", "b"]


def test_a_second_401_is_authentication(server: Any, target: FileApiTarget, make_batch: MakeBatch) -> None:
    server.script("upload", {"status": 401}, {"status": 401})
    outcome = target.send(make_batch())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.NOT_SENT, "authentication")
    assert len(server.of("token")) == 2
    assert len(server.of("upload")) == 2


def test_a_call_that_is_cut_off_says_if_anything_had_left(
    server: Any, connect: Callable[..., FileApiTarget], make_batch: MakeBatch
) -> None:
    target = connect(server)
    server.script("upload", {"store": True, "then": "hang", "seconds": 5.0})
    found: list[Any] = []
    worker = threading.Thread(target=lambda: found.append(target.send(make_batch())))
    worker.start()
    while not server.of("upload"):
        time.sleep(0.005)
    target.abort()
    worker.join(3)
    assert not worker.is_alive()
    assert (found[0].kind, found[0].reason) == (OutcomeKind.UNKNOWN, "interrupted")
    assert target.send(make_batch("later")).kind is OutcomeKind.NOT_SENT


def test_a_whole_call_has_an_end_however_slowly_bytes_come(
    server: Any, connect: Callable[..., FileApiTarget], make_batch: MakeBatch
) -> None:
    target = connect(server, timeouts=Timeouts(connect=1.0, silence=1.0, whole=0.5))
    server.script("upload", {"store": True, "then": "drip", "seconds": 0.05, "status": 200})
    begun = time.monotonic()
    outcome = target.send(make_batch())
    assert time.monotonic() - begun < 2
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "longer than allowed" in outcome.message


def test_a_file_that_changed_after_the_plan_is_not_sent(
    server: Any, target: FileApiTarget, make_batch: MakeBatch
) -> None:
    batch = make_batch()
    batch.path.write_text("something else")
    with pytest.raises(BatchChanged):
        target.send(batch)
    assert server.of("upload") == []


def test_a_redirect_takes_no_authorization_anywhere(
    server: Any, serve: Callable[..., Any], target: FileApiTarget, make_batch: MakeBatch
) -> None:
    other = serve()
    location = {"Location": f"{other.url}/v4.1/company/revenue_file_automate.json"}
    for status in (301, 302, 303, 307, 308):
        server.script("upload", {"status": status, "headers": location})
        target.send(make_batch(f"to{status}"))
        server.script("list", {"status": status, "headers": location})
        assert not target.check().ready
    assert other.requests == []


def test_cookies_are_not_kept(server: Any, target: FileApiTarget, make_batch: MakeBatch) -> None:
    server.script("upload", {"store": True, "status": 200, "headers": {"Set-Cookie": "a=b; Path=/"}})
    target.send(make_batch("a"))
    target.send(make_batch("b"))
    assert all("cookie" not in request.headers for request in server.requests)


def test_a_connection_that_the_server_has_given_up_is_never_used(
    server: Any, target: FileApiTarget, make_batch: MakeBatch
) -> None:
    """On a kept connection this would look like one that broke after the file was stored."""
    server.stale = True
    for stem in ("a", "b", "c"):
        assert target.send(make_batch(stem)).kind is OutcomeKind.ACKNOWLEDGED
