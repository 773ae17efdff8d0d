"""Purpose: what the strategies write is what core reads, exactly."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgrev
from cgrev.layout import HEADINGS
from cgrev.parsing import decide, gather
from cgrev.parsing.fields import DateOrder, DecimalMark, Declared, SourceField
from cgrev.parsing.parse import parse
from cgrev.testing import strategies as own


def read(role: str, text: str, declared: Declared) -> object:
    """The typed value core reads from one cell."""
    fields = (SourceField("cell", role, 0),)  # type: ignore[arg-type]
    frame = pl.DataFrame({"row": [2], "cell.text": [text]}, schema_overrides={"row": pl.UInt32})
    decisions = decide(gather(frame, fields, declared), fields, declared)
    return parse(frame, fields, decisions, declared)["cell"][0]


@pytest.mark.parametrize("mark", [".", ","])
@settings(max_examples=30)
@given(data=st.data())
def test_amounts_are_read_exactly(mark: DecimalMark, data: st.DataObject) -> None:
    amount: own.Written[Decimal] = data.draw(own.amounts(mark))
    assert read("amount", amount.text, Declared(decimal_mark=mark)) == amount.value


@pytest.mark.parametrize("order", ["dmy", "mdy", "ymd"])
@settings(max_examples=30)
@given(data=st.data())
def test_dates_are_read_exactly(order: DateOrder, data: st.DataObject) -> None:
    day: own.Written[date] = data.draw(own.dates(order))
    assert read("date", day.text, Declared(date_order=order)) == day.value


@given(own.revenue_types())
def test_types_are_read_without_a_profile(kind: own.Written[str]) -> None:
    assert read("type", kind.text, Declared()) == kind.value


@settings(max_examples=15)
@given(own.tables({"Kunde": own.account_names(), "Betrag": own.amounts(",")}, delimiter=";", max_rows=5))
def test_tables_hold_the_rows_that_were_drawn(table: own.Table) -> None:
    rows = list(csv.reader(io.StringIO(table.content.decode(), newline=""), delimiter=";"))
    assert rows[0] == ["Kunde", "Betrag"]
    assert rows[1:] == [[row["Kunde"], row["Betrag"].text] for row in table.rows]


@settings(max_examples=15)
@given(own.layout_rows())
def test_rows_of_the_layout_have_no_fault(row: dict[str, str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([HEADINGS, row.values()])
    report = cgrev.check(out.getvalue().encode())
    assert report.findings.filter(pl.col("severity") == "error").height == 0
