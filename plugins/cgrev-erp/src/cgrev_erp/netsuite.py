"""Saved searches and transaction lists of NetSuite, as CSV or as the XML that is saved under `.xls`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from cgrev.plugin import AmountColumns, ConverterOptions, LineConverter, RowChoice, places_of
from cgrev_erp.options import TypeOptions

NAMES = ("Name", "Customer", "Customer/Project", "Entity", "Company Name")
GROUP = "Name (group row)"


class NetSuiteOptions(TypeOptions):
    """What only the user knows about a saved search."""

    amount: Literal["base", "foreign", "net", "gross"] | None = Field(
        default=None,
        description="the amount in base currency, in the currency of the transaction, or without or with tax",
    )


class NetSuite(LineConverter):
    """Lines by type: invoices, credit memos, payments. A search without names has them in group rows."""

    name = "netsuite"
    title = "NetSuite saved search"
    Options = NetSuiteOptions
    telling = (
        ("Document Number", "Number"),
        ("Period", "Posting Period", "Accounting Period"),
        ("Type", "Transaction Type"),
        (*NAMES, "Account"),
        ("Memo", "Memo (Main)", "PO/Check Number"),
        ("Date",),
    )
    amounts: ClassVar = {
        "base": AmountColumns(("Amount",), (), "in base currency"),
        "foreign": AmountColumns(
            ("Amount (Foreign Currency)", "Foreign Amount"), ("Currency",), "in the transaction's currency"
        ),
        "net": AmountColumns(("Amount (Net)",), (), "without tax"),
        "gross": AmountColumns(("Amount (Gross)",), (), "with tax"),
    }
    choice = RowChoice(
        "types",
        "which transaction types are revenue?",
        ("Type", "Transaction Type"),
        "type",
        certain=("Invoice", "Credit Memo"),
        notes={"Payment": "no revenue", "Customer Deposit": "no revenue", "Journal": "a booking by hand"},
        signs=True,
        credits=("Credit Memo",),
    )

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """Group rows are names where no column has them."""
        said = super().said(labels, options)
        if labels and not any(places_of(one, labels) for one in NAMES):
            said["groups"] = [{"column": f"#{_first_heading(labels) + 1}", "label": GROUP}]
        return said


def _first_heading(labels: Sequence[str]) -> int:
    """The first column, or the second where the first is the `*` that marks a row to be edited."""
    return 1 if labels and labels[0].strip() == "*" else 0
