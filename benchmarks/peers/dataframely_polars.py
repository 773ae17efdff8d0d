"""The rules as a dataframely schema on polars; the failing rows of every rule are listed."""

from __future__ import annotations

import sys

import dataframely as dy
import polars as pl


class Revenue(dy.Schema):
    account = dy.String(nullable=False, check=lambda cells: cells.str.strip_chars() != "")
    amount = dy.Int64(nullable=False)
    start = dy.Date(nullable=False)
    end = dy.Date(nullable=False)
    type = dy.Enum(["ARR", "MRR", "One Time", "Other"], nullable=False)
    description = dy.String(nullable=True)
    again = dy.Bool(nullable=False, check=lambda cells: ~cells)

    @dy.rule()
    def order(cls) -> pl.Expr:
        return cls.end.col >= cls.start.col


raw = pl.read_csv(sys.argv[1], infer_schema=False)
amount = pl.col("Revenue amount")
frame = raw.select(
    account=pl.col("Account name"),
    amount=pl.when(amount.str.contains(r"^-?[0-9]+$")).then(amount).cast(pl.Int64, strict=False),
    start=pl.col("Revenue start date").str.to_date("%Y-%m-%d", strict=False),
    end=pl.col("Revenue end date").str.to_date("%Y-%m-%d", strict=False),
    type=pl.col("Revenue type").cast(pl.Enum(["ARR", "MRR", "One Time", "Other"]), strict=False),
    description=pl.col("Description"),
    again=~pl.struct(raw.columns).is_first_distinct(),
)
_, failures = Revenue.filter(frame)
listed = failures.details()
rules = [name for name in listed.columns if name not in Revenue.column_names()]
print(sum(listed.select((pl.col(name) == "invalid").sum()).item() for name in rules))
