"""Every converter of the package keeps the contract of converters, over the samples."""

from __future__ import annotations

from pathlib import Path

from cgrev.testing import ConverterContract


class OverSamples(ConverterContract):
    cases = Path(__file__).parents[3] / "samples"


class TestSapBilling(OverSamples):
    converter = "sap-billing"


class TestSapLedger(OverSamples):
    converter = "sap-ledger"


class TestSapOrders(OverSamples):
    converter = "sap-orders"


class TestSapReceivables(OverSamples):
    converter = "sap-receivables"


class TestSapTables(OverSamples):
    converter = "sap-tables"
