"""What stands before the routes: the request log, the Host check, limits on bodies, security headers."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cgrev.server.answers import ApiError, Code, error_answer, wanted_format

logger = logging.getLogger("cgrev.sandbox")

LOG_ENTRIES = 10_000
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32_768
_SAFE_IN_LOG = re.compile(r"[^!-~]")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_PLAIN_CSP = "default-src 'none'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One answered request: never its query, headers or body, which may hold secrets.

    `status` 0 means that no answer was sent (the connection broke).
    """

    method: str
    path: str
    status: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status} {self.seconds:.3f}s"

    @classmethod
    def parse(cls, line: str) -> LogEntry | None:
        """The entry written as `line`, None when the line is none."""
        match = re.fullmatch(r"([A-Z]+) (\S+) (\d+) ([\d.]+)s", line.strip())
        return cls(match[1], match[2], int(match[3]), float(match[4])) if match else None


class RequestLog:
    """The outermost layer: keeps the last requests and writes them to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._entries: deque[LogEntry] = deque(maxlen=LOG_ENTRIES)
        self._lock = threading.Lock()

    @property
    def entries(self) -> list[LogEntry]:
        with self._lock:
            return list(self._entries)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 0
        noted = False

        def note() -> None:
            nonlocal noted
            noted = True
            self._note(scope, status, time.monotonic() - started)

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._harden(message)
            elif not message.get("more_body", False) and not noted:
                note()  # before the end is sent: who has the answer finds it in the log
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            if not noted:
                note()

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        path = _SAFE_IN_LOG.sub("?", scope["path"])[:200]
        method = _SAFE_IN_LOG.sub("?", scope["method"])[:20]
        entry = LogEntry(method, path, status, seconds)
        with self._lock:
            self._entries.append(entry)
        logger.info("%s", entry)

    @staticmethod
    def _harden(message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", _PLAIN_CSP)
        headers.setdefault("Cache-Control", "no-store")


class HostCheck:
    """Refuses names this server is not known by.

    A web page can point a name of its own at the loopback address and so read what it serves; the
    Host header gives that away. An address as Host cannot be such a trick: with `any_address` (a server
    others shall reach) every one is taken.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], *, any_address: bool) -> None:
        self._app = app
        self._names = frozenset(_host_name(name) for name in names)
        self._any_address = any_address

    def _known(self, host: str) -> bool:
        name = _host_name(host)
        return name in self._names or (self._any_address and _is_address(name))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = Headers(scope=scope).getlist("host")
            if len(hosts) != 1 or not self._known(hosts[0]):
                error = ApiError(
                    Code.INVALID_ARGUMENTS, "this server is not known by the name in the Host header"
                )
                await error_answer(error, wanted_format(scope["path"]))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _host_name(host: str) -> str:
    """A Host header without its port, in lower case; an IPv6 address keeps its brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    if host.count(":") > 1:
        return f"[{host}]"
    return host.partition(":")[0].rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


class RequestLimits:
    """Refuses floods of headers (431), bodies too large (413) before they are read, and slow ones (408).

    While a body is read the refusal is raised as `ApiError`, which the application answers.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = scope["headers"]
        if (
            len(headers) > MAX_HEADERS
            or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES
        ):
            error = ApiError(431, "the request has too many headers", status=431)
            await error_answer(error, wanted_format(scope["path"]))(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self._max_bytes:
            await error_answer(self._too_large(), wanted_format(scope["path"]))(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        deadline = time.monotonic() + self._seconds
        size = 0
        more = True

        async def counted() -> Message:
            nonlocal size, more
            if not more:
                return await receive()
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise self._too_slow() from None
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
            if size > self._max_bytes:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> ApiError:
        return ApiError(413, f"the request is larger than {self._max_bytes} bytes", status=413)

    def _too_slow(self) -> ApiError:
        # The rest of the body may never come, so the connection cannot be used again.
        headers = {"Connection": "close"}
        return ApiError(
            408, f"the request did not arrive within {self._seconds:g} seconds", status=408, headers=headers
        )
