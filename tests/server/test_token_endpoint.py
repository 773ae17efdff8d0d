"""Who gets a token, what a wrong secret costs, and that secrets stay secret."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from cgrev.server.app import create_app
from cgrev.server.settings import SandboxSettings


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def test_wrong_secret_and_unknown_client_answer_alike(shared: Any) -> None:
    caller = shared
    answers = [caller.token(client_secret="wrong"), caller.token(client_id="nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert [answer.json() for answer in answers] == [{"error": "invalid_client"}] * 2


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
        ({"client_secret": ""}, 401, "invalid_client"),
    ],
)
def test_other_requests_are_refused_by_name(
    shared: Any, fields: dict[str, str], status: int, error: str
) -> None:
    answer = shared.token(**fields)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_only_a_form_is_read(shared: Any) -> None:
    caller, box = shared, shared.box
    fields = f"grant_type=client_credentials&client_id={box.client_id}&client_secret={box.client_secret}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    in_url = caller.http.post(f"/oauth2/token?{fields}", headers=form)
    as_json = caller.http.post("/oauth2/token", content=fields, headers={"Content-Type": "application/json"})
    twice = caller.http.post("/oauth2/token", content=f"{fields}&client_id=x", headers=form)
    both = caller.http.post(
        "/oauth2/token", content=fields, headers=form, auth=(box.client_id, box.client_secret)
    )
    missing = caller.http.post("/oauth2/token", content="client_id=x", headers=form)
    large = caller.http.post("/oauth2/token", content=b"a=" + b"x" * 20_000, headers=form)
    answers = [in_url, as_json, twice, both, missing, large]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 400, 413]
    assert {answer.json()["error"] for answer in answers} == {"invalid_request"}


def test_basic_authentication(shared: Any) -> None:
    caller = shared
    form = {"grant_type": "client_credentials"}
    right = caller.http.post(
        "/oauth2/token", data=form, auth=(caller.box.client_id, caller.box.client_secret)
    )
    wrong = caller.http.post("/oauth2/token", data=form, auth=(caller.box.client_id, "wrong"))
    broken = caller.http.post("/oauth2/token", data=form, headers={"Authorization": "Basic %%%"})
    assert right.json()["token_type"] == "Bearer"
    assert [wrong.status_code, broken.status_code] == [401, 401]
    assert wrong.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_token_lives_one_hour(start: Callable[..., Any]) -> None:
    clock = Clock()
    caller = start(clock=clock)
    caller.key = {"Authorization": f"Bearer {caller.token().json()['access_token']}"}
    clock.now += 3599
    assert caller.list().status_code == 200
    clock.now += 1
    late = caller.list()
    assert (late.status_code, late.json()["Error"]["Code"]) == (401, 200000)
    assert late.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", "Basic YTpi", "api_key", "api_key x", "Digest a"]
)
def test_calls_without_a_valid_key_get_401(shared: Any, header: str) -> None:
    key = {"Authorization": header} if header else {}
    for answer in (
        shared.upload(["A,1,2020-01-01,2020-01-31,MRR,"], headers=key or {"X-Nothing": "1"}),
        shared.http.get("/v4.1/file/company-revenue.json", headers=key),
        shared.http.delete("/v4.1/file.json?id=1", headers=key),
    ):
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (401, 200000)
    assert shared.box.uploads() == []


def test_accepted_words_are_a_setting(start: Callable[..., Any]) -> None:
    caller = start(auth_schemes=("bearer",))
    assert caller.list().status_code == 401
    caller.key = {"Authorization": f"bearer {caller.token().json()['access_token']}"}
    assert caller.list().status_code == 200


def test_guessing_is_slowed_down(start: Callable[..., Any]) -> None:
    clock = Clock()
    caller = start(clock=clock, failures_allowed=3, failure_seconds=60)
    assert [caller.token(client_secret=f"guess {n}").status_code for n in range(4)] == [401, 401, 401, 429]
    right = caller.token()
    assert right.status_code == 429 and 1 <= int(right.headers["Retry-After"]) <= 60
    clock.now += 61
    assert caller.token().status_code == 200


def test_guessing_many_clients_is_slowed_down_too(start: Callable[..., Any]) -> None:
    caller = start(clock=Clock(), failures_allowed=2)
    statuses = [caller.token(client_id=f"client {n}").status_code for n in range(9)]
    assert statuses == [401] * 8 + [429]


def test_guessing_api_keys_is_slowed_down(start: Callable[..., Any]) -> None:
    clock = Clock()
    caller = start(clock=clock, failures_allowed=2, failure_seconds=30)
    right, caller.key = caller.key, {"Authorization": "api_key guess"}
    answers = [caller.list() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[2].headers["Retry-After"] == "30"
    clock.now += 31
    caller.key = right
    assert caller.list().status_code == 200


def test_expired_tokens_do_not_count_as_guesses(start: Callable[..., Any]) -> None:
    caller = start(failures_allowed=1)
    caller.key = {"Authorization": "Bearer expired"}
    assert [caller.list().status_code for _ in range(6)] == [401] * 6


def test_secrets_are_neither_kept_nor_shown(
    start: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    secret, key = "s3cret-of-the-client", "s3cret-of-the-key"
    caplog.set_level(logging.DEBUG)
    caller = start(client_id="me", client_secret=secret, api_key=key)
    token = caller.token().json()["access_token"]
    caller.http.get("/v4.1/file/company-revenue.json", headers={"Authorization": f"Bearer {token}"})
    caller.http.post(f"/oauth2/token?client_secret={secret}")
    caller.token(client_secret=f"{secret}-mistyped")
    ours = "\n".join(entry.getMessage() for entry in caplog.records if not entry.name.startswith("httpx2"))
    assert "POST /oauth2/token 200" in ours
    for word in (secret, key, token):
        assert word not in ours
    settings = SandboxSettings(client_secret=secret, api_key=key, database="sqlite://")
    assert secret not in repr(settings) and key not in repr(settings)


def texts(thing: object, seen: set[int]) -> Iterator[str]:
    """All text reachable through the objects of this project and plain containers."""
    if isinstance(thing, SecretStr):
        yield thing.get_secret_value()
    elif isinstance(thing, str):
        yield thing
    elif id(thing) not in seen:
        seen.add(id(thing))
        inner: list[object] = []
        if isinstance(thing, dict):
            inner = [*thing.keys(), *thing.values()]
        elif isinstance(thing, list | tuple | set | frozenset):
            inner = list(thing)
        elif type(thing).__module__.startswith(("cgrev.", "starlette.")):
            inner = list(getattr(thing, "__dict__", {}).values())
        elif callable(thing) and hasattr(thing, "__self__"):
            inner = [thing.__self__]
        for part in inner:
            yield from texts(part, seen)


def test_the_application_keeps_only_hashes() -> None:
    settings = SandboxSettings(
        client_id="found-me", client_secret="kept-nowhere", api_key="kept-nowhere", database="sqlite://"
    )
    app = create_app(settings)
    try:
        found = set(texts(app, set()))
        assert "found-me" in found and "kept-nowhere" not in found
    finally:
        app.close()
