"""Sales invoices of Xero: a row a line, 29 columns, `*` before those that must be filled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    ConverterOptions,
    LineConverter,
    Question,
    RowChoice,
    Sheet,
    Tidied,
    is_blank,
    numbered,
    places_of,
)
from cgrev_erp.options import StatusOptions

_NOTHING = r"^[\s0.,]*$"


class XeroOptions(StatusOptions):
    """What only the user knows about invoices of Xero."""

    tax: Literal["inclusive", "exclusive"] | None = Field(
        default=None, description="whether UnitAmount has the tax in it (TaxAmount is then subtracted) or not"
    )


class Xero(LineConverter):
    """Quantity x UnitAmount, less the discount. `Total`, the whole invoice's, is never summed."""

    name = "xero"
    title = "Xero list of sales invoices"
    Options = XeroOptions
    telling = (
        ("ContactName",),
        ("InvoiceNumber",),
        ("InvoiceDate",),
        ("UnitAmount",),
        ("TaxAmount", "TaxType"),
        ("AccountCode",),
    )
    choice = RowChoice(
        "statuses",
        "which invoice statuses count as revenue?",
        ("Status",),
        "status",
        certain=("Authorised", "Approved", "Sent", "Paid", "Awaiting Payment", "Overdue"),
        notes={"Draft": "not approved yet", "Voided": "cancelled", "Deleted": "cancelled"},
    )

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The tax is subtracted where the prices have it in them."""
        said = super().said(labels, options)
        if self.mine(options).tax == "inclusive":
            said["columns"]["TaxAmount"] = "tax"
        return said

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Raises `Question` where lines have tax and nothing says whether it is in their prices."""
        done = super().tidy(sheet, options)
        place = next(iter(places_of("TaxAmount", sheet.labels)), None)
        if place is None or self.mine(options).tax is not None or f"c{place}" not in done.sheet.frame.columns:
            return done
        cell = f"c{place}"
        taxed = done.sheet.frame.filter(~is_blank(cell) & ~pl.col(cell).str.contains(_NOTHING))
        if taxed.height:
            where = f"{numbered(place, sheet.labels[place])} is '{taxed[cell][0]}' in row {taxed['row'][0]}"
            raise Question(
                "is the tax in the unit amounts?",
                option="tax",
                readings=[f"inclusive: it is, and is subtracted ({where})", "exclusive: it comes on top"],
            )
        return done
