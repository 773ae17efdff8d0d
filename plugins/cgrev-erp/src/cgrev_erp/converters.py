"""The layouts: each is a profile of this package, and what a profile cannot know is asked."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Literal

from pydantic import Field

from cgrev.plugin import (
    ConverterOptions,
    Fit,
    Profile,
    ProfileConverter,
    Question,
    Reading,
    Sample,
    SettingsError,
    clean,
    find_header,
    fold,
    listing,
    merged_profiles,
    numbered,
    places_of,
    profile_from_text,
)


def packaged(name: str) -> Profile:
    """A profile of this package."""
    text = files(__package__).joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")
    return profile_from_text(text, origin=f"cgrev-erp {name}.toml")


class PackagedLayout(ProfileConverter):
    """A converter whose profile lies in this package under its name.

    `telling` are headings that this layout alone has: all of them make the fit certain.
    """

    telling: tuple[str, ...] = ()

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile or packaged(self.name))

    def identify(self, sample: Sample) -> Fit:
        """By the headings that tell this layout from others."""
        labels = find_header(sample.head, [*self.telling, *self.profile.columns], sample.named).labels
        keys = {fold(label) for label in labels}
        there = [word for word in self.telling if fold(word) in keys]
        if not there:
            return Fit(0.0, f"no heading that tells a {self.title}")
        score = round(0.95 * len(there) / len(self.telling), 3)
        return Fit(
            score, f"{len(there)} of {len(self.telling)} headings that tell a {self.title}: {listing(there)}"
        )


class ErpInvoices(PackagedLayout):
    """Invoice lines as German-speaking ERP systems list them: semicolons, decimal comma, S/H."""

    name = "erp-invoices"
    title = "list of invoice lines (Rechnungspositionen)"
    telling = ("Kunde", "Betrag", "Leistung von", "Leistung bis")


class SapOptions(ConverterOptions):
    """What only the user knows about a list of customer lines."""

    amount: Literal["document", "local"] | None = Field(
        default=None, description="the amount in document currency or in local currency"
    )
    currency: str | None = Field(default=None, description="the currency whose rows are kept, e.g. EUR")
    flip_sign: bool = Field(
        default=False, description="turn every sign round (a G/L view books revenue negative)"
    )


class SapCustomerLines(PackagedLayout):
    """Line items of customers (FBL5N) saved as a spreadsheet."""

    name = "sap-customer-lines"
    title = "SAP list of customer line items"
    Options = SapOptions
    telling = ("Account", "Document Number", "Document Type", "Posting Date", "Net Due Date")

    def effective(self, labels: Sequence[str], options: ConverterOptions) -> Profile:
        """The profile with the chosen amount and the currency beside it."""
        said: dict[str, object] = {}
        if isinstance(options, SapOptions):
            columns = {
                "local": {"Amount in Local Currency": "amount", "Local Currency": "currency"},
                "document": {
                    "Amount in Doc. Curr.": "amount",
                    "Amount in Document Currency": "amount",
                    "Document Currency": "currency",
                },
            }
            if options.amount is not None:
                said["columns"] = columns[options.amount]
            if options.currency is not None:
                said["currency"] = {"keep": options.currency}
            if options.flip_sign:
                said["amount"] = {"flip-sign": True}
        return merged_profiles(self.profile, Profile.model_validate(said)) if said else self.profile

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """Asks which of the two amounts is meant, unless the file has one only."""
        if "amount" not in self.effective(labels, options).headings():
            kinds = {
                "document": ("Amount in Doc. Curr.", "Amount in Document Currency"),
                "local": ("Amount in Local Currency",),
            }
            found = {
                kind: place
                for kind, names in kinds.items()
                for name in names
                for place in places_of(name, labels)
            }
            raise Question(
                "which amount is the revenue?",
                option="amount",
                readings=[f"{kind}: {numbered(place, labels[place])}" for kind, place in found.items()]
                or ["document: the currency of the document", "local: the currency of the company code"],
                columns=list(found.values()),
            )
        return super().fields(labels, options)


class OrderOptions(ConverterOptions):
    """What only the user knows about a list of orders."""

    months: int | None = Field(
        default=None, ge=1, le=1200, description="length of an order's period, where no Valid to says it"
    )
    currency: str | None = Field(default=None, description="the currency whose rows are kept, e.g. EUR")


class SapOrders(PackagedLayout):
    """Order items (VA05) saved as a spreadsheet. `Net Value` is the item's; `Net value`, the order's total,
    stands in every item of it and is never summed."""

    name = "sap-orders"
    title = "SAP list of order items"
    Options = OrderOptions
    telling = ("SD Document", "Item (SD)", "Sold-To Party", "Net Value")

    def effective(self, labels: Sequence[str], options: ConverterOptions) -> Profile:
        """The profile with the length of a period and the currency that is kept."""
        said: dict[str, object] = {}
        if isinstance(options, OrderOptions):
            if options.months is not None:
                said["end"] = {"months": options.months}
            if options.currency is not None:
                said["currency"] = {"keep": options.currency}
        return merged_profiles(self.profile, Profile.model_validate(said)) if said else self.profile

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """Refuses a list that has the order totals only, and asks for the length of a period."""
        spelt = {clean(label) for label in labels}
        if "Net Value" not in spelt and "Net value" in spelt:
            raise SettingsError(
                "the list has no 'Net Value' of the item, only 'Net value': "
                "the total of an order, repeated in each of its items",
                help="add the item's Net Value to the layout of the list, and save it again",
            )
        profile = self.effective(labels, options)
        if profile.end.months is None and not any(
            places_of(one, labels) for one in profile.headings().get("end_date", ())
        ):
            raise Question(
                "nothing in the list says how long an order's period is",
                option="months",
                readings=["12: a year from the document date", "1: one month"],
            )
        return super().fields(labels, options)
