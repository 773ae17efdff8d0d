"""Pipedrive: the export of deals, one row a deal."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from cgrev.plugin import (
    AmountColumns,
    ConverterOptions,
    LineConverter,
    LineOptions,
    Reading,
    SettingsError,
    places_of,
)

_CURRENCY = ("Deal - Currency of Value", "Deal - Currency", "Currency of Value")


class PipedriveOptions(LineOptions):
    """What only the user knows about deals. Each option is asked for when the file leaves it open."""

    amount: Literal["value", "arr", "mrr", "acv"] | None = Field(
        default=None, description="value: Deal - Value; arr, mrr, acv: the column of that name"
    )


class Pipedrive(LineConverter):
    """Won deals with their organization. The weighted value is a forecast and is never the revenue."""

    name = "pipedrive"
    title = "list of Pipedrive deals"
    Options = PipedriveOptions
    telling = (
        ("Deal - Title",),
        ("Deal - Status",),
        ("Deal - Organization",),
        ("Deal - Value", "Deal - Weighted value"),
    )
    amounts = MappingProxyType(
        {
            "value": AmountColumns(("Deal - Value",), _CURRENCY, "as the deal states it"),
            "arr": AmountColumns(("Deal - ARR", "Deal - Annual recurring revenue"), _CURRENCY, ""),
            "mrr": AmountColumns(("Deal - MRR", "Deal - Monthly recurring revenue"), _CURRENCY, ""),
            "acv": AmountColumns(("Deal - ACV", "Deal - Annual contract value"), _CURRENCY, ""),
        }
    )

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """Refuses a list that has the weighted value only: it is the value times the chance to win."""
        profile = self.effective(labels, options)
        known = any(places_of(one, labels) for one in profile.headings().get("amount", ()))
        if not known and places_of("Deal - Weighted value", labels):
            raise SettingsError(
                "the list has no 'Deal - Value', only 'Deal - Weighted value': the value times its chance",
                help="add the column Value to the list of deals, and export it again",
            )
        return super().fields(labels, options)
