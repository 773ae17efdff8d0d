"""Parsing by pieces is parsing the whole; nothing in a file makes it fail; no value without a reason."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from unittest import mock

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cgrev.layout import COLUMNS
from cgrev.parsing import Decisions, Evidence, decide, gather, words
from cgrev.parsing.canonical import amount_text, date_text
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.parse import parse

pytestmark = pytest.mark.usefixtures("either_way")

FIELDS = tuple(
    SourceField(column.id, column.role, place, column.heading) for place, column in enumerate(COLUMNS)
)
AMOUNTS = [
    "1",
    "-20",
    "1,234",
    "1.234",
    "1,5",
    "2.5",
    "1 234",
    "1.234,50",
    "$5",
    "7 EUR",
    "5 USD",
    "x",
    "1E3",
    "-",
]
DATES = [
    "2024-01-31",
    "01/02/2024",
    "31/01/2024",
    "01/31/2024",
    "1.2.2024",
    "45292",
    "2024-01-01 10:00",
    "3 Jan 2024",
]
DTYPES: dict[str, pl.DataType] = {"amount": pl.Decimal(38, 18), "date": pl.Date()}
WORDS = [
    "Acme",
    " Acme  Ltd",
    "Gam\u200bma",
    "=1",
    "a\nb",
    "#N/A",
    "x" * 300,
    "Cafe\u0301",
    "ARR",
    "one-time",
    "Annual",
]
TYPICAL = {"amount": AMOUNTS, "start_date": DATES, "end_date": DATES}
DECLARED = st.builds(
    Declared,
    decimal_mark=st.sampled_from([None, None, ".", ","]),
    date_order=st.sampled_from([None, None, "dmy", "mdy", "ymd"]),
    two_digit_years=st.booleans(),
    date_format=st.sampled_from([None, "%Y%m%d", "%d%b%Y"]),
    null_tokens=st.sampled_from([(), ("-",), ("#N/A", "x", "")]),
    type_words=st.sampled_from([{}, {"Annual": "ARR", "y": "nothing"}]),
    default_type=st.sampled_from([None, "Other"]),
)


def cell(name: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(TYPICAL.get(name, WORDS)) | st.text(max_size=12)


@st.composite
def frames(draw: st.DrawFn, native: bool = True) -> pl.DataFrame:
    height = draw(st.integers(0, 8))
    data: dict[str, pl.Series] = {"row": pl.Series(range(2, height + 2), dtype=pl.UInt32)}
    for field in FIELDS:
        texts = draw(st.lists(cell(field.id), min_size=height, max_size=height))
        data[f"{field.id}.text"] = pl.Series(texts, dtype=pl.String)
        if native and draw(st.booleans()):
            kinds = draw(
                st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5, 6]), min_size=height, max_size=height)
            )
            data[f"{field.id}.kind"] = pl.Series(kinds, dtype=pl.UInt8)
    return pl.DataFrame(data)


def pieces(frame: pl.DataFrame, cuts: list[int]) -> list[pl.DataFrame]:
    ends = sorted({min(cut, frame.height) for cut in cuts} | {0, frame.height})
    return [frame.slice(start, end - start) for start, end in pairwise(ends)] or [frame]


CUTS = st.lists(st.integers(0, 12), max_size=4)


@settings(max_examples=40, deadline=None)
@given(frames(), CUTS, DECLARED, st.randoms())
def test_evidence_of_pieces_merges_into_evidence_of_the_whole(frame, cuts, declared, random) -> None:  # type: ignore[no-untyped-def]
    whole = gather(frame, FIELDS, declared)
    parts = [gather(part, FIELDS, declared) for part in pieces(frame, cuts)]
    random.shuffle(parts)
    left = Evidence()
    for part in parts:
        left = left.merge(part)
    right = Evidence()
    for part in reversed(parts):
        right = part.merge(right)
    assert left == right == whole


@settings(max_examples=40, deadline=None)
@given(frames(), CUTS, DECLARED)
def test_parsing_pieces_is_parsing_the_whole(frame, cuts, declared) -> None:  # type: ignore[no-untyped-def]
    decisions = decide(gather(frame, FIELDS, declared), FIELDS, declared)
    whole = parse(frame, FIELDS, decisions, declared)
    parts = [parse(part, FIELDS, decisions, declared) for part in pieces(frame, cuts)]
    assert pl.concat(parts).equals(whole)


@settings(max_examples=40, deadline=None)
@given(frames(), st.integers(0, 12), DECLARED)
def test_decisions_that_read_alike_parse_alike(frame, cut, declared) -> None:  # type: ignore[no-untyped-def]
    some = decide(gather(frame.head(cut), FIELDS, declared), FIELDS, declared)
    all_ = decide(gather(frame, FIELDS, declared), FIELDS, declared)
    if some.reads_alike(all_):
        assert parse(frame, FIELDS, some, declared).equals(parse(frame, FIELDS, all_, declared))


@settings(max_examples=45, deadline=None)
@given(frames(), DECLARED, st.booleans())
def test_nothing_makes_parsing_fail_and_every_null_has_a_reason(frame, declared, decided) -> None:  # type: ignore[no-untyped-def]
    decisions = decide(gather(frame, FIELDS, declared), FIELDS, declared) if decided else Decisions()
    parsed = parse(frame, FIELDS, decisions, declared)
    assert parsed.height == frame.height
    for field in FIELDS:
        assert parsed[f"{field.id}.text"].equals(frame[f"{field.id}.text"])
        flags = parsed[f"{field.id}.flags"]
        assert flags.dtype == pl.UInt32
        assert parsed.schema[field.id] == DTYPES.get(field.role, pl.String())
        refused = flags & 0xFFFF
        assert (parsed[field.id].is_null() == (refused != 0)).all()
        assert all(bits & (bits - 1) == 0 for bits in refused), "one reason for each refusal"
    decisions.problems(FIELDS)
    decisions.described(FIELDS)


@settings(max_examples=45, deadline=None)
@given(frames(native=False), DECLARED)
def test_a_cell_that_is_written_otherwise_has_a_flag(frame, declared) -> None:  # type: ignore[no-untyped-def]
    decisions = decide(gather(frame, FIELDS, declared), FIELDS, declared)
    parsed = parse(frame, FIELDS, decisions, declared).with_columns(
        amount_text(pl.col("amount")), date_text(pl.col("start_date")), date_text(pl.col("end_date"))
    )
    for field in FIELDS:
        read = parsed.filter(pl.col(field.id).is_not_null())
        same = read[field.id] == read[f"{field.id}.text"]
        assert same.filter(read[f"{field.id}.flags"] == 0).all()
    canonical = parsed.filter(pl.col("amount.text").str.contains(r"^(0|-?[1-9][0-9]{0,9})$"))
    if decisions.amount("amount").currency != "mixed":
        blank = canonical["amount.text"].is_in(list(declared.null_tokens))
        assert (canonical["amount.flags"].filter(~blank) == 0).all()


STYLES = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d-%b-%Y",
    "%B %d %Y",
    "%Y/%m/%d",
]
TIMES = [
    "",
    "T00:00:00",
    " 10:15",
    " 23:59:59.999",
    "T10:00:00Z",
    " 10:00:00 +02:00",
    " 3:45 PM",
    " 12:00 AM",
]
days = st.dates(date(1970, 1, 1), date(2100, 12, 31))


def spelt(day: date, style: str, bare: bool) -> str:
    """The day in a style; `bare` leaves out zeros in front of day and month."""
    if bare:
        style = style.replace("%d", str(day.day)).replace("%m", str(day.month))
    return day.strftime(style)


@settings(max_examples=45, deadline=None)
@given(st.lists(st.tuples(days, st.sampled_from(STYLES), st.sampled_from(TIMES), st.booleans()), max_size=15))
def test_dates_are_read_back_from_every_spelling(cells: list[tuple[date, str, str, bool]]) -> None:
    texts = [spelt(day, style, bare) + time for day, style, time, bare in cells]
    for swap in (False, True):
        shown = [
            spelt(day, style.replace("%d/%m", "%m/%d").replace("%d-%m", "%m-%d"), bare) + time
            if swap
            else texts[index]
            for index, (day, style, time, bare) in enumerate(cells)
        ]
        frame = pl.DataFrame({"row": range(2, len(cells) + 2), "d.text": pl.Series(shown, dtype=pl.String)})
        declared = Declared(date_order="mdy" if swap else "dmy")
        parsed = parse(frame, [SourceField("d", "date", 0)], decide(Evidence(), (), declared), declared)
        assert parsed["d"].to_list() == [day for day, *_ in cells]


@settings(max_examples=45, deadline=None)
@given(st.lists(days, max_size=10), st.booleans())
def test_one_day_above_12_settles_the_order_of_the_file(others: list[date], day_first: bool) -> None:
    style = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    every = [*others, date(2024, 7, 31)]
    data = {"row": range(len(every)), "d.text": [day.strftime(style) for day in every]}
    fields = [SourceField("d", "date", 0)]
    frame = pl.DataFrame(data, schema_overrides={"row": pl.UInt32})
    decisions = decide(gather(frame, fields, Declared()), fields, Declared())
    assert parse(frame, fields, decisions, Declared())["d"].to_list() == every


@settings(max_examples=80, deadline=None)
@given(frames(), DECLARED)
def test_reading_each_word_once_is_reading_each_cell(frame, declared) -> None:  # type: ignore[no-untyped-def]
    by_cell, by_word = gather(frame, FIELDS, declared), None
    decisions = decide(by_cell, FIELDS, declared)
    cells = parse(frame, FIELDS, decisions, declared)
    with mock.patch.object(words, "WORTH_ROWS", 0), mock.patch.object(words, "REPEATED", 0):
        by_word = gather(frame, FIELDS, declared)
        parsed = parse(frame, FIELDS, decisions, declared)
        named = words.words_of({"name": frame["account_name.text"]})
    assert by_word == by_cell
    assert_frame_equal(parsed, cells)
    assert named["name"].spread(named["name"].distinct).to_list() == frame["account_name.text"].to_list()
