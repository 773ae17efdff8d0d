"""Any exact decimal, written in any style that is read, is read as exactly that decimal."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cgrev.findings import plain
from cgrev.layout import MAX_AMOUNT, MIN_AMOUNT
from cgrev.parsing import decide, gather
from cgrev.parsing.amount_columns import read_column
from cgrev.parsing.amounts import read_amount
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.parse import parse

pytestmark = pytest.mark.usefixtures("either_way")

FIELDS = (SourceField("amount", "amount", 0),)
SPACES = [" ", "\u00a0", "\u202f", "\u2009"]
GROUPS = ["'", "\u2019", "\u00b4", *SPACES]
CURRENCIES = ["$", "US$", "USD", "usd"]

units = st.integers(MIN_AMOUNT, MAX_AMOUNT) | st.integers(-(10**6), 10**6)
fractions = st.text("0123456789", max_size=18)


def grouped(digits: str, separator: str, indian: bool) -> str:
    if indian and len(digits) > 3:
        head, last = digits[:-3], digits[-3:]
        pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
        return separator.join([*pairs, last])
    return separator.join(digits[max(0, end - 3) : end] for end in range(len(digits), 0, -3)[::-1])


@st.composite
def written(draw: st.DrawFn, mark: str) -> tuple[str, Decimal]:
    """A text with this decimal mark, and the decimal it states."""
    whole, fraction = draw(units), draw(fractions)
    separator = draw(st.sampled_from(["", "," if mark == "." else ".", *GROUPS]))
    body = grouped(str(abs(whole)), separator, indian=separator == "," and draw(st.booleans()))
    if fraction:
        body += mark + fraction
    value = Decimal(f"{abs(whole)}.{fraction or 0}")
    if value > MAX_AMOUNT:
        value, body = value - int(value), f"0{mark}{fraction}" if fraction else "0"
    currency = draw(st.none() | st.sampled_from(CURRENCIES))
    gap = draw(st.sampled_from(["", *SPACES]))
    front = f"{currency}{gap}" if currency and draw(st.booleans()) else ""
    behind = f"{gap}{currency}" if currency and not front else ""
    negative = draw(st.booleans())
    minus = draw(st.sampled_from("-\u2212\u2013"))
    styles = [f"{minus}{front}{body}{behind}", f"{front}{minus}{body}{behind}", f"({front}{body}{behind})"]
    if not body.endswith(mark):
        styles.append(f"{front}{body}{minus}{behind}")
    text = (
        draw(st.sampled_from(styles))
        if negative
        else f"{draw(st.sampled_from(['', '+']))}{front}{body}{behind}"
    )
    space = draw(st.sampled_from(["", " ", "\u00a0", "\u200b"]))
    return space + text + space, value.copy_negate() if negative else value


def amounts_of(cells: list[str], declared: Declared) -> list[Decimal | None]:
    frame = pl.DataFrame(
        {"row": range(2, len(cells) + 2), "amount.text": cells}, schema_overrides={"row": pl.UInt32}
    )
    decisions = decide(gather(frame, FIELDS, declared), FIELDS, declared)
    return parse(frame, FIELDS, decisions, declared)["amount"].to_list()


@settings(max_examples=40, deadline=None)
@given(st.lists(written("."), min_size=1, max_size=12))
def test_with_a_declared_point(cells: list[tuple[str, Decimal]]) -> None:
    texts, values = [text for text, _ in cells], [value for _, value in cells]
    assert amounts_of(texts, Declared(decimal_mark=".")) == values


@settings(max_examples=40, deadline=None)
@given(st.lists(written(","), min_size=1, max_size=12))
def test_with_a_declared_comma(cells: list[tuple[str, Decimal]]) -> None:
    texts, values = [text for text, _ in cells], [value for _, value in cells]
    assert amounts_of(texts, Declared(decimal_mark=",")) == values


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(".,").flatmap(lambda mark: st.tuples(st.just(mark), st.lists(written(mark), max_size=12)))
)
def test_with_one_cell_of_evidence(given_cells: tuple[str, list[tuple[str, Decimal]]]) -> None:
    mark, cells = given_cells
    texts = [f"0{mark}5", *(text for text, _ in cells)]
    assert amounts_of(texts, Declared()) == [Decimal("0.5"), *(value for _, value in cells)]


lookalikes = st.text("0123456789.,'\u2019 \u00a0\u202f+-\u2212()$€EUSDkrR%eE#\n٣", max_size=14)


@settings(max_examples=150, deadline=None)
@given(st.lists(lookalikes | written(".").map(lambda cell: cell[0]) | st.text(max_size=8), max_size=20))
@example(["kr.500", "EUR.5", "5.-", "1E5 $", "(1)", "-0", "0,123", "12,34,567", "1.E3", "1.e"])
def test_columns_and_cells_are_read_alike(texts: list[str]) -> None:
    column = read_column(pl.Series(texts, dtype=pl.String))
    cells = [read_amount(text) for text in texts]
    assert column.rows() == [
        (int(one.need), one.point, one.comma, one.point_flags, one.comma_flags, "\n".join(one.marks) or None)
        for one in cells
    ]


@settings(max_examples=150, deadline=None)
@given(units)
def test_canonical_text_is_read_back_without_a_flag(whole: int) -> None:
    read = read_amount(str(whole))
    assert (read.point, read.comma, read.point_flags, read.comma_flags) == (
        *(Decimal(whole), Decimal(whole), 0, 0),
    )


@settings(max_examples=150, deadline=None)
@given(lookalikes)
def test_a_readable_cell_without_a_flag_is_canonical(text: str) -> None:
    read = read_amount(text)
    for value, flags in ((read.point, read.point_flags), (read.comma, read.comma_flags)):
        assert (value is None) == bool(flags & 0xFFFF)
        if value is not None and not flags:
            assert plain(value) == text
