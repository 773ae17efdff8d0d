"""Chargebee: the export of subscriptions, and that of their add-ons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from cgrev.plugin import ConverterOptions, Profile, Question
from cgrev_billing.subscriptions import SubscriptionConverter, SubscriptionOptions


class ChargebeeOptions(SubscriptionOptions):
    """What only the user knows about plans."""

    interval: Literal["month", "quarter", "half year", "year"] | None = Field(
        default=None, description="the billing period of every plan, where no further file `plans` says it"
    )


class Chargebee(SubscriptionConverter):
    """`Subscriptions.csv`: one row a subscription with the price and the quantity of its plan."""

    name = "chargebee"
    title = "list of Chargebee subscriptions"
    Options = ChargebeeOptions
    telling: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("subscriptions.plan_id", "Plan Id"),
        ("subscriptions.plan_unit_price", "Plan Unit Price"),
        ("subscriptions.plan_quantity", "Plan Quantity"),
        ("subscriptions.current_term_end", "Current Term End"),
    )
    period_end: ClassVar[Sequence[str]] = ("subscriptions.current_term_end", "Current Term End")

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The interval of every plan."""
        said = super().said(labels, options)
        if self.mine(options).interval is not None:
            said.setdefault("constants", {})["interval"] = self.mine(options).interval
        return said

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """The export names the plan only: asks how long its billing period is."""
        if self.place(profile, labels, "interval") is None and "interval" not in profile.constants:
            raise Question(
                "the export does not say what billing period a price is for: that is kept with the plan "
                "(--with plans=FILE reads it from the export of plans)",
                option="interval",
                readings=["month: every price is for a month", "year: every price is for a year"],
            )
        super().ask(labels, options, profile)


class ChargebeeAddons(Chargebee):
    """`SubscriptionAddons.csv`: an add-on a row, with its subscription looked up."""

    name = "chargebee-addons"
    title = "list of add-ons of Chargebee subscriptions"
    telling = (
        ("Addon Id",),
        ("Addon Unit Price",),
        ("Addon Quantity",),
        ("Subscription Id", "subscriptions.id"),
    )
    period_end = ("subscriptions.subscriptions.current_term_end",)

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """The billing period of the plan, where its export was handed in; else that of the subscription."""
        said = super().said(labels, options)
        found = (
            "plans.plans.period"
            if "plans.plans.period" in labels
            else "subscriptions.subscriptions.billing_period"
        )
        if self.mine(options).interval is None:
            said["columns"] |= {f"{found}_unit": "interval", found: "interval_count"}
        return said
