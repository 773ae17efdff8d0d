"""Purpose: what a plan says of bookings is the same whether a batch is read the quick or the general way."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cgrev.booked import as_written, canonical_rows
from cgrev.layout import HEADINGS
from cgrev.settings import load
from cgrev.writers import FileOptions, writer

HEADER = ",".join(HEADINGS) + "\r\n"
ROW = "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan\r\n"
NAMES = st.text("abcXYZ,\"'; -é", min_size=1, max_size=12).map(str.strip).filter(bool)


def test_a_written_file_is_taken_as_it_is() -> None:
    frame = as_written((HEADER + ROW).encode())
    assert frame is not None and frame["amount"].to_list() == [12000]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12000", "12,000"),
        ("12000", "12000.0"),
        ("12000", "+12000"),
        ("12000", ""),
        ("ARR", "arr"),
        ("2024-01-01", "1.1.2024"),
        ("2024-01-01", "2024-02-30"),
        ("2024-12-31", "2023-12-31"),
        ("Acme Ltd", ""),
        ("Account name", "account name"),
        ("\r\n", "\n"),
    ],
)
def test_anything_else_is_left_to_the_pipeline(old: str, new: str) -> None:
    assert as_written((HEADER + ROW).replace(old, new).encode()) is None


@given(
    rows=st.lists(
        st.tuples(NAMES, st.integers(-(2**63), 2**63 - 1), NAMES), min_size=1, max_size=8, unique=True
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_ways_read_the_same_rows(rows: list[tuple[str, int, str]], tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "account_name": [name for name, _, _ in rows],
            "amount": pl.Series([amount for _, amount, _ in rows], dtype=pl.Int64),
            "start_date": pl.Series(["2024-01-01"] * len(rows)).str.to_date(),
            "end_date": pl.Series(["2024-12-31"] * len(rows)).str.to_date(),
            "revenue_type": ["Other"] * len(rows),
            "description": [text for _, _, text in rows],
        }
    )
    data = writer(FileOptions())(frame)
    quick = as_written(data)
    assert quick is not None
    general = tmp_path / "batch.txt"  # another ending takes the general way
    general.write_bytes(data)
    slow = canonical_rows(general, load({}, config="/dev/null", environment={}))
    assert quick.select("amount", "start_date").rows() == slow.select("amount", "start_date").rows()
