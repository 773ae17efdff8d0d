"""The six columns of an account-based revenue file, and its limits.

Everything that knows the layout derives it from here: the schema, the writers, the
published JSON and Table Schemas, the sandbox. No library but msgspec, so that `--help`
and `rules` stay light.

Source: the vendor's article on the (older) Revenue file API. The server reads columns by
position, "even for XML"; headings and order are fixed.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from msgspec import Struct

Role = Literal["name", "amount", "date", "type", "text"]


class RevenueType(StrEnum):
    """The four words the server knows, spelt as they are written into a file."""

    ARR = "ARR"
    MRR = "MRR"
    ONE_TIME = "One Time"
    OTHER = "Other"


class Column(Struct, frozen=True):
    """One column of the layout.

    `id` is the name in code, `heading` the one in files, `element` the one in XML (the
    vendor prints none; the server reads by position). `role` says how its cells are parsed.
    """

    id: str
    heading: str
    element: str
    role: Role
    required: bool = True
    max_length: int | None = None
    warn_length: int | None = None


ACCOUNT_NAME = Column("account_name", "Account name", "ACCOUNT_NAME", "name", True, 255, 128)
AMOUNT = Column("amount", "Revenue amount", "REVENUE_AMOUNT", "amount")
START_DATE = Column("start_date", "Revenue start date", "REVENUE_START_DATE", "date")
END_DATE = Column("end_date", "Revenue end date", "REVENUE_END_DATE", "date")
REVENUE_TYPE = Column("revenue_type", "Revenue type", "REVENUE_TYPE", "type")
DESCRIPTION = Column("description", "Description", "DESCRIPTION", "text", False, 255)

COLUMNS: tuple[Column, ...] = (
    ACCOUNT_NAME,
    AMOUNT,
    START_DATE,
    END_DATE,
    REVENUE_TYPE,
    DESCRIPTION,
)
IDS: tuple[str, ...] = tuple(column.id for column in COLUMNS)
HEADINGS: tuple[str, ...] = tuple(column.heading for column in COLUMNS)
BY_ID: dict[str, Column] = {column.id: column for column in COLUMNS}

MAX_RECORDS = 1_000
"""Records in one file for upload (the header not counted)."""
MAX_BYTES = 2_000_000
"""Bytes of one written file. The page says 2 MB; the smaller reading is safe for writing."""
MAX_BYTES_ACCEPTED = 2_097_152
"""Bytes above which a checked file is an error rather than a warning (2 MiB)."""

MIN_AMOUNT = -(2**63)
MAX_AMOUNT = 2**63 - 1
MIN_DATE = date(1970, 1, 1)
MAX_DATE = date(2100, 12, 31)

FRACTION_DIGITS = 18
"""Digits kept behind the decimal mark: amounts are Decimal(38, 18) until they are rounded."""
