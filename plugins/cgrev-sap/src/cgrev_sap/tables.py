"""Raw tables, as extracts hold them: items (BSEG, BSID, BSAD), heads (BKPF), customers (KNA1)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cgrev.plugin import (
    AmountColumns,
    LineConverter,
    LineOptions,
    RowChoice,
)
from cgrev_sap.receivables import DOCUMENTS, INVOICES


class TableOptions(LineOptions):
    """What only the user knows about items of customers."""

    amount: Literal["document", "local"] | None = Field(
        default=None, description="the amount in document currency (wrbtr) or in local currency (dmbtr)"
    )
    types: str | None = Field(
        default=None, description="the document types (blart) that count, separated by commas; or all"
    )


class Tables(LineConverter):
    """Amounts have no sign: `shkzg` says S (debit, the customer owes) or H (credit)."""

    name = "sap-tables"
    title = "SAP table of customer items"
    Options = TableOptions
    telling = (("belnr",), ("bukrs",), ("kunnr",), ("shkzg",), ("dmbtr",))
    amounts: ClassVar = {
        "document": AmountColumns(("wrbtr",), ("waers", "bkpf.waers"), "in the currency of the document"),
        "local": AmountColumns(("dmbtr",), ("hwaer", "bkpf.hwaer"), "in the company's currency"),
    }
    choice = RowChoice(
        "types",
        "which document types are revenue?",
        ("blart", "bkpf.blart"),
        "document type",
        certain=INVOICES,
        notes=DOCUMENTS,
    )
