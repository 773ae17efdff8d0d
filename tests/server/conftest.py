"""The sandbox under test, on each database, and a caller that speaks plain HTTP to it."""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import pytest

from cgrev.testing.sandbox import RunningSandbox, running_sandbox

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description"
UPLOAD = "/v4.1/company/revenue_file_automate"
LIST = "/v4.1/file/company-revenue"
DELETE = "/v4.1/file"


class Caller:
    """A client that does what a test says, with the api key unless told otherwise."""

    def __init__(self, box: RunningSandbox) -> None:
        self.box = box
        self.http = httpx2.Client(base_url=box.api_url, trust_env=False, timeout=20)
        self.key = {"Authorization": f"api_key {box.api_key}"}

    def upload(
        self,
        rows: list[str] | str | bytes,
        name: str = "revenue.csv",
        *,
        suffix: str = ".json",
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response:
        """Rows without a header get one; text and bytes are sent as they are."""
        content = "\n".join([HEADER, *rows, ""]) if isinstance(rows, list) else rows
        data = content.encode() if isinstance(content, str) else content
        return self.http.post(UPLOAD + suffix, files={"file": (name, data)}, headers=headers or self.key)

    def post(self, body: bytes, content_type: str, suffix: str = ".json") -> httpx2.Response:
        """A body as it is."""
        headers = {**self.key, "Content-Type": content_type}
        return self.http.post(UPLOAD + suffix, content=body, headers=headers)

    def list(self, suffix: str = ".json", **query: Any) -> httpx2.Response:
        renamed = {name.removesuffix("_"): value for name, value in query.items()}
        return self.http.get(LIST + suffix, params=renamed, headers=self.key)

    def delete(self, suffix: str = ".json", **query: Any) -> httpx2.Response:
        return self.http.delete(DELETE + suffix, params=query, headers=self.key)

    def token(self, **fields: str) -> httpx2.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.box.client_id,
            "client_secret": self.box.client_secret,
            **fields,
        }
        return self.http.post("/oauth2/token", data=form)


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """Start sandboxes with given settings; they stop with the test."""
    with contextlib.ExitStack() as stack:

        def starter(**settings: Any) -> Caller:
            caller = Caller(stack.enter_context(running_sandbox(**settings)))
            stack.callback(caller.http.close)
            return caller

        yield starter


@pytest.fixture(scope="module")
def shared() -> Iterator[Caller]:
    """One sandbox for all tests of a file that leave nothing in it."""
    with running_sandbox() as box:
        caller = Caller(box)
        with caller.http:
            yield caller


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'sandbox.db'}"
        return
    url = os.environ.get("CGREV_TEST_POSTGRES_URL")
    if not url:
        pytest.skip("CGREV_TEST_POSTGRES_URL is not set: no PostgreSQL server to test on")
    psycopg = pytest.importorskip("psycopg")
    schema = f"cgrev_test_{uuid.uuid4().hex}"
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{url}{'&' if '?' in url else '?'}options={quote(f'-csearch_path={schema}')}"
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def caller(start: Callable[..., Caller]) -> Caller:
    """A sandbox with its default settings."""
    return start()


@pytest.fixture
def anywhere(start: Callable[..., Caller], database: str) -> Caller:
    """A sandbox with its default settings, on SQLite and on PostgreSQL."""
    return start(database=database)


@pytest.fixture
def raw() -> Callable[..., bytes]:
    """Send bytes over a socket, and return all that comes back until the server hangs up."""

    def exchange(url: str, *pieces: bytes, seconds: float = 10.0) -> bytes:
        parts = urlsplit(url)
        answer = b""
        with (
            socket.create_connection((parts.hostname, parts.port), timeout=seconds) as connection,
            contextlib.suppress(ConnectionError),
        ):
            for piece in pieces:
                connection.sendall(piece)
            while received := connection.recv(65_536):
                answer += received
        return answer

    return exchange
