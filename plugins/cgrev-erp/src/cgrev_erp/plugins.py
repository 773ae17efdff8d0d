"""One plugin a layout, so that each has its name for `--from`."""

from __future__ import annotations

from cgrev.plugin import Converter, hookimpl
from cgrev_erp.converters import ErpInvoices, SapCustomerLines, SapOrders


class Layout:
    """A plugin that hands over one of the converters."""

    def __init__(self, kind: type[ErpInvoices] | type[SapCustomerLines] | type[SapOrders]) -> None:
        self.kind = kind

    @hookimpl
    def cgrev_converter(self) -> Converter:
        return self.kind()


erp_invoices = Layout(ErpInvoices)
sap_customer_lines = Layout(SapCustomerLines)
sap_orders = Layout(SapOrders)
