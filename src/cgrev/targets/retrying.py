"""Patience: how often, and how long to wait, before a call is given up.

Only calls that may safely be repeated come here: tokens, reads, and an upload of which it is certain
that the server did not take it (no connection, or 429).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import tenacity

from cgrev.targets.http import Answer, Broken

R = TypeVar("R")
Exchange = Answer | Broken


@dataclass(frozen=True, slots=True)
class Patience:
    """`attempts` in all; the first wait is about `backoff` seconds, doubled each time; `max_wait` in all."""

    attempts: int = 5
    backoff: float = 1.0
    max_wait: float = 120.0


def retry_after(answer: Exchange) -> float | None:
    """Seconds the server asks to wait: a number, or a date measured against the server's own clock."""
    if isinstance(answer, Broken):
        return None
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until = _http_date(text)
    if until is None:
        return None
    now = _http_date(answer.headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def worth_repeating(answer: Exchange) -> bool:
    """For tokens and reads: anything that another try may mend."""
    if isinstance(answer, Broken):
        return answer.fault not in ("tls", "interrupted", "local")
    if answer.status in (408, 425, 429) or answer.status >= 500:
        return True
    return answer.status == 200 and not answer.complete and "longer than" not in answer.trouble


def not_processed(answer: Exchange) -> bool:
    """For an upload: nothing of it left this machine, or the server turned it away unprocessed.

    429 means that the server counts requests and did not handle this one (RFC 6585, section 4), so
    sending the same file again cannot store it twice. A 503 is not here: a proxy also answers 503 when
    the server behind it has taken the request and gone silent.
    """
    if isinstance(answer, Broken):
        return not answer.sent and answer.fault not in ("tls", "interrupted", "local")
    return answer.status == 429


def persist(
    call: Callable[[], Exchange],
    *,
    again: Callable[[Exchange], bool],
    patience: Patience,
    halt: threading.Event,
    waiting: Callable[[float, str], None] | None = None,
) -> Exchange:
    """Call until the answer is worth keeping or patience ends; the last answer is returned.

    `halt` ends a wait at once. `waiting` is told the seconds and the reason before each wait.
    """

    def pause(state: tenacity.RetryCallState) -> float:
        asked = retry_after(state.outcome.result()) if state.outcome is not None else None
        if asked is not None:
            return asked
        # Jitter: many machines that lost one server must not all come back in the same second.
        return float(patience.backoff * 2 ** (state.attempt_number - 1) * random.uniform(0.75, 1.25))

    def tell(state: tenacity.RetryCallState) -> None:
        if waiting is not None and state.outcome is not None:
            answer: Exchange = state.outcome.result()
            why = answer.detail if isinstance(answer, Broken) else f"the server answered {answer.status}"
            waiting(state.upcoming_sleep, why)

    retrying = tenacity.Retrying(
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(max(1, patience.attempts)),
            tenacity.stop_before_delay(patience.max_wait),
            tenacity.stop_when_event_set(halt),
        ),
        wait=pause,
        retry=tenacity.retry_if_result(again),
        sleep=tenacity.sleep_using_event(halt),
        before_sleep=tell,
        retry_error_callback=_last,
    )
    return retrying(call)


def _last(state: tenacity.RetryCallState) -> Exchange:
    assert state.outcome is not None
    answer: Exchange = state.outcome.result()
    return answer
