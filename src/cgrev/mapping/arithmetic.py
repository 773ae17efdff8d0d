"""Exact arithmetic of contracts, as expressions for `Converter.convert`.

Amounts are Decimal(38, 18). Products and quotients are worked out with all their digits and rounded
once, half to even, at the 18th digit behind the mark. Nothing here raises on data: what cannot be
worked out (a null, a term of no months, a result beyond 10^19 and a little) is null, and a null
amount is reported by core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from cgrev.mapping.pass_through import AMOUNT_TYPE

_LARGEST = 9.9e19
"""Magnitudes kept below what Decimal(38, 18) holds (10^20): polars stops the query beyond it."""
_MOST_MONTHS = 1200
_WHOLE = r"^\s*\+?(\d{1,4})(?:[.,]0+)?\s*$"
_MONTHS_TEXT = (
    r"(?i)^\s*\+?(\d{1,4})(?:[.,]0+)?\s*(?:months?|mos?\.?|mths?|monate?n?|mois|mesi|meses|maanden)?\s*$"
)
_YEARS_TEXT = r"(?i)^\s*\+?(\d{1,3})(?:[.,]0+)?\s*(?:years?|yrs?\.?|jahre?n?|ans?|anni|años|jaar)\s*$"
_EVERY = r"^(?:every )?(\d{1,3}) (?:months?|years?)$"
_PERCENT = r"^\s*([+-]?\d{1,3}(?:[.,]\d{1,10})?)\s*%?\s*$"

INTERVAL_MONTHS: Mapping[str, int] = {
    "month": 1, "months": 1, "monthly": 1, "mo": 1, "m": 1, "1 month": 1, "every month": 1, "per month": 1,
    "bimonthly": 2, "every 2 months": 2, "2 months": 2,
    "quarter": 3, "quarterly": 3, "q": 3, "3 months": 3, "every 3 months": 3, "per quarter": 3,
    "semi annual": 6, "semi annually": 6, "semiannual": 6, "semiannually": 6, "half year": 6,
    "half yearly": 6, "biannual": 6, "6 months": 6, "every 6 months": 6,
    "year": 12, "years": 12, "yearly": 12, "annual": 12, "annually": 12, "yr": 12, "y": 12, "1 year": 12,
    "12 months": 12, "every year": 12, "every 12 months": 12, "per year": 12,
    "2 years": 24, "every 2 years": 24, "3 years": 36, "every 3 years": 36,
}  # fmt: skip
"""Months of a billing interval, by its words without case and punctuation. A week or a day is no number
of months: such words are left to the profile."""


def times(*factors: pl.Expr) -> pl.Expr:
    """The product of amounts and whole numbers (price x quantity), exact, rounded at the 18th digit."""
    product = _amount(factors[0])
    for factor in factors[1:]:
        other = _amount(factor)
        fits = (product.cast(pl.Float64) * other.cast(pl.Float64)).abs() < _LARGEST
        product = pl.when(fits).then(product) * pl.when(fits).then(other)
    return product


def plus(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The sum of two amounts, exact; null where either is null."""
    one, other = _amount(one), _amount(other)
    fits = (one.cast(pl.Float64) + other.cast(pl.Float64)).abs() < _LARGEST
    return pl.when(fits).then(one) + pl.when(fits).then(other)


def minus(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The difference of two amounts (charged less refunded), exact; null where either is null."""
    return plus(one, -_amount(other))


def shared(amount: pl.Expr, by: pl.Expr) -> pl.Expr:
    """An amount divided by a number, rounded at the 18th digit; null where the number is 0."""
    amount, by = _amount(amount), _amount(by)
    fits = (by != 0) & ((amount.cast(pl.Float64) / by.cast(pl.Float64)).abs() < _LARGEST)
    return pl.when(fits).then(amount) / pl.when(fits).then(by)


def per_months(amount: pl.Expr, months: pl.Expr, to: int = 12) -> pl.Expr:
    """The price of `to` months where `amount` is the price of `months`: amount x to / months.

    A term price of 24 months becomes the annual price with `to=12`, the monthly one with `to=1`. The
    product comes first, so 100 for 3 months is 400 a year, not 399.99.
    """
    term = pl.when(_months_fit(months)).then(months)
    return shared(times(amount, pl.lit(to)), term)


def less_percent(amount: pl.Expr, percent: pl.Expr) -> pl.Expr:
    """The amount less a discount in percent: amount x (100 - percent) / 100."""
    return shared(times(amount, pl.lit(100, dtype=AMOUNT_TYPE) - _amount(percent)), pl.lit(100))


def minor_units(amount: pl.Expr, digits: int) -> pl.Expr:
    """Whole units of an amount stated in cents (`digits` 2) or in mills (3); 0 leaves it as it is."""
    return shared(amount, pl.lit(10**digits)) if digits else _amount(amount)


def signed(
    amount: pl.Expr, mark: pl.Expr, *, negative: Sequence[str], positive: Sequence[str] = ()
) -> pl.Expr:
    """An amount whose sign stands in another column (S/H, debit/credit).

    Marks are compared without case and outer spaces. With `positive` given, any other mark than
    those of both lists makes the amount null; without it all other marks are positive.
    """
    word = folded(mark).fill_null("")
    amount = _amount(amount)
    minus_sign = word.is_in([one.strip().lower() for one in negative])
    plus_sign = word.is_in([one.strip().lower() for one in positive]) if positive else pl.lit(True)
    return pl.when(minus_sign).then(-amount).when(plus_sign).then(amount)


def end_after_months(start: pl.Expr, months: pl.Expr) -> pl.Expr:
    """The last day of a term of whole months: start + months - 1 day.

    Where the month has no such day its last day stands in (31 January + 1 month is 29 February 2024),
    then the day before is taken. Null for no months, and for more than 1,200.
    """
    term = pl.when(_months_fit(months)).then(months).cast(pl.Int64)
    moved = pl.when(start.dt.year().is_between(1000, 2999) & term.is_not_null()).then(start)
    return moved.dt.offset_by(pl.format("{}mo", term.fill_null(0))).dt.offset_by("-1d")


def day_before(day: pl.Expr) -> pl.Expr:
    """The day before: an end that names the first moment of the next period, made inclusive."""
    return day.dt.offset_by("-1d")


def whole_months(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Months of a period whose end is `end_after_months` of its start; null where it is not."""
    after = pl.when(end.dt.year().is_between(1000, 4999)).then(end).dt.offset_by("1d")
    months = (after.dt.year().cast(pl.Int64) - start.dt.year()) * 12 + after.dt.month() - start.dt.month()
    exact = [
        pl.when(end_after_months(start, candidate) == end).then(candidate)
        for candidate in (months, months + 1)  # a start on the 31st may end one calendar month earlier
    ]
    return pl.coalesce(exact)


def whole_number(text: pl.Expr) -> pl.Expr:
    """A count as the file states it ("3", "3.0"); null for anything else."""
    return text.str.extract(_WHOLE, 1).cast(pl.Int64, strict=False)


def months_of_term(text: pl.Expr, unit: str = "months") -> pl.Expr:
    """Months of a contract term: "24", "24 Months", "2 years"; a bare number counts `unit`s."""
    bare = 12 if unit == "years" else 1
    stated = text.str.extract(r"(?i)([a-zà-ž])", 1).is_not_null()
    months = text.str.extract(_MONTHS_TEXT, 1).cast(pl.Int64, strict=False)
    years = text.str.extract(_YEARS_TEXT, 1).cast(pl.Int64, strict=False)
    return pl.coalesce(years * 12, pl.when(stated).then(months).otherwise(months * bare))


def months_of_interval(text: pl.Expr, words: Mapping[str, int] = INTERVAL_MONTHS) -> pl.Expr:
    """Months of a billing interval by its words; null for words that are no number of months.

    Beside the words: "every 4 months", "18 months", "every 5 years"."""
    key = text.str.to_lowercase().str.replace_all(r"[\s\-_./()]+", " ").str.strip_chars()
    named = key.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.Int64)
    count = key.str.extract(_EVERY, 1).cast(pl.Int64, strict=False)
    unit = pl.when(key.str.contains("year")).then(12).otherwise(1)
    return pl.coalesce(named, pl.when(count > 0).then(count * unit))


def percent(text: pl.Expr) -> pl.Expr:
    """A percentage as the file states it ("12.5", "12,5 %"); null for anything else, and for above 100."""
    number = text.str.extract(_PERCENT, 1).str.replace(",", ".", literal=True)
    value = number.cast(AMOUNT_TYPE, strict=False)
    return pl.when((value >= 0) & (value <= 100)).then(value)


def folded(text: pl.Expr) -> pl.Expr:
    """Words for comparison: lower case, outer white space gone."""
    return text.str.strip_chars().str.to_lowercase()


def mapped(text: pl.Expr, words: Mapping[str, str]) -> pl.Expr:
    """Text with its words replaced, compared without case; words not in the map stay."""
    if not words:
        return text
    olds = [word.strip().lower() for word in words]
    return folded(text).replace_strict(olds, list(words.values()), default=text, return_dtype=pl.String)


def _amount(value: pl.Expr) -> pl.Expr:
    return value.cast(AMOUNT_TYPE, strict=False)


def _months_fit(months: pl.Expr) -> pl.Expr:
    return (months >= 1) & (months <= _MOST_MONTHS)
