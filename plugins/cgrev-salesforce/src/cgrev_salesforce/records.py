"""Records as Data Loader, the API and warehouses export them: products of opportunities, CPQ, contracts.

Each object is a file of its own; ids are looked up in the others (`--with accounts=Account.csv`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    ConverterOptions,
    Fit,
    LineConverter,
    LineOptions,
    Profile,
    Question,
    Reading,
    RevenueType,
    RowChoice,
    Sheet,
    SourceField,
    Tidied,
    clean,
    is_blank,
    numbered,
    places_of,
    replace,
    squash,
)

_PRICE = Field(
    default=None,
    description="what a recurring amount is the price of: the whole term, or a year (a month for MRR)",
)
_EVERGREEN = Field(
    default=None,
    pattern=r"^(skip|[1-9]\d{0,3})$",
    description="evergreen records: skip leaves them out, a number is the months of their price and period",
)
_PRICES = (
    "term: the amount pays the whole term, and is brought to a year (ARR) or a month (MRR)",
    "annual: the amount is that of a year (of a month for MRR)",
)
_SUBSCRIPTION_TYPE = "SBQQ__SubscriptionType__c"


class RecordConverter(LineConverter):
    """A file of records whose cells are seen as a whole, for what they leave open.

    `evergreen` are the headings of the column that says a record has no end.
    """

    evergreen: ClassVar[tuple[str, ...]] = ()

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile)
        self.piecewise = False

    def told(self, labels: Sequence[str]) -> Fit:
        """The share of the telling headings, however a program spells them."""
        keys = {squash(label) for label in labels}
        there = [one[0] for one in self.telling if any(squash(word) in keys for word in one)]
        share = round(0.95 * len(there) / len(self.telling), 3)
        return Fit(share, f"{len(there)} of {len(self.telling)} headings that tell {self.title}")

    def _evergreen_place(self, labels: Sequence[str]) -> int | None:
        return next((place for one in self.evergreen for place in places_of(one, labels)[:1]), None)

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """Evergreen records left out, and what a price is the price of."""
        said, mine = super().said(labels, options), self.mine(options)
        if getattr(mine, "price", None) is not None:
            said["term"] = {"price": mine.price}
        if getattr(mine, "evergreen", None) == "skip":
            base = [rule.model_dump(by_alias=True, exclude_unset=True) for rule in self.profile.skip]
            mark = {"equals": ["true", "1", "Evergreen"], "reason": "evergreen: it has no end"}
            said["skip"] = [*base, *({"column": one, **mark} for one in self.evergreen)]
        return said

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Asks for the months of evergreen records, where there are any."""
        done = super().tidy(sheet, options)
        place = self._evergreen_place(sheet.labels)
        if place is not None and getattr(self.mine(options), "evergreen", None) is None:
            rows = done.sheet.frame.filter(_is_evergreen(pl.col(f"c{place}")))
            if rows.height:
                raise Question(
                    f"{rows.height} records are evergreen: they have no end. The first is row "
                    f"{rows['row'][0]}: how many months is their price for, and how long is their period?",
                    option="evergreen",
                    readings=[
                        "1: the price of a month, for a month",
                        "12: the price of a year, for a year",
                        "skip: they are left out, each is listed",
                    ],
                )
        return done

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The columns of the profile, and the mark of evergreen records."""
        reading = super().fields(labels, options)
        place = self._evergreen_place(labels)
        if place is None:
            return reading
        mark = SourceField("evergreen", "text", place, labels[place])
        return replace(reading, fields=(*reading.fields, mark))

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """An evergreen record has the term that was said, whatever its contract says."""
        months = getattr(self.mine(options), "evergreen", None)
        names = rows.collect_schema().names()
        if months not in (None, "skip") and "evergreen.text" in names:
            term = pl.col("term.text") if "term.text" in names else pl.lit(None, dtype=pl.String)
            evergreen = _is_evergreen(pl.col("evergreen.text"))
            rows = rows.with_columns(
                pl.when(evergreen).then(pl.lit(months)).otherwise(term).alias("term.text")
            )
            rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias("term"))
        return super().convert(rows, options)


def _is_evergreen(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().str.to_lowercase().is_in(["true", "1", "evergreen"]).fill_null(False)


class LineItemOptions(LineOptions):
    """What only the user knows about opportunity products."""

    stages: str | None = Field(
        default=None, description="the stages that count, separated by commas, e.g. Closed Won; or all"
    )
    price: Literal["term", "annual"] | None = _PRICE
    blank_type: RevenueType | None = Field(
        default=None, description="revenue type of lines whose subscription type is blank"
    )


class OpportunityLines(RecordConverter):
    """`OpportunityLineItem`: the products of opportunities. TotalPrice is for the whole quantity."""

    name = "salesforce-lines"
    title = "Salesforce opportunity products"
    Options = LineItemOptions
    telling = (("OpportunityId",), ("TotalPrice",), ("UnitPrice",), ("Quantity",))
    choice = RowChoice(
        option="stages",
        question="which stages count as revenue?",
        headings=("Opportunity.StageName", "opportunities.StageName"),
        called="stage",
        certain=("Closed Won",),
    )

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The subscription type is the revenue type, unless another is said for all lines."""
        said, mine = super().said(labels, options), self.mine(options)
        if mine.revenue_type is None:
            said["columns"][_SUBSCRIPTION_TYPE] = "revenue_type"
        if mine.blank_type is not None:
            said["default-type"] = mine.blank_type.value
        return said

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """A line of a recurring product may be priced for a year or for its term: asks which."""
        super().ask(labels, options, profile)
        constant = profile.constants.get("revenue_type")
        recurring = places_of(_SUBSCRIPTION_TYPE, labels) if constant is None else constant in ("ARR", "MRR")
        if recurring and self.mine(options).price is None:
            raise Question(
                "what is TotalPrice of a recurring line the price of?", option="price", readings=_PRICES
            )

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Asks what lines without a subscription type are."""
        done, mine = super().tidy(sheet, options), self.mine(options)
        places = places_of(_SUBSCRIPTION_TYPE, sheet.labels)
        if places and mine.revenue_type is None and mine.blank_type is None:
            name = f"c{places[0]}"
            tokens = [token.lower() for token in self.profile.null_tokens]
            nothing = is_blank(name) | pl.col(name).str.strip_chars().str.to_lowercase().is_in(tokens)
            rows = done.sheet.frame.filter(nothing.fill_null(True))
            if rows.height:
                raise Question(
                    f"{numbered(places[0], sheet.labels[places[0]])} is blank in {rows.height} lines, the "
                    f"first is row {rows['row'][0]}: what revenue type are they?",
                    option="blank_type",
                    readings=[f"{kind}: these lines are {kind}" for kind in RevenueType],
                )
        return done


class CpqOptions(LineOptions):
    """What only the user knows about subscriptions of CPQ."""

    evergreen: str | None = _EVERGREEN


class CpqSubscriptions(RecordConverter):
    """`SBQQ__Subscription__c`: NetPrice is for one and for the whole term, so ARR is worked out."""

    name = "salesforce-cpq"
    title = "subscriptions of Salesforce CPQ"
    Options = CpqOptions
    telling = (
        ("SBQQ__NetPrice__c",),
        ("SBQQ__Quantity__c",),
        ("SBQQ__Account__c", "SBQQ__Account__r.Name"),
        ("SBQQ__SubscriptionStartDate__c", "SBQQ__StartDate__c"),
        ("SBQQ__Contract__c",),
    )
    evergreen = ("SBQQ__ProductSubscriptionType__c", "SBQQ__SubscriptionType__c")

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """An end date may be blank: then the contract says the term, or the user does."""
        if profile.end.months is None and not places_of("contracts.ContractTerm", labels):
            raise Question(
                "how long is a subscription without an end date? Its contract says so, in a further file "
                "(--with contracts=FILE), or",
                option="months",
                readings=[
                    "12: every such subscription is priced for a year and lasts one",
                    "or any number of months",
                ],
            )
        super().ask(labels, options, profile)

    def ask_ends(self, sheet: Sheet, options: ConverterOptions) -> None:
        """Nothing more: the contracts have been asked for."""


class ContractOptions(LineOptions):
    """What only the user knows about contracts."""

    amount: str | None = Field(default=None, description="heading of the column with the revenue amount")
    price: Literal["term", "annual"] | None = _PRICE
    evergreen: str | None = _EVERGREEN
    statuses: str | None = Field(
        default=None, description="the statuses that count, separated by commas, e.g. Activated; or all"
    )


class Contracts(RecordConverter):
    """`Contract`: Salesforce itself keeps no amount there, so which column is the revenue is asked."""

    name = "salesforce-contracts"
    title = "Salesforce contracts"
    Options = ContractOptions
    telling = (
        ("ContractTerm",),
        ("StartDate",),
        ("AccountId", "Account.Name"),
        ("ContractNumber", "SBQQ__Evergreen__c"),
    )
    evergreen = ("SBQQ__Evergreen__c",)
    choice = RowChoice(
        option="statuses",
        question="which contracts count as revenue?",
        headings=("Status",),
        called="status",
        certain=("Activated",),
    )

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The column of the amount."""
        said, mine = super().said(labels, options), self.mine(options)
        if mine.amount is not None:
            said["columns"][mine.amount] = "amount"
        return said

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Which column is the amount, and what it is the price of."""
        if not profile.headings().keys() & {"amount", "price"}:
            places = [place for place, label in enumerate(labels) if clean(label)]
            raise Question(
                "which column is the revenue amount?",
                option="amount",
                readings=[numbered(place, labels[place]) for place in places],
                columns=places,
            )
        super().ask(labels, options, profile)
        if (
            profile.constants.get("revenue_type") not in ("One Time", "Other")
            and self.mine(options).price is None
        ):
            raise Question("what is the amount of a contract the price of?", option="price", readings=_PRICES)
