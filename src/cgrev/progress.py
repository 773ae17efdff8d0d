"""How far a long run is, for whoever wants to show it: pieces say what they did, a watcher listens.

Without a watcher, telling costs nothing and shows nothing. Watching never changes a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct


class Step(Struct, frozen=True):
    """What is at work (the path of an input, or `writing`), its rows so far and its findings so far."""

    what: str
    rows: int
    findings: int = 0


Watcher = Callable[[Step], None]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell this watcher of every step inside; it must not raise."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def tell(what: str, rows: int, findings: int = 0) -> None:
    """Say how far `what` is."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(Step(what, rows, findings))
