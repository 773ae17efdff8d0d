"""Lists of billing documents (VF05 and its likes). The currency stands right of its amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import AmountColumns, ConverterOptions, Header, RowChoice, Sample, places_of
from cgrev_sap import captions
from cgrev_sap.lists import ListOptions, SapList

_CODE = r"^\s*[A-Z]{3}\s*$"


class BillingOptions(ListOptions):
    """What only the user knows about billing documents."""

    amount: Literal["first", "second"] | None = Field(
        default=None, description="which of two net values under one caption: the first or the second"
    )
    types: str | None = Field(
        default=None,
        description="the billing types that count, separated by commas, a minus before those whose sign "
        "turns (F2,-G2); or all",
    )
    currency_column: str | None = Field(
        default=None, description="the column with the currency of the amount: a heading, or its place"
    )


class Billing(SapList):
    """Subtotals leave the keys blank; two net values under one caption are two currencies."""

    name = "sap-billing"
    title = "SAP list of billing documents"
    Options = BillingOptions
    telling = (captions.BILLING, captions.BILLING_DATE, captions.BILLING_TYPE, captions.BILLED)
    amounts: ClassVar = {
        "first": AmountColumns(tuple(f"{word} @1" for word in captions.BILLED)),
        "second": AmountColumns(tuple(f"{word} @2" for word in captions.BILLED)),
    }
    choice = RowChoice(
        "types",
        "which billing types are revenue?",
        captions.BILLING_TYPE,
        "billing type",
        certain=("F1", "F2"),
        notes={
            "F1": "usually an invoice",
            "F2": "usually an invoice",
            "L2": "usually a debit memo",
            "G2": "usually a credit memo",
            "RE": "usually a credit for returns",
            "S1": "usually a cancelled invoice",
            "S2": "usually a cancelled credit memo",
            "F5": "usually pro forma",
            "F8": "usually pro forma",
        },
        signs=True,
        credits=("G2", "RE", "S1"),
    )

    def preamble(self, sample: Sample, header: Header, options: ConverterOptions) -> ConverterOptions:
        """The currency of the amount: the column right of it, where that holds codes of three letters."""
        mine: BillingOptions = self.mine(super().preamble(sample, header, options))
        if mine.currency_column is not None:
            return mine
        headings = self.effective(header.labels, mine).headings()
        amount = next((p for one in headings.get("amount", ()) for p in places_of(one, header.labels)), None)
        if amount is None or f"c{amount + 1}" not in sample.head.columns:
            return mine
        cells = sample.head.filter(pl.col("row") >= header.first)[f"c{amount + 1}"].drop_nulls()
        codes = cells.filter(cells.str.contains(_CODE))
        filled = cells.filter(cells.str.strip_chars() != "")
        if len(codes) * 2 <= len(filled) or not len(filled):
            return mine
        return mine.model_copy(update={"currency_column": f"#{amount + 2}"})

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The currency's column beside what every list says."""
        said = super().said(labels, options)
        if self.mine(options).currency_column is not None:
            said["columns"][self.mine(options).currency_column] = "currency"
        return said
