"""What lists of subscriptions leave open: cents, intervals, the end of what still runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    ZERO_DECIMAL,
    ConverterOptions,
    LineConverter,
    LineOptions,
    Profile,
    Question,
    Reading,
    Sheet,
    SourceField,
    Tidied,
    day_before,
    is_blank,
    months_of_interval,
    numbered,
    places_of,
    replace,
)

_TO = (
    "ARR: every amount is brought to a year",
    "MRR: every amount is brought to a month",
    "as-billed: monthly is MRR, yearly is ARR, rows of other intervals are rejected",
)


class UnitOptions(LineOptions):
    """Whether amounts are cents: asked for when no amount of the file has decimals."""

    units: Literal["minor", "major"] | None = Field(
        default=None, description="minor: amounts are cents, 150000 is 1500.00; major: they are as they stand"
    )


class SubscriptionOptions(UnitOptions):
    """What only the user knows. An option that is not given is asked for when the file leaves it open."""

    to: Literal["ARR", "MRR", "as-billed"] | None = Field(
        default=None,
        description="what amounts are brought to; as-billed: monthly is MRR, yearly is ARR",
    )
    end: str | None = Field(
        default=None,
        pattern=r"^(period|[1-9]\d{0,3})$",
        description="the last day of a subscription that runs on: the end of its current period, or so many "
        "months from its start",
    )


class UnitConverter(LineConverter):
    """A list whose amounts may be cents, unless `cents` is False."""

    Options = UnitOptions
    cents: ClassVar[bool] = True

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile)
        self.piecewise = False  # whether amounts are cents is seen over all rows

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """Cents, as the tables of a profile."""
        said = super().said(labels, options)
        if self.mine(options).units == "minor":
            said["amount"] = {"minor-units": 2}
        return said

    def place(self, profile: Profile, labels: Sequence[str], *names: str) -> int | None:
        """Where the first of the fields stands that is in the file."""
        known = profile.headings()
        references = [reference for name in names for reference in known.get(name, ())]
        return next((place for one in references for place in places_of(one, labels)[:1]), None)

    def _joined(self, label: str) -> bool:
        """Whether a column comes from a further file."""
        return any(label.startswith(f"{join.name}.") for join in self.profile.joins)

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Ask at once about an amount of a further file: its cells are not seen beforehand."""
        money = self.place(profile, labels, "amount", "price")
        if (
            self.cents
            and money is not None
            and self._joined(labels[money])
            and self.mine(options).units is None
        ):
            raise Question(
                f"are the amounts of {numbered(money, labels[money])} cents?",
                option="units",
                readings=[
                    "minor: they are cents, as the API states them: 150000 is 1500.00",
                    "major: they are as they stand: 150000 is 150000.00",
                ],
            )
        super().ask(labels, options, profile)

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Rows out as the profile says. Raises `Question` where no amount has decimals."""
        done = super().tidy(sheet, options)
        self._ask_units(done.sheet, options, self.effective(sheet.labels, options))
        return done

    def _ask_units(self, sheet: Sheet, options: ConverterOptions, profile: Profile) -> None:
        """Amounts without any decimals may be cents."""
        place = self.place(profile, sheet.labels, "amount", "price")
        if not self.cents or self.mine(options).units is not None or place is None or not has(sheet, place):
            return
        rows = sheet.frame.filter(~is_blank(f"c{place}"))
        code = self.place(profile, sheet.labels, "currency")
        if code is not None and has(sheet, code):
            whole = pl.col(f"c{code}").str.strip_chars().str.to_uppercase().is_in(ZERO_DECIMAL)
            rows = rows.filter(~whole.fill_null(False))
        cells = rows.with_columns(pl.col(f"c{place}").str.strip_chars().alias("cell"))
        cells = cells.filter(pl.col("cell") != "0")
        if cells.is_empty() or not cells["cell"].str.contains(r"^[+-]?\d+$").all():
            return
        row, cell = cells["row"][0], cells["cell"][0]
        digits = cell.lstrip("+-").zfill(3)
        raise Question(
            f"all amounts of {numbered(place, sheet.labels[place])} are whole numbers: are they cents?",
            option="units",
            readings=[
                f"minor: they are cents, {cell} in row {row} is {digits[:-2]}.{digits[-2:]}",
                f"major: they are as they stand, {cell} in row {row} is {digits.lstrip('0')}.00",
            ],
        )


class SubscriptionConverter(UnitConverter):
    """A list of subscriptions: a price an interval, a start, and an end only where it was cancelled.

    `period_end` are the headings of the end of the current period, whose first moment belongs to the next.
    """

    Options = SubscriptionOptions
    period_end: ClassVar[Sequence[str]] = ()

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """Interval and end, as the tables of a profile."""
        said, mine = super().said(labels, options), self.mine(options)
        if mine.to is not None:
            said["interval"] = {"to": mine.to}
        if mine.end == "period":
            said["columns"] |= dict.fromkeys(self.period_end, "end_before")
        elif mine.end is not None:
            said["end"] = {"months": int(mine.end)}
        return said

    # -- questions over headings ------------------------------------------------------------------

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Ask at once about columns of further files: their cells are not seen beforehand."""
        interval = self.place(profile, labels, "interval")
        if interval is not None and self._joined(labels[interval]) and self.mine(options).to is None:
            raise Question("what are amounts per billing interval brought to?", option="to", readings=_TO)
        end = self.place(profile, labels, "end_date")
        if (end is None or self._joined(labels[end])) and not self._end_known(labels, options):
            raise self._end_question("nothing says when a subscription that runs on ends", labels)
        super().ask(labels, options, profile)

    def _end_known(self, labels: Sequence[str], options: ConverterOptions) -> bool:
        mine, profile = self.mine(options), self.effective(labels, options)
        lasting = self.place(profile, labels, "end_before", "term") is not None
        return lasting or mine.end is not None or profile.end.months is not None

    def _end_question(self, what: str, labels: Sequence[str]) -> Question:
        places = [place for word in self.period_end for place in places_of(word, labels)[:1]][:1]
        readings = [
            f"period: the day before the next period begins, by {numbered(place, labels[place])}"
            for place in places
        ]
        return Question(
            what, option="end", readings=[*readings, "12: a year from its start, or any number of months"]
        )

    # -- the end ----------------------------------------------------------------------------------

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The columns of the profile, and the end of the period beside the end of the subscription."""
        reading = super().fields(labels, options)
        place = next((place for word in self.period_end for place in places_of(word, labels)[:1]), None)
        if place is None:
            return reading
        mark = SourceField("period_end", "text", place, labels[place])
        return replace(reading, fields=(*reading.fields, mark))

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """A subscription that ended with its period ended on the day before the next one would have begun."""
        names = rows.collect_schema().names()
        if "period_end.text" in names and "end_date.text" in names:
            moments = [pl.col(f"{name}.text").str.strip_chars() for name in ("end_date", "period_end")]
            ended = pl.when(moments[0] == moments[1]).then(day_before(pl.col("end_date")))
            rows = rows.with_columns(pl.coalesce(ended, "end_date").alias("end_date"))
        return super().convert(rows, options)

    # -- questions over cells ---------------------------------------------------------------------

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Rows out as the profile says. Raises `Question` where the cells leave something open."""
        done = super().tidy(sheet, options)
        self.ask_interval(done.sheet, options, self.effective(sheet.labels, options))
        return done

    def ask_ends(self, sheet: Sheet, options: ConverterOptions) -> None:
        """A subscription that was not cancelled has no end: ask for one, unless none is open."""
        profile = self.effective(sheet.labels, options)
        place = self.place(profile, sheet.labels, "end_date")
        if place is None or self._end_known(sheet.labels, options) or not has(sheet, place):
            return
        blank = sheet.frame.filter(is_blank(f"c{place}"))
        if blank.height:
            raise self._end_question(
                f"{numbered(place, sheet.labels[place])} is blank in {blank.height} of {sheet.frame.height} "
                f"rows, the first is row {blank['row'][0]}: when do these end?",
                sheet.labels,
            )

    def ask_interval(self, sheet: Sheet, options: ConverterOptions, profile: Profile) -> None:
        """Raise `Question` where an interval is neither MRR nor ARR as it is billed."""
        place = self.place(profile, sheet.labels, "interval")
        if self.mine(options).to is not None or place is None or not has(sheet, place):
            return
        months = months_of_interval(pl.col(f"c{place}"))
        count = self.place(profile, sheet.labels, "interval_count")
        shown = pl.col(f"c{place}").str.strip_chars()
        if count is not None and has(sheet, count):
            cell = pl.col(f"c{count}").str.strip_chars()
            months = months * pl.when(is_blank(f"c{count}")).then(1).otherwise(
                cell.cast(pl.Int64, strict=False)
            )
            shown = pl.concat_str(cell, shown, separator=" ", ignore_nulls=True)
        raise_odd(sheet, months, shown)


def raise_odd(sheet: Sheet, months: pl.Expr, shown: pl.Expr) -> None:
    """Raise `Question` where an interval is neither a month nor a year; `shown` is how the file says it."""
    odd = sheet.frame.filter(months.is_not_null() & ~months.is_in([1, 12])).select("row", shown=shown)
    if odd.height:
        raise Question(
            f"{odd.height} of {sheet.frame.height} rows are billed neither monthly nor yearly, the first is "
            f"row {odd['row'][0]} ('{odd['shown'][0]}'): what are amounts brought to?",
            option="to",
            readings=_TO,
        )


def has(sheet: Sheet, place: int) -> bool:
    """Whether a column stands in the sheet itself, not in a further file."""
    return f"c{place}" in sheet.frame.columns
