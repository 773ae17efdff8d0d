"""A running sandbox for tests: the documented API over a real socket, on a free loopback port.

::

    with running_sandbox(faults=[{"on": "upload", "kind": "status", "status": 503}]) as box:
        upload_something(api_url=box.api_url, auth_url=box.auth_url, api_key=box.api_key)
        assert box.uploads()[0]["successful_records"] == "3"

As a pytest fixture: `cgrev_sandbox`. Needs the extra `testing`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr

from cgrev.errors import SettingsError
from cgrev.server.app import create_app
from cgrev.server.booking import Months, booked
from cgrev.server.faults import Fault, Faults
from cgrev.server.guards import LogEntry
from cgrev.server.run import ThreadedSandbox
from cgrev.server.settings import SandboxSettings
from cgrev.server.store import FileQuery, Store
from cgrev.server.tables import Database

__all__ = ["Fault", "Faults", "LogEntry", "RunningSandbox", "running_sandbox"]

_START_SECONDS = 30
_PAGE = 1000


class FaultSwitch(Protocol):
    """How faults are set while the sandbox runs."""

    def add(self, fault: Fault | Mapping[str, Any] | None = None, /, **fields: Any) -> Fault: ...

    def clear(self) -> None: ...


class RunningSandbox:
    """A sandbox that answers requests.

    `api_url` and `auth_url` are what a client is configured with (no trailing slash), `client_id`,
    `client_secret` and `api_key` what it logs in with. `faults` spoils the next requests.
    """

    def __init__(
        self,
        url: str,
        settings: SandboxSettings,
        *,
        store: Store,
        faults: FaultSwitch,
        log: Callable[[], list[LogEntry]],
        expire_tokens: Callable[[], None] | None = None,
        process: subprocess.Popen[str] | None = None,
    ) -> None:
        self.api_url = url
        self.auth_url = url
        self.settings = settings
        self.client_id = settings.client_id or ""
        self.client_secret = _plain(settings.client_secret)
        self.api_key = _plain(settings.api_key)
        self.faults = faults
        self._store = store
        self._log = log
        self._expire_tokens = expire_tokens
        self._process = process

    def __repr__(self) -> str:
        return f"RunningSandbox({self.api_url!r})"

    @property
    def log(self) -> list[LogEntry]:
        """The requests answered so far, oldest first, without the ones this object makes."""
        return self._log()

    def uploads(self) -> list[dict[str, Any]]:
        """All uploads as the list endpoint shows them, oldest first, read past any fault."""
        found: list[dict[str, Any]] = []
        while page := self._store.files(FileQuery(start=len(found), limit=_PAGE)):
            found += [file.as_dict() for file in page]
        return found

    def booked(
        self, account: str | None = None, first: str | None = None, last: str | None = None
    ) -> list[dict[str, str]]:
        """Booked months as /sandbox/booked shows them; `first` and `last` are months written YYYY-MM."""
        if account is None:
            ids = self._store.account_ids()
        else:
            id = self._store.account_id(account)
            ids = [] if id is None else [id]
        entries = booked(self._store.records(ids), Months(first, last), self.settings.month_count)
        return [entry.as_dict() for entry in entries]

    def accounts(self) -> list[str]:
        """Names of all accounts as displayed, in order."""
        return self._store.account_names()

    def expire_tokens(self) -> None:
        """All tokens expire now: the next call with one gets 401. Not for a sandbox in a process."""
        if self._expire_tokens is None:
            raise RuntimeError("a sandbox in a process of its own cannot be told to expire its tokens")
        self._expire_tokens()

    def kill(self) -> None:
        """End the process of the sandbox at once, as a power cut would (SIGKILL). Needs `process=True`."""
        if self._process is None:
            raise RuntimeError("only a sandbox started with process=True can be killed")
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def running_sandbox(
    *,
    faults: Iterable[Fault | Mapping[str, Any]] = (),
    database: str | None = None,
    process: bool = False,
    clock: Callable[[], float] = time.time,
    **settings: Any,
) -> Iterator[RunningSandbox]:
    """Start a sandbox and stop it at the end of the block.

    `database` is a URL as of `cgrev serve`; None is one that is thrown away. `process` runs it in a
    process of its own, which can be killed. `settings` are fields of `SandboxSettings`; `clock` (seconds
    since the epoch) is for the sandbox in a thread only.
    """
    with contextlib.ExitStack() as stack:
        if database is None:
            folder = stack.enter_context(_scratch_folder())
            database = f"sqlite:///{folder / 'sandbox.db'}"
        given = {"port": 0, **settings, "database": database}
        chosen = SandboxSettings(**given).with_credentials()
        start = _in_process if process else _in_thread
        yield stack.enter_context(start(chosen, faults, clock))


@contextlib.contextmanager
def _in_thread(
    settings: SandboxSettings, faults: Iterable[Fault | Mapping[str, Any]], clock: Callable[[], float]
) -> Iterator[RunningSandbox]:
    switch = Faults()
    app = create_app(settings, clock=clock, faults=switch)
    try:
        for fault in faults:
            switch.add(fault)
        server = ThreadedSandbox(app, settings)
        server.start()
        try:
            yield RunningSandbox(
                server.url,
                settings,
                store=app.store,
                faults=switch,
                log=lambda: app.log,
                expire_tokens=app.tokens.expire_all,
            )
        finally:
            server.stop()
    finally:
        app.close()


@contextlib.contextmanager
def _in_process(
    settings: SandboxSettings, faults: Iterable[Fault | Mapping[str, Any]], _clock: Callable[[], float]
) -> Iterator[RunningSandbox]:
    settings = settings.model_copy(update={"faults_endpoint": True})
    with _scratch_folder() as folder:
        log = folder / "log.txt"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "cgrev.server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )
        database: Database | None = None
        try:
            url = _handshake(process, settings, log)
            database = Database(settings.database)
            switch = _RemoteFaults(url, _plain(settings.api_key))
            for fault in faults:
                switch.add(fault)
            yield RunningSandbox(
                url,
                settings,
                store=Store(database, time.time),
                faults=switch,
                log=lambda: _entries(log),
                process=process,
            )
        finally:
            _end(process)
            if database is not None:
                database.close()


def _handshake(process: subprocess.Popen[str], settings: SandboxSettings, log: Path) -> str:
    """Hand over the settings and wait for the URL."""
    assert process.stdin is not None and process.stdout is not None
    fields = settings.model_dump(mode="python")
    for name, value in fields.items():
        if isinstance(value, SecretStr):
            fields[name] = value.get_secret_value()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(fields) + "\n")
        process.stdin.close()
    url = process.stdout.readline().strip()
    if not url:
        process.wait(_START_SECONDS)
        raise SettingsError(f"the sandbox did not start: {log.read_text('utf-8', 'replace').strip()}")
    return url


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


class _RemoteFaults:
    """Faults of a sandbox in another process, through its admin endpoint."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url = f"{url}/sandbox/faults"
        self._headers = {"Authorization": f"api_key {api_key}", "Content-Type": "application/json"}

    def add(self, fault: Fault | Mapping[str, Any] | None = None, /, **fields: Any) -> Fault:
        chosen = fault if isinstance(fault, Fault) else Fault.model_validate({**(fault or {}), **fields})
        self._send("POST", chosen.model_dump_json().encode())
        return chosen

    def clear(self) -> None:
        self._send("DELETE", None)

    def _send(self, method: str, body: bytes | None) -> None:
        request = urllib.request.Request(self._url, body, self._headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            response.read()


def _entries(log: Path) -> list[LogEntry]:
    lines = log.read_text("utf-8", "replace").splitlines()
    entries = (LogEntry.parse(line) for line in lines)
    return [entry for entry in entries if entry is not None and entry.path != "/sandbox/faults"]


@contextlib.contextmanager
def _scratch_folder() -> Iterator[Path]:
    # Windows keeps a file of a process that was killed open for a moment.
    with tempfile.TemporaryDirectory(
        prefix="cgrev-sandbox-", ignore_cleanup_errors=os.name == "nt"
    ) as folder:
        yield Path(folder)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
