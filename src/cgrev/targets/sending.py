"""The sending itself: workers that claim, send and record, and a main thread that listens.

Batches are always sent from worker threads, even one at a time. The main thread only waits, so an
interrupt from the keyboard reaches it at once and can never fall between a batch and its record.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from cgrev.errors import (
    AuthenticationFailed,
    CgrevError,
    OutcomeUnknown,
    ServerRefused,
    ServerUnreachable,
    TargetError,
)
from cgrev.targets.batches import BatchChanged, BatchFile
from cgrev.targets.ledger import Ledger
from cgrev.targets.ledger_records import BatchRecord, Evidence, Run
from cgrev.targets.protocol import Outcome, OutcomeKind, Reason, Target
from cgrev.targets.secrets import server_text
from cgrev.targets.states import BatchState
from cgrev.targets.summary import BatchResult, result_of

UNREACHABLE_IN_A_ROW = 2
"""Batches that found no server, after which the others are not tried."""
UNKNOWN_IN_A_ROW = 5
"""Unknown outcomes, after which the server is taken to be in trouble."""
_STOPS: frozenset[Reason] = frozenset({"authentication", "throttled", "endpoint", "interrupted", "changed"})

_STATES = {
    OutcomeKind.ACKNOWLEDGED: BatchState.ACKNOWLEDGED,
    OutcomeKind.REFUSED: BatchState.REJECTED,
    OutcomeKind.UNKNOWN: BatchState.UNKNOWN,
    OutcomeKind.NOT_SENT: BatchState.PLANNED,
}


class Progress(Protocol):
    """Who is told how an upload goes on. Always called from the thread that called the run."""

    def begin(self, batches: Sequence[BatchFile]) -> None:
        """These are to be sent."""

    def sending(self, batch: BatchFile) -> None: ...

    def waiting(self, seconds: float, why: str) -> None:
        """Nothing happens for some seconds, and why."""

    def done(self, result: BatchResult) -> None: ...


class Silent:
    """A `Progress` that says nothing."""

    def begin(self, batches: Sequence[BatchFile]) -> None:
        return None

    def sending(self, batch: BatchFile) -> None:
        return None

    def waiting(self, seconds: float, why: str) -> None:
        return None

    def done(self, result: BatchResult) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _Sending:
    batch: BatchFile


@dataclass(frozen=True, slots=True)
class _Waiting:
    seconds: float
    why: str


_Event = _Sending | _Waiting | BatchResult | CgrevError


@dataclass(slots=True)
class Sent:
    """How a round of sending ended. `stopped` is a sentence when it ended before its last batch."""

    results: list[BatchResult]
    stopped: str = ""
    help: str = ""
    reason: Reason | None = None
    interrupted: bool = False


class Sender:
    """Sends batches of one run to one target."""

    def __init__(
        self, target: Target, ledger: Ledger, run: Run, progress: Progress, *, grace: float = 5.0
    ) -> None:
        """`grace`: seconds a batch under way is given to end by itself after an interrupt."""
        self._target = target
        self._ledger = ledger
        self._run = run
        self._progress = progress
        self._grace = grace
        self._events: queue.Queue[_Event] = queue.Queue()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._in_a_row: dict[Reason | OutcomeKind, int] = {}
        self._sent = Sent([])

    def send(self, batches: Sequence[BatchFile], concurrency: int = 1) -> Sent:
        """Send each batch at most once. Returns when all are done or a reason to stop was met.

        Raises `CgrevError` when the ledger can no longer be written: what was under way is then in it as
        `sending`, and the next run takes it for unknown.
        """
        self._progress.begin(batches)
        todo = iter(batches)
        workers = [
            threading.Thread(target=self._work, args=(todo,), name=f"upload-{number}", daemon=True)
            for number in range(max(1, min(concurrency, len(batches))))
        ]
        self._target.on_wait(lambda seconds, why: self._events.put(_Waiting(seconds, why)))
        fault: CgrevError | None = None
        try:
            for worker in workers:
                worker.start()
            fault = self._listen(workers)
        except KeyboardInterrupt:
            self._sent.interrupted = True
            self._wind_down(workers)
        finally:
            self._stop.set()
            for worker in workers:
                if worker.ident is not None:
                    worker.join()
            self._target.on_wait(None)
        fault = self._drain() or fault
        if fault is not None:
            raise fault
        return self._sent

    def _listen(self, workers: Sequence[threading.Thread]) -> CgrevError | None:
        fault: CgrevError | None = None
        while any(worker.is_alive() for worker in workers) or not self._events.empty():
            try:
                event = self._events.get(timeout=0.05)
            except queue.Empty:
                continue
            fault = self._tell(event) or fault
        return fault

    def _drain(self) -> CgrevError | None:
        fault: CgrevError | None = None
        while not self._events.empty():
            fault = self._tell(self._events.get()) or fault
        return fault

    def _tell(self, event: _Event) -> CgrevError | None:
        if isinstance(event, CgrevError):
            return event
        if isinstance(event, _Sending):
            self._progress.sending(event.batch)
        elif isinstance(event, _Waiting):
            self._progress.waiting(event.seconds, event.why)
        else:
            self._sent.results.append(event)
            self._progress.done(event)
        return None

    def _wind_down(self, workers: Sequence[threading.Thread]) -> None:
        """Claim nothing more, and give what is under way a moment before it is ended.

        A second interrupt ends it at once.
        """
        self._stop.set()
        until = time.monotonic() + self._grace
        try:
            for worker in workers:
                worker.join(max(0.0, until - time.monotonic()))
        except KeyboardInterrupt:
            pass
        self._target.abort()

    # -- in the workers

    def _work(self, todo: Iterator[BatchFile]) -> None:
        while not self._stop.is_set():
            with self._lock:
                batch = next(todo, None)
            if batch is None:
                return
            try:
                self._events.put(self._one(batch))
            except CgrevError as error:
                self._stop.set()
                self._events.put(error)
                return

    def _one(self, batch: BatchFile) -> BatchResult:
        record = self._ledger.claim(self._run, batch)
        if record is None:
            known = self._ledger.record(self._run.target, batch.sha256)
            assert known is not None
            return result_of(known, "left", message="another run has taken it")
        self._events.put(_Sending(batch))
        outcome = attempt(self._target, replace(batch, name=record.name))
        evidence = Evidence(answer=outcome.message, status=outcome.status, code=outcome.code)
        self._keep(record, _STATES[outcome.kind], evidence)
        self._consider(outcome)
        after = self._ledger.record(record.target, record.sha256)
        assert after is not None
        return result_of(
            after,
            "not sent" if outcome.kind is OutcomeKind.NOT_SENT else "sent",
            message=outcome.message,
            help=outcome.help,
            reason=outcome.reason,
        )

    def _keep(self, record: BatchRecord, state: BatchState, evidence: Evidence) -> None:
        """Record an outcome. Another machine that shares the state folder may have taken this run for dead
        and the batch for unknown; what is known here counts more."""
        if self._ledger.move(record, state, evidence, run=self._run):
            return
        now = self._ledger.record(record.target, record.sha256)
        if now is None or now.state is not BatchState.UNKNOWN or now.attempts != record.attempts:
            return
        if state is not BatchState.UNKNOWN:
            self._ledger.move(now, state, evidence, run=self._run)

    def _consider(self, outcome: Outcome) -> None:
        """Stop when the next batch would fare no better."""
        with self._lock:
            row = self._in_a_row
            unreachable = outcome.reason == "unreachable"
            row["unreachable"] = row.get("unreachable", 0) + 1 if unreachable else 0
            unknown = outcome.kind is OutcomeKind.UNKNOWN
            row[OutcomeKind.UNKNOWN] = row.get(OutcomeKind.UNKNOWN, 0) + 1 if unknown else 0
            if outcome.reason in _STOPS or row["unreachable"] >= UNREACHABLE_IN_A_ROW:
                self._halt(outcome.message, outcome.help, outcome.reason)
            elif row[OutcomeKind.UNKNOWN] >= UNKNOWN_IN_A_ROW:
                self._halt(
                    f"{UNKNOWN_IN_A_ROW} batches in a row ended without a clear answer",
                    "run `cgrev uploads resume` when the server is well again",
                    outcome.reason,
                )

    def _halt(self, why: str, help: str, reason: Reason) -> None:
        if not self._stop.is_set() and not self._sent.stopped:
            self._sent.stopped, self._sent.help, self._sent.reason = why, help, reason
        self._stop.set()


def attempt(target: Target, batch: BatchFile) -> Outcome:
    """Send one batch, and take whatever a target raises for what it means. Only an interrupt passes."""
    try:
        return target.send(batch)
    except BatchChanged as error:
        return Outcome(OutcomeKind.NOT_SENT, error.message, "changed", error.help or "")
    except AuthenticationFailed as error:
        return Outcome(OutcomeKind.NOT_SENT, error.message, "authentication", error.help or "")
    except ServerUnreachable as error:
        return Outcome(OutcomeKind.NOT_SENT, error.message, "unreachable", error.help or "")
    except ServerRefused as error:
        return Outcome(
            OutcomeKind.REFUSED, error.message, "answer", error.help or "", error.status, error.code
        )
    except OutcomeUnknown as error:
        return Outcome(OutcomeKind.UNKNOWN, error.message, "broken", error.help or "")
    except TargetError as error:
        return Outcome(OutcomeKind.UNKNOWN, error.message, "broken", error.help or "")
    except Exception as error:
        said = server_text(f"{type(error).__name__}: {error}", 200)
        return Outcome(
            OutcomeKind.UNKNOWN,
            f"the target '{target.name}' failed ({said}): the file may be stored",
            "broken",
        )
