"""Every converter of the package keeps the contract of converters, over the samples."""

from __future__ import annotations

from pathlib import Path

from cgrev.testing import ConverterContract


class OverSamples(ConverterContract):
    cases = Path(__file__).parents[3] / "samples"


class TestBusinessCentral(OverSamples):
    converter = "business-central"


class TestDatev(OverSamples):
    converter = "datev"


class TestErpInvoices(OverSamples):
    converter = "erp-invoices"


class TestFreshbooks(OverSamples):
    converter = "freshbooks"


class TestIntacct(OverSamples):
    converter = "intacct"


class TestNetsuite(OverSamples):
    converter = "netsuite"


class TestNetsuiteTables(OverSamples):
    converter = "netsuite-tables"


class TestOdoo(OverSamples):
    converter = "odoo"


class TestQuickbooks(OverSamples):
    converter = "quickbooks"


class TestQuickbooksTables(OverSamples):
    converter = "quickbooks-tables"


class TestWave(OverSamples):
    converter = "wave"


class TestXero(OverSamples):
    converter = "xero"


class TestXeroTables(OverSamples):
    converter = "xero-tables"


class TestZoho(OverSamples):
    converter = "zoho"
