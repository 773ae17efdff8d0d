"""Stripe: the dashboard's subscriptions and payments, and subscription items of the API or a warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    AmountColumns,
    ConverterOptions,
    Fit,
    Profile,
    Question,
    Reading,
    RevenueType,
    RowChoice,
    Sample,
    SettingsError,
    Sheet,
    Tidied,
    is_blank,
    numbered,
    places_of,
)
from cgrev_billing.subscriptions import (
    SubscriptionConverter,
    SubscriptionOptions,
    UnitConverter,
    UnitOptions,
    has,
)


class StripeOptions(SubscriptionOptions):
    """What only the user knows about the dashboard's subscriptions."""

    amount: Literal["unit", "total"] | None = Field(
        default=None,
        description="unit: Amount is the price of one, times Quantity; total: it is the whole price",
    )


class Stripe(SubscriptionConverter):
    """`subscriptions.csv` of the dashboard: one row a subscription, amounts in major units."""

    name = "stripe"
    title = "list of Stripe subscriptions"
    Options = StripeOptions
    telling = (
        ("Customer Email", "Customer Name", "Customer Description"),
        ("Interval",),
        ("Current Period End (UTC)", "Current Period Start (UTC)"),
        ("Start (UTC)", "Start Date (UTC)", "Created (UTC)"),
    )
    period_end = ("Current Period End (UTC)",)

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """Whether Amount is for one or for all."""
        said = super().said(labels, options)
        if self.mine(options).amount == "unit":
            said["columns"] |= {"Amount": "price", "Quantity": "quantity"}
        else:
            said["columns"] |= {"Amount": "amount"}
        return said

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Asks whether Amount is for one, where any quantity makes a difference."""
        done = super().tidy(sheet, options)
        places = places_of("Quantity", sheet.labels)
        money = places_of("Amount", sheet.labels)
        if self.mine(options).amount is None and places and money and has(done.sheet, places[0]):
            cell = pl.col(f"c{places[0]}")
            several = done.sheet.frame.filter(
                ~is_blank(f"c{places[0]}") & ~cell.str.contains(r"^\s*1(?:\.0+)?\s*$")
            )
            if several.height:
                row, count = several["row"][0], several[f"c{places[0]}"][0].strip()
                price = (several[f"c{money[0]}"][0] or "").strip()
                raise Question(
                    f"is {numbered(money[0], sheet.labels[money[0]])} the price of one, or of the whole "
                    f"quantity? In {several.height} rows the quantity is not 1",
                    option="amount",
                    readings=[
                        f"unit: row {row} is {price} x {count}",
                        f"total: row {row} is {price} for all {count}",
                    ],
                )
        return done


class StripeApi(SubscriptionConverter):
    """Subscription items as the API and warehouses have them, with their subscription, plan and customer."""

    name = "stripe-api"
    title = "table of Stripe subscription items"
    telling = (
        ("subscription_id", "subscription"),
        ("plan_id", "price_id"),
        ("quantity",),
        ("created", "current_period_end"),
    )
    period_end = ("current_period_end", "subscriptions.current_period_end")

    def identify(self, sample: Sample) -> Fit:
        """Not by the lines of invoices, which name subscriptions and plans, too."""
        fit = super().identify(sample)
        labels = self.header(sample, self.Options()).labels
        if _is_invoice(labels) or places_of("amount", labels):
            return Fit(0.0, "lines of invoices, or plans: no subscription items")
        return fit

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """Refuses lines of invoices: they are what was billed, not what was agreed."""
        if _is_invoice(labels):
            raise SettingsError(
                "the file holds lines of invoices, not subscription items",
                help="export subscription items, or convert payments with --from stripe-payments",
            )
        return super().fields(labels, options)


def _is_invoice(labels: Sequence[str]) -> bool:
    return bool(places_of("invoice_id", labels))


class PaymentOptions(UnitOptions):
    """What only the user knows about payments."""

    amount: Literal["original", "converted"] | None = Field(
        default=None, description="the amount as it was paid, or as it was converted for the payout"
    )
    statuses: str | None = Field(
        default=None, description="the statuses that count, separated by commas, e.g. Paid,Refunded; or all"
    )


class StripePayments(UnitConverter):
    """`payments.csv` of the dashboard: what was paid less what was refunded, on the day it was paid."""

    name = "stripe-payments"
    title = "list of Stripe payments"
    Options = PaymentOptions
    telling = (
        ("Amount Refunded", "Converted Amount Refunded"),
        ("Created date (UTC)", "Created (UTC)"),
        ("Captured", "Status"),
    )
    amounts = MappingProxyType(
        {
            "original": AmountColumns(("Amount",), ("Currency",), "as it was paid"),
            "converted": AmountColumns(
                ("Converted Amount",), ("Converted Currency",), "in the currency of the payout"
            ),
        }
    )
    choice = RowChoice(
        option="statuses",
        question="which payments count as revenue?",
        headings=("Status",),
        called="status",
        certain=("Paid", "Succeeded", "Refunded", "Partially Refunded", "Partial Refund"),
    )

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """What was refunded of the amount that is taken."""
        said = super().said(labels, options)
        kind = next((kind for kind, one in self.amounts.items() if one.headings[0] in said["columns"]), None)
        refunds = {"original": "Amount Refunded", "converted": "Converted Amount Refunded"}
        if kind is not None:
            said["columns"][refunds[kind]] = "refunded"
        return said

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Payments are cash, never ARR or MRR: asks which of the two others they are."""
        if self.mine(options).revenue_type is None and not profile.feeds() & {"revenue_type"}:
            raise Question(
                "payments are cash, not a contract: which revenue type are they?",
                option="revenue_type",
                readings=[
                    f"{kind}: every payment is {kind}" for kind in (RevenueType.ONE_TIME, RevenueType.OTHER)
                ],
            )
        super().ask(labels, options, profile)
