"""One plugin a system, so that each has its name for `--from`."""

from __future__ import annotations

from cgrev.plugin import Converter, hookimpl


class System:
    """A plugin that hands over one of the converters; the module is imported when it is asked."""

    def __init__(self, module: str, kind: str) -> None:
        self.module, self.kind = module, kind

    @hookimpl
    def cgrev_converter(self) -> Converter:
        from importlib import import_module

        converter: Converter = getattr(import_module(f"cgrev_erp.{self.module}"), self.kind)()
        return converter


business_central = System("lists", "BusinessCentral")
datev = System("datev", "Datev")
erp_invoices = System("lists", "ErpInvoices")
freshbooks = System("lists", "FreshBooks")
intacct = System("lists", "Intacct")
netsuite = System("netsuite", "NetSuite")
netsuite_tables = System("tables", "NetSuiteTables")
odoo = System("odoo", "Odoo")
quickbooks = System("quickbooks", "QuickBooks")
quickbooks_tables = System("tables", "QuickBooksTables")
wave = System("lists", "Wave")
xero = System("xero", "Xero")
xero_tables = System("tables", "XeroTables")
zoho = System("lists", "Zoho")
