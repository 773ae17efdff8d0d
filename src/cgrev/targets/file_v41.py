"""The vendor's file API, version 4.1: one multipart POST a batch, and its list of uploads.

The sandbox is the same protocol at an address on this machine.
"""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from cgrev.errors import AuthenticationFailed, ServerRefused, SettingsError, TargetError
from cgrev.targets.addresses import authority, checked_url
from cgrev.targets.answers import explain, remote_files, upload_outcome
from cgrev.targets.batches import BatchFile
from cgrev.targets.credentials import Credentials, Scheme
from cgrev.targets.http import (
    Answer,
    Authorization,
    Broken,
    Timeouts,
    Upload,
    Wire,
    unreachable,
)
from cgrev.targets.oauth import TokenSource
from cgrev.targets.protocol import (
    Capabilities,
    Listing,
    Outcome,
    OutcomeKind,
    Reachability,
    RemoteFile,
)
from cgrev.targets.retrying import Patience, not_processed, persist, retry_after, worth_repeating
from cgrev.targets.secrets import Secret

REGIONS = ("eu", "us", "au")
UPLOAD = "/v4.1/company/revenue_file_automate"
LIST = "/v4.1/file/company-revenue"
DELETE = "/v4.1/file"
TOKEN = "/oauth2/token"

PAGE = 1_000
"""Entries asked for at once, the most the server gives."""
MAX_ENTRIES = 50_000
"""Entries read of a list of uploads. Beyond that it is not complete, and says so."""

_MEDIA = {
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class FileApiSettings:
    """`[target]` for the file API, already typed. Addresses override those of the region.

    `tenant` tells two customers on one host apart: what was sent is remembered under it. It is a word of
    the user's own, so that new credentials for the same tenant do not make it another place.
    `timeout`: seconds of silence allowed; the whole call may take four times as long.
    """

    region: str | None = None
    auth: Scheme = "oauth2"
    api_url: str | None = None
    auth_url: str | None = None
    tenant: str = ""
    answers: Literal["json", "xml"] = "json"
    timeout: float = 60.0
    attempts: int = 5
    backoff: float = 1.0
    max_wait: float = 120.0
    settle: float | None = None

    def urls(self) -> tuple[str, str]:
        """Base addresses of the API and of the token server. Raises `SettingsError`."""
        region = self.region
        if region is not None and region not in REGIONS:
            raise SettingsError(
                f"the region '{region}' is not known", help=f"regions are {', '.join(REGIONS)}"
            )
        if region is None and (self.api_url is None or (self.auth_url is None and self.auth == "oauth2")):
            raise SettingsError(
                "the target has no region",
                help=f"set region to one of {', '.join(REGIONS)}, or api-url and auth-url",
            )
        api = self.api_url or f"https://api.{region}.customergauge.com"
        tokens = self.auth_url or (f"https://auth.{region}.customergauge.com" if region else api)
        return checked_url(api, "api-url"), checked_url(tokens, "auth-url")

    def checked(self) -> FileApiSettings:
        """Itself. Raises `SettingsError` for a number or word that does not fit."""
        if self.auth not in ("oauth2", "api-key"):
            raise SettingsError(f"auth '{self.auth}' is not known", help="auth is 'oauth2' or 'api-key'")
        if self.answers not in ("json", "xml"):
            raise SettingsError(f"answers '{self.answers}' is not known", help="answers is 'json' or 'xml'")
        for name, value, least in (
            ("timeout", self.timeout, 0.001),
            ("attempts", self.attempts, 1),
            ("backoff", self.backoff, 0),
            ("max-wait", self.max_wait, 0),
            ("settle", self.settle if self.settle is not None else 0, 0),
        ):
            if not least <= value < 1e6:
                raise SettingsError(f"{name} {value} is out of range", help=f"give {name} as {least} or more")
        self.urls()
        return self


@dataclass(slots=True)
class _Say:
    """Who is told about waits; set by the run."""

    waiting: Callable[[float, str], None] | None = None

    def __call__(self, seconds: float, why: str) -> None:
        if self.waiting is not None:
            self.waiting(seconds, why)


class FileApiTarget:
    """The `Target` for the file API. Safe to use from several threads."""

    capabilities = Capabilities(can_list=True, can_delete=True, absence_counts=True)

    def __init__(
        self,
        settings: FileApiSettings,
        credentials: Callable[[], Credentials],
        *,
        name: str = "file-v4.1",
        timeouts: Timeouts | None = None,
    ) -> None:
        """`credentials` is asked when the first request is made, so that a plan needs none."""
        self.settings = settings.checked()
        self.name = name
        self.api_url, self.auth_url = settings.urls()
        self.settle = settings.settle
        tenant = f" tenant {settings.tenant}" if settings.tenant else ""
        self.identity = f"file-v4.1 {self.api_url}{tenant}"
        self._halt = threading.Event()
        self._say = _Say()
        self._patience = Patience(settings.attempts, settings.backoff, settings.max_wait)
        self._wire = Wire(
            self.api_url,
            self.auth_url,
            timeouts=timeouts
            or Timeouts(min(10.0, settings.timeout), settings.timeout, settings.timeout * 4),
        )
        self._credentials = _Once(credentials)
        self._tokens = TokenSource(
            self._wire,
            self.auth_url + TOKEN,
            self._credentials,
            patience=self._patience,
            halt=self._halt,
            waiting=self._say,
        )

    def on_wait(self, tell: Callable[[float, str], None] | None) -> None:
        """Whom to tell the seconds and the reason of each wait."""
        self._say.waiting = tell

    def describe(self) -> dict[str, str]:
        found = {"kind": self.name, "api": self.api_url, "auth": self.settings.auth}
        if self.settings.auth == "oauth2":
            found["tokens"] = self.auth_url
        if self.settings.tenant:
            found["tenant"] = self.settings.tenant
        found["settle"] = "not set" if self.settle is None else f"{self.settle:g} s"
        return found

    def authority(self) -> str:
        """The host that judges the credentials, under which the keyring keeps them."""
        return authority(self.auth_url if self.settings.auth == "oauth2" else self.api_url)

    def close(self) -> None:
        self._wire.close()

    def abort(self) -> None:
        self._halt.set()
        self._wire.abort()

    # -- asking

    def check(self) -> Reachability:
        where = authority(self.api_url)
        try:
            answer = self._get(LIST, {"start": "0", "limit": "1"})
        except AuthenticationFailed as error:
            return Reachability(True, False, False, error.message, error.help or "")
        except TargetError as error:
            return Reachability(False, None, False, error.message, error.help or "")
        if isinstance(answer, Broken):
            fault = unreachable(where, answer)
            return Reachability(False, None, False, fault.message, fault.help or "")
        if 300 <= answer.status < 400:
            return Reachability(
                False,
                None,
                False,
                f"'{where}' sends the request elsewhere ({answer.status}); redirects are not followed",
                "set api-url (or the region) to the server itself",
            )
        try:
            remote_files(answer)
        except ServerRefused as error:
            return Reachability(True, None, False, error.message, error.help or "")
        return Reachability(True, True, True, f"'{where}' is there and accepts the credentials")

    def listing(self, since: date | None = None) -> Listing:
        """Its list of uploads. Raises `ServerUnreachable`, `ServerRefused` or `AuthenticationFailed`.

        Pages follow until one brings nothing new: a server that gives fewer entries than it was asked
        for must not look as if it had no more.
        """
        found: dict[tuple[str, str, str], RemoteFile] = {}
        query = {} if since is None else {"date_range_from": since.isoformat()}
        start, limit = 0, PAGE
        while len(found) < MAX_ENTRIES:
            answer = self._get(LIST, {**query, "start": str(start), "limit": str(limit)})
            if isinstance(answer, Broken):
                raise unreachable(authority(self.api_url), answer)
            if answer.status == 200 and "longer than" in answer.trouble and limit > 1:
                limit = max(1, limit // 10)  # long logs: fewer entries fit under the cap of an answer
                continue
            try:
                page = remote_files(answer)
            except ServerRefused:
                if start > 0 and start % limit:
                    return Listing(tuple(found.values()))  # past a short page: the end, said rudely
                raise
            fresh = {(file.id, file.name, file.uploaded): file for file in page}
            fresh = {key: file for key, file in fresh.items() if key not in found}
            if not fresh:
                return Listing(tuple(found.values()))
            found.update(fresh)
            start += len(page)
        return Listing(tuple(found.values()), complete=False)

    def delete(self, file_id: str) -> None:
        """Delete a file and the records it made. Not repeated. Raises `TargetError`."""
        answer = self._signed("DELETE", DELETE, params={"id": file_id}, again=lambda _: False)
        if isinstance(answer, Broken):
            raise unreachable(authority(self.api_url), answer)
        if answer.status != 200:
            sentence, code = explain(answer)
            raise ServerRefused(sentence, status=answer.status, code=code)

    # -- sending

    def send(self, batch: BatchFile) -> Outcome:
        content = batch.content()
        suffix = batch.path.suffix.lower()
        media = _MEDIA.get(suffix) or mimetypes.guess_type(batch.name)[0] or "application/octet-stream"
        try:
            answer = self._signed(
                "POST", UPLOAD, upload=Upload(batch.name, content, media), again=not_processed
            )
        except AuthenticationFailed as error:
            return Outcome(OutcomeKind.NOT_SENT, error.message, "authentication", error.help or "")
        except TargetError as error:
            return Outcome(OutcomeKind.NOT_SENT, error.message, "unreachable", error.help or "")
        return self._outcome(answer)

    def _outcome(self, answer: Answer | Broken) -> Outcome:
        where = authority(self.api_url)
        if isinstance(answer, Broken):
            if answer.sent:
                return Outcome(
                    OutcomeKind.UNKNOWN,
                    f"{answer.detail} after the file was on its way: it may or may not be stored",
                    "interrupted" if answer.fault == "interrupted" else "broken",
                    "run `cgrev uploads resume`: it asks the server before anything is sent again",
                )
            if answer.fault == "interrupted":
                return Outcome(OutcomeKind.NOT_SENT, "interrupted before it was sent", "interrupted")
            fault = unreachable(where, answer)
            return Outcome(OutcomeKind.NOT_SENT, fault.message, "unreachable", fault.help or "")
        if answer.status == 429:
            asked = retry_after(answer)
            wait = f" and asks to wait {asked:.0f} seconds" if asked is not None else ""
            return Outcome(
                OutcomeKind.NOT_SENT,
                f"the server takes no more requests for now (429){wait}",
                "throttled",
                "run `cgrev uploads resume` later, or raise max-wait",
                429,
            )
        return upload_outcome(answer)

    # -- requests

    def _get(self, path: str, params: dict[str, str]) -> Answer | Broken:
        answer = self._signed("GET", path, params=params, again=worth_repeating)
        if isinstance(answer, Answer) and answer.status == 401:
            raise AuthenticationFailed(
                f"'{authority(self.api_url)}' does not accept the credentials",
                help="check them with `cgrev auth status`; nothing was sent",
            )
        return answer

    def _signed(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        upload: Upload | None = None,
        again: Callable[[Answer | Broken], bool],
    ) -> Answer | Broken:
        """One request with authorization. A 401 was not processed: one new token, and once more."""
        xml = self.settings.answers == "xml"

        def once(key: Secret) -> Answer | Broken:
            scheme = "Bearer" if self.settings.auth == "oauth2" else "api_key"
            return persist(
                lambda: self._wire.call(
                    method,
                    f"{self.api_url}{path}.{self.settings.answers}",
                    authorization=Authorization(scheme, key),
                    params=params,
                    upload=upload,
                    accept="application/xml" if xml else "application/json",
                ),
                again=again,
                patience=self._patience,
                halt=self._halt,
                waiting=self._say,
            )

        if self.settings.auth == "api-key":
            key = self._credentials().api_key
            assert key is not None
            return once(key)
        token = self._tokens.token()
        answer = once(token)
        if isinstance(answer, Answer) and answer.status == 401:
            answer = once(self._tokens.renew(token))
        return answer


@dataclass(slots=True)
class _Once:
    """Asks for the credentials once, when they are first needed, whichever thread needs them."""

    ask: Callable[[], Credentials]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: Credentials | None = None

    def __call__(self) -> Credentials:
        with self._lock:
            if self._kept is None:
                self._kept = self.ask()
            return self._kept
