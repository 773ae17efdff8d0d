"""The rules as pointblank steps on polars; the failing rows of every step are extracted."""

from __future__ import annotations

import sys

import pointblank as pb
import polars as pl

raw = pl.read_csv(sys.argv[1], infer_schema=False)
amount = pl.col("Revenue amount")
frame = raw.select(
    account=pl.col("Account name").fill_null("").str.strip_chars(),
    amount=pl.when(amount.str.contains(r"^-?[0-9]+$")).then(amount).cast(pl.Int64, strict=False),
    start=pl.col("Revenue start date").str.to_date("%Y-%m-%d", strict=False),
    end=pl.col("Revenue end date").str.to_date("%Y-%m-%d", strict=False),
    type=pl.col("Revenue type"),
    description=pl.col("Description"),
    again=~pl.struct(raw.columns).is_first_distinct(),
)
checked = (
    pb.Validate(frame)
    .col_vals_regex("account", r".")
    .col_vals_not_null("amount")
    .col_vals_not_null("start")
    .col_vals_not_null("end")
    .col_vals_in_set("type", ["ARR", "MRR", "One Time", "Other"])
    .col_vals_expr((pl.col("end") >= pl.col("start")).fill_null(True))
    .col_vals_expr(~pl.col("again"))
    .interrogate(get_first_n=10_000_000)
)
print(sum(checked.n_failed().values()))
