"""A file after all rules over its own rows, and what was gathered on the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from msgspec import Struct, field

from cgrev.across import Across
from cgrev.findings import RowCount, SkippedRow, Totals
from cgrev.layout import IDS
from cgrev.parsing.decisions import Decisions
from cgrev.places import AT
from cgrev.report import FileReport
from cgrev.schema import DTYPES
from cgrev.stated import StatedTotals
from cgrev.table import ROW

if TYPE_CHECKING:
    from cgrev.pipeline import FileRun


class Collected(Struct):
    """What one run through the pieces gathered; thrown away when decisions turn out otherwise."""

    findings: list[pl.DataFrame] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    currencies: dict[str, int] = field(default_factory=dict)
    infos: dict[str, int] = field(default_factory=dict)
    rows: RowCount = field(default_factory=RowCount)
    totals: Totals = field(default_factory=Totals)
    across: Across = field(default_factory=Across)
    stated: StatedTotals = field(default_factory=StatedTotals)
    above: list[pl.DataFrame] = field(default_factory=list)
    """Rows above the header."""
    pieces: int = 0
    found: int = 0
    negative: int = 0
    nonzero: int = 0
    names: list[pl.Series] = field(default_factory=list)
    """Rows of which something is told, amounts below zero and amounts that are not zero, and names where
    they are held against known accounts."""
    kept: pl.DataFrame | None = None
    """The canonical rows while the file is one piece: cross-row candidates are then taken from it."""


REJECTED: dict[str, pl.DataType] = {
    AT: pl.UInt64(),
    ROW: pl.UInt32(),
    **{f"{name}.text": pl.String() for name in IDS},
    "amount": DTYPES["amount"],
    "account_name": pl.String(),
    "revenue_type": pl.String(),
}
"""Columns of a rejected row: its place, the six cells as in the file, and where they are readable the exact
amount, the account and the type, by which the row is accounted for."""


class Examined(Struct):
    """A file after all rules over its own rows. `findings` are not yet in the order of a report."""

    report: FileReport
    findings: list[pl.DataFrame]
    rejected: list[pl.DataFrame]
    run: FileRun
    decisions: Decisions
    collected: Collected

    def rejected_at(self) -> pl.Series:
        """Places of the rejected rows."""
        frames = [frame.select(AT) for frame in self.rejected]
        return pl.concat(frames)[AT] if frames else pl.Series(AT, [], dtype=pl.UInt64)
