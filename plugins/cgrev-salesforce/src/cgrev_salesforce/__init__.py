"""Salesforce reports and Data Loader exports as account-based revenue."""

from __future__ import annotations

from cgrev.plugin import Converter, hookimpl


@hookimpl
def cgrev_converter() -> Converter:
    from cgrev_salesforce.converter import Salesforce

    return Salesforce()
