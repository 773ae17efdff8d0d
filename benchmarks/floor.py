"""The least work on polars that answers the question: read the file as text, and count what breaks each rule.

    python floor.py FILE

No finding is listed, no row is named, nothing is explained. What a tool needs beyond this is what it gives.
"""

from __future__ import annotations

import sys

import polars as pl

TYPES = ["ARR", "MRR", "One Time", "Other"]
frame = pl.read_csv(sys.argv[1], infer_schema=False)
start = pl.col("Revenue start date").str.to_date("%Y-%m-%d", strict=False, exact=True)
end = pl.col("Revenue end date").str.to_date("%Y-%m-%d", strict=False, exact=True)
counts = frame.select(
    account=(pl.col("Account name").fill_null("").str.strip_chars() == "").sum(),
    amount=(~pl.col("Revenue amount").fill_null("").str.contains(r"^-?[0-9]+$")).sum(),
    start=start.is_null().sum(),
    end=end.is_null().sum(),
    type=(~pl.col("Revenue type").is_in(TYPES)).sum(),
    order=(end < start).sum(),
    duplicate=(~pl.struct(pl.all()).is_first_distinct()).sum(),
)
print(sum(counts.row(0)))
