"""Tables as warehouses hold them: lines, and by `--with` their documents and customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    AmountColumns,
    ConverterOptions,
    LineConverter,
    Reading,
    RowChoice,
    SourceField,
    minus,
    places_of,
    replace,
)
from cgrev_erp.options import SignOptions, StatusOptions, TypeOptions


class NetSuiteTableOptions(SignOptions):
    """What only the user knows about transaction lines."""

    amount: Literal["base", "foreign"] | None = Field(
        default=None, description="the amount in base currency, or in that of the transaction"
    )


class NetSuiteTables(LineConverter):
    """Transaction lines of NetSuite: main lines, tax lines and lines that do not post are no revenue."""

    name = "netsuite-tables"
    title = "NetSuite table of transaction lines"
    Options = NetSuiteTableOptions
    asks_sign = True
    telling = (
        ("transaction", "transaction_id"),
        ("mainline", "non_posting_line"),
        ("entity", "company_id"),
        ("netamount", "foreignamount", "amount"),
        ("subsidiary", "subsidiary_id"),
    )
    amounts: ClassVar = {
        "base": AmountColumns(("netamount", "amount"), (), "in base currency"),
        "foreign": AmountColumns(
            ("foreignamount",), ("transactions.currency",), "in the transaction's currency"
        ),
    }
    choice = RowChoice(
        "types",
        "which transaction types are revenue?",
        ("transactions.type",),
        "type",
        certain=("CustInvc", "CustCred"),
        signs=True,
    )


class QuickBooksTables(LineConverter):
    """Invoice lines of QuickBooks, with the invoices and customers they belong to."""

    name = "quickbooks-tables"
    title = "QuickBooks table of invoice lines"
    Options = TypeOptions
    telling = (
        ("invoice_id",),
        ("detail_type",),
        ("amount",),
        ("sales_item_item_id", "sales_item_unit_price"),
    )
    choice = RowChoice(
        "types",
        "which kinds of lines are revenue?",
        ("detail_type",),
        "kind of line",
        certain=("SalesItemLineDetail",),
        notes={
            "DiscountLineDetail": "a discount, stated positive",
            "SubTotalLineDetail": "a sum of lines above",
            "DescriptionOnly": "words",
        },
        signs=True,
    )


class XeroTables(LineConverter):
    """Invoice lines of Xero, with the invoices and contacts they belong to."""

    name = "xero-tables"
    title = "Xero table of invoice lines"
    Options = StatusOptions
    telling = (("invoice_id",), ("line_item_id",), ("line_amount",), ("account_code",), ("tax_amount",))
    choice = RowChoice(
        "statuses",
        "which invoice statuses count as revenue?",
        ("invoices.status",),
        "status",
        certain=("AUTHORISED", "PAID"),
    )

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The tax of a line, and whether its invoice states amounts with it."""
        reading = super().fields(labels, options)
        wanted = {"basis": ("text", "invoices.line_amount_types"), "line_tax": ("amount", "tax_amount")}
        found = {name: places_of(heading, labels)[:1] for name, (_, heading) in wanted.items()}
        if not all(found.values()):
            return reading
        added = [
            SourceField(name, role, place, labels[place])  # type: ignore[arg-type]
            for name, (role, _) in wanted.items()
            for place in found[name]
        ]
        derived = {**reading.derived, "amount": ("amount", "line_tax")}
        return replace(reading, fields=(*reading.fields, *added), derived=derived)

    def convert(self, rows: pl.LazyFrame, options: ConverterOptions) -> pl.LazyFrame:
        """Amounts of invoices that are `Inclusive` less their tax."""
        if "basis" in rows.collect_schema().names():
            inclusive = pl.col("basis").fill_null("").str.to_lowercase() == "inclusive"
            taxed = inclusive & pl.col("line_tax.text").fill_null("").str.contains(r"\S")
            net = minus(pl.col("amount"), pl.col("line_tax"))
            rows = rows.with_columns(pl.when(taxed).then(net).otherwise(pl.col("amount")).alias("amount"))
        return super().convert(rows, options)
