"""What a target is: something that takes batches and, where it can, lists what it has.

A plugin adds one through an entry point in the group `cgrev.targets`; the entry-point name is the `kind`
of `[target]`, and it leads to a callable `(settings: Mapping[str, object]) -> Target`.

The rule that everything rests on: a target says `NOT_SENT` only when it is certain that nothing reached
the server, `REFUSED` only when the server said so, `ACKNOWLEDGED` only when the server said so, and
`UNKNOWN` in every other case. An `UNKNOWN` batch is never sent again without asking the server first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from cgrev.targets.batches import BatchFile


class OutcomeKind(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"


Reason = Literal[
    "answer",
    "authentication",
    "broken",
    "changed",
    "endpoint",
    "interrupted",
    "seen-before",
    "throttled",
    "unreachable",
]
"""Why, in a word the run acts on. `endpoint`: the address or the rights are wrong, so every further
batch would fare alike. `seen-before`: the server says that it has processed this file already."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one batch. `message` is one sentence without a secret; `code` the server's number."""

    kind: OutcomeKind
    message: str
    reason: Reason = "answer"
    help: str = ""
    status: int | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`can_list`: it lists what it has. `absence_counts`: a file that a complete listing lacks after the
    settle time was not stored (false for a folder that someone empties). `can_delete`: see `delete`."""

    can_list: bool = False
    can_delete: bool = False
    absence_counts: bool = False


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One entry of a target's list of uploads. Counts are None where the target does not state them.

    `uploaded` is the target's own text: its time zone is not known. `sha256` only where a target can
    read a file back.
    """

    id: str
    name: str
    status: str = ""
    uploaded: str = ""
    total: int | None = None
    successful: int | None = None
    unsuccessful: int | None = None
    logs: tuple[str, ...] = ()
    sha256: str | None = None

    def is_named(self, name: str) -> bool:
        """Whether this entry is the file sent under `name` (whose digest makes it one of a kind).

        A server may show a path, put an id in front or change the extension; the stem must be there
        whole, so that `x-001-of-002` is not found in `x-001-of-0021`.
        """
        if self.name == name:
            return True
        stem = re.escape(Path(name).stem)
        return re.search(rf"(?i)(?<![A-Za-z0-9]){stem}(?![A-Za-z0-9-])", self.name) is not None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a target has. `complete` False: it did not show all, so absence from it proves nothing."""

    files: tuple[RemoteFile, ...]
    complete: bool = True

    def named(self, name: str) -> tuple[RemoteFile, ...]:
        return tuple(file for file in self.files if file.is_named(name))


@dataclass(frozen=True, slots=True)
class Reachability:
    """What a target said when it was asked whether it is there. Nothing is stored by asking.

    `authenticated` None: it was not put to the test. `message` is one sentence.
    """

    reachable: bool
    authenticated: bool | None
    listing: bool
    message: str
    help: str = ""

    @property
    def ready(self) -> bool:
        return self.reachable and self.authenticated is not False


@runtime_checkable
class Target(Protocol):
    """A place for batches. Every method may be called from several threads at once.

    `identity` names the place and the tenant, never a credential: what was sent is remembered under it.
    `settle` is the number of seconds after which a listing is trusted to be complete, None if not known.
    """

    name: str
    identity: str
    capabilities: Capabilities
    settle: float | None

    def describe(self) -> dict[str, str]:
        """What is known of this target, in words, for `doctor` and the plan. No secret."""
        ...

    def check(self) -> Reachability:
        """Ask whether it is there and lets us in. Stores nothing and never raises `TargetError`."""
        ...

    def send(self, batch: BatchFile) -> Outcome:
        """Send one batch once. Raises `BatchChanged` before anything is sent, else tells by the outcome."""
        ...

    def listing(self, since: date | None = None) -> Listing:
        """What it has, from a day on. Raises `TargetError` when it cannot tell."""
        ...

    def on_wait(self, tell: Callable[[float, str], None] | None) -> None:
        """Whom to tell the seconds and the reason before each wait, from whichever thread waits."""
        ...

    def abort(self) -> None:
        """End every call under way at once, from another thread; their outcomes say what is known."""
        ...

    def close(self) -> None: ...
