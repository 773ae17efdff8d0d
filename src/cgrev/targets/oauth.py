"""Access tokens by the client-credentials grant (RFC 6749, section 4.4): one per run, renewed in time.

Authlib states the protocol (the form of the request, client authentication in the body, what makes an
answer an error); the exchange itself goes over our own `Wire`, which has the limits and the care for
secrets that its session would lack. No refresh token is ever used: the server has none.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from cgrev.errors import AuthenticationFailed, ServerRefused, ServerUnreachable, TargetError
from cgrev.targets.addresses import authority
from cgrev.targets.credentials import Credentials
from cgrev.targets.http import Answer, Broken, Wire, unreachable
from cgrev.targets.retrying import Patience, persist, worth_repeating
from cgrev.targets.secrets import Secret, server_text

LIFETIME = 3600.0
"""Seconds a token lives when its answer does not say (the vendor's article 5000846993)."""
LEEWAY = 60.0
"""Seconds before its end at which a token is renewed, so that it does not die on the way."""


class _Session:
    """What Authlib takes for its HTTP session: one POST over the wire, with patience."""

    def __init__(self, post: Callable[[Secret], Answer | Broken]) -> None:
        self._post = post
        self.last: Answer | Broken | None = None

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> _Reply:
        # The body is not bound to a name: it holds the client secret.
        form = urllib.parse.urlencode(data)
        self.last = self._post(Secret(auth.prepare("POST", url, dict(headers), form)[2]))
        return _Reply(self.last)


class _Reply:
    """What Authlib takes for a response."""

    def __init__(self, answer: Answer | Broken) -> None:
        self._answer = answer
        self.status_code = answer.status if isinstance(answer, Answer) else 0

    def json(self) -> Any:
        if not isinstance(self._answer, Answer) or not self._answer.complete:
            raise ValueError("no answer")
        return json.loads(self._answer.body)

    def raise_for_status(self) -> None:
        if self.status_code != 200:
            raise ValueError("no token")


class TokenSource:
    """Hands out one token to every thread, and fetches a new one when it is due or was turned away."""

    def __init__(
        self,
        wire: Wire,
        url: str,
        credentials: Callable[[], Credentials],
        *,
        patience: Patience,
        halt: threading.Event,
        clock: Callable[[], float] = time.monotonic,
        waiting: Callable[[float, str], None] | None = None,
    ) -> None:
        self._wire = wire
        self._url = url
        self._credentials = credentials
        self._patience = patience
        self._halt = halt
        self._clock = clock
        self.waiting = waiting
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._due = 0.0

    def token(self) -> Secret:
        """The token to use now. Raises `AuthenticationFailed`, or another `TargetError`."""
        with self._lock:
            if self._token is None or self._clock() >= self._due:
                self._fetch()
            assert self._token is not None
            return self._token

    def renew(self, refused: Secret) -> Secret:
        """A token other than the one the server has just turned away.

        Threads that were all turned away with one token get one new token between them.
        """
        with self._lock:
            if self._token is None or self._token is refused:
                self._fetch()
            assert self._token is not None
            return self._token

    def _fetch(self) -> None:
        self._token = None
        before = self._clock()
        outcome = self._ask(self._credentials())
        if isinstance(outcome, TargetError):
            raise outcome
        self._token, lifetime = outcome
        # A token that lives shorter than the leeway is renewed when a tenth of its life is left.
        self._due = before + lifetime - min(LEEWAY, lifetime / 10)

    def _post(self, form: Secret) -> Answer | Broken:
        return persist(
            lambda: self._wire.call("POST", self._url, form=form),
            again=worth_repeating,
            patience=self._patience,
            halt=self._halt,
            waiting=self.waiting,
        )

    def _ask(self, credentials: Credentials) -> tuple[Secret, float] | TargetError:
        """The one place where Authlib holds the client secret. It returns, so that none of it is shown."""
        assert credentials.client_id is not None and credentials.client_secret is not None
        session = _Session(self._post)
        said = ""
        try:
            client = OAuth2Client(
                session,
                client_id=credentials.client_id.reveal(),
                client_secret=credentials.client_secret.reveal(),
                token_endpoint_auth_method="client_secret_post",
            )
            return _token(client.fetch_token(self._url, grant_type="client_credentials"))
        except OAuth2Error as error:
            said = server_text(str(error.error or ""), 80)
        except Exception as error:
            if session.last is None:
                return TargetError(f"the token could not be asked for ({type(error).__name__})")
        return _refusal(session.last, said, authority(self._url))


def _token(answer: Mapping[str, Any]) -> tuple[Secret, float]:
    """The token and its life in seconds. Raises ValueError for anything that is not a bearer token."""
    value, kind = answer.get("access_token"), answer.get("token_type", "Bearer")
    if (
        not isinstance(value, str)
        or not value
        or not value.isascii()
        or not value.isprintable()
        or " " in value
    ):
        raise ValueError("not a token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ValueError("not a bearer token")
    lifetime = answer.get("expires_in")
    seconds = LIFETIME if lifetime is None or isinstance(lifetime, bool) else float(lifetime)
    if not 0 < seconds < 10**9:
        seconds = LIFETIME
    return Secret(value), seconds


def _refusal(answer: Answer | Broken | None, said: str, host: str) -> TargetError:
    """Why there is no token, as the fault to raise."""
    if answer is None:
        return ServerUnreachable(f"no token from '{host}'", help="run it again")
    if isinstance(answer, Broken):
        return unreachable(host, answer)
    if 300 <= answer.status < 400:
        return ServerRefused(
            f"no token: '{host}' sends the request elsewhere ({answer.status}); redirects are not followed",
            help="set auth-url (or the region) to the server itself",
            status=answer.status,
        )
    if answer.status == 429 or answer.status >= 500:
        return ServerRefused(
            f"no token: '{host}' answers {answer.status}, also after further tries",
            help="nothing was sent; run it again later",
            status=answer.status,
        )
    if answer.status == 200:
        return AuthenticationFailed(
            f"no token: the answer of '{host}' cannot be read as one",
            help="check auth-url: it must lead to the vendor's token server",
        )
    return AuthenticationFailed(
        f"'{host}' does not accept the credentials ({said or answer.status})",
        help="check the client id and secret with `cgrev auth status`; an administrator makes them "
        "as a connected app",
    )
