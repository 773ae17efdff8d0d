"""Tables as warehouses hold them: lines, and by `--with` their documents and customers."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cgrev.plugin import AmountColumns, LineConverter, RowChoice
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
