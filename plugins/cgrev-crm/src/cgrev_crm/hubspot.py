"""HubSpot: the export of a view of deals, and the table warehouses keep of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    AmountColumns,
    ConverterOptions,
    LineConverter,
    LineOptions,
    Profile,
    Question,
    RowChoice,
    Sheet,
    Tidied,
    numbered,
    places_of,
)

_COMPANY = ("Associated Company", "Associated Company (Primary)", "Associated Companies", "Company name")


class HubSpotOptions(LineOptions):
    """What only the user knows about deals. Each option is asked for when the file leaves it open."""

    amount: Literal["deal", "company", "arr", "mrr", "acv", "tcv"] | None = Field(
        default=None,
        description="deal: Amount, in the currency of the deal; company: Amount in company currency; arr, "
        "mrr, acv, tcv: the column of that name",
    )
    stages: str | None = Field(
        default=None, description="the deal stages that count, separated by commas, e.g. Closed Won; or all"
    )
    companies: Literal["first", "whole"] | None = Field(
        default=None,
        description="the account of a deal with several companies: the first, or the text as it is",
    )


class HubSpot(LineConverter):
    """Won deals with the company they are associated with."""

    name = "hubspot"
    title = "list of HubSpot deals"
    Options = HubSpotOptions
    telling = (
        ("Record ID", "Deal ID", "deal_id"),
        ("Deal Name", "property_dealname"),
        ("Deal Stage", "property_dealstage", "deal_pipeline_stage_id"),
        ("Close Date", "property_closedate"),
    )
    amounts = MappingProxyType(
        {
            "deal": AmountColumns(
                ("Amount", "property_amount"), ("Currency", "Deal Currency"), "in the currency of the deal"
            ),
            "company": AmountColumns(("Amount in company currency",), (), "converted by HubSpot"),
            "arr": AmountColumns(("Annual recurring revenue", "ARR"), ("Currency", "Deal Currency"), ""),
            "mrr": AmountColumns(("Monthly recurring revenue", "MRR"), ("Currency", "Deal Currency"), ""),
            "acv": AmountColumns(("Annual contract value", "ACV"), ("Currency", "Deal Currency"), ""),
            "tcv": AmountColumns(("Total contract value", "TCV"), ("Currency", "Deal Currency"), ""),
        }
    )
    choice = RowChoice(
        option="stages",
        question="which deal stages count as revenue?",
        headings=("Deal Stage", "property_dealstage", "deal_pipeline_stage_id"),
        called="deal stage",
        certain=("Closed Won", "closedwon"),
    )

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile)
        self.piecewise = False  # which stages there are is seen over all rows

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The first of several companies."""
        said = super().said(labels, options)
        if self.mine(options).companies == "first":
            said["extract"] = {"account_name": r"^\s*([^;]*[^;\s])\s*(?:;|$)"}
        return said

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Asks which company is the account, where a deal has several."""
        done = super().tidy(sheet, options)
        place = next((place for one in _COMPANY for place in places_of(one, sheet.labels)[:1]), None)
        if place is not None and self.mine(options).companies is None:
            name = f"c{place}"
            several = done.sheet.frame.filter(pl.col(name).str.contains(";", literal=True).fill_null(False))
            if several.height:
                text = several[name][0].strip()
                raise Question(
                    f"{several.height} deals have several companies in "
                    f"{numbered(place, sheet.labels[place])}: which is the account?",
                    option="companies",
                    readings=[
                        f"first: row {several['row'][0]} is of '{text.split(';')[0].strip()}'",
                        f"whole: row {several['row'][0]} is of '{text}'",
                    ],
                )
        return done
