"""Each finding with its row and the cell marked, help once, then counts, rows and money."""

from __future__ import annotations

from collections.abc import Iterator

from cgrev.findings import Finding, Severity
from cgrev.report import FileReport, Report, finding
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions
from cgrev.reporters.source import Cells, SourceSheet, excerpts
from cgrev.reporters.style import Style

LINE = 100
"""Columns of an excerpt: cells around the marked one are shown while they fit."""
NEAR = 34
"""Cells looked at on either side: more never fit, for each takes three columns at least."""
CELL = 28
MARKED = 60
CHUNK = 50_000
"""Findings whose rows are looked up in one pass over a file."""


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    style = Style(options.color)
    for file in report.files:
        for refused in text.refusal(file):
            yield refused + "\n"
    listing = report.listing(show_info=options.show_info, max_findings=options.max_findings)
    told: set[tuple[str, str]] = set()
    for chunk in listing.iter_slices(CHUNK):
        found = [finding(row) for row in chunk.iter_rows()]
        context = excerpts(options.sources, found)
        for one in found:
            source = options.sources.get(one.path)
            row = context.get((one.path, one.row)) if one.row is not None else None
            yield _finding(one, source, row, style, told)
    for file in report.files:
        if file.error is None:
            yield from _file(file, style)
    yield from _summary(report, options, style)


def _finding(
    one: Finding, source: SourceSheet | None, row: Cells | None, style: Style, told: set[tuple[str, str]]
) -> str:
    code = style.severity(one.code, one.severity)
    lines = [f"{style.bold(text.place(one))}: {code} {text.graded(one)}"]
    if source is not None and row is not None:
        lines += excerpt(one.row or 0, row, source.index(one), style)
    if one.fix is not None:
        kind = "fix" if one.fix.safe else "unsafe fix"
        lines.append(f"  {kind}: {text.quoted(one.fix.value)}")
    if one.help and (one.code, one.help) not in told:
        told.add((one.code, one.help))
        lines.append(f"  help: {text.visible(one.help)}")
    return "\n".join(lines) + "\n\n"


def excerpt(number: int, row: Cells, marked: int | None, style: Style) -> list[str]:
    """A row of the file on one line, and carets under the cell marked.

    Cells next to the marked one come first, so that it is always in view; `...` stands for the others.
    """
    if marked is not None and marked >= len(row):
        marked = None
    centre = marked or 0
    end = len(row)
    while end > centre + 1 and row[end - 1] is None:  # the row is shorter than the widest one
        end -= 1
    start, stop = max(0, centre - NEAR), min(end, centre + NEAR + 1)
    shown = [
        text.visible(text.shortened(cell or "", MARKED if start + index == marked else CELL))
        for index, cell in enumerate(row[start:stop])
    ]
    first, last = _window([text.width(cell) for cell in shown], centre - start)
    before = "... | " if start + first else ""
    after = " | ..." if start + last < end else ""
    margin = f"  {number} | "
    lines = [style.dim(margin) + before + " | ".join(shown[first:last]) + after]
    if marked is not None:
        left = sum(text.width(cell) + 3 for cell in shown[first : marked - start])
        carets = "^" * max(text.width(shown[marked - start]), 1)
        lines.append(
            " " * (len(margin) - 2) + style.dim("| ") + " " * (len(before) + left) + style.bold(carets)
        )
    return lines


def _window(widths: list[int], centre: int) -> tuple[int, int]:
    """The cells that fit on a line around `centre`: the first and one past the last."""
    if not widths:
        return 0, 0
    first, last, room = centre, centre + 1, LINE - widths[centre]
    while True:
        grown = False
        if first > 0 and widths[first - 1] + 3 <= room:
            first -= 1
            room -= widths[first] + 3
            grown = True
        if last < len(widths) and widths[last] + 3 <= room:
            room -= widths[last] + 3
            last += 1
            grown = True
        if not grown:
            return first, last


def _file(file: FileReport, style: Style) -> Iterator[str]:
    facts = [file.reader] if file.reader else []
    if file.sheet:
        facts.append(f"sheet {text.quoted(file.sheet)}")
    if file.header_row is not None:
        facts.append(f"header in row {file.header_row}")
    if file.converter:
        facts.append(f"converter {file.converter}")
    yield style.bold(text.visible(file.path)) + (f" ({', '.join(facts)})" if facts else "") + "\n"
    yield f"  rows    {text.rows_line(file)}\n"
    yield f"  totals  {text.totals_line(file)}\n"


def _summary(report: Report, options: ReportOptions, style: Style) -> Iterator[str]:
    line = text.verdict(report)
    worst = report.worst
    if any(file.status == "refused" for file in report.files):
        yield style.severity(line, Severity.ERROR) + "\n"
    else:
        yield (style.good(line) if worst is None else style.severity(line, worst)) + "\n"
    names = dict(report.findings.select("code", "name").unique().iter_rows())
    for (code, level), number in report.counts().items():
        name = names.get(code) or (options.rules[code].name if code in options.rules else "")
        label = style.severity(code, Severity(level))
        yield f"  {label}  {name:<32}  {text.counted(number, level)}\n"
    for left in text.left_out(report, options):
        yield left + "\n"
