"""A column by its distinct words. Revenue files name the same accounts, days and types again and again:
what is read once a word costs a fraction of what is read once a cell.

Whether a column is taken this way is a matter of speed alone: both ways give the same cells.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl
from msgspec import Struct

from cgrev.parsing.cell_columns import zeros

WORTH_ROWS = 10_000
"""Rows from which on the distinct words of a column are sought at all."""
REPEATED = 4
"""How often a word must stand, on the average."""


class Words(Struct, frozen=True):
    """The `distinct` words of a column, each once, and the place of each cell's word (null: no cell)."""

    distinct: pl.Series
    places: pl.Series

    def spread(self, values: pl.Series) -> pl.Series:
        """One value a word as one value a cell."""
        return values.gather(self.places)


class Names(Struct, frozen=True):
    """What is known of a column of cleaned names: its words, where it repeats them; and the places of those
    (words, or else cells) that were not clean as they stood in the file."""

    words: Words | None
    odd: pl.Series


def words_of(columns: Mapping[str, pl.Series], known: Collection[str] = ()) -> dict[str, Words]:
    """The words of those columns of text that repeat them; columns are of one length.

    Columns that are `known` to (days: there are only so many) are not counted first."""
    length = max(map(len, columns.values()), default=0)
    if length < WORTH_ROWS:
        return {}
    frame = pl.DataFrame(dict(columns))
    unknown = [name for name in columns if name not in known]
    counted = frame.select(pl.col(unknown).approx_n_unique()).row(0, named=True) if unknown else {}
    coded = frame.select(
        pl.col(name).cast(pl.Categorical(pl.Categories.random())).to_physical()
        for name in columns
        if counted.get(name, 0) * REPEATED <= length
    )
    return {places.name: _listed(columns[places.name], places) for places in coded}


def _listed(texts: pl.Series, places: pl.Series) -> Words:
    """The word of each number, from a cell that has it. Categories number their words from 0 on; were one
    left out, it would hold a word that stands elsewhere too, and no cell."""
    highest = places.max()
    if not isinstance(highest, int):
        return Words(texts.clear(), places)
    cells = pl.int_range(len(places), dtype=pl.UInt32, eager=True)
    if places.null_count():
        there = places.is_not_null()
        cells, numbers = cells.filter(there), places.filter(there)
    else:
        numbers = places
    return Words(texts.gather(zeros(highest + 1).scatter(numbers, cells)), places)
