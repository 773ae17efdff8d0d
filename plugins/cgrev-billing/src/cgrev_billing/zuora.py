"""Zuora: the data source of rate plan charges, and the table warehouses keep of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from cgrev.plugin import (
    ConverterOptions,
    LineConverter,
    Profile,
    Reading,
    RevenueType,
    SourceField,
    place_of,
    places_of,
    replace,
)


class Zuora(LineConverter):
    """One row a charge: MRR where it recurs, its TCV where it is charged once, the last version only."""

    name = "zuora"
    title = "data source of Zuora charges"
    telling = (
        ("Rate Plan Charge: MRR", "mrr"),
        ("Rate Plan Charge: Charge Type", "Rate Plan Charge: Type", "charge_type"),
        ("Rate Plan Charge: Effective Start Date", "effective_start_date"),
    )

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile)
        self.piecewise = False  # which version is the last is seen over all rows

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """Which rows are versions of one thing: subscriptions in a data source, charges in a table."""
        said = super().said(labels, options)
        for by, *key in (
            ("Subscription: Version", "Subscription: Name"),
            (
                "Rate Plan Charge: Version",
                "Subscription: Name",
                "Rate Plan Charge: Charge Number",
                "Rate Plan Charge: Segment",
            ),
            ("version", "charge_number", "segment"),
        ):
            there = [one for one in key if places_of(one, labels)]
            if places_of(by, labels) and there:
                said["latest"] = {"key": there, "by": by}
                break
        return said

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The columns of the profile, and the total value for charges that do not recur."""
        reading = super().fields(labels, options)
        total = _total(labels)
        if total is None:
            return reading
        derived = {**reading.derived, "amount": ("amount", "total")}
        return replace(
            reading,
            fields=(*reading.fields, SourceField("total", "amount", total, labels[total])),
            derived=derived,
        )

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """A charge that is charged once has no MRR: its amount is its TCV."""
        once = (pl.col("revenue_type") == RevenueType.ONE_TIME.value).fill_null(False)
        total = pl.col("total") if "total" in rows.collect_schema().names() else pl.lit(None)
        return super().convert(
            rows.with_columns(pl.when(once).then(total).otherwise(pl.col("amount")).alias("amount")), options
        )


def _total(labels: Sequence[str]) -> int | None:
    found = (place_of(one, labels, about="TCV") for one in ("Rate Plan Charge: TCV", "tcv"))
    return next((place for place in found if place is not None), None)
