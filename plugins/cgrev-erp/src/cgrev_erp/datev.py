"""Booking batches of DATEV (EXTF, format 510 and 700): who owes what, seen from the debtor's account.

Line 1 holds what the rows leave out: the fiscal year (dates are DDMM), the length of account numbers and the
base currency. The columns have fixed places, whatever a version calls them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    SKIPPED_SCHEMA,
    ConverterOptions,
    Fit,
    Header,
    Join,
    LineConverter,
    LineOptions,
    Profile,
    Question,
    Reading,
    Sample,
    SettingsError,
    Sheet,
    SourceField,
    Tidied,
    clean,
    find_header,
    is_blank,
    places_of,
    replace,
    row_text,
    skip_rows,
    without,
)

TURNOVER, MARK, CURRENCY, BASE, BASE_CURRENCY, ACCOUNT, COUNTER, DAY, TEXT = 0, 1, 2, 4, 5, 6, 7, 9, 13
"""Places of the columns that are read, from 0."""
DEBTOR, SIGN, AMOUNT, AMOUNT_CURRENCY = "Debitor", "S/H des Debitors", "Betrag", "Währung des Betrags"
ADDED = (DEBTOR, SIGN, AMOUNT, AMOUNT_CURRENCY)
COMPANY = "Name (Adressatentyp Unternehmen)"
PERSON = "Name (Adressatentyp natürl. Person)"
FIRST_NAME = "Vorname (Adressatentyp natürl. Person)"
OTHER = "Name (Adressatentyp keine Angabe)"
_BOOKINGS, _DEBTORS = "21", "16"


class DatevOptions(LineOptions):
    """What only the user knows about a batch, and what line 1 says of it."""

    revenue: str | None = Field(
        default=None, description="the accounts of revenue, as ranges: 8000-8999, or 4000-4999,4830"
    )
    account: Literal["name", "number"] | None = Field(
        default=None, description="the account is the debtor's name (--with debitors=FILE) or its number"
    )
    amount: Literal["base", "document"] | None = Field(
        default=None, description="of rows in another currency: the amount in base currency, or as booked"
    )
    year: str | None = Field(
        default=None, description="first day of the fiscal year (2024-01-01), where line 1 does not say it"
    )
    digits: int | None = Field(
        default=None, ge=4, le=8, description="digits of a ledger account, where line 1 does not say it"
    )
    base_currency: str | None = Field(
        default=None, description="the currency of rows that name none, where line 1 does not say it"
    )


class Datev(LineConverter):
    """Keeps the rows between a debtor and an account of revenue; S and H are turned to the debtor's side."""

    name = "datev"
    title = "DATEV batch of bookings"
    Options = DatevOptions

    # -- line 1 -----------------------------------------------------------------------------------

    def identify(self, sample: Sample) -> Fit:
        """By line 1, or by the headings of a batch that lost it."""
        meta = _metadata(sample)
        if meta is not None:
            kind = _field(meta, 2)
            what = _field(meta, 3) or "another list"
            return (
                Fit(0.98, f"line 1 of a DATEV export: {what}")
                if kind == _BOOKINGS
                else Fit(0.7, f"line 1 of a DATEV export, but no bookings: {what}")
            )
        labels = self.header(sample, self.Options()).labels
        if not _is_batch(labels):
            return Fit(0.0, "neither line 1 nor the headings of a DATEV export")
        return Fit(0.9, "the headings of a DATEV batch, whose line 1 is missing")

    def header(self, sample: Sample, options: ConverterOptions) -> Header:
        """The row below line 1."""
        known = ("Soll/Haben-Kennzeichen", "WKZ Umsatz", "Konto", "Belegdatum", "Belegfeld 1", "Buchungstext")
        return find_header(sample.head, known, sample.named)

    def preamble(self, sample: Sample, header: Header, options: ConverterOptions) -> ConverterOptions:
        """Fiscal year, digits and currency of line 1. Raises `Question` when the batch spans two years."""
        mine: DatevOptions = self.mine(options)
        meta = _metadata(sample)
        if meta is None:
            if mine.year is None and _is_batch(header.labels):
                raise _which_year(sample, header)
            return mine
        if _field(meta, 2) != _BOOKINGS:
            what = _field(meta, 3)
            as_debtors = "hand it in beside the bookings: --with debitors=FILE"
            raise SettingsError(
                f"this DATEV export holds {what!r}, not bookings ('Buchungsstapel')",
                help=as_debtors if _field(meta, 2) == _DEBTORS else "export the Buchungsstapel",
            )
        begin, until = _day(_field(meta, 12)), _day(_field(meta, 15))
        said: dict[str, Any] = {}
        if mine.year is None and begin is not None:
            if until is not None and until > _year_end(begin):
                first, last = begin.isoformat(), _year_end(begin).isoformat()
                raise Question(
                    f"line 1 says the batch runs until {until}, beyond the fiscal year that begins on "
                    f"{begin}: in which year do its dates fall?",
                    option="year",
                    readings=[
                        f"{first}: from {first} to {last}",
                        f"{_year_end(begin) + timedelta(1)}: in the year after",
                    ],
                )
            said["year"] = begin.isoformat()
        if mine.digits is None and _field(meta, 13).isdigit():
            said["digits"] = int(_field(meta, 13))
        if mine.base_currency is None and _field(meta, 21):
            said["base_currency"] = _field(meta, 21)
        return mine.model_copy(update=said)

    # -- rows -------------------------------------------------------------------------------------

    def appended(self, labels: Sequence[str], options: ConverterOptions) -> tuple[str, ...]:
        """The debtor, its side of the booking, the amount and its currency, as they are read."""
        return ADDED

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Keep what a debtor owes for revenue. Raises `Question` for the accounts of revenue and for rows in
        other currencies."""
        mine: DatevOptions = self.mine(options)
        blank = skip_rows(sheet)
        frame = _seen_from_the_debtor(blank.sheet.frame, mine)
        if mine.revenue is None:
            raise _which_accounts(frame)
        kept = frame.with_columns(_reason(mine).alias("reason"))
        cells = [name for name in sheet.frame.columns if name[0] == "c"]
        skipped = (
            kept.filter(pl.col("reason").is_not_null())
            .select("row", "reason", row_text(cells).alias("text"))
            .cast(SKIPPED_SCHEMA)  # type: ignore[arg-type]
        )
        done = without(Sheet(kept, sheet.labels), skipped)
        rows = done.sheet.frame
        if mine.amount is None:
            _ask_for_currency(rows)
        width = len(sheet.labels)
        rows = rows.with_columns(
            pl.col(name).alias(f"c{width + place}")
            for place, name in enumerate(("debtor", "side", "amount", "code"))
        )
        rows = rows.select([name for name in rows.columns if name == "row" or name[1:].isdigit()])
        return Tidied(Sheet(rows, (*sheet.labels, *ADDED)), pl.concat([blank.skipped, skipped]).sort("row"))

    # -- columns ----------------------------------------------------------------------------------

    def joins(self, labels: Sequence[str], options: ConverterOptions) -> tuple[Join, ...]:
        """The debtors by their number, unless the number is the account."""
        if self.mine(options).account == "number":
            return ()
        return (Join("debitors", DEBTOR, "Konto", (COMPANY, PERSON, FIRST_NAME, OTHER)),)

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The year of the dates, the currency of rows without one, and which column is the account."""
        said = super().said(labels, options)
        mine: DatevOptions = self.mine(options)
        if mine.year is not None:
            begin = _stated_year(mine.year)
            said["dates-within"] = [begin.isoformat(), _year_end(begin).isoformat()]
        if mine.account == "number":
            said["columns"][DEBTOR] = "account_name"
        return said

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Refuses columns that are no batch's, and a batch whose year is not known."""
        if not _is_batch(labels):
            raise SettingsError(
                "the columns are not those of a DATEV batch (Umsatz, Soll/Haben-Kennzeichen, .., Konto, .., "
                "Belegdatum)",
                help="export a Buchungsstapel in the DATEV format, and do not edit its columns",
            )
        if self.mine(options).year is None:
            raise SettingsError(
                "line 1 of the batch states no fiscal year, and dates are DDMM without one",
                help="say on which day the fiscal year begins: -O year=2024-01-01",
            )
        super().ask(labels, options, profile)

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The name of a debtor stands in one of three columns."""
        reading = super().fields(labels, options)
        if self.mine(options).account == "number":
            return reading
        added = []
        for name, heading in (("person", PERSON), ("first_name", FIRST_NAME), ("other", OTHER)):
            for place in places_of(f"debitors.{heading}", labels)[:1]:
                added.append(SourceField(name, "name", place, labels[place]))
        derived = {**reading.derived, "account_name": ("account_name", *(field.id for field in added))}
        return replace(reading, fields=(*reading.fields, *added), derived=derived)

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """Company, else person, else the name of neither."""
        if self.mine(options).account != "number":
            person = pl.concat_str(["first_name", "person"], separator=" ", ignore_nulls=True)
            person = pl.when(pl.col("person").is_not_null()).then(person)
            rows = rows.with_columns(pl.coalesce("account_name", person, "other").alias("account_name"))
        return super().convert(rows, options)


def _seen_from_the_debtor(frame: pl.DataFrame, options: DatevOptions) -> pl.DataFrame:
    """Each row with `debtor`, `against` (the account on the other side), `side` (S or H of the debtor),
    `amount` and `code` (its currency)."""
    one, other = _number(ACCOUNT), _number(COUNTER)
    is_one, is_other = (_personal(number, options) for number in (one, other))
    mark = pl.col(f"c{MARK}").fill_null("").str.strip_chars().str.to_uppercase()
    turned = mark.replace({"S": "H", "H": "S"})
    base = ~is_blank(f"c{BASE}") if options.amount != "document" else pl.lit(False)
    currency, base_currency = (
        pl.when(~is_blank(name)).then(pl.col(name).str.strip_chars())
        for name in (f"c{CURRENCY}", f"c{BASE_CURRENCY}")
    )
    usual = pl.lit(options.base_currency, dtype=pl.String)
    return frame.with_columns(
        pl.when(is_one).then(one).when(is_other).then(other).alias("debtor"),
        pl.when(is_one).then(other).when(is_other).then(one).otherwise(other).alias("against"),
        pl.when(is_one | ~is_other).then(mark).otherwise(turned).alias("side"),
        pl.when(base).then(pl.col(f"c{BASE}")).otherwise(pl.col(f"c{TURNOVER}")).alias("amount"),
        pl.when(base)
        .then(pl.coalesce(base_currency, usual))
        .otherwise(pl.coalesce(currency, usual))
        .alias("code"),
        one.alias("one"),
        other.alias("other"),
    )


def _number(place: int) -> pl.Expr:
    """An account number without leading zeros and without what a version puts around it."""
    return pl.col(f"c{place}").fill_null("").str.strip_chars().str.replace(r"^0+([0-9])", "${1}")


def _personal(number: pl.Expr, options: DatevOptions) -> pl.Expr:
    """A debtor: one digit more than an account of the ledger has, the first from 1 to 6."""
    digits = options.digits or 4
    return number.str.contains(rf"^[1-6][0-9]{{{digits}}}$")


def _reason(options: DatevOptions) -> pl.Expr:
    """Why a row is no revenue of a debtor."""
    is_revenue = pl.any_horizontal(
        pl.col("against").cast(pl.Int64, strict=False).is_between(first, last)
        for first, last in _ranges(options.revenue or "")
    ).fill_null(False)
    pair = pl.format("{} an {}", "one", "other")
    return (
        pl.when(pl.col("debtor").is_null())
        .then(pl.format("no debtor: {}", pair))
        .when(~is_revenue)
        .then(pl.format("no account of revenue: {}", pair))
    )


def _which_accounts(frame: pl.DataFrame) -> Question:
    """The question for the accounts of revenue, with those that debtors are booked against."""
    against = (
        frame.filter(pl.col("debtor").is_not_null())
        .group_by("against", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("row").first().alias("first"))
    )
    return Question(
        "which accounts are revenue? (ranges such as 8000-8999)",
        option="revenue",
        readings=[
            f"{number}: {rows} row{'s' * (rows > 1)} against a debtor, the first is row {first}"
            for number, rows, first in against.head(20).iter_rows()
        ]
        or ["8000-8999: usual in SKR 03", "4000-4999: usual in SKR 04"],
    )


def _which_year(sample: Sample, header: Header) -> Question:
    """The question for the year of a batch that lost line 1, with what its first date would be."""
    days = sample.head.filter((pl.col("row") >= header.first) & ~is_blank(f"c{DAY}"))
    row, text = days.select("row", f"c{DAY}").row(0) if days.height else (header.first, "0101")
    day = text.strip().zfill(4)
    return Question(
        'dates are DDMM without a year, and line 1 ("EXTF";..), which holds the fiscal year, is missing',
        option="year",
        readings=[
            f"{year}-01-01: '{text}' in row {row} is {year}-{day[2:4]}-{day[:2]}" for year in (2023, 2024)
        ]
        + ["2023-07-01: so does a fiscal year from July to June"],
    )


def _ask_for_currency(rows: pl.DataFrame) -> None:
    foreign = rows.filter(~is_blank(f"c{BASE}"))
    if foreign.height:
        first = foreign.row(0, named=True)
        raise Question(
            "rows are booked in another currency: which amount is the revenue?",
            option="amount",
            readings=[
                f"base: '{first[f'c{BASE}']}' {first[f'c{BASE_CURRENCY}'] or ''} in row {first['row']}",
                f"document: '{first[f'c{TURNOVER}']}' {first[f'c{CURRENCY}'] or ''} in row {first['row']}",
            ],
        )


def _ranges(text: str) -> list[tuple[int, int]]:
    """Ranges of account numbers. Raises `SettingsError` for anything else."""
    found = []
    for part in text.split(","):
        first, _, last = (one.strip() for one in part.partition("-"))
        if not first.isdigit() or not (last or first).isdigit():
            raise SettingsError(
                f"the option revenue names {part.strip()!r}, which is no range of account numbers",
                help="write it as 8000-8999, several separated by commas",
            )
        found.append((int(first), int(last or first)))
    return found


def _is_batch(labels: Sequence[str]) -> bool:
    """Whether the headings stand where those of a batch do."""
    wanted = {TURNOVER: "umsatz", MARK: "soll", ACCOUNT: "konto", COUNTER: "gegenkonto", DAY: "belegdatum"}
    return len(labels) > DAY and all(
        clean(labels[place]).lower().startswith(word) for place, word in wanted.items()
    )


def _metadata(sample: Sample) -> pl.DataFrame | None:
    """Line 1, when it is that of a DATEV export."""
    first = sample.head.head(1)
    cell = str(first["c0"][0] or "").strip() if first.height and "c0" in first.columns else ""
    return first if cell in ("EXTF", "DTVF") else None


def _field(meta: pl.DataFrame, place: int) -> str:
    name = f"c{place}"
    return str(meta[name][0] or "").strip() if name in meta.columns else ""


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) >= 8 else None
    except ValueError:
        return None


def _stated_year(text: str) -> date:
    """The first day of a fiscal year: a date, or a year."""
    try:
        return date(int(text), 1, 1) if text.isdigit() and len(text) == 4 else date.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"the option year is {text!r}, which is neither a day nor a year", help="write it as 2024-01-01"
        ) from None


def _year_end(begin: date) -> date:
    """The last day of a fiscal year of twelve months."""
    try:
        return begin.replace(year=begin.year + 1) - timedelta(1)
    except ValueError:  # one that begins on 29 February
        return date(begin.year + 1, 2, 28)
