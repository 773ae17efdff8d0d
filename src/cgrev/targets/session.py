"""The steps of a run over one target and one ledger; `cgrev.uploading` puts them in order."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from cgrev.errors import UsageError
from cgrev.targets.batches import BatchFile, canary_parts
from cgrev.targets.ledger import Ledger, LedgerError
from cgrev.targets.ledger_records import BatchRecord, Run
from cgrev.targets.plan import PlannedBatch
from cgrev.targets.protocol import Reason, Target
from cgrev.targets.reading_back import ReadBack, read_back
from cgrev.targets.sending import Progress, Sender
from cgrev.targets.states import STORED, BatchState
from cgrev.targets.summary import BatchResult, Did, UploadSummary, exit_code, result_of, sentence, versions

DEFAULT_SETTLE = 30.0
"""Seconds `resume` gives a list of uploads to become complete when the target does not say (`settle`)."""
CANARY_SECONDS = 60.0
"""How long the first record is looked for in the list before the upload is stopped."""
OTHERS_SECONDS = 120.0
"""How long a batch that another run is sending is waited for."""
_POLLS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)

SETTLED = frozenset({BatchState.ACKNOWLEDGED, BatchState.REJECTED, BatchState.VERIFIED})
"""States whose batches are read back at the end of a run: an unknown one waits for `resume` or `settle`."""
NOT_SENDING = frozenset(BatchState) - {BatchState.SENDING}


class UploadSession:
    """One run. `begun` holds it; the steps are called inside; `summary` tells how it ended."""

    def __init__(
        self,
        command: str,
        target: Target,
        ledger: Ledger,
        progress: Progress,
        *,
        concurrency: int = 1,
        grace: float = 5.0,
        manifest_digest: str = "",
    ) -> None:
        self._command = command
        self._target = target
        self._ledger = ledger
        self._progress = progress
        self._concurrency = concurrency
        self._grace = grace
        self._manifest_digest = manifest_digest
        self._run: Run | None = None
        self._files: dict[str, BatchFile] = {}
        self._again: frozenset[str] = frozenset()
        self._told: dict[str, BatchResult] = {}
        self._unlisted: set[str] = set()
        self._notes: list[str] = []
        self._last = ReadBack(None)
        self._stop: tuple[str, str, Reason] | None = None
        self._interrupted = False

    @contextlib.contextmanager
    def begun(self, folder: str, settings_digest: str, resumes: str | None = None) -> Iterator[None]:
        """The run in the ledger, from its beginning to its end. An interrupt ends here."""
        self._run = self._ledger.begin(
            self._command,
            self._target.identity,
            folder=folder,
            settings_digest=settings_digest,
            resumes=resumes,
        )
        self._target.on_wait(self._progress.waiting)
        try:
            yield
        except KeyboardInterrupt:
            self._interrupted = True
        except BaseException:
            with contextlib.suppress(LedgerError):
                self._ledger.end(self._run, 2)
            raise
        finally:
            self._target.on_wait(None)
        self._run = self._ledger.end(self._run, exit_code(self.summary()))

    @property
    def run(self) -> Run:
        assert self._run is not None, "a step outside of begun()"
        return self._run

    def _records(self) -> list[BatchRecord]:
        return self._ledger.batches(self.run.id)

    # -- what there is

    def take(self, files: Sequence[BatchFile], items: Sequence[PlannedBatch]) -> None:
        """Take the batches of a plan into the run."""
        self._ledger.register(self.run, files)
        self._files = {item.batch.sha256: item.batch for item in items}
        self._again = frozenset(item.batch.sha256 for item in items if item.action == "send again")

    def take_from(self, old: Run) -> None:
        """Take the batches of an earlier run into this one."""
        self._ledger.adopt(self.run, old)

    def is_ready(self) -> bool:
        """Ask the target before anything is sent, so that a wrong credential or address costs nothing."""
        found = self._target.check()
        if not found.ready:
            reason: Reason = "authentication" if found.authenticated is False else "unreachable"
            self._halt(found.message, found.help, reason)
            return False
        if not found.listing and self._target.capabilities.can_list:
            self._notes.append(f"uploads cannot be read back: {found.message}")
        return True

    # -- reading back

    def read_back(self, only: Collection[BatchState]) -> ReadBack:
        self._last = read_back(self._ledger, self._target, self._records(), self.run, only)
        if self._last.trouble and self._last.trouble not in self._notes:
            self._notes.append(self._last.trouble)
        return self._last

    def look_before(self) -> None:
        """See what the server lists of the batches that are about to be sent, and hold back what it has.

        A file that was refused before is sent again only when the list, given time, still lacks it.
        """
        found = self.read_back({BatchState.PLANNED, BatchState.REJECTED})
        refused = [r for r in self._records() if r.sha256 in self._again and r.resendable]
        if not refused:
            return
        settle = self._target.settle if self._target.settle is not None else DEFAULT_SETTLE
        left = settle - min(record.age for record in refused)
        if left > 0 and self._target.capabilities.can_list:
            self._progress.waiting(left, "a file that was refused may still appear in the list of uploads")
            time.sleep(left)
            found = self.read_back({BatchState.PLANNED, BatchState.REJECTED})
        if self._target.capabilities.can_list and (found.listing is None or not found.listing.complete):
            self._notes.append("refused batches are not sent again while the list cannot be read")
            return
        for record in self._records():
            if record.sha256 in self._again and record.resendable:
                self._ledger.move(record, BatchState.PLANNED, run=self.run, note="uploaded again")

    def resolve(self, settle: float, *, resend: bool) -> None:
        """Look for unknown batches in the list until each is found or has been missing for long enough.

        With `resend`, one that a complete list lacks `settle` seconds after it became unknown is planned
        anew. The list must have been asked for after that time, and the batch must not have been sent by
        someone else meanwhile (the ledger compares the number of attempts).
        """
        polls = iter(_POLLS)
        while unknown := self._unknown():
            ages = {record.sha256: record.age for record in unknown}
            found = self.read_back(NOT_SENDING)
            if found.listing is None or not found.listing.complete:
                return
            absent = {record.sha256 for record in found.absent}
            if not self._target.capabilities.absence_counts:
                return
            waiting = []
            for record in unknown:
                if record.sha256 not in absent:
                    continue
                if ages[record.sha256] < settle:
                    waiting.append(settle - ages[record.sha256])
                elif resend:
                    self._ledger.move(
                        record,
                        BatchState.PLANNED,
                        run=self.run,
                        note=f"a complete list lacks it after {settle:g} seconds",
                    )
            if not waiting:
                return
            pause = min(max(waiting) + 0.01, next(polls, _POLLS[-1]))
            self._progress.waiting(pause, "the list of uploads may not be complete yet")
            time.sleep(pause)

    def _unknown(self) -> list[BatchRecord]:
        return [record for record in self._records() if record.state is BatchState.UNKNOWN]

    def vouch(self, names: Collection[str]) -> None:
        """A person says that these are not stored: they are planned anew, unless the list shows them."""
        if not names:
            return
        known = {record.name for record in self._records()}
        for name in names:
            if name not in known:
                raise UsageError(
                    f"the run has no batch '{name}'", help=f"it has {', '.join(sorted(known)[:5])}"
                )
        absent = {record.sha256 for record in self.read_back(NOT_SENDING).absent}
        for record in self._records():
            if record.name not in names:
                continue
            unseen = self._last.listing is None or record.sha256 in absent
            if unseen and record.state in (BatchState.UNKNOWN, BatchState.ACKNOWLEDGED, BatchState.REJECTED):
                self._ledger.move(
                    record, BatchState.PLANNED, run=self.run, note="a person vouches that it is not stored"
                )
            else:
                self._notes.append(f"'{record.name}' is {record.state} and is not sent again")

    def flag_missing(self, settle: float) -> None:
        """Acknowledged batches that a complete list lacks, when there was time enough, are contradictions."""
        listing = self._last.listing
        if listing is None or not listing.complete or not self._target.capabilities.absence_counts:
            return
        self._unlisted = {
            record.sha256
            for record in self._last.absent
            if record.state is BatchState.ACKNOWLEDGED and record.age >= settle
        }

    # -- sending

    def pass_canary(self, *, make: bool) -> bool:
        """Whether the way is free: there is no canary, or it is listed as loaded.

        With `make`, the first batch gives its first record as one. A canary of an earlier run that has not
        come back keeps the way closed.
        """
        records = self._records()
        canary = next((record for record in records if record.part == "canary"), None)
        if canary is None and make:
            canary = self._make_canary(next((r for r in records if r.state is BatchState.PLANNED), None))
        if canary is None:
            return True
        if canary.state is BatchState.PLANNED:
            self._send([self._batch(canary)], 1)
        return self._canary_came_back(canary)

    def _make_canary(self, first: BatchRecord | None) -> BatchRecord | None:
        if first is None or first.records == 1:
            return first
        whole = self._batch(first)
        parts = canary_parts(whole)
        if not self._ledger.split(self.run, whole, parts):
            raise UsageError(
                f"a canary cannot be taken from '{first.name}': another run has just taken it",
                help="wait for the other run to end",
            )
        return self._ledger.record(self.run.target, parts[0].sha256)

    def _canary_came_back(self, canary: BatchRecord) -> bool:
        until = time.monotonic() + max(CANARY_SECONDS, self._target.settle or 0)
        polls = iter(_POLLS)
        while True:
            now = self._ledger.record(canary.target, canary.sha256)
            assert now is not None
            if now.state is BatchState.VERIFIED and not now.contradiction:
                return True
            if now.state is not BatchState.ACKNOWLEDGED or self._stop is not None:
                break
            if time.monotonic() >= until:
                break
            if self.read_back({BatchState.ACKNOWLEDGED}).listing is None:
                break
            again = self._ledger.record(canary.target, canary.sha256)
            if again is not None and again.state is BatchState.ACKNOWLEDGED:
                pause = next(polls, _POLLS[-1])
                self._progress.waiting(pause, "the first record is not listed yet")
                time.sleep(pause)
        if self._stop is None:
            self._halt(
                f"the first record did not come back as loaded ({now.state}): nothing more is sent",
                "look at it on the server, then run `cgrev uploads resume`",
                "answer",
            )
        return False

    def send_missing(self) -> None:
        """Send every batch that is planned, and only those."""
        self._send(
            [self._batch(record) for record in self._records() if record.state is BatchState.PLANNED],
            self._concurrency,
        )

    def _batch(self, record: BatchRecord) -> BatchFile:
        return self._files.get(record.sha256) or record.batch()

    def _send(self, batches: Sequence[BatchFile], concurrency: int) -> None:
        if not batches:
            return
        sender = Sender(self._target, self._ledger, self.run, self._progress, grace=self._grace)
        sent = sender.send(batches, concurrency)
        self._target.on_wait(self._progress.waiting)
        self._told.update({result.sha256: result for result in sent.results})
        if sent.stopped and sent.reason is not None:
            self._halt(sent.stopped, sent.help, sent.reason)
        if sent.interrupted:
            raise KeyboardInterrupt

    def wait_for_others(self) -> None:
        """Batches that another run is sending: their end is waited for, or that of the run."""
        until = time.monotonic() + OTHERS_SECONDS
        polls = iter(_POLLS)
        while time.monotonic() < until:
            self._ledger.recover(self._target.identity)
            if not any(record.state is BatchState.SENDING for record in self._records()):
                return
            pause = next(polls, _POLLS[-1])
            self._progress.waiting(pause, "another run is sending a part of these batches")
            time.sleep(pause)

    def _halt(self, why: str, help: str, reason: Reason) -> None:
        if self._stop is None:
            self._stop = (why, help, reason)

    # -- the end

    def summary(self) -> UploadSummary:
        stopped, help_, reason = self._stop or ("", "", None)
        return UploadSummary(
            command=self._command,
            target=self._target.identity,
            results=tuple(self._result(record) for record in self._records()),
            run=self.run,
            stopped=stopped,
            stop_help=help_,
            stop_reason=reason,
            interrupted=self._interrupted,
            notes=tuple(self._notes),
            manifest_digest=self._manifest_digest,
            versions=versions(),
        )

    def _result(self, record: BatchRecord) -> BatchResult:
        told = self._told.get(record.sha256)
        if record.sha256 in self._unlisted:
            record = replace(
                record, contradiction="the server took it, but a complete list of uploads lacks it"
            )
        if told is not None and told.state is record.state and not record.contradiction:
            return result_of(record, told.did, message=told.message, help=told.help, reason=told.reason)
        did: Did = told.did if told is not None else _did(self._command, record)
        return result_of(record, did, message=record.contradiction or sentence(record))


def _did(command: str, record: BatchRecord) -> Did:
    if command == "verify":
        return "read back"
    if record.state in STORED:
        return "skipped"
    return "not sent" if record.state is BatchState.PLANNED else "left"
