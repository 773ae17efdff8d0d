"""A small file of given cells, as the pipeline hands it to the parsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from unittest import mock

import polars as pl
import pytest

from cgrev.layout import COLUMNS
from cgrev.parsing import cell_columns
from cgrev.parsing.decisions import Decisions, decide
from cgrev.parsing.evidence import gather
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.parse import parse

FIELDS = tuple(
    SourceField(column.id, column.role, place, column.heading) for place, column in enumerate(COLUMNS)
)
GOOD = {
    "account_name": "Acme Ltd",
    "amount": "5",
    "start_date": "2024-01-01",
    "end_date": "2024-12-31",
    "revenue_type": "ARR",
    "description": "Gold plan",
}
Columns = Callable[..., pl.DataFrame]
Reader = Callable[..., tuple[pl.DataFrame, Decisions]]


def piece(*, kinds: dict[str, Sequence[int]] | None = None, **cells: Sequence[str | None]) -> pl.DataFrame:
    """A piece whose named columns hold the given cells, the others good ones; rows count from 2."""
    height = max((len(texts) for texts in cells.values()), default=1)
    data: dict[str, pl.Series] = {"row": pl.Series(range(2, height + 2), dtype=pl.UInt32)}
    for name, good in GOOD.items():
        data[f"{name}.text"] = pl.Series(cells.get(name, [good] * height), dtype=pl.String)
    for name, marks in (kinds or {}).items():
        data[f"{name}.kind"] = pl.Series(marks, dtype=pl.UInt8)
    return pl.DataFrame(data)


@pytest.fixture
def fields() -> tuple[SourceField, ...]:
    return FIELDS


@pytest.fixture
def columns() -> Columns:
    return piece


@pytest.fixture
def read() -> Reader:
    """Gathers, decides and parses a piece of the given cells."""

    def run(declared: Declared | None = None, **cells: object) -> tuple[pl.DataFrame, Decisions]:
        how = declared or Declared()
        frame = piece(**cells)  # type: ignore[arg-type]
        decisions = decide(gather(frame, FIELDS, how), FIELDS, how)
        return parse(frame, FIELDS, decisions, how), decisions

    return run


@pytest.fixture(autouse=True, params=[0, cell_columns.FEW], ids=["by columns", "one by one"], scope="module")
def either_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Few cells are read one by one, many by columns: whatever holds, holds of both."""
    with mock.patch.object(cell_columns, "FEW", request.param):
        yield
