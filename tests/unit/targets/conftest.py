"""A server that follows a script, and targets that speak to it."""

from __future__ import annotations

import importlib.util
import sys
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

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"


def _scripted_server() -> Any:
    name = "cgrev_scripted_server"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("scripted_server.py"))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def serve() -> Iterator[Callable[..., Any]]:
    """Start a scripted server; it is closed at the end of the test."""
    servers: list[Any] = []

    def start(**options: Any) -> Any:
        server = _scripted_server().ScriptedServer(**options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def server(serve: Callable[..., Any]) -> Any:
    return serve()


@pytest.fixture
def connect() -> Iterator[Callable[..., FileApiTarget]]:
    """A target at a scripted server; settings may be overridden, `timeouts` too."""
    targets: list[FileApiTarget] = []

    def make(server: Any, *, timeouts: Timeouts | None = None, **settings: Any) -> FileApiTarget:
        given: dict[str, Any] = {
            "api_url": server.url,
            "auth_url": server.url,
            "attempts": 3,
            "backoff": 0.005,
            "max_wait": 5.0,
            **settings,
        }
        credentials = Credentials(
            Secret(server.client_id), Secret(server.client_secret), Secret(server.api_key)
        )
        target = FileApiTarget(
            FileApiSettings(**given),
            lambda: credentials,
            timeouts=timeouts or Timeouts(connect=2.0, silence=2.0, whole=4.0),
        )
        targets.append(target)
        return target

    yield make
    for target in targets:
        target.close()


@pytest.fixture
def target(server: Any, connect: Callable[..., FileApiTarget]) -> FileApiTarget:
    return connect(server)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "state") as ledger:
        yield ledger


@pytest.fixture
def make_batch(tmp_path: Path) -> Callable[..., BatchFile]:
    """A CSV batch with rows of its own."""

    def make(stem: str = "march", records: int = 3) -> BatchFile:
        path = tmp_path / f"{stem}.csv"
        rows = [f"{stem} {number},{number + 1},2026-01-01,2026-12-31,ARR,\n" for number in range(records)]
        path.write_text(HEADER + "".join(rows), encoding="utf-8")
        return plain_file(path, records=records, total=sum(range(1, records + 1)))

    return make
