"""Every converter of the package keeps the contract of converters, over the samples."""

from __future__ import annotations

from pathlib import Path

from cgrev.testing import ConverterContract


class OverSamples(ConverterContract):
    cases = Path(__file__).parents[3] / "samples"


class TestChargebee(OverSamples):
    converter = "chargebee"


class TestChargebeeAddons(OverSamples):
    converter = "chargebee-addons"


class TestRecurly(OverSamples):
    converter = "recurly"


class TestStripe(OverSamples):
    converter = "stripe"


class TestStripeApi(OverSamples):
    converter = "stripe-api"


class TestStripePayments(OverSamples):
    converter = "stripe-payments"


class TestZuora(OverSamples):
    converter = "zuora"
