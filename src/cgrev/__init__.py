"""cgrev: account-based revenue files for CustomerGauge, from the exports of CRM, ERP and billing systems.

Importing this package is cheap: neither polars nor pandera is loaded before a verb is called.
"""

from __future__ import annotations

__version__ = "0.1.0"
