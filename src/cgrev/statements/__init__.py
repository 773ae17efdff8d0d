"""The reconciliation of a run for people and programs: source, sent and listed, each unit explained.

`cgrev.reconcile` has the figures; here is what a run does with them: fail where a unit has no cause, keep a
summary in the manifest, and write the statement (`cgrev.statements.writing`).
"""

from __future__ import annotations

from cgrev.errors import CgrevError
from cgrev.findings import plain
from cgrev.manifest import StatementCause, StatementEntry
from cgrev.reconcile import Cause, Statement, Unexplained

__all__ = ["cause_words", "require_explained", "statement_entries", "unexplained_words"]

SHOWN = 5


def require_explained(statement: Statement) -> None:
    """Raises CgrevError where a unit of difference has no listed cause: a fault of this program, and no run
    may go on with one."""
    found = statement.gate()
    if not found:
        return
    more = f" (and {len(found) - SHOWN:,} more)" if len(found) > SHOWN else ""
    raise CgrevError(
        "the money does not add up, so nothing is written: "
        + "; ".join(unexplained_words(one) for one in found[:SHOWN])
        + more,
        help="report this: it is a fault of cgrev",
    )


def unexplained_words(one: Unexplained) -> str:
    """A difference without a cause in one line."""
    what = {
        "rounding": "rows are written a whole unit or more away from their amounts",
        "source": "the rows do not add up to the total that was read",
        "sent": "the files do not hold the units of the rows",
        "listed": "the server lists another amount than was sent",
    }[one.check]
    place = ", ".join(part for part in (one.currency, one.revenue_type, one.account_name) if part)
    where = f" ({place})" if place else ""
    rows = f", {one.rows:,} rows" if one.rows is not None else ""
    return f"{what}{where}: {plain(one.expected)} expected, {plain(one.found)} found{rows}"


def cause_words(cause: Cause) -> str:
    """A cause in a few words: `rounding of 3 rows`, `2 rows rejected by CGR211 (1 without an amount)`."""
    rows = f"{cause.rows:,} row" if cause.rows == 1 else f"{cause.rows:,} rows"
    if cause.kind == "rounding":
        return f"rounding of {rows}"
    why = f" by {cause.code}" if cause.kind == "rejected" else f": {cause.code}"
    without = f" ({cause.unreadable:,} without an amount)" if cause.unreadable else ""
    return f"{rows} {cause.kind}{why}{without}"


def statement_entries(statement: Statement) -> tuple[StatementEntry, ...]:
    """The statement by currency, as the manifest keeps it."""
    return tuple(
        StatementEntry(
            currency=line.currency,
            rows=line.rows,
            source=plain(line.source),
            sent=plain(line.sent),
            causes=tuple(
                StatementCause(
                    kind=cause.kind,
                    code=cause.code,
                    amount=plain(cause.amount),
                    rows=cause.rows,
                    unreadable=cause.unreadable,
                )
                for cause in line.causes
            ),
        )
        for line in statement.currencies()
    )
