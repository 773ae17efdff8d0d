"""`convert` as a profile describes it: amounts, periods and types worked out by expressions only."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from cgrev.layout import COLUMNS, RevenueType
from cgrev.mapping.arithmetic import (
    INTERVAL_MONTHS,
    day_before,
    end_after_months,
    folded,
    less_percent,
    mapped,
    minor_units,
    minus,
    months_of_interval,
    months_of_term,
    per_months,
    percent,
    signed,
    times,
    whole_months,
    whole_number,
)
from cgrev.mapping.headings import fold
from cgrev.mapping.pass_through import TYPES
from cgrev.mapping.profile import Profile
from cgrev.mapping.profile_fields import description_parts, joined_rules
from cgrev.mapping.profile_tidy import skip_reason, status_reason
from cgrev.mapping.tidy import is_blank
from cgrev.table import ROW

RECURRING = (RevenueType.ARR.value, RevenueType.MRR.value)

ZERO_DECIMAL = (
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA",
    "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
"""Currencies without cents: systems that state amounts in minor units state these in whole units."""
THREE_DECIMAL = ("BHD", "JOD", "KWD", "OMR", "TND")
"""Currencies of a thousand minor units."""


def convert_by_profile(rows: pl.LazyFrame, profile: Profile) -> pl.LazyFrame:
    """From the typed fields of a profile to the six columns, with `skip`, `currency` and `fault.*`."""
    return _Conversion(profile, frozenset(rows.collect_schema().names())).apply(rows)


class _Conversion:
    """The expressions of one profile for the fields that are there. Steps name their columns `_x`."""

    def __init__(self, profile: Profile, present: Collection[str]) -> None:
        self.profile, self.present = profile, present
        self.amount_faults: list[pl.Expr] = []
        self.end_faults: list[pl.Expr] = []
        self.type_faults: list[pl.Expr] = []

    def has(self, name: str) -> bool:
        return name in self.present

    def apply(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        rows = rows.with_columns(
            self._type().alias("_type"), self._currency().alias("_currency"), self._start().alias("_start")
        )
        rows = rows.with_columns(self._stated_amount().alias("_amount"), self._term().alias("_term"))
        rows = rows.with_columns(self._end().alias("_end"))
        if self.profile.interval is not None and self.has("interval"):
            rows = self._normalised(rows)
        if self.profile.term.price == "term":
            rows = rows.with_columns(self._annualised().alias("_amount"))
        worked_out = {
            "amount": pl.col("_amount"),
            "start_date": pl.col("_start"),
            "end_date": pl.col("_end"),
            "revenue_type": pl.col("_type"),
            "account_name": self._account(),
            "description": self._description(),
        }
        return rows.select(
            pl.col(ROW),
            *(
                worked_out.get(column.id, pl.col(column.id) if self.has(column.id) else pl.lit(None))
                .cast(TYPES[column.role])
                .alias(column.id)
                for column in COLUMNS
            ),
            self._skip().alias("skip"),
            pl.col("_currency").alias("currency"),
            *self._faults(),
        )

    def _faults(self) -> list[pl.Expr]:
        named = {"amount": self.amount_faults, "end_date": self.end_faults, "revenue_type": self.type_faults}
        return [pl.coalesce(faults).alias(f"fault.{name}") for name, faults in named.items() if faults]

    def _text(self, name: str) -> pl.Expr:
        """The text of a field as the file has it; null where blank or a null token."""
        text = pl.col(f"{name}.text")
        nothing = [token.strip().lower() for token in self.profile.null_tokens]
        pattern = self.profile.extract.get(name)  # type: ignore[call-overload]
        blank = is_blank(f"{name}.text")
        if pattern is not None:
            text = _extracted(text, pattern)
        return pl.when(~(blank | folded(text).is_in(nothing) if nothing else blank)).then(text)

    # -- amounts ----------------------------------------------------------------------------------

    def _stated_amount(self) -> pl.Expr:
        amount = pl.col("amount") if self.has("amount") else pl.col("price")
        if not self.has("amount") and self.has("quantity"):
            amount = times(amount, pl.col("quantity"))
        if self.has("discount"):
            text, share = self._text("discount"), percent(self._text("discount"))
            self._fault(
                self.amount_faults,
                text.is_not_null() & share.is_null(),
                "the discount '{}' is no percentage",
                text,
            )
            amount = pl.when(text.is_null()).then(amount).otherwise(less_percent(amount, share))
        for name in ("refunded", "tax"):
            if self.has(name):
                blank = self._text(name).is_null()
                amount = pl.when(blank).then(amount).otherwise(minus(amount, pl.col(name)))
        digits = self.profile.amount.minor_units
        if digits:
            whole = pl.col("_currency").is_in(ZERO_DECIMAL).fill_null(False)
            mills = pl.col("_currency").is_in(THREE_DECIMAL).fill_null(False)
            amount = (
                pl.when(whole)
                .then(amount)
                .when(mills & (digits == 2))
                .then(minor_units(amount, 3))
                .otherwise(minor_units(amount, digits))
            )
        rule = self.profile.sign
        if rule is not None and self.has("sign"):
            mark = mapped(self._text("sign"), self.profile.values.get("sign", {}))
            amount = signed(amount, mark, negative=rule.negative, positive=rule.positive)
            if rule.positive:
                known = [word.strip().lower() for word in (*rule.negative, *rule.positive)]
                strange = ~folded(mark).fill_null("").is_in(known)
                self._fault(
                    self.amount_faults, strange, "the sign mark '{}' is not known", mark.fill_null("")
                )
        return -amount if self.profile.amount.flip_sign else amount

    def _normalised(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Amounts per billing interval brought to a year or a month, and the type that goes with it."""
        rule = self.profile.interval
        assert rule is not None
        words = {**INTERVAL_MONTHS, **{fold(word): months for word, months in rule.months.items()}}
        text = mapped(self._text("interval"), self.profile.values.get("interval", {}))
        months = months_of_interval(text, words)
        if self.has("interval_count"):
            count = whole_number(self._text("interval_count"))
            stated = self._text("interval_count")
            self._fault(
                self.amount_faults,
                stated.is_not_null() & count.is_null(),
                "the interval count '{}' is no whole number",
                stated,
            )
            months = months * pl.when(stated.is_null()).then(1).otherwise(count)
        billed = pl.col("_type").is_null() | pl.col("_type").is_in(RECURRING)
        billed = billed & text.is_not_null()
        self._fault(
            self.amount_faults,
            billed & months.is_null(),
            "the billing interval '{}' is no number of months",
            text,
        )
        amount = pl.col("_amount")
        if rule.to == "as-billed":
            odd = billed & months.is_not_null() & ~months.is_in([1, 12])
            self._fault(
                self.amount_faults, odd, "billed every {} months, which is neither ARR nor MRR", months
            )
            brought: pl.Expr = pl.when(months.is_in([1, 12])).then(amount)
            kind: pl.Expr = pl.when(months == 1).then(pl.lit("MRR")).when(months == 12).then(pl.lit("ARR"))
        else:
            brought = per_months(amount, months, 12 if rule.to == "ARR" else 1)
            kind = pl.when(months.is_not_null()).then(pl.lit(rule.to))
        blank_type = pl.col("_type")
        if rule.blank is not None:
            blank_type = pl.coalesce(blank_type, pl.lit(rule.blank.value))
        self._fault(
            self.type_faults, text.is_null() & blank_type.is_null(), "neither a billing interval nor a type"
        )
        return rows.with_columns(
            pl.when(billed).then(brought).otherwise(amount).alias("_amount"),
            pl.when(billed).then(kind).otherwise(blank_type).alias("_type"),
        )

    def _annualised(self) -> pl.Expr:
        """A price for the whole term, brought to a year (ARR) or a month (MRR)."""
        start = pl.col("_start")
        between = whole_months(start, pl.col("_end"))
        months = pl.coalesce(pl.col("_term"), between)
        if self.profile.term.dated and self.has("end_date"):
            stated = self._text("end_date").is_not_null()
            months = pl.when(stated).then(between).otherwise(months)
        recurring = pl.col("_type").is_in(RECURRING).fill_null(False)
        dated = start.is_not_null() & pl.col("_end").is_not_null()
        self._fault(
            self.amount_faults,
            recurring & months.is_null() & dated,
            "the price is for the whole term, but the period is not whole months",
        )
        amount = pl.col("_amount")
        return (
            pl.when(pl.col("_type") == "ARR").then(per_months(amount, months, 12))
            .when(pl.col("_type") == "MRR").then(per_months(amount, months, 1))
            .otherwise(amount)
        )  # fmt: skip

    # -- periods, types, texts --------------------------------------------------------------------

    def _type(self) -> pl.Expr:
        default = self.profile.default_type
        if self.has("revenue_type"):
            return pl.col("revenue_type")
        return pl.lit(default.value if default else None, dtype=pl.String)

    def _term(self) -> pl.Expr:
        if not self.has("term"):
            return pl.lit(None, dtype=pl.Int64)
        text = mapped(self._text("term"), self.profile.values.get("term", {}))
        months = months_of_term(text, self.profile.term.unit)
        self._fault(
            self.end_faults,
            text.is_not_null() & (months.is_null() | (months < 1)),
            "the term '{}' is no number of months",
            text,
        )
        return pl.when(months >= 1).then(months)

    def _start(self) -> pl.Expr:
        if not self.has("start_otherwise"):
            return pl.col("start_date") if self.has("start_date") else pl.lit(None, dtype=pl.Date)
        otherwise = pl.col("start_otherwise")
        if not self.has("start_date"):
            return otherwise
        return pl.when(self._text("start_date").is_null()).then(otherwise).otherwise(pl.col("start_date"))

    def _end(self) -> pl.Expr:
        start = pl.col("_start")
        rule = self.profile.end
        ends: list[pl.Expr] = []
        stated = pl.lit(False)
        if self.has("end_date"):
            end = pl.col("end_date")
            ends.append(day_before(end) if rule.exclusive else end)
            stated = self._text("end_date").is_not_null()
        if self.has("end_before"):
            ends.append(pl.when(~stated).then(day_before(pl.col("end_before"))))
            stated = stated | self._text("end_before").is_not_null()
        otherwise: list[pl.Expr] = []
        if rule.one_time:
            otherwise.append(pl.when(pl.col("_type") == RevenueType.ONE_TIME.value).then(start))
        unclear = pl.lit(False)
        if self.has("term"):
            otherwise.append(end_after_months(start, pl.col("_term")))
            unclear = self._text("term").is_not_null() & pl.col("_term").is_null()
        if rule.months is not None:
            lasting = end_after_months(start, pl.lit(rule.months)) if rule.months else start
            otherwise.append(pl.when(~unclear).then(lasting))
        if not otherwise:
            return pl.coalesce(ends)
        worked_out = pl.when(~stated).then(pl.coalesce(otherwise))
        return pl.coalesce([*ends, worked_out])

    def _currency(self) -> pl.Expr:
        if not self.has("currency"):
            return pl.lit(None, dtype=pl.String)
        words = self.profile.values.get("currency", {})
        code = mapped(self._text("currency"), words)
        if self.profile.currency.blank is not None:
            code = pl.coalesce(code, pl.lit(self.profile.currency.blank))
        return code.str.strip_chars().str.to_uppercase()

    def _skip(self) -> pl.Expr:
        reasons = [
            skip_reason(rule, f"{name}.text") for name, rule in joined_rules(self.profile) if self.has(name)
        ]
        if self.profile.joins and self.profile.status is not None and self.has("status"):
            # blank here is a row without a partner in the further file, which is an error, not another status
            known = ~is_blank("status.text")
            reasons.append(pl.when(known).then(status_reason(self.profile, pl.col("status.text"))))
        keep = self.profile.currency.keep
        if keep is not None and self.has("currency"):
            code = pl.col("_currency")
            self._fault(self.amount_faults, code.is_null(), "the row names no currency")
            reason = pl.format("currency is '{}', rows in {} are kept", code, pl.lit(keep.upper()))
            reasons.append(pl.when(code != keep.upper()).then(reason))
        return pl.coalesce(reasons) if reasons else pl.lit(None, dtype=pl.String)

    def _account(self) -> pl.Expr:
        name = pl.col("account_name") if self.has("account_name") else pl.lit(None, dtype=pl.String)
        pattern = self.profile.extract.get("account_name")
        if self.has("account_otherwise"):
            other = pl.col("account_otherwise")
            blank = self._text("account_name").is_null() if self.has("account_name") else pl.lit(True)
            name = pl.when(blank).then(other).otherwise(name)
        if pattern is not None:
            name = _extracted(name, pattern)
        return mapped(name, self.profile.values.get("account_name", {}))

    def _description(self) -> pl.Expr:
        parts = description_parts(self.profile.description)
        if not parts:
            return pl.col("description") if self.has("description") else pl.lit(None, dtype=pl.String)
        texts: list[pl.Expr] = []
        begun = pl.lit(False)
        last = max((number for number, part in enumerate(parts) if self.has(part.id)), default=0)
        literal = ""
        for number, part in enumerate(parts):
            literal = part.before or literal  # what stands before a column that is absent goes to the next
            if not self.has(part.id):
                continue
            cell = pl.col(part.id)
            after = parts[-1].after if number == last else ""
            before = (
                pl.lit(literal) if not texts else pl.when(begun).then(pl.lit(literal)).otherwise(pl.lit(""))
            )
            literal = ""
            texts.append(pl.when(cell.is_not_null()).then(pl.concat_str([before, cell, pl.lit(after)])))
            begun = begun | cell.is_not_null()
        if not texts:
            return pl.lit(None, dtype=pl.String)
        whole = pl.concat_str(texts, ignore_nulls=True)
        return pl.when(begun).then(whole)

    def _fault(self, faults: list[pl.Expr], condition: pl.Expr, message: str, *values: pl.Expr) -> None:
        text = pl.format(message, *values) if values else pl.lit(message)
        faults.append(pl.when(condition).then(text))


def _extracted(text: pl.Expr, pattern: str) -> pl.Expr:
    """The first bracketed group of the pattern that took part, or the second; else the whole text."""
    return pl.coalesce(text.str.extract(pattern, 1), text.str.extract(pattern, 2), text)
