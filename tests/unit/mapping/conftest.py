from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl
import pytest

Table = Callable[..., pl.DataFrame]


@pytest.fixture
def table() -> Table:
    """Makes a frame as readers hand it on: `table([["a", "1"], ["b"]], first=1)`; short rows are null."""

    def make(rows: Sequence[Sequence[str | None]], first: int = 1) -> pl.DataFrame:
        width = max((len(row) for row in rows), default=0)
        cells = {f"c{i}": [row[i] if i < len(row) else None for row in rows] for i in range(width)}
        schema = {"row": pl.UInt32(), **{name: pl.String() for name in cells}}
        return pl.DataFrame({"row": range(first, first + len(rows)), **cells}, schema=schema)

    return make
