"""What the server makes of one uploaded file: rows it takes and rows it logs. Standard library only."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import date

from cgrev.layout import RevenueType


class BadContent(Exception):
    """A file that is not taken at all: `{"Data": false}`. The reason goes to the log, never to the client."""


@dataclass(frozen=True, slots=True)
class Row:
    """One good row. `n` counts from the first data row; `amount` is in whole currency units."""

    n: int
    account: str
    amount: int
    start: date
    end: date
    revenue_type: RevenueType
    description: str

    @property
    def key(self) -> str:
        return account_key(self.account)

    @property
    def digest(self) -> str:
        """Equal for rows that are equal in all six fields, the account without regard to case."""
        values = (
            self.key,
            str(self.amount),
            self.start.isoformat(),
            self.end.isoformat(),
            self.revenue_type.value,
            self.description,
        )
        return hashlib.sha256("\x1f".join(values).encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """A row that was left out, and why; shown as `Record n: message`."""

    n: int
    message: str


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """All rows of one file, each in one of the two lists, in file order."""

    rows: tuple[Row, ...]
    logged: tuple[LoggedRow, ...]


def folded(name: str) -> str:
    """What the spellings of one account have in common: case and compatibility forms do not count."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def account_key(name: str) -> str:
    """A digest of the folded name: the identity of an account, of one length."""
    return hashlib.sha256(folded(name).encode("utf-8")).hexdigest()
