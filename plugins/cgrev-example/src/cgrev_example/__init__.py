"""A converter for a subscription list: one row a contract, a price a month, a length in months."""

from __future__ import annotations

import polars as pl

from cgrev.plugin import Converter, ConverterOptions, end_after_months, hookimpl, months_of_term


class Example(Converter):
    """Core finds these headings, reads money and dates, and skips totals; only the end is worked out."""

    name = "example"
    title = "subscription list"
    headings = {  # noqa: RUF012 - read only
        "account_name": ["Customer", "Client"],
        "amount": ["Price per month"],
        "start_date": ["Starts"],
        "term": ["Months"],
        "description": ["Plan"],
    }

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """The price is per month, so every row is MRR; it ends after its months."""
        months = months_of_term(pl.col("term.text"))
        end = end_after_months(pl.col("start_date"), months)
        return rows.select(
            "row",
            "account_name",
            "amount",
            "start_date",
            "description",
            end_date=end,
            revenue_type=pl.lit("MRR"),
        )


@hookimpl
def cgrev_converter() -> Converter:
    return Example()
