"""Stored records to booked months, by the same schedule that `cgrev schedule` shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from cgrev.booking import MonthCount, book
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


def booked(records: Iterable[BookedRecord], months: Months, month_count: MonthCount) -> list[Booked]:
    """Sums by account, type and month; accounts in the order of the records, then type, then month."""
    sums: dict[int, dict[tuple[str, RevenueType], dict[str, Decimal]]] = {}
    for record in records:
        by_type = sums.setdefault(record.account_id, {})
        by_month = by_type.setdefault((record.account, record.revenue_type), {})
        shares = book(record.amount, record.start, record.end, record.revenue_type, month_count=month_count)
        for first, amount in shares.items():
            month = f"{first:%Y-%m}"
            if month in months:
                by_month[month] = by_month.get(month, Decimal(0)) + amount
    order = list(RevenueType)
    return [
        Booked(account, kind.value, month, by_type[account, kind][month])
        for by_type in sums.values()
        for account, kind in sorted(by_type, key=lambda key: order.index(key[1]))
        for month in sorted(by_type[account, kind])
    ]
