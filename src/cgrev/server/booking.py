"""Stored records to booked months, by the same schedule that `cgrev schedule` shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from cgrev.layout import RevenueType
from cgrev.server.store import BookedRecord


@dataclass(frozen=True, slots=True)
class Months:
    """A range of months written YYYY-MM, both ends inclusive, open where None."""

    first: str | None = None
    last: str | None = None

    def __contains__(self, month: str) -> bool:
        return (self.first is None or self.first <= month) and (self.last is None or month <= self.last)


@dataclass(frozen=True, slots=True)
class Booked:
    """What one account has booked of one type in one month, exact to the cent."""

    account: str
    revenue_type: str
    month: str
    amount: Decimal

    def as_dict(self) -> dict[str, str]:
        return {
            "account": self.account,
            "revenue_type": self.revenue_type,
            "month": self.month,
            "amount": f"{self.amount:.2f}",
        }


def booked(
    records: Iterable[BookedRecord], months: Months, month_count: Literal["calendar", "anniversary"]
) -> list[Booked]:
    """Sums by account, type and month; accounts in the order of the records, then type, then month."""
    cents: dict[tuple[int, str, RevenueType], dict[str, int]] = {}
    for record in records:
        by_month = cents.setdefault((record.account_id, record.account, record.revenue_type), {})
        for month, share in _shares(record, month_count):
            if month in months:
                by_month[month] = by_month.get(month, 0) + share
    order = {kind: index for index, kind in enumerate(RevenueType)}
    places: dict[int, int] = {}
    for account_id, _, _ in cents:
        places.setdefault(account_id, len(places))
    keys = sorted(cents, key=lambda key: (places[key[0]], order[key[2]]))
    return [
        Booked(key[1], key[2].value, month, Decimal(total).scaleb(-2))
        for key in keys
        for month, total in sorted(cents[key].items())
    ]


def _shares(record: BookedRecord, month_count: str) -> list[tuple[str, int]]:
    y, m = record.start.year, record.start.month
    n = (record.end.year - y) * 12 + record.end.month - m + 1
    if record.revenue_type is RevenueType.ONE_TIME:
        n = 1
    labels = [f"{y + (m - 1 + i) // 12:04}-{(m - 1 + i) % 12 + 1:02}" for i in range(n)]
    cents = record.amount * 100
    if record.revenue_type in (RevenueType.MRR, RevenueType.ONE_TIME):
        return [(label, cents) for label in labels]
    parts = n if record.revenue_type is RevenueType.OTHER or n < 12 else 12
    sign = -1 if cents < 0 else 1
    base, rest = divmod(abs(cents), parts)
    return [(label, sign * (base + (1 if i % parts < rest else 0))) for i, label in enumerate(labels)]
