"""Line items of customers (FBL5N and its likes): what was invoiced, credited and paid."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cgrev.plugin import AmountColumns, RowChoice
from cgrev_sap import captions
from cgrev_sap.lists import ListOptions, SapList

DOCUMENTS = {
    "DZ": "usually a payment",
    "ZP": "usually a payment run",
    "AB": "usually a clearing",
    "DA": "usually another customer document",
    "DG": "usually a credit memo",
    "DR": "usually an invoice",
    "RV": "usually an invoice of billing",
    "SA": "usually a general posting",
}
INVOICES = ("RV", "DR", "DG")


class ReceivableOptions(ListOptions):
    """What only the user knows about customer lines."""

    amount: Literal["document", "local"] | None = Field(
        default=None, description="the amount in document currency or in local currency"
    )
    types: str | None = Field(
        default=None, description="the document types that count, separated by commas (RV,DR,DG); or all"
    )


class Receivables(SapList):
    """Customer lines hold the customer's number; its name comes from the list or from `--with customers=`."""

    name = "sap-receivables"
    title = "SAP list of customer line items"
    Options = ReceivableOptions
    telling = (
        captions.CUSTOMER[:6],
        captions.DOCUMENT,
        captions.DOCUMENT_TYPE,
        captions.POSTING_DATE,
        ("Net Due Date", "Net due dt", "Due Date", "Nettofälligkeit", "Nettofälligk."),
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
        certain=INVOICES,
        notes=DOCUMENTS,
    )
