"""Running the sandbox over a real socket: in the foreground, or in a thread of this process."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable

import uvicorn

from cgrev.errors import SettingsError
from cgrev.server.app import SandboxApp, create_app
from cgrev.server.guards import MAX_HEADER_BYTES
from cgrev.server.protocol import protocol_with
from cgrev.server.settings import SandboxSettings

logger = logging.getLogger("cgrev.sandbox")

_BACKLOG = 256
_MAX_CONNECTIONS = 500
_STOP_SECONDS = 5


def serve(settings: SandboxSettings, *, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve until interrupted. `on_ready` is called with the URL once requests are answered.

    Give settings `with_credentials()`, else nobody knows the ones made up. Raises `SettingsError` when
    the address is refused or taken or the database cannot be used; `KeyboardInterrupt` on Ctrl-C.
    """
    check_address(settings)
    with bound_socket(settings) as listener:
        app = create_app(settings)
        try:
            url = url_of(settings, listener)
            server = _Server(_config(app, settings), (lambda: on_ready(url)) if on_ready else None)
            server.run(sockets=[listener])
        finally:
            app.close()


class ThreadedSandbox:
    """A sandbox served by a thread of its own, for tests and the demo; `stop` waits for its end."""

    def __init__(self, app: SandboxApp, settings: SandboxSettings) -> None:
        check_address(settings)
        self._listener = bound_socket(settings)
        self.url = url_of(settings, self._listener)
        self._ready = threading.Event()
        self._server = _Server(_config(app, settings), self._ready.set)
        self._thread = threading.Thread(target=self._serve, name="cgrev-sandbox", daemon=True)

    def start(self) -> None:
        """Returns once requests are answered."""
        self._thread.start()
        while not self._ready.wait(0.05):
            if not self._thread.is_alive():
                raise SettingsError("the sandbox did not start", help="look at the log for the cause")

    def stop(self) -> None:
        """Requests under way are given a few seconds to end."""
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))


def check_address(settings: SandboxSettings) -> None:
    """Refuse an address others can reach, unless the settings allow it in so many words."""
    if settings.loopback:
        return
    if not settings.allow_remote:
        raise SettingsError(
            f"the address '{settings.host}' can be reached from other machines",
            help="use 127.0.0.1, or allow it with --allow-remote: the sandbox speaks plain http",
        )
    logger.warning(
        "listening on %s: other machines can reach this sandbox, and secrets travel as plain text",
        settings.host,
    )


def bound_socket(settings: SandboxSettings) -> socket.socket:
    """A listening socket on the address of the settings."""
    host = settings.host.strip("[]")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(
            f"the address '{settings.host}' is not known: {_reason(error)}", help="use 127.0.0.1"
        ) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"port {settings.port} of '{settings.host}' cannot be used: {_reason(error)}",
            help="give another --port; 0 takes a free one",
        ) from None
    return listener


def url_of(settings: SandboxSettings, listener: socket.socket) -> str:
    host = settings.host.strip("[]")
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready()


def _config(app: SandboxApp, settings: SandboxSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol_with(settings.header_seconds),
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="warning",
        access_log=False,  # its lines hold query strings; the sandbox writes its own
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        limit_concurrency=_MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
