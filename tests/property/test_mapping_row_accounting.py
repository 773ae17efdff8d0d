from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from cgrev.layout import HEADINGS
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.mapping.profile import profile_from_text
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.plugin import Converter, Sheet

CELLS = st.sampled_from(
    [None, "", " ", "\u00a0", "\u200b", "Total", "Total for Acme", "Grand Total", "Summe", "*", "**", "Acme",
     "12", "2024-01-01", "ARR", "Copyright (c)", *HEADINGS]
)  # fmt: skip
TABLES = st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=12)
EVERYTHING = ProfileConverter(
    profile_from_text(
        """
        carry-down = ["Account name"]
        footers = ["Copyright"]
        constants = { revenue_type = "Other" }
        columns = { "Account name" = "account_name", "#3" = "start_date", "Revenue type" = "status" }
        totals = { markers = ["*", "**"], blank-keys = ["Revenue amount", "Description"] }
        status.drop = ["ARR"]
        [[groups]]
        label = "Group"
        [[skip]]
        column = "Description"
        equals = ["12"]
        """,
        origin="property",
    )
)


def check(converter: Converter, rows: list[list[str | None]], first: int) -> None:
    frame = pl.DataFrame(
        {"row": range(first, first + len(rows)), **{f"c{i}": [row[i] for row in rows] for i in range(6)}},
        schema={"row": pl.UInt32, **{f"c{i}": pl.String for i in range(6)}},
    )
    tidied = converter.tidy(Sheet(frame, HEADINGS), converter.Options())
    assert sorted([*tidied.sheet.frame["row"], *tidied.skipped["row"]]) == frame["row"].to_list()
    assert tidied.sheet.frame["row"].is_sorted()
    assert tidied.skipped.schema == {"row": pl.UInt32, "reason": pl.String, "text": pl.String}
    assert tidied.skipped["reason"].null_count() == 0


@given(TABLES, st.integers(1, 50))
def test_every_row_is_kept_or_skipped_once_with_a_reason(rows: list[list[str | None]], first: int) -> None:
    check(CanonicalConverter(), rows, first)
    check(EVERYTHING, rows, first)


@given(TABLES)
def test_a_row_with_a_date_and_a_type_is_always_kept(rows: list[list[str | None]]) -> None:
    for row in rows:
        row[2], row[4] = "2024-01-01", "ARR"
    frame = pl.DataFrame(
        {"row": range(len(rows)), **{f"c{i}": [row[i] for row in rows] for i in range(6)}},
        schema={"row": pl.UInt32, **{f"c{i}": pl.String for i in range(6)}},
    )
    converter = CanonicalConverter()
    assert converter.tidy(Sheet(frame, HEADINGS), converter.Options()).sheet.frame.height == len(rows)


@given(TABLES, st.integers(0, 12))
def test_tidying_in_pieces_is_tidying_the_whole(rows: list[list[str | None]], cut: int) -> None:
    converter = CanonicalConverter()
    frame = pl.DataFrame(
        {"row": range(len(rows)), **{f"c{i}": [row[i] for row in rows] for i in range(6)}},
        schema={"row": pl.UInt32, **{f"c{i}": pl.String for i in range(6)}},
    )
    whole = converter.tidy(Sheet(frame, HEADINGS), converter.Options())
    pieces = [converter.tidy(Sheet(one, HEADINGS), converter.Options()) for one in (frame[:cut], frame[cut:])]
    assert pl.concat([piece.sheet.frame for piece in pieces]).equals(whole.sheet.frame)
    assert pl.concat([piece.skipped for piece in pieces]).equals(whole.skipped)
