"""Sales orders of Odoo with their lines: the order's cells stand in its first line only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    ConverterOptions,
    LineConverter,
    LineOptions,
    Question,
    RowChoice,
    Sheet,
    Tidied,
    places_of,
)

ORDER = ("id", "External ID", "ID", "Order Reference", "Order reference")
PARTNERS = (
    "order_line/order_partner_id/display_name", "partner_id/display_name", "partner_id/name", "partner_id",
    "Customer/Display Name", "Customer",
)  # fmt: skip
COMPANY = r"^(?:\[[^\]]*\]\s*)?(.+?)(?:,\s*\[[^\]]*\].*)?$"
"""`[code]COMPANY, [code]Contact`: the codes tell where the company ends."""
BEFORE_COMMA = r"^(?:\[[^\]]*\]\s*)?(?:(.+?),\s*\[[^\]]*\].*|([^,]+).*)$"
"""`Company, Contact`: where no code tells, only the user knows whether the comma is the company's."""
_CODED = r",\s*\[[^\]]*\]"


class OdooOptions(LineOptions):
    """What only the user knows about orders of Odoo."""

    states: str | None = Field(
        default=None, description="the states that count, separated by commas (sale,done); or all"
    )
    partner: Literal["company", "whole"] | None = Field(
        default=None,
        description="'Company, Contact': the account is the part before the comma, or all of it",
    )


class Odoo(LineConverter):
    """Lines below an order leave its number, partner and date blank: carried down within the order."""

    name = "odoo"
    title = "Odoo list of order lines"
    Options = OdooOptions
    telling = (
        ("order_line/price_subtotal", "Order Lines/Subtotal"),
        PARTNERS,
        ORDER,
        ("confirmation_date", "date_order", "Order Date", "Confirmation Date"),
    )
    choice = RowChoice(
        "states",
        "which states count as revenue?",
        ("state", "Status"),
        "state",
        certain=("sale", "done", "Sales Order", "Locked"),
        notes={"draft": "a quotation", "sent": "a quotation", "cancel": "cancelled"},
    )

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The order's number is the key of what is carried down; the partner may be split."""
        said = super().said(labels, options)
        key = next((one for one in ORDER if places_of(one, labels)), None)
        if key is not None:
            said["carry-key"] = key
        company = self.mine(options).partner == "company"
        said["extract"] = {"account_name": BEFORE_COMMA if company else COMPANY}
        return said

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Raises `Question` where a comma may part company and contact, or belong to the company."""
        done = super().tidy(sheet, options)
        place = next((place for one in PARTNERS for place in places_of(one, sheet.labels)[:1]), None)
        if place is None or self.mine(options).partner is not None:
            return done
        uncoded = done.sheet.frame.filter(~pl.col(f"c{place}").fill_null("").str.contains(_CODED))
        names = uncoded.select("row", name=pl.col(f"c{place}").str.extract(COMPANY, 1))
        parted = names.filter(pl.col("name").str.contains(",", literal=True))
        if parted.height:
            row, name = parted.row(0)
            raise Question(
                "is what stands behind the comma a contact?",
                option="partner",
                readings=[
                    f"company: the account is '{name.partition(',')[0].strip()}' (row {row})",
                    f"whole: the account is '{name}'",
                ],
            )
        return done
