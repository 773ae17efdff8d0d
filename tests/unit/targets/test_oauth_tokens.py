"""One token a run, renewed in time, shared by all threads; and why there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from cgrev.errors import AuthenticationFailed, ServerRefused, ServerUnreachable, TargetError
from cgrev.targets.credentials import Credentials
from cgrev.targets.http import Wire
from cgrev.targets.oauth import TokenSource
from cgrev.targets.retrying import Patience
from cgrev.targets.secrets import Secret


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(server: Any, clock: Clock) -> Any:
    wire = Wire(server.url)
    credentials = Credentials(Secret(server.client_id), Secret(server.client_secret))
    yield TokenSource(
        wire,
        f"{server.url}/oauth2/token",
        lambda: credentials,
        patience=Patience(3, 0.005, 5.0),
        halt=threading.Event(),
        clock=clock,
    )
    wire.close()


def test_the_request_is_the_documented_form(server: Any, source: TokenSource) -> None:
    token = source.token()
    (request,) = server.of("token")
    assert token.reveal() == server.tokens[0]
    assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": [server.client_id],
        "client_secret": [server.client_secret],
    }
    assert "authorization" not in request.headers


def test_one_token_serves_until_a_minute_before_its_end(
    server: Any, source: TokenSource, clock: Clock
) -> None:
    first = source.token()
    clock.now += 3539
    assert source.token() is first
    clock.now += 2
    assert source.token() is not first
    assert len(server.of("token")) == 2


@pytest.mark.parametrize("life", [None, "3600", 3600.0, 0, -5, True, 10**12])
def test_an_odd_lifetime_counts_as_an_hour(life: Any, server: Any, source: TokenSource, clock: Clock) -> None:
    server.expires_in = life
    first = source.token()
    clock.now += 3000
    assert source.token() is first


def test_a_short_life_is_used_for_most_of_it(server: Any, source: TokenSource, clock: Clock) -> None:
    server.expires_in = 10
    first = source.token()
    clock.now += 8
    assert source.token() is first
    clock.now += 2
    assert source.token() is not first


def test_threads_that_ask_at_once_share_one_token(server: Any, source: TokenSource) -> None:
    barrier = threading.Barrier(8)
    found: list[Secret] = []

    def ask() -> None:
        barrier.wait()
        found.append(source.token())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(token) for token in found}) == 1
    assert len(server.of("token")) == 1


def test_threads_turned_away_with_one_token_get_one_new_one(server: Any, source: TokenSource) -> None:
    stale = source.token()
    renewed = [source.renew(stale) for _ in range(5)]
    assert len({id(token) for token in renewed}) == 1
    assert renewed[0] is not stale
    assert len(server.of("token")) == 2


@pytest.mark.parametrize(
    "steps",
    [
        [{"status": 500}, {"status": 503}],
        [{"status": 429, "headers": {"Retry-After": "0"}}],
        [{"then": "reset"}, {"read": "headers"}],
        [{"then": "cut", "status": 200, "body": {"access_token": "half"}}],
    ],
    ids=str,
)
def test_a_token_is_asked_for_again_after_trouble(steps: list[Any], server: Any, source: TokenSource) -> None:
    server.script("token", *steps)
    assert source.token().reveal() in server.tokens


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([{"status": 500}] * 3, ServerRefused),
        ([{"status": 429}] * 3, ServerRefused),
        ([{"then": "reset"}] * 3, ServerUnreachable),
        ([{"status": 401, "body": {"error": "invalid_client"}}], AuthenticationFailed),
        ([{"status": 400, "body": {"error": "unauthorized_client"}}], AuthenticationFailed),
        ([{"status": 403, "body": b"<html>"}], AuthenticationFailed),
        ([{"status": 302, "headers": {"Location": "/elsewhere"}}], ServerRefused),
        ([{"status": 200, "body": b"hello"}], AuthenticationFailed),
        ([{"status": 200, "body": []}], AuthenticationFailed),
        ([{"status": 200, "body": {"token": "x"}}], AuthenticationFailed),
        ([{"status": 200, "body": {"access_token": ""}}], AuthenticationFailed),
        ([{"status": 200, "body": {"access_token": "a\r\nX: y"}}], AuthenticationFailed),
        ([{"status": 200, "body": {"access_token": 5}}], AuthenticationFailed),
        ([{"status": 200, "body": {"access_token": "abc", "token_type": "mac"}}], AuthenticationFailed),
        ([{"status": 200, "body": {"access_token": "abc", "expires_in": "soon"}}], AuthenticationFailed),
        ([{"status": 200, "body": b"x" * 2_000_000}], AuthenticationFailed),
    ],
    ids=lambda value: str(value)[:60],
)
def test_no_token_is_one_clear_line(
    steps: list[Any], kind: type[TargetError], server: Any, source: TokenSource
) -> None:
    server.script("token", *steps)
    with pytest.raises(TargetError) as caught:
        source.token()
    assert type(caught.value) is kind
    assert "\n" not in caught.value.message and caught.value.help
    assert caught.value.__context__ is None, "nothing of the library hangs on"


def test_a_refresh_token_is_never_used(server: Any, source: TokenSource, clock: Clock) -> None:
    token = {"access_token": "first-token", "refresh_token": "again-please", "expires_in": 100}
    server.script("token", {"status": 200, "body": token})
    source.token()
    clock.now += 1000
    source.token()
    assert all(b"client_credentials" in request.body for request in server.of("token"))
    assert all(b"again-please" not in request.body for request in server.of("token"))


def test_wrong_credentials_are_named_by_where_not_by_what(server: Any, connect: Callable[..., Any]) -> None:
    server.client_secret = "another"
    target = connect(server)
    server.client_secret = "real"
    found = target.check()
    assert (found.reachable, found.authenticated) == (True, False)
    assert "does not accept the credentials" in found.message
