"""The ledger against a model of it, over random histories of several runs."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cgrev.targets.batches import BatchFile
from cgrev.targets.ledger import IllegalTransition, Ledger
from cgrev.targets.ledger_records import Run
from cgrev.targets.states import ALLOWED, BatchState

PLACE = "somewhere"
BATCHES = [BatchFile(Path(f"/x/{n}.csv"), f"{n}.csv", f"{n:064d}", 10, 1, n) for n in range(3)]
NUMBERS = st.integers(0, len(BATCHES) - 1)
STATES = st.sampled_from(list(BatchState))


class LedgerHistory(RuleBasedStateMachine):
    """Runs begin, claim, record, die; the ledger is closed and opened again in between."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.states = dict.fromkeys(range(len(BATCHES)), BatchState.PLANNED)
        self.attempts = dict.fromkeys(range(len(BATCHES)), 0)
        self.owner: dict[int, str] = {}
        self.alive: list[Run] = []

    @initialize()
    def open(self) -> None:
        self.ledger = Ledger(self.path)
        self.begin()

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    @rule()
    def begin(self) -> None:
        run = self.ledger.begin("upload", PLACE)
        self.ledger.register(run, BATCHES)
        self.alive.append(run)

    @precondition(lambda self: self.alive)
    @rule(number=NUMBERS, which=st.integers(0, 5))
    def claim(self, number: int, which: int) -> None:
        run = self.alive[which % len(self.alive)]
        record = self.ledger.claim(run, BATCHES[number])
        assert (record is not None) == (self.states[number] is BatchState.PLANNED)
        if record is not None:
            self.states[number] = BatchState.SENDING
            self.attempts[number] += 1
            self.owner[number] = run.id
            assert record.attempts == self.attempts[number]

    @rule(number=NUMBERS, state=STATES)
    def move(self, number: int, state: BatchState) -> None:
        record = self.ledger.record(PLACE, BATCHES[number].sha256)
        assert record is not None
        if state in ALLOWED[record.state] and state is not BatchState.SENDING:
            assert self.ledger.move(record, state)
            self.states[number] = state
            # The same knowledge a second time is stale.
            if state is not record.state:
                assert not self.ledger.move(record, state)
        else:
            with contextlib.suppress(IllegalTransition):
                self.ledger.move(record, state)
                raise AssertionError(f"{record.state} to {state} was let through")

    @precondition(lambda self: len(self.alive) > 1)
    @rule(which=st.integers(0, 5))
    def die(self, which: int) -> None:
        run = self.alive.pop(which % len(self.alive))
        self.ledger._leases.give_back(run.id)

    @rule()
    def recover(self) -> None:
        living = {run.id for run in self.alive}
        lost = {
            number
            for number, state in self.states.items()
            if state is BatchState.SENDING and self.owner[number] not in living
        }
        assert {record.sha256 for record in self.ledger.recover(PLACE)} == {
            BATCHES[number].sha256 for number in lost
        }
        for number in lost:
            self.states[number] = BatchState.UNKNOWN

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.alive.clear()
        self.ledger = Ledger(self.path)

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for number, state in self.states.items():
            record = self.ledger.record(PLACE, BATCHES[number].sha256)
            assert record is not None
            assert (record.state, record.attempts) == (state, self.attempts[number])


TestLedgerHistory = LedgerHistory.TestCase
TestLedgerHistory.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
