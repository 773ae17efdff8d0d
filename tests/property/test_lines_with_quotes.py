"""The lines of a block that hold a quote are the same, whether they are sought one by one or all at once."""

from __future__ import annotations

from unittest import mock

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev.readers import csv

BLOCKS = st.lists(st.text('a",é ', max_size=6), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(BLOCKS, st.booleans(), st.integers(0, 3))
def test_lines_with_quotes_are_found_either_way(lines: list[str], closed: bool, few: int) -> None:
    text = "\n".join(lines) + ("\n" if closed else "")
    expected = [line for line in text.split("\n") if '"' in line]
    for most in (few, 1_000):
        with mock.patch.object(csv, "FEW_LINES", most):
            assert csv.lines_with_quotes(text.encode()).to_list() == expected
            known = pl.Series("text", text.removesuffix("\n").split("\n"), dtype=pl.String)
            assert csv.lines_with_quotes(text.encode(), known).to_list() == expected
