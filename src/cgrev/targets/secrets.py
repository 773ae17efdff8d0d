"""Secrets that cannot be printed, and the cleaning of any text that might hold one.

A `Secret` gives its value only to `reveal()`, which is called inside the one expression that needs
it. Every live secret is known to `redact`, so a server that echoes a token, or a library that logs
one, cannot carry it into a log, the ledger or a report.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import re
import threading
import urllib.parse
import weakref
from typing import Any, NoReturn

MASK = "***"
SERVER_TEXT_LIMIT = 500
"""Characters kept of what a server said; the rest is of no use to a person."""

_MIN_LENGTH = 4
_live: weakref.WeakSet[Secret] = weakref.WeakSet()
_guard = threading.Lock()


class Secret:
    """A value that is used and never shown. `repr`, `str`, `format` mask it; pickling is refused."""

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        with _guard:
            _live.add(self)

    def reveal(self) -> str:
        """The value itself. Call it where it is used; never bind the answer to a name."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = object.__hash__

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


def _spellings(value: str) -> set[str]:
    """The forms in which a secret travels: as it is, in a URL or form, in JSON, in base64."""
    raw = value.encode()
    return {
        value,
        urllib.parse.quote(value, safe=""),
        urllib.parse.quote_plus(value),
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }


_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer|basic|api_key)(\s+|%20)[A-Za-z0-9._~+/=:-]+"), rf"\1 {MASK}"),
    (
        re.compile(
            r"""(?ix) \b
            (access_token|refresh_token|id_token|client_secret|api[_-]?key|password|authorization)
            (["']?\s*[:=]\s*["']?) (?! (?:bearer|basic|api_key)\b ) [^\s"'&,;<>}]+"""
        ),
        rf"\1\2{MASK}",
    ),
)


def redact(text: str) -> str:
    """The text without any live secret in any of its spellings, and without what looks like one."""
    with _guard:
        values = [secret.reveal() for secret in _live]
    spellings = {form for value in values if len(value) >= _MIN_LENGTH for form in _spellings(value)}
    for form in sorted(spellings, key=len, reverse=True):
        text = text.replace(form, MASK)
    for shape, mask in _SHAPES:
        text = shape.sub(mask, text)
    return text


def server_text(text: str, limit: int = SERVER_TEXT_LIMIT) -> str:
    """What a server said, fit for a terminal, the ledger and a report: one line, short, no secret.

    Control and format characters go: a server must not move a person's cursor or hide text. The text is
    redacted before it is cut, so that no half of a secret is left at the end.
    """
    text = redact(text)
    text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


class RedactingFilter(logging.Filter):
    """Cleans a record before any handler sees it: its message, its arguments and its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        record.msg = redact(message)
        record.args = None
        if record.exc_info and record.exc_info[1] is not None:
            # A formatted traceback could show the library's frames; the kind of fault is enough.
            record.exc_text = f"{type(record.exc_info[1]).__name__}: {redact(str(record.exc_info[1]))}"
            record.exc_info = None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


_LOGGERS = (
    "authlib",
    "cgrev",
    "cgrev.targets",
    "cgrev.uploading",
    "httpcore2",
    "httpcore2.connection",
    "httpcore2.http11",
    "httpcore2.http2",
    "httpcore2.proxy",
    "httpcore2.socks",
    "httpx2",
    "keyring",
    "tenacity",
)
"""A logger's filter sees only records made on that very logger, so each one is named."""

_FILTER = RedactingFilter()


def guard_loggers() -> None:
    """Put the filter on every logger through which a secret could pass. Calling it twice does no harm."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if _FILTER not in logger.filters:
            logger.addFilter(_FILTER)
