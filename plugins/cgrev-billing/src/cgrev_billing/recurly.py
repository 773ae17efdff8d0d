"""Recurly: the export of subscriptions, and the table warehouses keep of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from cgrev.plugin import (
    ConverterOptions,
    Decision,
    Profile,
    Reading,
    SettingsError,
    Sheet,
    SourceField,
    day_before,
    numbered,
    places_of,
    replace,
    whole_months,
)
from cgrev_billing.subscriptions import SubscriptionConverter, raise_odd

_BEGINS = "current_period_started_at"
_ENDS = "current_period_ends_at"


class Recurly(SubscriptionConverter):
    """One row a subscription. Where no plan says how long a billing period is, the current one does."""

    name = "recurly"
    title = "list of Recurly subscriptions"
    telling = (
        ("current_period_ends_at",),
        ("current_period_started_at",),
        ("unit_amount", "subtotal"),
        ("state",),
    )
    cents = False
    period_end = ("current_term_ends_at", "current_period_ends_at")

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """Versions of a subscription, and the price where there is no subtotal."""
        said = super().said(labels, options)
        key = next((one for one in ("id", "uuid", "subscription_id") if places_of(one, labels)), None)
        by = next((one for one in ("updated_at", "modified_at") if places_of(one, labels)), None)
        if key is not None and by is not None:
            said["latest"] = {"key": [key], "by": by}
        if labels and not places_of("subtotal", labels):
            said["columns"] |= {"unit_amount": "price", "quantity": "quantity"}
        if _by_period(labels):
            said.setdefault("constants", {}).update(interval="month", interval_count="1")
        return said

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Raises `SettingsError` where neither a plan nor a period says how long a price is for."""
        if not _by_period(labels) and self.place(profile, labels, "interval") is None:
            raise SettingsError(
                "nothing says what billing period a price is for: the file has neither "
                f"{_BEGINS!r} and {_ENDS!r} nor the plans",
                help="export these columns, or hand the plans in: --with plans=FILE",
            )
        super().ask(labels, options, profile)

    def ask_interval(self, sheet: Sheet, options: ConverterOptions, profile: Profile) -> None:
        """As for every list; the length of a period is worked out from its dates."""
        if self.mine(options).to is None and _by_period(sheet.labels):
            dates = [
                pl.col(f"c{places_of(one, sheet.labels)[0]}").str.slice(0, 10).str.to_date(strict=False)
                for one in (_BEGINS, _ENDS)
            ]
            months = whole_months(dates[0], day_before(dates[1]))
            raise_odd(sheet, months, pl.format("{} months", months))
        super().ask_interval(sheet, options, profile)

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The columns of the profile, and the dates of the current period."""
        reading = super().fields(labels, options)
        if not _by_period(labels):
            return reading
        places = [places_of(one, labels)[0] for one in (_BEGINS, _ENDS)]
        dates = tuple(
            SourceField(name, "date", place, labels[place])
            for name, place in zip(("period_begins", "period_ends"), places, strict=True)
        )
        begins, ends = (numbered(place, labels[place]) for place in places)
        evidence = (f"from {begins} to the day before {ends}",)
        interval = Decision("interval", "the months of the current period", "declared", evidence)
        return replace(reading, fields=(*reading.fields, *dates), decisions=(*reading.decisions, interval))

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """The length of the current period is the billing interval; one of other days is named as it is."""
        if "period_begins" in rows.collect_schema().names():
            begins, ends = pl.col("period_begins"), pl.col("period_ends")
            months = whole_months(begins, day_before(ends))
            days = pl.format("{} days", (ends - begins).dt.total_days())
            unknown = pl.coalesce(days, pl.lit("of no known length"))
            rows = rows.with_columns(
                pl.when(months.is_null()).then(unknown).otherwise(pl.lit("month")).alias("interval.text"),
                months.cast(pl.String).alias("interval_count.text"),
            )
        return super().convert(rows, options)


def _by_period(labels: Sequence[str]) -> bool:
    """Whether the current period says how long a billing interval is: no plans, and both its dates."""
    dated = all(places_of(one, labels) for one in (_BEGINS, _ENDS))
    return dated and not places_of("plans.interval_unit", labels)
