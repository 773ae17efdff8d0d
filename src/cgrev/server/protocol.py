"""The HTTP protocol of the sandbox: the server's own, with a time limit for headers.

Without one, a client that never finishes its headers keeps its connection for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_EXTENSION = "cgrev.transport"


class SandboxProtocol(H11Protocol):
    """`header_seconds` is how long a connection may go without a complete request; set by a subclass."""

    header_seconds: float = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle: Any = self.cycle  # None before the first request, whatever its declaration says
        if cycle is None or cycle.response_complete:
            self._watch_headers()
        else:
            self._stop_watching()

    def handle_events(self) -> None:
        super().handle_events()
        scope: Any = self.scope
        if scope is not None:
            # The task that serves the request starts after this call, so it sees the entry.
            scope.setdefault("extensions", {})[_EXTENSION] = self.transport

    def on_response_complete(self) -> None:
        self._stop_watching()  # from here on the server's own limit for idle connections holds
        super().on_response_complete()

    def _watch_headers(self) -> None:
        if self._header_timer is None and not self.transport.is_closing():
            self._header_timer = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _stop_watching(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


def protocol_with(header_seconds: float) -> type[SandboxProtocol]:
    """The protocol with this time limit."""
    return type("LimitedProtocol", (SandboxProtocol,), {"header_seconds": header_seconds})


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """The connection a request came in on; None when there is no socket (in-process tests)."""
    transport = scope.get("extensions", {}).get(_EXTENSION)
    return transport if isinstance(transport, asyncio.Transport) else None
