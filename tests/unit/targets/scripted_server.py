"""A server that misbehaves to the byte: what the network does is a script, what was stored is the truth.

It speaks the file API over plain sockets, so that a test can break a connection before, in the middle of
or after a request, and answer with anything at all. Without a script it behaves.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Step = Mapping[str, Any]
"""One request's fate. Keys, all optional:

`read`     "nothing", "headers", "half" or "all" (default) of the request before going on
`store`    store the uploaded file first (default: only when the step answers 200 by itself)
`then`     "answer" (default), "reset", "close", "hang", "drip", "cut" (half an answer, then a reset)
`status`, `headers`, `body`   the answer; a body that is no bytes is sent as JSON
`seconds`  of "hang", or between two bytes of "drip"; of a pause before an answer
`hide`     for a list: leave out the newest this many files
`echo`     put the Authorization header and the request's body into the answer, its headers and its error
"""


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Stored:
    name: str
    content: bytes
    rows: list[str] = field(default_factory=list)
    at: float = field(default_factory=time.monotonic)


class ScriptedServer:
    """`script(where, *steps)` sets what happens to the next requests of "token", "upload" or "list".

    `lateness`: seconds after which a stored file appears in the list. `stale`: connections are kept open
    after an answer, and closed as soon as another request comes along one.
    """

    client_id = "id-7f3a9c51"
    client_secret = "s3cr3t/+&= value-9b1"
    api_key = "key-2c9d8e7f6a5b"

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.stored: list[Stored] = []
        self.tokens: list[str] = []
        self.expires_in: Any = 3600
        self.page_limit: int | None = None
        self.lateness = 0.0
        self.stale = False
        self._scripts: dict[str, deque[Step]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.5)
        self._context = context
        scheme = "http" if context is None else "https"
        self.port = self._listener.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.arrived = threading.Event()
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):  # one more caller, so that nobody waits for one
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join()
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def script(self, where: str, *steps: Step) -> None:
        with self._lock:
            self._scripts[where].extend(steps)

    def of(self, where: str) -> list[Request]:
        """The requests of one kind that were read whole."""
        with self._lock:
            return [request for request in self.requests if _where(request) == where]

    def forget(self) -> None:
        """A server without a past and without a script."""
        with self._lock:
            self._scripts.clear()
            self.stored.clear()
            self.requests.clear()

    def expire_tokens(self) -> None:
        with self._lock:
            self.tokens.clear()

    def rows(self) -> list[str]:
        """Every row that is stored, as often as it is stored."""
        with self._lock:
            return [row for stored in self.stored for row in stored.rows]

    # -- connections

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            self._one(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def _one(self, connection: socket.socket) -> None:
        head = _until(connection, b"\r\n\r\n")
        if head is None:
            return
        lines = head[0].decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:] if ":" in line)
        }
        path, _, query = target.partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
        request = Request(method, path, pairs, headers, b"")
        where = _where(request)
        with self._lock:
            step: Step = self._scripts[where].popleft() if self._scripts[where] else {}
        if step.get("read") == "nothing" or step.get("read") == "headers":
            self._end(connection, step)
            return
        length = int(headers.get("content-length", "0"))
        wanted = length // 2 if step.get("read") == "half" else length
        body = head[1]
        while len(body) < wanted:
            chunk = connection.recv(65536)
            if not chunk:
                return
            body += chunk
        if step.get("read") == "half":
            self._end(connection, step)
            return
        request.body = body
        with self._lock:
            self.requests.append(request)
        self.arrived.set()
        self._fulfil(connection, request, where, step)

    def _end(self, connection: socket.socket, step: Step) -> None:
        if step.get("then", "reset") == "reset":
            _reset(connection)

    def _fulfil(self, connection: socket.socket, request: Request, where: str, step: Step) -> None:
        spoilt = bool(set(step) - {"seconds", "hide"})
        status, answer = self._work(request, where, step, step.get("store", not spoilt))
        then = step.get("then", "answer")
        if then == "reset":
            _reset(connection)
            return
        if then == "close":
            return
        if then == "hang":
            self._closing.wait(step.get("seconds", 5.0))
            _reset(connection)
            return
        if "seconds" in step and then == "answer":
            self._closing.wait(step["seconds"])
        status = step.get("status", status)
        headers = dict(step.get("headers", {}))
        body = step.get(
            "body", answer if not spoilt or status == 200 else {"Error": {"Message": "no", "Code": 1}}
        )
        if step.get("echo"):
            said = f"{request.headers.get('authorization')} {request.body[:300].decode('latin-1')}"
            body = {"Error": {"Message": said, "Code": 300001}, "error": said}
            headers = {"X-Echo": request.headers.get("authorization", "none")}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        extra = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        closing = "" if self.stale else "Connection: close\r\n"
        head = (
            f"HTTP/1.1 {status} Scripted\r\nContent-Length: {len(raw)}\r\n"
            f"Content-Type: application/json\r\n{closing}{extra}\r\n"
        ).encode("latin-1")
        if then == "cut":
            connection.sendall(head + raw[: len(raw) // 2])
            _reset(connection)
        elif then == "drip":
            for byte in head + raw:
                connection.sendall(bytes([byte]))
                if self._closing.wait(step.get("seconds", 0.05)):
                    return
        else:
            connection.sendall(head + raw)
            if self.stale:
                connection.recv(1)

    # -- the API

    def _work(self, request: Request, where: str, step: Step, store: bool) -> tuple[int, Any]:
        if where == "token":
            return self._token(request)
        if not self._is_known(request.headers.get("authorization", "")):
            return 401, {"Error": {"Message": "Invalid key", "Code": 200000}}
        if where == "upload":
            if store:
                self._store(request)
            return 200, {"Data": {"data": 1}}
        if where == "list":
            return 200, self._list(request, step.get("hide", 0))
        return 404, {"Error": {"Message": "Unknown module", "Code": 300002}}

    def _token(self, request: Request) -> tuple[int, Any]:
        from urllib.parse import parse_qs

        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        with self._lock:
            token = f"tok-{len(self.requests)}-{len(self.tokens)}-5d1f0a"
            self.tokens.append(token)
        return 200, {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}

    def _is_known(self, authorization: str) -> bool:
        scheme, _, key = authorization.partition(" ")
        with self._lock:
            return (scheme == "Bearer" and key in self.tokens) or (
                scheme == "api_key" and key == self.api_key
            )

    def _store(self, request: Request) -> None:
        boundary = request.headers["content-type"].partition("boundary=")[2].encode()
        part = request.body.split(b"--" + boundary)[1]
        head, _, content = part.partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        found = re.search(rb'name="file"; filename="([^"]*)"', head)
        assert found is not None
        rows = [line for line in content.decode("utf-8", "replace").split("\n")[1:] if line.strip()]
        with self._lock:
            self.stored.append(Stored(found[1].decode(), content, rows))

    def _list(self, request: Request, hide: int) -> Any:
        start, limit = int(request.query.get("start", 0)), int(request.query.get("limit", 1000))
        if self.page_limit is not None:
            limit = min(limit, self.page_limit)
        with self._lock:
            shown = self.stored[: len(self.stored) - hide] if hide else list(self.stored)
        shown = [stored for stored in shown if stored.at + self.lateness <= time.monotonic()]
        return {
            "Data": [
                {
                    "id": str(number),
                    "status": "Processed",
                    "source_filename": stored.name,
                    "date_upload": "2026-11-24 10:00:00",
                    "total_records": str(len(stored.rows)),
                    "successful_records": str(len(stored.rows)),
                    "unsuccessful_records": "0",
                    "logs": [],
                }
                for number, stored in enumerate(shown, 1)
            ][start : start + limit]
        }


def _where(request: Request) -> str:
    path = request.path.rsplit(".", 1)[0]
    return {
        ("POST", "/oauth2/token"): "token",
        ("POST", "/v4.1/company/revenue_file_automate"): "upload",
        ("GET", "/v4.1/file/company-revenue"): "list",
    }.get((request.method, path), f"{request.method} {request.path}")


def _until(connection: socket.socket, mark: bytes) -> tuple[bytes, bytes] | None:
    found = b""
    while mark not in found:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        found += chunk
    head, _, rest = found.partition(mark)
    return head, rest


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def wait_until(condition: Any, seconds: float = 10.0) -> None:
    """Wait for something that another thread or process does."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("it did not happen in time")
        time.sleep(0.005)
