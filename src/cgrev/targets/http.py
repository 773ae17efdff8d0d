"""One HTTP exchange, and exactly what is known after it.

`Wire.call` never raises for what a network does. It returns an `Answer` (a status line came back) or a
`Broken` call that says whether the request had begun to leave this machine: that difference decides
whether a batch may be sent again. Guarantees of every call:

- redirects are not followed, cookies are not kept, TLS is verified, plain http goes to loopback only
  and never through a proxy;
- a connection is used once. A kept-alive connection that the server has just closed looks the same as
  one that broke after the request was processed; a fresh one cannot be mistaken;
- the connection, each silence and the whole call have a limit; an answer is read up to a cap;
- no exception of the library, whose frames hold headers and bodies, leaves this module.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Literal

import httpx2

from cgrev import __version__
from cgrev.errors import ServerUnreachable, SettingsError
from cgrev.targets.addresses import authority, is_loopback
from cgrev.targets.secrets import Secret, guard_loggers, server_text

ANSWER_LIMIT = 1_048_576
"""Bytes read of an answer (1 MiB). More than that is no answer of this API."""

Fault = Literal["connect", "tls", "proxy", "silence", "too-long", "reset", "protocol", "interrupted", "local"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to stand a connection up, of silence on it, and for the whole call."""

    connect: float = 10.0
    silence: float = 60.0
    whole: float = 240.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A status line came back. `complete` False: the body broke off, was too large or was encoded.

    Header names are lower case. `body` holds at most the cap.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    complete: bool = True
    trouble: str = ""

    @property
    def media(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Broken:
    """No status line came back. `sent` True: at least a part of the request left this machine."""

    fault: Fault
    sent: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Authorization:
    """The header that signs a request: `scheme` and a secret."""

    scheme: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Upload:
    """The one part of a multipart body."""

    name: str
    content: bytes = field(repr=False)
    media: str


def user_agent() -> str:
    return f"cgrev/{__version__} (python {platform.python_version()}; httpx2 {httpx2.__version__})"


class _Watch:
    """Knows how far one call has come, and can cut it off from another thread.

    The library has no limit for a whole call and no way to end one early, so the socket is shut down
    under it. The events are those of the library's documented `trace` extension.
    """

    def __init__(self, method: str, seconds: float) -> None:
        self.sent = False
        self.cut: Fault | None = None
        self._method = method.encode()
        self._socket: Any = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self.end, args=("too-long",))
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
        elif event.endswith(".send_request_headers.started"):
            # A proxy is first asked to connect: that request carries nothing of ours.
            with self._lock:
                if self.cut is None and getattr(info.get("request"), "method", b"") == self._method:
                    self.sent = True
        if self.cut is not None and not self.sent:
            raise _Cut

    def end(self, fault: Fault) -> None:
        with self._lock:
            if self.cut is None:
                self.cut = fault
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    # The plain socket's method: the one of a TLS socket would tear down the state
                    # that the other thread is reading from.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Cut(Exception):
    """Raised inside the library to leave a call that was cut off before anything was sent."""


class Wire:
    """A way to the servers at the given base addresses. Safe to use from several threads."""

    def __init__(self, *urls: str, timeouts: Timeouts | None = None) -> None:
        guard_loggers()
        self.timeouts = timeouts or Timeouts()
        self._origins = {urllib.parse.urlsplit(url)[:2] for url in urls}
        self._client = _client(
            local=all(is_loopback(urllib.parse.urlsplit(url).hostname or "") for url in urls),
            secure=any(url.startswith("https:") for url in urls),
        )
        self._active: set[_Watch] = set()
        self._lock = threading.Lock()
        self._aborted = False

    def close(self) -> None:
        self._client.close()

    def abort(self) -> None:
        """End every call under way, and every later one, at once."""
        with self._lock:
            self._aborted = True
            active = list(self._active)
        for watch in active:
            watch.end("interrupted")

    def call(
        self,
        method: str,
        url: str,
        *,
        authorization: Authorization | None = None,
        params: Mapping[str, str] | None = None,
        form: Secret | None = None,
        upload: Upload | None = None,
        accept: str = "application/json",
    ) -> Answer | Broken:
        """One request. `form` is a form body already encoded. Never raises for what the network does."""
        if urllib.parse.urlsplit(url)[:2] not in self._origins:
            raise SettingsError(
                f"'{authority(url)}' is not the server that was chosen", help="check api-url and auth-url"
            )
        watch = _Watch(method, self.timeouts.whole)
        with self._lock:
            if self._aborted:
                return Broken("interrupted", False, "interrupted")
            self._active.add(watch)
        try:
            with watch:
                result = self._exchange(watch, method, url, authorization, params, form, upload, accept)
        finally:
            with self._lock:
                self._active.discard(watch)
        if isinstance(result, BaseException):
            raise result
        return result

    def _exchange(
        self,
        watch: _Watch,
        method: str,
        url: str,
        authorization: Authorization | None,
        params: Mapping[str, str] | None,
        form: Secret | None,
        upload: Upload | None,
        accept: str,
    ) -> Answer | Broken | BaseException:
        """Everything that handles revealed secrets. It returns, so that no frame of it is ever shown."""
        try:
            headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": user_agent()}
            if authorization is not None:
                headers["Authorization"] = f"{authorization.scheme} {authorization.secret.reveal()}"
            content: dict[str, Any] = {}
            if form is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                content["content"] = form.reveal().encode()
            elif upload is not None:
                content["files"] = {"file": (upload.name, upload.content, upload.media)}
            limits = self.timeouts
            timeout = httpx2.Timeout(
                connect=min(limits.connect, limits.whole),
                read=limits.silence,
                write=limits.silence,
                pool=limits.whole,
            )
            with self._client.stream(
                method,
                url,
                params=params,
                headers=headers,
                timeout=timeout,
                follow_redirects=False,
                extensions={"trace": watch.trace},
                **content,
            ) as response:
                return _read(response, watch)
        except Exception as error:
            return _broken(error, watch)
        except BaseException as error:
            # A fresh one: the traceback of this one leads through frames that hold the header.
            return type(error)()


def _read(response: httpx2.Response, watch: _Watch) -> Answer:
    """The answer up to the cap. Once there is a status line, nothing that follows takes it away."""
    body = bytearray()
    trouble = ""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        trouble = f"the answer is encoded as '{server_text(encoding, 40)}', which was not asked for"
    else:
        try:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    trouble = f"the answer is longer than {ANSWER_LIMIT:,} bytes"
                    break
        except Exception as error:
            trouble = _broken(error, watch).detail
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, bytes(body[:ANSWER_LIMIT]), not trouble, trouble)


_FAULTS: tuple[tuple[type[Exception], Fault, str], ...] = (
    (httpx2.ConnectTimeout, "connect", "no connection within the time allowed"),
    (httpx2.PoolTimeout, "connect", "no connection within the time allowed"),
    (httpx2.ConnectError, "connect", "no connection"),
    (httpx2.ProxyError, "proxy", "the proxy refused"),
    (httpx2.TimeoutException, "silence", "the server was silent for too long"),
    (httpx2.NetworkError, "reset", "the connection broke"),
    (httpx2.RemoteProtocolError, "protocol", "the answer is not http, or the connection closed without one"),
)


def _broken(error: Exception, watch: _Watch) -> Broken:
    if watch.cut == "interrupted":
        return Broken("interrupted", watch.sent, "interrupted")
    if watch.cut == "too-long":
        return Broken("too-long", watch.sent, "the call took longer than allowed in all")
    for kind, fault, words in _FAULTS:
        if isinstance(error, kind):
            said = server_text(str(error), 160)
            if fault == "connect" and ("SSL" in said or "certificate" in said.lower()):
                return Broken("tls", watch.sent, _plain(said) or "no secure connection")
            detail = _plain(said) if fault in ("connect", "proxy") else ""
            return Broken(fault, watch.sent, f"{words} ({detail})" if detail else words)
    return Broken("local", watch.sent, f"the request could not be made ({type(error).__name__})")


def _plain(said: str) -> str:
    """What the system says of a connection, without the numbers and places of its source."""
    said = re.sub(r"\[[^\]]*\]|\(_ssl\.c:\d+\)", "", said).strip()
    return said.removeprefix("certificate verify failed:").strip(" :.").lower()


def unreachable(host: str, broken: Broken) -> ServerUnreachable:
    """A call that found no server, as the fault to raise."""
    if broken.fault == "tls":
        return ServerUnreachable(
            f"the certificate of '{host}' cannot be trusted: {broken.detail}",
            help="if your network has certificates of its own, name them in SSL_CERT_FILE",
        )
    return ServerUnreachable(
        f"'{host}' cannot be reached: {broken.detail}",
        help="check the network, the proxy variables and the address, then run it again",
    )


def _client(*, local: bool, secure: bool) -> httpx2.Client:
    """The library's client. To loopback no proxy is used: plain http must not leave this machine."""
    # No connection is kept: see the head of this module.
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    # Loading the machine's certificates takes longer than a call to loopback; without any, TLS fails safe.
    context = tls_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    make: Callable[[], httpx2.Client]
    if local:
        transport = httpx2.HTTPTransport(verify=context, trust_env=False, limits=limits)

        def make() -> httpx2.Client:
            return httpx2.Client(transport=transport, cookies=cookies, trust_env=False)
    else:

        def make() -> httpx2.Client:
            return httpx2.Client(verify=context, cookies=cookies, limits=limits)

    try:
        return make()
    except ImportError:
        fault = "it speaks SOCKS, which needs the package 'socksio'"
    except Exception as error:
        fault = type(error).__name__
    raise SettingsError(
        f"the proxy named in the environment cannot be used: {fault}",
        help="check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY",
    )


def tls_context() -> ssl.SSLContext:
    """Verification against the machine's certificates, or those the environment names.

    SSL_CERT_FILE and SSL_CERT_DIR first, then REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE. Raises
    `SettingsError` naming the variable whose file cannot be used.
    """
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        # The environment holds secrets too: it is asked for one name, never bound to one of ours.
        path = os.environ.get(name)
        if not path:
            continue
        try:
            if os.path.isdir(path):
                return ssl.create_default_context(capath=path)
            return ssl.create_default_context(cafile=path)
        except FileNotFoundError:
            fault = "it is not there"
        except (OSError, ssl.SSLError):
            fault = "it holds no certificate that can be read"
        raise SettingsError(
            f"the certificates '{path}' named by {name} cannot be used: {fault}",
            help=f"give a PEM file or a folder of them, or unset {name}",
        )
    return httpx2.create_ssl_context()
