"""cgrev: account-based revenue files for CustomerGauge, from the exports of CRM, ERP and billing systems.

::

    import cgrev

    report = cgrev.check("revenue.csv")          # findings are values: report.findings, report.to_json()
    done = cgrev.convert("export.csv", to="upload", converter="salesforce")

Importing this package is cheap: neither polars nor pandera is loaded before a verb is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cgrev.readers import ReadOptions
    from cgrev.report import Report
    from cgrev.settings import Settings
    from cgrev.settings import load as load_settings
    from cgrev.verbs.check import check
    from cgrev.verbs.convert import Converted, convert

__version__ = "0.1.0"

__all__ = [
    "Converted",
    "ReadOptions",
    "Report",
    "Settings",
    "__version__",
    "check",
    "convert",
    "load_settings",
]

_HOMES = {
    "check": ("cgrev.verbs.check", "check"),
    "convert": ("cgrev.verbs.convert", "convert"),
    "Converted": ("cgrev.verbs.convert", "Converted"),
    "ReadOptions": ("cgrev.readers", "ReadOptions"),
    "Report": ("cgrev.report", "Report"),
    "Settings": ("cgrev.settings", "Settings"),
    "load_settings": ("cgrev.settings", "load"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'cgrev' has no attribute '{name}'")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
