"""One plugin a layout, so that each has its name for `--from`."""

from __future__ import annotations

from cgrev.plugin import Converter, LineConverter, hookimpl
from cgrev_billing.chargebee import Chargebee, ChargebeeAddons
from cgrev_billing.recurly import Recurly
from cgrev_billing.stripe import Stripe, StripeApi, StripePayments
from cgrev_billing.zuora import Zuora


class Layout:
    """A plugin that hands over one of the converters."""

    def __init__(self, kind: type[LineConverter]) -> None:
        self.kind = kind

    @hookimpl
    def cgrev_converter(self) -> Converter:
        return self.kind()


chargebee = Layout(Chargebee)
chargebee_addons = Layout(ChargebeeAddons)
recurly = Layout(Recurly)
stripe = Layout(Stripe)
stripe_api = Layout(StripeApi)
stripe_payments = Layout(StripePayments)
zuora = Layout(Zuora)
