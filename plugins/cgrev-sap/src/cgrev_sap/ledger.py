"""Line items of revenue accounts (FBL3N, dynamic list displays): the ledger books revenue negative."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cgrev.plugin import AmountColumns, RowChoice
from cgrev_sap import captions
from cgrev_sap.lists import ListOptions, SapList


class LedgerOptions(ListOptions):
    """What only the user knows about ledger lines."""

    amount: Literal["document", "local"] | None = Field(
        default=None, description="the amount in document currency or in local currency"
    )
    sign: Literal["keep", "flip"] | None = Field(
        default=None, description="flip turns every sign round: a ledger books revenue as credit, negative"
    )
    types: str | None = Field(
        default=None, description="the document types that count, separated by commas (RV,DR); or all"
    )


class Ledger(SapList):
    """The account is whatever column names the customer; the sign is asked for."""

    name = "sap-ledger"
    title = "SAP list of ledger line items"
    Options = LedgerOptions
    telling = (
        ("G/L Account", "G/L Acct", "G/L", "Sachkonto"),
        (
            "Offsetting Account",
            "Offst.acct",
            "Offsetting acct no.",
            "Profit Center",
            "Gegenkonto",
            "Cost Center",
        ),
        captions.DOCUMENT,
        captions.POSTING_DATE,
        captions.IN_LOCAL,
    )
    amounts: ClassVar = {
        "document": AmountColumns(
            captions.IN_DOCUMENT, captions.DOCUMENT_CURRENCY, "in the currency of the document"
        ),
        "local": AmountColumns(captions.IN_LOCAL, captions.LOCAL_CURRENCY, "in the company's currency"),
    }
    choice = RowChoice(
        "types",
        "which document types are revenue?",
        captions.DOCUMENT_TYPE,
        "document type",
        certain=("RV", "DR", "DG"),
        notes={
            "SA": "usually a general posting",
            "AB": "usually a clearing",
            "WE": "usually a goods receipt",
        },
    )
    asks_sign = True
