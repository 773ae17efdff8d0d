"""The states of a batch, and which may follow which.

::

    planned --> sending --> acknowledged --> verified
       ^           |             |
       |           |             +----> rejected   (listed with rows that were not stored)
       |           +--> rejected       (the server said no)
       |           +--> unknown  --> acknowledged | verified | rejected   (the list of uploads tells)
       +-----------+       |
       +-------------------+   only after a complete list lacks it, or a person vouches for it

`sending` goes back to `planned` only when it is certain that nothing reached the server. `rejected` goes
back to `planned` only when nothing of it is stored and a person uploads it again; `acknowledged` only when
the list lacks it and a person vouches that it is not stored. `planned` leaves out `sending` when the list
shows the file already: it was sent from elsewhere.
"""

from __future__ import annotations

from enum import StrEnum


class BatchState(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"
    VERIFIED = "verified"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


ALLOWED: dict[BatchState, frozenset[BatchState]] = {
    BatchState.PLANNED: frozenset(
        {BatchState.SENDING, BatchState.ACKNOWLEDGED, BatchState.VERIFIED, BatchState.REJECTED}
    ),
    BatchState.SENDING: frozenset(
        {BatchState.ACKNOWLEDGED, BatchState.REJECTED, BatchState.UNKNOWN, BatchState.PLANNED}
    ),
    BatchState.UNKNOWN: frozenset(
        {BatchState.ACKNOWLEDGED, BatchState.VERIFIED, BatchState.REJECTED, BatchState.PLANNED}
    ),
    BatchState.ACKNOWLEDGED: frozenset({BatchState.VERIFIED, BatchState.REJECTED, BatchState.PLANNED}),
    BatchState.REJECTED: frozenset({BatchState.PLANNED}),
    BatchState.VERIFIED: frozenset(),
}

STORED = frozenset({BatchState.ACKNOWLEDGED, BatchState.VERIFIED})


def combined(parts: list[BatchState]) -> BatchState:
    """The state of a batch that was sent in parts: the worst news first."""
    for state in (BatchState.UNKNOWN, BatchState.SENDING, BatchState.REJECTED, BatchState.PLANNED):
        if state in parts:
            return state
    return BatchState.ACKNOWLEDGED if BatchState.ACKNOWLEDGED in parts else BatchState.VERIFIED
