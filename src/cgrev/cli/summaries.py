"""Plans and summaries of uploads in words."""

from __future__ import annotations

from collections import Counter

from cgrev.booked import Booked
from cgrev.findings import plain
from cgrev.targets.plan import UploadPlan
from cgrev.targets.summary import Sums, UploadSummary

SHOWN_BATCHES = 20
SHOWN_MONTHS = 12


def _sums(sums: Sums) -> str:
    total = "" if sums.total is None else f", total {sums.total:,}"
    return f"{sums.batches} file{'s' * (sums.batches != 1)}, {sums.records:,} records{total}"


def plan_text(upload: UploadPlan, booked: Booked) -> str:
    """What will be sent where, and what the server will book."""
    lines = [f"plan: {upload.source} to {upload.target}"]
    lines += [f"  {name}: {value}" for name, value in upload.description.items()]
    lines.append(f"  to send   {_sums(upload.sums('send', 'send again'))}")
    for name, actions in (("stored", ("skip",)), ("in doubt", ("left", "elsewhere"))):
        sums = upload.sums(*actions)
        if sums.batches:
            lines.append(f"  {name:<9} {_sums(sums)}")
    if upload.rejected_rows:
        lines.append(f"  rejected  {upload.rejected_rows} rows are in none of the files")
    for item in upload.items[:SHOWN_BATCHES]:
        why = f" ({item.why})" if item.why else ""
        lines.append(f"    {item.action:<10} {item.batch.name}  {item.batch.records} records{why}")
    if len(upload.items) > SHOWN_BATCHES:
        lines.append(f"    and {len(upload.items) - SHOWN_BATCHES} more")
    lines += [f"  note: {note}" for note in upload.notes]
    lines += booked_lines(booked)
    return "\n".join(lines)


def booked_lines(booked: Booked) -> list[str]:
    """What the server will book: totals by type, and the months."""
    if not booked.by_month:
        return []
    months = list(booked.by_month.items())
    lines = [f"  books for {booked.accounts} accounts, {months[0][0]} to {months[-1][0]}"]
    lines += [f"    {name:<9} {plain(amount):>18}" for name, amount in booked.by_type.items()]
    shown = months if len(months) <= SHOWN_MONTHS else months[:SHOWN_MONTHS]
    lines += [f"    {month:<9} {plain(amount):>18}" for month, amount in shown]
    if len(months) > len(shown):
        lines.append(f"    and {len(months) - len(shown)} more months (`cgrev schedule` lists them)")
    return lines


def summary_text(summary: UploadSummary) -> str:
    """How it ended: counts, what is not stored and why, the reconciliation."""
    states = Counter(result.state.value for result in summary.results)
    lines = [
        f"{summary.command} to {summary.target}: "
        + (", ".join(f"{n} {s}" for s, n in states.items()) or "no batch")
    ]
    odd = [result for result in summary.results if not result.is_stored]
    for result in odd[:SHOWN_BATCHES]:
        lines.append(f"  {result.name}: {result.state.value}: {result.message}")
        lines += [f"    server: {log}" for log in result.logs[:5]]
        if result.help:
            lines.append(f"    help: {result.help}")
    if len(odd) > SHOWN_BATCHES:
        lines.append(f"  and {len(odd) - SHOWN_BATCHES} more")
    statement = summary.reconciliation
    lines.append(
        f"  records  {statement.planned.records:,} planned = {statement.verified.records:,} verified"
        f" + {statement.acknowledged.records:,} acknowledged + {statement.unknown.records:,} unknown"
        f" + {statement.rejected.records:,} rejected + {statement.missing.records:,} not sent"
    )
    lines.append(f"  the server lists {statement.listed:,} of them as loaded")
    lines += [f"  note: {note}" for note in summary.notes]
    if summary.stopped:
        lines.append(f"stopped: {summary.stopped}")
        if summary.stop_help:
            lines.append(f"help: {summary.stop_help}")
    if summary.run is not None:
        lines.append(f"run {summary.run.id}")
    return "\n".join(lines)
