"""Faults on request: what a network or a server does on a bad day, as one layer before the routes.

Nothing below this layer knows of it: it answers in place of the application, or lets the application
do its work and then spoils the answer. It exists only in a sandbox that was started with faults.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cgrev.server.answers import REFUSED, STORED, ApiError, answer, error_answer, wanted_format
from cgrev.server.protocol import transport_of

Where = Literal["token", "upload", "list", "delete"]
Kind = Literal["status", "expire", "reset", "hang", "delay", "unreadable", "redirect", "lie", "huge", "hide"]


class Fault(BaseModel):
    """One fault, for the next `times` requests of one endpoint.

    `kind` is what happens:

    - status: answers `status`, with `retry_after` in the header when given
    - expire: all tokens expire, then the request goes on (and gets its 401)
    - reset: the connection is reset without an answer
    - hang: no answer; after `seconds` the connection is reset
    - delay: the answer comes `seconds` late
    - unreadable: 200 with a body that is neither JSON nor XML
    - redirect: 307 to `location`
    - lie: `{"Data": false}` though the file is stored; with `stored` False `{"Data": {"data": 1}}` though not
    - huge: 200 with a body of `size` bytes
    - hide: a listing without the uploads that came after the fault was set; with `seconds`, an upload
      shows again that long after a listing first left it out

    `stored` says whether the request is carried out first: True is the trouble after the commit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: Where
    kind: Kind
    times: int = Field(default=1, ge=1)
    stored: bool = False
    status: int = Field(default=500, ge=400, le=599)
    retry_after: str | None = None
    seconds: float | None = Field(default=None, ge=0, le=3600, description="unset: 1, for hide no end")
    location: str = "http://127.0.0.2:9/elsewhere"
    size: int = Field(default=8 * 1024 * 1024, ge=1, le=1024**3)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == "hide" and self.on != "list":
            raise ValueError("hide works on list: it spoils a listing")
        if self.kind == "lie" and self.on not in ("upload", "delete"):
            raise ValueError("lie works on upload and delete")
        for text in (self.retry_after or "", self.location):
            if not (text.isascii() and text.isprintable()):
                raise ValueError("retry_after and location go into headers: printable ASCII only")
        return self

    @property
    def pause(self) -> float:
        """Seconds of a fault that waits."""
        return 1.0 if self.seconds is None else self.seconds


@dataclass(slots=True)
class _Armed:
    fault: Fault
    left: int
    last_file: int
    """The newest upload when the fault was set; `hide` shows nothing newer."""


class Faults:
    """The faults still to come, first in first out for each endpoint. Thread-safe."""

    def __init__(self, faults: Iterable[Fault | Mapping[str, Any]] = ()) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._last_file: Callable[[], int] = lambda: 0
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault | Mapping[str, Any] | None = None, /, **fields: Any) -> Fault:
        """Set a fault: `add(on="upload", kind="status", status=503, times=2)`. Returns it validated."""
        chosen = fault if isinstance(fault, Fault) else Fault.model_validate({**(fault or {}), **fields})
        last_file = self._last_file()
        with self._lock:
            self._armed.append(_Armed(chosen, chosen.times, last_file))
        return chosen

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    @property
    def pending(self) -> list[Fault]:
        """What is still to come, `times` counted down."""
        with self._lock:
            return [armed.fault.model_copy(update={"times": armed.left}) for armed in self._armed]

    def bind(self, last_file: Callable[[], int]) -> None:
        """Tell where the newest upload can be asked for."""
        self._last_file = last_file

    def take(self, where: Where) -> _Armed | None:
        with self._lock:
            for armed in self._armed:
                if armed.fault.on == where:
                    armed.left -= 1
                    if armed.left == 0:
                        self._armed.remove(armed)
                    return armed
        return None


_ENDPOINTS: dict[tuple[str, str], Where] = {
    ("POST", "/oauth2/token"): "token",
    ("POST", "/v4.1/company/revenue_file_automate"): "upload",
    ("GET", "/v4.1/file/company-revenue"): "list",
    ("DELETE", "/v4.1/file"): "delete",
}


class FaultLayer:
    """The middleware. `expire_tokens` is called for faults of kind `expire`."""

    def __init__(self, app: ASGIApp, *, faults: Faults, expire_tokens: Callable[[], None]) -> None:
        self._app = app
        self._faults = faults
        self._expire_tokens = expire_tokens
        self._left_out: dict[int, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        armed = None
        if scope["type"] == "http":
            path = scope["path"].removesuffix(".json").removesuffix(".xml")
            where = _ENDPOINTS.get((scope["method"], path))
            armed = self._faults.take(where) if where is not None else None
        if armed is None:
            await self._app(scope, receive, send)
            return
        fault = armed.fault
        if fault.kind == "expire":
            self._expire_tokens()
            await self._app(scope, receive, send)
        elif fault.kind == "delay":
            await self._delay(fault, scope, receive, send)
        elif fault.kind == "hide":
            await self._hide(armed, scope, receive, send)
        else:
            if fault.stored:
                await _carried_out(self._app, scope, receive)
            elif fault.kind in ("reset", "hang"):
                await _read_body(receive)
            await self._spoil(fault, scope, receive, send)

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind in ("reset", "hang"):
            await self._break(fault, scope, receive)
            return
        format = wanted_format(scope["path"])
        response: Response
        if fault.kind == "status":
            headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
            error = ApiError(fault.status, "a fault of the sandbox", status=fault.status, headers=headers)
            response = error_answer(error, format)
        elif fault.kind == "redirect":
            response = PlainTextResponse("", 307, headers={"Location": fault.location})
        elif fault.kind == "lie":
            response = answer(REFUSED if fault.stored else STORED, format)
        elif fault.kind == "huge":
            response = PlainTextResponse(b" " * fault.size, media_type="application/json")
        else:
            response = PlainTextResponse("\x00<html>{", media_type="application/json")
        await response(scope, receive, send)

    async def _break(self, fault: Fault, scope: Scope, receive: Receive) -> None:
        if fault.kind == "hang":
            await _until_gone(receive, fault.pause)
        transport = transport_of(scope)
        if transport is None:
            raise ConnectionResetError("a fault of the sandbox")
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None:
            # Lingering for no time at all makes the kernel send a reset rather than an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def _delay(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if not fault.stored:
            await asyncio.sleep(fault.pause)
            await self._app(scope, receive, send)
            return
        for message in await _carried_out(self._app, scope, receive):
            if message["type"] == "http.response.start":
                await asyncio.sleep(fault.pause)
            await send(message)

    async def _hide(self, armed: _Armed, scope: Scope, receive: Receive, send: Send) -> None:
        format = wanted_format(scope["path"])
        inner = {**scope, "path": scope["path"].removesuffix(".xml") if format == "xml" else scope["path"]}
        messages = await _carried_out(self._app, inner, receive)
        body = b"".join(message.get("body", b"") for message in messages)
        listing = json.loads(body)
        if "Error" in listing:
            status = messages[0]["status"]
            await answer(listing, format, status=status)(scope, receive, send)
            return
        shown = [entry for entry in listing["Data"] if self._shows(int(entry["id"]), armed)]
        await answer({"Data": shown}, format)(scope, receive, send)

    def _shows(self, file_id: int, armed: _Armed) -> bool:
        if file_id <= armed.last_file:
            return True
        now = time.monotonic()
        waited = now - self._left_out.setdefault(file_id, now)
        return armed.fault.seconds is not None and waited >= armed.fault.seconds


async def _carried_out(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    """Let the application do its work and keep its answer back."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return messages


async def _read_body(receive: Receive) -> None:
    """Take the whole request in, so that the client has sent everything when the connection breaks."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


async def _until_gone(receive: Receive, seconds: float) -> None:
    """Wait until the client hangs up, at most `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left):
                if (await receive())["type"] == "http.disconnect":
                    return
        except TimeoutError:
            return
