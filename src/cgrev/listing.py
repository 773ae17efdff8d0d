"""Rows that breach rules, gathered until there are enough of them to be listed in one go.

Pandera costs as much for one row as for a thousand, so the rows of all pieces of a file, and of all small
files of a call, are handed to it together.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from msgspec import Struct, field

from cgrev.breach import Told, cell_findings
from cgrev.errors import PluginError
from cgrev.places import AT
from cgrev.schema import Held, breaches
from cgrev.table import ROW

LISTED_ROWS = 100_000
"""Rows that wait at most."""


class Listing(Struct):
    """Breached rows of the files of one call; `settle` turns them into findings of each file."""

    files: dict[int, tuple[Told, list[pl.DataFrame]]] = field(default_factory=dict)
    """By the number of the unit: what is told of a file, and where its findings go."""
    rules: dict[str, Held] = field(default_factory=dict)
    frames: list[pl.DataFrame] = field(default_factory=list)
    rows: int = 0

    def begin(self, file: Told, findings: list[pl.DataFrame]) -> None:
        """A file that is read from its start, for the first time or again."""
        number = file.where.unit
        if number in self.files:
            self.frames = [frame for frame in self.frames if frame[AT][0] >> 32 != number]
            self.rows = sum(frame.height for frame in self.frames)
        self.files[number] = file, findings

    def add(self, breached: pl.DataFrame, rules: Sequence[Held]) -> None:
        """Canonical rows of one file, each of which breaches one of these rules at least.

        Their texts are copied: else those of the whole piece would stay alive."""
        if not breached.height:
            return
        named = {f"{rule.code}@{column}": (rule, column) for rule, column in rules}
        if any(self.rules.get(name, one) != one for name, one in named.items()):
            self.settle()  # a rule may have other settings for another file
        self.rules.update(named)
        self.frames.append(breached.with_columns(pl.col(pl.String) + ""))
        self.rows += breached.height
        if self.rows >= LISTED_ROWS:
            self.settle()

    def end(self) -> None:
        """List what waits, and let go of the files: no more rows of them come."""
        self.settle()
        self.files = {}

    def settle(self) -> None:
        """List the breaches of all rows that wait. Raises PluginError (CGR904) for a rule that fails."""
        if not self.frames:
            return
        frame, rules = pl.concat(self.frames, how="diagonal"), tuple(self.rules.values())
        self.rules, self.frames, self.rows = {}, [], 0
        failed = breaches(frame, rules)
        if failed["index"].n_unique() != frame.height:
            raise _taken_back(frame, failed, rules)
        units = (frame[AT] // (1 << 32)).unique().to_list()
        told = [self.files[unit][0] for unit in units]
        found = cell_findings(failed, frame, told, {rule.code: rule for rule, _ in rules})
        for unit in units:
            own = found if len(units) == 1 else found.filter(pl.col(AT) // (1 << 32) == unit)
            self.files[unit][1].append(own)


def _taken_back(frame: pl.DataFrame, failed: pl.DataFrame, rules: Sequence[Held]) -> PluginError:
    """The error for a row of which a rule said something that it does not say when it is asked again."""
    row = frame.with_row_index().filter(~pl.col("index").is_in(failed["index"].implode()))[ROW][0]
    own = sorted({rule.code for rule, _ in rules if rule.breach is not None})
    return PluginError(
        f"one of the rules {', '.join(own)} says otherwise of row {row} when it is asked again",
        help="a rule looks at its row alone; leave out that of a plugin with --ignore, and tell its author",
        code="CGR904",
    )
