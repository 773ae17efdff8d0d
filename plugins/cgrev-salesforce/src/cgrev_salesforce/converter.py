"""The converter: which columns of an export are the account, the money, the period and the type.

Silent only where a report leaves no choice: the account, the deal's name, the footer. Which amount,
which start, how long, which type, which stages: one candidate is taken, several are a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import polars as pl

from cgrev.plugin import (
    SKIPPED_SCHEMA,
    ConverterOptions,
    Fit,
    Header,
    Join,
    Profile,
    ProfileConverter,
    Question,
    Reading,
    RevenueType,
    Sample,
    SettingsError,
    Sheet,
    Tidied,
    Totals,
    clean,
    find_header,
    fold,
    grand_total,
    is_blank,
    listing,
    merged_profiles,
    numbered,
    places_of,
    profile_from_text,
    replace,
    row_text,
    skip_rows,
    squash,
    without,
)
from cgrev_salesforce import columns
from cgrev_salesforce.footer import GROUP, GROUP_VALUE, without_footer
from cgrev_salesforce.options import SalesforceOptions

GROUPED = "Account Name (group heading)"
"""Heading of the column that carries the account of a group down, where no column has it."""
_ALL_TYPES = [kind.value for kind in RevenueType]


def packaged_profile() -> Profile:
    """What holds for every export: null tokens, the deal's name as description."""
    text = files(__package__).joinpath("report.toml").read_text(encoding="utf-8")
    return profile_from_text(text, origin="cgrev-salesforce report.toml")


class Salesforce(ProfileConverter):
    """Opportunity and line-item reports (CSV, HTML .xls, formatted xlsx), Data Loader and API exports."""

    name = "salesforce"
    title = "Salesforce report or Data Loader export"
    Options = SalesforceOptions

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile or packaged_profile())
        self.piecewise = False

    def identify(self, sample: Sample) -> Fit:
        """By the headings that only Salesforce writes, and by the lines below a report."""
        labels = find_header(sample.head, self._known(), sample.named).labels
        keys = {squash(label) for label in labels}
        found = list({squash(one): one for one in columns.DISTINCTIVE if squash(one) in keys}.values())
        if not found:
            return Fit(0.0, "no heading of a Salesforce export")
        score = min(0.95, 0.2 + 0.25 * len(found))
        return Fit(score, f"headings of Salesforce: {listing(found, 6)}")

    def header(self, sample: Sample, options: ConverterOptions) -> Header:
        """Below the titles and filters of a formatted report."""
        rule = self.profile.header
        if rule.row is not None or rule.none:
            return super().header(sample, options)
        return find_header(sample.head, self._known(), sample.named)

    def _known(self) -> list[str]:
        known = [*columns.ACCOUNT, *columns.AMOUNTS, *columns.STARTS, *columns.ENDS, *columns.TERMS]
        known += [*columns.TYPES, *columns.DISTINCTIVE, *columns.CURRENCIES, *self.profile.columns]
        return known + [f"{name}{columns.CONVERTED}" for name in columns.AMOUNTS]

    # -- rows -------------------------------------------------------------------------------------

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Footer out, group headings down, totals and rows of other stages out."""
        options = _mine(options)
        footer = without_footer(sheet)
        totals = skip_rows(footer.sheet, Totals(keys=self._record_keys(sheet.labels, options)))
        grouped = _groups_down(totals.sheet, carry=not self._has_account(sheet.labels, options))
        carried = Sheet(_carried(grouped.sheet), grouped.sheet.labels)
        done = super().tidy(carried, options)
        self._ask_for_stages(done.sheet, options)
        kept = _stages(done.sheet, options)
        steps = (footer, totals, grouped, done, kept)
        whole = Tidied(kept.sheet, pl.concat([step.skipped for step in steps]).sort("row"))
        if options.currency is not None:
            return whole  # rows of other currencies are left out later
        places = self.effective(sheet.labels, options).headings().get("amount", ())
        amount = next((place for one in places for place in places_of(one, sheet.labels)), None)
        return replace(whole, stated=grand_total(sheet, whole, amount))

    def _record_keys(self, labels: Sequence[str], options: ConverterOptions) -> tuple[int, ...]:
        """The columns that a record fills and a total leaves blank."""
        known = self.effective(labels, options).headings()
        names = ("start_date", "end_date", "term", "revenue_type")
        places = {
            place for name in names for ref in known.get(name, ()) for place in places_of(ref, labels)[:1]
        }
        return tuple(sorted(places))

    def appended(self, labels: Sequence[str], options: ConverterOptions) -> tuple[str, ...]:
        """The account carried down from group headings, where no column has it."""
        return () if self._has_account(labels, options) else (GROUPED,)

    def joins(self, labels: Sequence[str], options: ConverterOptions) -> tuple[Join, ...]:
        """Accounts by their id, where an export has the id only."""
        mine = super().joins(labels, options)
        if mine or not _only_ids(labels):
            return mine
        return (Join("accounts", "AccountId", "Id", ("Name",)),)

    def _has_account(self, labels: Sequence[str], options: ConverterOptions) -> bool:
        stated = self.profile.headings().get("account_name", ())
        known = any(places_of(one, labels) for one in stated)
        return known or _only_ids(labels) or bool(super().joins(labels, options))

    def _ask_for_stages(self, sheet: Sheet, options: SalesforceOptions) -> None:
        place = _first_place(columns.STAGE, sheet.labels)
        if place is None or options.stages is not None or self.profile.status is not None:
            return
        counts = (
            sheet.frame.filter(~is_blank(f"c{place}"))
            .group_by(pl.col(f"c{place}").str.strip_chars().alias("stage"), maintain_order=True)
            .agg(pl.len().alias("rows"), pl.col("row").first().alias("first"))
        )
        if all(fold(stage) == "closed won" for stage in counts["stage"]):
            return
        raise Question(
            "which stages count as revenue?",
            option="stages",
            readings=[
                f"{stage}: {rows} row{'s' * (rows > 1)}, the first is row {first}"
                for stage, rows, first in counts.iter_rows()
            ],
        )

    # -- columns ----------------------------------------------------------------------------------

    def effective(self, labels: Sequence[str], options: ConverterOptions) -> Profile:
        """The profile with what the options and the headings of this file say."""
        options = _mine(options)
        said: dict[str, Any] = {}
        if options.months is not None:
            said["end"] = {"months": options.months}
        if options.price is not None:
            said["term"] = {"price": options.price}
        if options.currency is not None:
            said["currency"] = {"keep": options.currency}
        if labels:
            said["columns"], constants = self._columns(labels, options)
            if constants:
                said["constants"] = constants
        return merged_profiles(self.profile, Profile.model_validate(said)) if said else self.profile

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """Raises `Question` where the file has several columns, or none, for what must be known.

        Records of other objects are refused: their amounts mean something else."""
        for objects, converter, marks in columns.OTHER_OBJECTS:
            if all(places_of(mark, labels) for mark in marks) and not places_of("StageName", labels):
                raise SettingsError(f"the file holds {objects}", help=f"convert it with --from {converter}")
        profile = self.effective(labels, options)
        known = {*profile.feeds(), *profile.headings()}
        if "amount" not in known and "price" not in known:
            raise _ask_column("amount", "which column is the revenue amount?", labels)
        if "start_date" not in known:
            raise _ask_column("start", "which column is the first day of the period?", labels)
        if "revenue_type" not in known and profile.default_type is None:
            raise Question(
                "nothing in the file says what revenue type the rows are",
                option="revenue_type",
                readings=[f"{kind}: every row is {kind}" for kind in _ALL_TYPES],
            )
        if not known & {"end_date", "term"} and profile.end.months is None:
            raise Question(
                "nothing in the file says how long a period is",
                option="months",
                readings=["12: every period is a year from its start", "1: every period is one month"],
            )
        return super().fields(labels, options)

    def _columns(
        self, labels: Sequence[str], options: SalesforceOptions
    ) -> tuple[dict[str, str | list[str]], dict[str, str]]:
        """Reference to field for what the profile leaves open, and constants."""
        mine = {
            name for name, refs in self.profile.headings().items() if any(places_of(r, labels) for r in refs)
        }
        chosen: dict[int, list[str]] = {}
        constants: dict[str, str] = {}

        def take(name: str, place: int | None) -> None:
            if place is not None and (name not in mine or _stated(name, options)):
                chosen.setdefault(place, []).append(name)

        if GROUPED in labels:
            take("account_name", list(labels).index(GROUPED))
        elif "accounts.Name" in labels:
            take("account_name", list(labels).index("accounts.Name"))
        amount = None
        if "amount" not in mine or options.amount:
            amount = _one(labels, _amounts(labels), options.amount, "amount", "which amount is the revenue?")
            take("amount", amount)
        elif (stated := self.profile.headings().get("amount")) is not None:
            amount = next((place for ref in stated for place in places_of(ref, labels)), None)
        if "currency" not in mine:
            take("currency", _currency(labels, amount))
        if "start_date" not in mine or options.start:
            starts = _places(columns.STARTS, labels) or _places(columns.CLOSED, labels)
            take("start_date", _one(labels, starts, options.start, "start", "which date is the first day?"))
        if "end_date" not in mine or options.end:
            ends = _places(columns.ENDS, labels)
            take("end_date", _one(labels, ends, options.end, "end", "which date is the last day?"))
        if "description" not in mine and places_of("StageName", labels):
            take("description", _first_place(("Name",), labels))  # the API's own name of the deal
        take("term", _first_place(columns.TERMS, labels))
        if options.revenue_type is None:
            take("revenue_type", _first_place(columns.TYPES, labels))
        elif fold(options.revenue_type) in map(fold, _ALL_TYPES) and not places_of(
            options.revenue_type, labels
        ):
            constants["revenue_type"] = options.revenue_type
        else:
            take("revenue_type", _named(options.revenue_type, labels, "revenue_type"))
        return {f"#{place + 1}": names for place, names in chosen.items()}, constants


def _mine(options: ConverterOptions) -> SalesforceOptions:
    """The options as this converter's own, so that general ones will do."""
    if isinstance(options, SalesforceOptions):
        return options
    return SalesforceOptions.model_validate(options.model_dump())


def _stated(name: str, options: SalesforceOptions) -> bool:
    """Whether the user chose the column of this field by an option."""
    option = {"amount": options.amount, "start_date": options.start, "end_date": options.end}.get(name)
    return option is not None or (name == "revenue_type" and options.revenue_type is not None)


def _only_ids(labels: Sequence[str]) -> bool:
    return _first_place(columns.ACCOUNT, labels) is None and bool(places_of("AccountId", labels))


def _places(headings: Sequence[str], labels: Sequence[str]) -> list[int]:
    found = {place for heading in headings for place in places_of(heading, labels)}
    return sorted(found)


def _first_place(headings: Sequence[str], labels: Sequence[str]) -> int | None:
    return next((place for heading in headings for place in places_of(heading, labels)[:1]), None)


def _amounts(labels: Sequence[str]) -> list[int]:
    """Every column that can be the revenue, as entered or converted."""
    return _places([*columns.AMOUNTS, *(f"{name}{columns.CONVERTED}" for name in columns.AMOUNTS)], labels)


def _currency(labels: Sequence[str], amount: int | None) -> int | None:
    """The currency of an amount: Salesforce puts `Amount Currency` in the column before `Amount`."""
    if amount is not None:
        own = places_of(f"{clean(labels[amount])} Currency", labels)
        if own:
            before = [place for place in own if place == amount - 1]
            return (before or list(own))[0]
    return _first_place(columns.CURRENCIES, labels)


def _named(reference: str, labels: Sequence[str], option: str) -> int:
    places = places_of(reference, labels)
    if len(places) != 1:
        problem = "no column is headed" if not places else "several columns are headed"
        raise SettingsError(
            f"the option {option} names {reference!r}, but {problem} so; the headings: {listing(labels)}",
            help="give a heading of the file, or a place: #3",
        )
    return places[0]


def _one(
    labels: Sequence[str], places: Sequence[int], stated: str | None, option: str, question: str
) -> int | None:
    """The one candidate, the one the user named, or a question."""
    if stated is not None:
        return _named(stated, labels, option)
    if len(places) > 1:
        raise Question(
            question,
            option=option,
            readings=[numbered(place, labels[place]) for place in places],
            columns=list(places),
        )
    return places[0] if places else None


def _ask_column(option: str, question: str, labels: Sequence[str]) -> Question:
    places = [place for place, label in enumerate(labels) if clean(label)]
    return Question(
        question, option=option, readings=[numbered(place, labels[place]) for place in places], columns=places
    )


def _groups_down(sheet: Sheet, *, carry: bool) -> Tidied:
    """Take group headings and subtotals out; the account of a group is carried down where none has it.

    Only a report with group headings has subtotals, and those hold amounts only: a deal has a name.
    """
    cells = [name for name in sheet.frame.columns if name[0] == "c"]
    filled = pl.sum_horizontal([(~is_blank(name)).cast(pl.UInt32) for name in cells])
    first = pl.coalesce([pl.when(~is_blank(name)).then(pl.col(name)) for name in cells])
    line = first.str.replace_all(r"[\s\u00a0]+", " ").str.strip_chars()
    is_group = ((filled == 1) & line.str.contains(GROUP)).fill_null(False)
    kind = line.str.extract(GROUP, 1).str.to_lowercase()
    of_account = is_group & kind.is_in([name.lower() for name in columns.ACCOUNT])
    frame = sheet.frame.with_columns(
        pl.when(is_group).then(pl.lit("group heading")).alias("_why"),
        pl.when(of_account).then(line.str.extract(GROUP_VALUE, 1)).alias("_account"),
    )
    money = _amounts(sheet.labels)
    if money and frame["_why"].null_count() < frame.height:
        others = [is_blank(name) for name in cells if int(name[1:]) not in money]
        subtotal = pl.col("_why").is_null() & pl.all_horizontal(others)
        frame = frame.with_columns(
            pl.when(subtotal).then(pl.lit("subtotal of a group")).otherwise(pl.col("_why")).alias("_why")
        )
    skipped = frame.filter(pl.col("_why").is_not_null()).select(
        "row", pl.col("_why").alias("reason"), row_text(cells).alias("text")
    )
    labels = sheet.labels
    if carry:
        if frame["_account"].null_count() == frame.height:
            raise SettingsError(
                f"no column is the account: the headings are {listing(sheet.labels)}",
                help='add Account Name to the report, or say which column it is: columns = { "HEADING" = '
                '"account_name" }',
            )
        frame = frame.with_columns(pl.col("_account").forward_fill().alias(f"c{len(labels)}"))
        labels = (*labels, GROUPED)
    return without(Sheet(frame.drop("_why", "_account"), labels), skipped.cast(SKIPPED_SCHEMA))  # type: ignore[arg-type]


def _carried(sheet: Sheet) -> pl.DataFrame:
    """Blank cells below a grouping column (its heading bears an arrow) repeat the cell above."""
    grouping = [
        f"c{place}"
        for place, label in enumerate(sheet.labels)
        if any(arrow in label for arrow in "\u2191\u2193\u25b2\u25bc") and f"c{place}" in sheet.frame.columns
    ]
    return sheet.frame.with_columns(
        pl.when(~is_blank(name)).then(pl.col(name)).forward_fill().alias(name) for name in grouping
    )


def _stages(sheet: Sheet, options: SalesforceOptions) -> Tidied:
    place = _first_place(columns.STAGE, sheet.labels)
    wanted = [fold(one) for one in (options.stages or "all").split(",")]
    if place is None or wanted == ["all"]:
        return without(sheet, pl.DataFrame(schema=SKIPPED_SCHEMA))
    words: Mapping[str, bool] = {
        stage: fold(stage) in wanted
        for stage in sheet.frame[f"c{place}"].unique().to_list()
        if stage is not None
    }
    counted = [stage for stage, counts in words.items() if counts]
    shown = pl.col(f"c{place}").fill_null("").str.strip_chars()
    skipped = sheet.frame.filter(~pl.col(f"c{place}").is_in(counted).fill_null(False)).select(
        "row",
        pl.format("stage is '{}'", shown).alias("reason"),
        row_text([name for name in sheet.frame.columns if name[0] == "c"]).alias("text"),
    )
    return without(sheet, skipped.cast(SKIPPED_SCHEMA))  # type: ignore[arg-type]
