"""Strategies for tests with hypothesis: amounts and dates as exports write them, names, rows, whole tables.

What is written comes with what it means, so that a test can say "read exactly"::

    @given(strategies.amounts(","))
    def test_the_amount_is_read_exactly(amount):
        assert convert(amount.text) == amount.value

A table is drawn from strategies for its columns::

    tables({"Kunde": account_names(), "Betrag": amounts(","), "Beginn": dates("dmy")}, delimiter=";")
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from hypothesis import strategies as st

from cgrev.layout import HEADINGS, RevenueType
from cgrev.parsing.fields import DateOrder, DecimalMark

__all__ = ["Table", "Written", "account_names", "amounts", "dates", "layout_rows", "revenue_types", "tables"]

Value = TypeVar("Value")
_GROUPS = {".": ("", ",", "'", "\u00a0", " "), ",": ("", ".", "'", "\u00a0", " ")}
_LARGEST = 10**12
_SEPARATORS = {"dmy": ("/", ".", "-"), "mdy": ("/", "-"), "ymd": ("-", "/", ".")}
_PARTS = {"dmy": "{d}{s}{m}{s}{y}", "mdy": "{m}{s}{d}{s}{y}", "ymd": "{y}{s}{m}{s}{d}"}


@dataclass(frozen=True, slots=True)
class Written(Generic[Value]):
    """A cell as an export writes it, and what it means."""

    text: str
    value: Value


@dataclass(frozen=True, slots=True)
class Table:
    """A delimited file: its bytes, and the cells of its rows by heading as they were drawn."""

    content: bytes
    rows: tuple[Mapping[str, Any], ...]


@st.composite
def amounts(
    draw: st.DrawFn, mark: DecimalMark = ".", *, digits: int = 2, largest: int = _LARGEST
) -> Written[Decimal]:
    """An amount with this decimal mark: with or without separators, a sign, a currency.

    `digits` is the most behind the mark, `largest` the largest magnitude in whole units."""
    whole = draw(st.integers(0, largest) | st.integers(0, 9_999))
    fraction = draw(st.text("0123456789", max_size=digits))
    body = _grouped(str(whole), draw(st.sampled_from(_GROUPS[mark]))) + (mark + fraction if fraction else "")
    value = Decimal(f"{whole}.{fraction or '0'}")
    front, behind = draw(st.sampled_from([("", ""), ("EUR ", ""), ("", " EUR"), ("", " \u20ac")]))
    if not draw(st.booleans()):
        return Written(f"{front}{body}{behind}", value)
    styles = [f"-{front}{body}{behind}", f"({front}{body}{behind})", f"{front}{body}-{behind}"]
    return Written(draw(st.sampled_from(styles)), -value)


@st.composite
def dates(
    draw: st.DrawFn,
    order: DateOrder = "ymd",
    *,
    first: date = date(1990, 1, 1),
    last: date = date(2099, 12, 31),
) -> Written[date]:
    """A day in this order, with or without leading zeros; years have four digits."""
    day = draw(st.dates(first, last))
    padded = draw(st.booleans()) or order == "ymd"
    parts = (f"{day.day:02}", f"{day.month:02}") if padded else (str(day.day), str(day.month))
    separator = draw(st.sampled_from(_SEPARATORS[order]))
    return Written(_PARTS[order].format(d=parts[0], m=parts[1], y=f"{day.year:04}", s=separator), day)


def revenue_types() -> st.SearchStrategy[Written[str]]:
    """One of the four types in a spelling that is read without a profile."""
    spellings = [
        Written(spelt, kind.value)
        for kind in RevenueType
        for spelt in (kind.value, kind.value.lower(), kind.value.upper(), f" {kind.value} ")
    ]
    return st.sampled_from(spellings)


def account_names() -> st.SearchStrategy[str]:
    """Names as companies have them: commas, quotes, umlauts, other scripts; never blank, never a formula."""
    usual = st.sampled_from(
        [
            "Acme Ltd", "Lumen, Patel & Roy", 'Dorsey "Blue" Farms', "Straßenbau Müller GmbH",
            "Casa Viñedo S.L.", "青木精密株式会社", "O'Hara Bros.", "3 Rivers",
        ]
    )  # fmt: skip
    letters = st.characters(categories=["Lu", "Ll", "Lo"], max_codepoint=0x24F)
    return usual | st.text(letters, min_size=2, max_size=30)


@st.composite
def layout_rows(draw: st.DrawFn) -> dict[str, str]:
    """A row of the six columns without a fault, by heading: what `cgrev check` has nothing to say about
    but for its meaning."""
    start = draw(st.dates(date(2000, 1, 1), date(2040, 12, 31)))
    end = draw(st.dates(start, date(2041, 12, 31)))
    values = (
        draw(account_names()),
        str(draw(st.integers(1, 1_000_000))),
        start.isoformat(),
        end.isoformat(),
        draw(st.sampled_from([kind.value for kind in RevenueType])),
        draw(st.sampled_from(["", "Gold plan", "renewal, second year"])),
    )
    return dict(zip(HEADINGS, values, strict=True))


@st.composite
def tables(
    draw: st.DrawFn,
    columns: Mapping[str, st.SearchStrategy[Any]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    min_rows: int = 1,
    max_rows: int = 20,
) -> Table:
    """A delimited file with these columns. A cell drawn as `Written` is written as its text."""
    count = draw(st.integers(min_rows, max_rows))
    rows = tuple({heading: draw(cell) for heading, cell in columns.items()} for _ in range(count))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell.text if isinstance(cell, Written) else cell for cell in row.values()])
    return Table(out.getvalue().encode(encoding), rows)


def _grouped(digits: str, separator: str) -> str:
    """Digits in groups of three from the right."""
    first = len(digits) % 3 or 3
    return separator.join([digits[:first], *(digits[i : i + 3] for i in range(first, len(digits), 3))])
