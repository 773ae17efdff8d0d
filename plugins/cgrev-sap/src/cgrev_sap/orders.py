"""Lists of order items (VA05 and its likes). `Net Value` is the item's, `Net value` the whole order's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from cgrev.plugin import (
    ConverterOptions,
    Profile,
    Question,
    RowChoice,
    SettingsError,
    Sheet,
    Tidied,
    clean,
    is_blank,
    places_of,
)
from cgrev_sap.lists import ListOptions, SapList

REJECTION = ("Reason for rejection", "Rejection reason", "Absagegrund")


class OrderOptions(ListOptions):
    """What only the user knows about orders."""

    types: str | None = Field(
        default=None,
        description="the order types that count, separated by commas, a minus before those whose sign turns "
        "(OR,-CR); or all",
    )
    rejected: Literal["drop", "keep"] | None = Field(
        default=None, description="whether items with a reason for rejection are left out or kept"
    )


class Orders(SapList):
    """The order's total stands in every item of it and is never summed."""

    name = "sap-orders"
    title = "SAP list of order items"
    Options = OrderOptions
    telling = (
        ("SD Document", "Sales Document", "Verkaufsbeleg"),
        ("Item (SD)", "Item", "Position"),
        ("Sold-To Party", "Sold-to pt", "Auftraggeber"),
        ("Net Value", "Nettowert"),
    )
    choice = RowChoice(
        "types",
        "which order types are revenue?",
        ("Sales Document Type", "Sales Doc. Type", "SaTy", "Verkaufsbelegart"),
        "order type",
        certain=("OR", "TA"),
        notes={
            "OR": "usually an order",
            "TA": "usually an order",
            "QT": "usually a quotation",
            "AG": "usually a quotation",
            "CR": "usually a credit memo request",
            "DR": "usually a debit memo request",
            "RE": "usually returns",
        },
        signs=True,
    )

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """What becomes of rejected items, beside what every list says."""
        said = super().said(labels, options)
        if self.mine(options).rejected == "drop":
            reason = "the item is rejected"
            said["skip"] = [{"column": one, "blank": False, "reason": reason} for one in REJECTION]
        return said

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Refuses a list that has the order totals only."""
        spelt = {clean(label) for label in labels}
        if "Net Value" not in spelt and "Net value" in spelt:
            raise SettingsError(
                "the list has no 'Net Value' of the item, only 'Net value': "
                "the total of an order, repeated in each of its items",
                help="add the item's Net Value to the layout of the list, and save it again",
            )
        super().ask(labels, options, profile)

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Raises `Question` when items are rejected and nothing says what becomes of them."""
        done = super().tidy(sheet, options)
        place = next((place for one in REJECTION for place in places_of(one, sheet.labels)[:1]), None)
        if place is not None and self.mine(options).rejected is None:
            rejected = done.sheet.frame.filter(~is_blank(f"c{place}"))
            if rejected.height:
                several = "s" * (rejected.height > 1)
                rows = f"{rejected.height} item{several}, the first is row {rejected['row'][0]}"
                raise Question(
                    "are items with a reason for rejection revenue?",
                    option="rejected",
                    readings=[f"drop: leave them out ({rows})", f"keep: take them in ({rows})"],
                )
        return done
