"""Systems whose lists say nearly everything by their headings: a profile each, and what it leaves open."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from cgrev.plugin import AmountColumns, LineConverter, RowChoice
from cgrev_erp.options import StatusOptions, TypeOptions

OPEN = {
    "Draft": "not sent yet",
    "Void": "cancelled",
    "Voided": "cancelled",
    "Deleted": "cancelled",
    "Write Off": "given up",
}


class ErpInvoices(LineConverter):
    """Invoice lines as German-speaking ERP systems list them: semicolons, decimal comma, S/H."""

    name = "erp-invoices"
    title = "list of invoice lines (Rechnungspositionen)"
    telling = (
        ("Kunde", "Kundenname"),
        ("Betrag", "Nettobetrag"),
        ("Leistung von", "Leistungsbeginn"),
        ("Leistung bis", "Leistungsende"),
    )


class BusinessCentralOptions(TypeOptions):
    """What only the user knows about entries of Business Central."""

    amount: Literal["document", "local", "gross"] | None = Field(
        default=None, description="the amount in the currency of the document, in local currency, or with VAT"
    )


class BusinessCentral(LineConverter):
    """Entries and document lines of Business Central, or of Navision. A blank currency is the local one."""

    name = "business-central"
    title = "list of Business Central"
    Options = BusinessCentralOptions
    telling = (
        ("Posting Date", "Buchungsdatum", "Boekingsdatum"),
        ("Document Type", "Belegart", "Documentsoort"),
        ("Document No.", "Belegnr.", "Documentnr."),
        ("Customer Name", "Sell-to Customer Name", "Bill-to Name", "Debitorenname", "Klantnaam"),
        ("Customer No.", "Sell-to Customer No.", "Bill-to Customer No.", "Debitorennr.", "Klantnr."),
    )
    amounts: ClassVar = {
        "document": AmountColumns(
            ("Amount", "Line Amount Excl. VAT", "Line Amount", "Amount Excl. VAT", "Betrag"),
            ("Currency Code", "Währungscode"),
            "in the currency of the document",
        ),
        "local": AmountColumns(("Amount (LCY)", "Betrag (MW)"), (), "in local currency"),
        "gross": AmountColumns(
            ("Amount Including VAT", "Amount Incl. VAT"), ("Currency Code", "Währungscode"), "with VAT"
        ),
    }
    choice = RowChoice(
        "types",
        "which document types are revenue?",
        ("Document Type", "Belegart", "Documentsoort"),
        "document type",
        certain=("Invoice", "Credit Memo", "Rechnung", "Gutschrift"),
        notes={"Payment": "no revenue", "Refund": "money paid back", "Reminder": "no revenue"},
        signs=True,
        credits=("Credit Memo", "Gutschrift"),
    )


class IntacctOptions(StatusOptions):
    """What only the user knows about invoices of Intacct."""

    amount: Literal["base", "transaction"] | None = Field(
        default=None, description="the amount in base currency or in the currency of the transaction"
    )


class Intacct(LineConverter):
    """Invoices and invoice lines of Sage Intacct, as its tables hold them."""

    name = "intacct"
    title = "table of Sage Intacct invoices"
    Options = IntacctOptions
    telling = (
        ("customerid", "Customer ID"),
        ("customername", "Customer name"),
        ("recordno", "recordkey", "Record number"),
        ("amount", "totalentered", "trx_amount"),
        ("state",),
        ("entry_date", "whencreated"),
    )
    amounts: ClassVar = {
        "base": AmountColumns(("amount", "totalentered"), ("basecurr", "currency"), "in base currency"),
        "transaction": AmountColumns(
            ("trx_amount", "trx_totalentered"), ("currency",), "in the currency of the transaction"
        ),
    }
    choice = RowChoice(
        "statuses",
        "which states count as revenue?",
        ("state",),
        "state",
        certain=("Posted", "Paid", "Partially Paid"),
        notes={"Draft": "not posted yet", "Reversed": "cancelled", "Voided": "cancelled"},
    )


class Zoho(LineConverter):
    """Invoice lines of Zoho Books. `Total` is the invoice's, repeated in each of its lines: never summed."""

    name = "zoho"
    title = "Zoho Books list of invoice lines"
    Options = StatusOptions
    telling = (("Item Total",), ("Invoice Status",), ("Customer Name",), ("Invoice Number",), ("SubTotal",))
    choice = RowChoice(
        "statuses",
        "which invoice statuses count as revenue?",
        ("Invoice Status",),
        "invoice status",
        certain=("Sent", "Paid", "Overdue", "Closed", "PartiallyPaid", "Partially Paid"),
        notes=OPEN,
    )


class FreshBooks(LineConverter):
    """Invoice lines of FreshBooks."""

    name = "freshbooks"
    title = "FreshBooks list of invoice lines"
    Options = StatusOptions
    telling = (("Client Name",), ("Date Issued",), ("Invoice Status",), ("Line Subtotal",), ("Line Total",))
    choice = RowChoice(
        "statuses",
        "which invoice statuses count as revenue?",
        ("Invoice Status",),
        "invoice status",
        certain=("Sent", "Viewed", "Paid", "Auto-Paid", "Partial", "Overdue"),
        notes=OPEN,
    )


class WaveOptions(TypeOptions):
    """What only the user knows about transactions of Wave."""


class Wave(LineConverter):
    """Transactions of Wave: `Account Name` is the ledger's account, the customer has a column of its own."""

    name = "wave"
    title = "Wave list of transactions"
    Options = WaveOptions
    telling = (
        ("Amount (One column)",),
        ("Transaction Date",),
        ("Account Group",),
        ("Other Accounts for this Transaction",),
    )
    choice = RowChoice(
        "types",
        "which account groups are revenue?",
        ("Account Group",),
        "account group",
        certain=("Income",),
        notes={
            "Asset": "what customers owe, and banks",
            "Expense": "no revenue",
            "Liability": "taxes, debts",
        },
        signs=True,
    )
