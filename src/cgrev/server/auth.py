"""Who may call: client credentials for tokens, bearer tokens and api keys, and the brake on guessing.

Secrets are kept only as keyed hashes whose key is made up per process, compared in constant time,
and never logged. A token lives one hour and there is no refresh token (vendor's article on OAuth2).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from pydantic import SecretStr

from cgrev.server.answers import ApiError, Code
from cgrev.server.settings import SandboxSettings

Clock = Callable[[], float]
"""Seconds since the epoch; injected so that tests can let an hour pass."""

_MAX_TOKENS = 10_000
_MAX_PEERS = 10_000
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="cgrev sandbox"'}


class Hasher:
    """Keyed hashes of secrets: what is in memory cannot be used to log in."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __call__(self, secret: str) -> bytes:
        return hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)


class Throttle:
    """Counts wrong secrets. Who gave too many within the window waits until it has passed.

    Keyed by peer and client, so that a stranger cannot lock out somebody else's client; a second
    count by peer alone, four times as large, stops one peer from trying many clients.
    """

    def __init__(self, allowed: int, seconds: float, clock: Clock) -> None:
        self._allowed = allowed
        self._seconds = seconds
        self._clock = clock
        self._failures: OrderedDict[tuple[str, ...], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, peer: str, client: str) -> int:
        """Whole seconds to wait before this peer may try this client again; 0: at once."""
        with self._lock:
            now = self._clock()
            waits = (
                self._left((peer,), 4 * self._allowed, now),
                self._left((peer, client), self._allowed, now),
            )
            return math.ceil(max(waits))

    def failed(self, peer: str, client: str) -> None:
        with self._lock:
            now = self._clock()
            for key in ((peer,), (peer, client)):
                count, until = self._failures.pop(key, (0, 0.0))
                self._failures[key] = (count + 1 if until > now else 1, now + self._seconds)
            while len(self._failures) > _MAX_PEERS:
                self._failures.popitem(last=False)

    def succeeded(self, peer: str, client: str) -> None:
        with self._lock:
            self._failures.pop((peer, client), None)

    def _left(self, key: tuple[str, ...], allowed: int, now: float) -> float:
        count, until = self._failures.get(key, (0, 0.0))
        return until - now if count >= allowed and until > now else 0.0


class Tokens:
    """Access tokens that are alive, by their hash. Thread-safe."""

    def __init__(self, seconds: int, clock: Clock, hasher: Hasher) -> None:
        self.seconds = seconds
        self._clock = clock
        self._hasher = hasher
        self._expiry: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def issue(self) -> str:
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            # Tokens all live equally long, so the oldest stand first.
            while self._expiry and (
                len(self._expiry) >= _MAX_TOKENS or next(iter(self._expiry.values())) <= now
            ):
                self._expiry.popitem(last=False)
            self._expiry[self._hasher(token)] = now + self.seconds
        return token

    def valid(self, token: str) -> bool:
        with self._lock:
            return self._expiry.get(self._hasher(token), 0.0) > self._clock()

    def expire_all(self) -> None:
        with self._lock:
            self._expiry.clear()


class Refused(Exception):
    """A token request that is answered by RFC 6749's error object."""

    def __init__(self, status: int, error: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client sent to the token endpoint: each form field once, and its Authorization header."""

    form: dict[str, str]
    authorization: str | None
    peer: str


class Gate:
    """The one place where credentials are looked at."""

    def __init__(self, settings: SandboxSettings, clock: Clock) -> None:
        settings = settings.with_credentials()
        hasher = Hasher()
        self._hasher = hasher
        self._client = hasher(settings.client_id or "")
        self._secret = hasher(_plain(settings.client_secret))
        self._api_key = hasher(_plain(settings.api_key))
        self._schemes = settings.auth_schemes
        self._throttle = Throttle(settings.failures_allowed, settings.failure_seconds, clock)
        self.tokens = Tokens(settings.token_seconds, clock, hasher)

    def token(self, request: TokenRequest) -> dict[str, object]:
        """Answer a token request. Raises `Refused`."""
        form = request.form
        if "grant_type" not in form:
            raise Refused(400, "invalid_request")
        if form["grant_type"] != "client_credentials":
            raise Refused(400, "unsupported_grant_type")
        basic = (request.authorization or "").strip().lower().startswith("basic")
        if basic and "client_secret" in form:
            raise Refused(400, "invalid_request")  # RFC 6749 2.3: one way of authentication a request
        if basic:
            client, secret = basic_credentials(request.authorization or "") or ("", "")
            client, secret = unquote_plus(client), unquote_plus(secret)
        else:
            client, secret = form.get("client_id", ""), form.get("client_secret", "")
        self._check_client(client, secret, request.peer, basic=basic)
        return {
            "access_token": self.tokens.issue(),
            "expires_in": self.tokens.seconds,
            "token_type": "Bearer",
        }

    def _check_client(self, client: str, secret: str, peer: str, *, basic: bool) -> None:
        # The hash stands for the client in the table of failures: its length is bounded.
        key = self._hasher(client).hex()
        wait = self._throttle.wait(peer, key)
        if wait:
            raise Refused(429, "temporarily_unavailable", {"Retry-After": str(wait)})
        if not self._client_matches(client, secret):
            self._throttle.failed(peer, key)
            challenge = {"WWW-Authenticate": 'Basic realm="cgrev sandbox"'} if basic else {}
            raise Refused(401, "invalid_client", challenge)
        self._throttle.succeeded(peer, key)

    def _client_matches(self, client: str, secret: str) -> bool:
        same_client = hmac.compare_digest(self._hasher(client), self._client)
        same_secret = hmac.compare_digest(self._hasher(secret), self._secret)
        return same_client and same_secret

    def check(self, authorization: str | None, peer: str) -> None:
        """Let a call of the API pass, or raise `ApiError` (401, code 200000; 429 after many wrong keys)."""
        if authorization is None:
            raise ApiError(Code.INVALID_KEY, "the Authorization header is missing", headers=_CHALLENGE)
        word, _, value = authorization.strip().partition(" ")
        scheme, value = word.lower(), value.strip()
        if scheme == "bearer" and "bearer" in self._schemes:
            if self.tokens.valid(value):
                return
            raise ApiError(Code.INVALID_KEY, "the token is unknown or has expired", headers=_CHALLENGE)
        if scheme == "api_key" and "api_key" in self._schemes:
            self._check_api_key(value, peer)
            return
        known = " or ".join("Bearer" if scheme == "bearer" else scheme for scheme in self._schemes)
        message = f"the Authorization header must start with {known}"
        raise ApiError(Code.INVALID_KEY, message, headers=_CHALLENGE)

    def _check_api_key(self, key: str, peer: str) -> None:
        wait = self._throttle.wait(peer, "api_key")
        if wait:
            raise ApiError(429, "too many wrong keys", status=429, headers={"Retry-After": str(wait)})
        if not hmac.compare_digest(self._hasher(key), self._api_key):
            self._throttle.failed(peer, "api_key")
            raise ApiError(Code.INVALID_KEY, "the api key is unknown", headers=_CHALLENGE)
        self._throttle.succeeded(peer, "api_key")

    def check_preview(self, authorization: str | None, peer: str) -> None:
        """As `check`, and also HTTP Basic with the client's credentials, which a browser can ask for."""
        basic = basic_credentials(authorization) if authorization is not None else None
        try:
            if basic is None:
                self.check(authorization, peer)
            else:
                self._check_client(*basic, peer, basic=True)
        except (ApiError, Refused) as error:
            if error.status == 429:
                raise ApiError(429, "too many wrong secrets", status=429, headers=error.headers) from None
            raise ApiError(
                Code.INVALID_KEY,
                "the pages of the sandbox need the client's credentials",
                headers={"WWW-Authenticate": 'Basic realm="cgrev sandbox", charset="UTF-8"'},
            ) from None


def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """User and password of an HTTP Basic header, None when it is none."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
