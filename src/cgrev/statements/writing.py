"""The statement as text, JSON (`cgrev-statement/1`), CSV or one page: three columns that must agree.

Source is exact, sent is in whole units, listed is what the server has (blank where it was not asked). Below
each line stand its causes, so that source = sent + causes; rows that keep-total moved are listed one by one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice

from cgrev import __version__
from cgrev.findings import plain
from cgrev.manifest import MovedRow
from cgrev.pages import cell, document, escape, section, table
from cgrev.reconcile import Line, Statement
from cgrev.statements import cause_words, unexplained_words

SCHEMA = "cgrev-statement/1"
FORMATS = ("text", "json", "csv", "html")
LINES = 200
PAGE_LINES = 2_000


def pieces(statement: Statement, form: str, moved: Sequence[MovedRow] = ()) -> Iterator[bytes]:
    """The statement in one of `FORMATS`, piece by piece, as UTF-8."""
    write = {"text": text_lines, "json": json_lines, "csv": csv_lines, "html": page}[form]
    for part in write(statement, moved):
        yield part.encode("utf-8", "backslashreplace")


def text_lines(statement: Statement, moved: Sequence[MovedRow]) -> Iterator[str]:
    """Sums by currency and type, then accounts, each with its causes."""
    yield f"{verdict(statement)}\n"
    for title, lines in (
        ("by currency", statement.currencies()),
        ("by currency and type", statement.types()),
    ):
        yield f"\n{title}\n"
        for line in lines:
            yield from _text_line(line)
    yield "\nby currency, type and account\n"
    for line in islice(statement.lines(), LINES):
        yield from _text_line(line)
    if len(statement) > LINES:
        yield f"  and {len(statement) - LINES:,} more lines (the JSON and CSV forms have all)\n"
    if moved:
        yield f"\nrows moved by keep-total: {len(moved):,}\n"
    for row in islice(moved, LINES):
        yield f"  {row.input}:{row.row}: {row.before:,} -> {row.after:,}\n"
    if len(moved) > LINES:
        yield f"  and {len(moved) - LINES:,} more\n"


def _text_line(line: Line) -> Iterator[str]:
    listed = "" if line.listed is None else f", listed {plain(line.listed)}"
    yield f"  {place(line)}: source {plain(line.source)}, sent {plain(line.sent)}{listed}\n"
    for cause in line.causes:
        yield f"    {plain(cause.amount)}  {cause_words(cause)}\n"
    if line.unexplained:
        yield f"    {plain(line.unexplained)}  WITHOUT A CAUSE\n"


def verdict(statement: Statement) -> str:
    """Whether every unit has a cause, in one line."""
    found = statement.gate()
    if not found:
        return "every unit between source and sent is explained"
    return f"{len(found):,} differences without a cause: " + "; ".join(
        unexplained_words(o) for o in found[:5]
    )


def place(line: Line) -> str:
    """What a line is about: currency, type, account, as far as it is about one of them."""
    parts = (line.currency or "no currency", line.revenue_type, line.account_name)
    return ", ".join(part for part in parts if part)


def as_dict(line: Line) -> dict[str, object]:
    """A line as JSON has it: money as text."""
    return {
        "currency": line.currency,
        "revenue_type": line.revenue_type,
        "account": line.account_name,
        "rows": line.rows,
        "source": plain(line.source),
        "sent": plain(line.sent),
        "listed": None if line.listed is None else plain(line.listed),
        "causes": [
            {
                "kind": cause.kind,
                "code": cause.code,
                "amount": plain(cause.amount),
                "rows": cause.rows,
                "unreadable": cause.unreadable,
            }
            for cause in line.causes
        ],
        "unexplained": plain(line.unexplained),
    }


def json_lines(statement: Statement, moved: Sequence[MovedRow]) -> Iterator[str]:
    """The document, one line of the statement a line."""
    head = {
        "schema": SCHEMA,
        "tool": {"name": "cgrev", "version": __version__},
        "explained": not statement.gate(),
        "unexplained": [unexplained_words(one) for one in statement.gate()],
        "currencies": [as_dict(line) for line in statement.currencies()],
        "types": [as_dict(line) for line in statement.types()],
        "moved": [row.model_dump(mode="json", by_alias=True) for row in moved],
    }
    text = json.dumps(head, ensure_ascii=False, indent=1)
    yield text[: text.rindex("\n}")] + ',\n "lines": ['
    before = "\n"
    for line in statement.lines():
        yield before + json.dumps(as_dict(line), ensure_ascii=False)
        before = ",\n"
    yield "]\n}\n"


def csv_lines(statement: Statement, moved: Sequence[MovedRow]) -> Iterator[str]:
    """A line for each currency, type and account; its causes in one cell."""
    yield _row("currency", "revenue_type", "account", "rows", "source", "sent", "listed", "causes")
    for line in statement.lines():
        causes = "; ".join(f"{plain(cause.amount)} {cause_words(cause)}" for cause in line.causes)
        listed = "" if line.listed is None else plain(line.listed)
        yield _row(
            line.currency or "",
            line.revenue_type or "",
            line.account_name or "",
            str(line.rows),
            plain(line.source),
            plain(line.sent),
            listed,
            causes,
        )


def _row(*cells: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def page(statement: Statement, moved: Sequence[MovedRow]) -> Iterator[str]:
    """One self-contained page."""
    look = "error" if statement.gate() else "good"
    yield from document("Reconciliation", verdict(statement), _sections(statement, moved), look)


def _sections(statement: Statement, moved: Sequence[MovedRow]) -> Iterator[str]:
    yield section("By currency", _table("By currency", statement.currencies()))
    yield section("By currency and type", _table("By currency and type", statement.types()))
    shown = list(islice(statement.lines(), PAGE_LINES))
    more = len(statement) - len(shown)
    rest = f"<p>{more:,} more are not shown; the JSON and CSV forms have all.</p>" if more else ""
    yield section("By account", _table("By currency, type and account", shown), rest)
    if moved:
        rows = (
            f"<tr>{cell(f'{row.input}:{row.row}', 'value')}{cell(f'{row.before:,}', 'number')}"
            f"{cell(f'{row.after:,}', 'number')}</tr>"
            for row in moved[:PAGE_LINES]
        )
        heads = ("row", "#rounded alone", "#written")
        yield section("Rows moved by keep-total", table("Rows moved by keep-total", heads, rows))


def _table(caption: str, lines: Sequence[Line]) -> str:
    rows = []
    for line in lines:
        causes = "<br>".join(escape(f"{plain(cause.amount)}  {cause_words(cause)}") for cause in line.causes)
        listed = "" if line.listed is None else plain(line.listed)
        rows.append(
            f'<tr><th scope="row">{escape(place(line))}</th>{cell(f"{line.rows:,}", "number")}'
            f"{cell(plain(line.source), 'number')}{cell(plain(line.sent), 'number')}{cell(listed, 'number')}"
            f'<td class="value">{causes}</td></tr>'
        )
    return table(caption, ("", "#rows", "#source", "#sent", "#listed", "why source and sent differ"), rows)
