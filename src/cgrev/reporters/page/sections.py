"""The sections of the page, from the verdict down to the list."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from cgrev.findings import Finding, Severity
from cgrev.report import FileReport, Report, finding
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions
from cgrev.reporters.page import chart
from cgrev.reporters.page.markup import cell, escape, facts, table
from cgrev.reporters.source import Cells, SourceSheet

_WHOLE_ROW = -1
STATIC = 100
"""Findings written as plain HTML, for readers without script."""
CONTEXT = 15
"""Rows with findings shown with their neighbours, a file."""
FILES = 200
"""Files shown one by one; the others are told by number."""
SKIPPED = 50
_TOTALS = {
    "source": "all amounts of the file, exact",
    "written": "rows without errors, in whole units",
    "residual": "what rounding to whole units takes off",
    "rejected": "rows with errors",
}


def head(report: Report) -> Iterator[str]:
    """Title and verdict."""
    worst = report.worst
    refused = any(file.status == "refused" for file in report.files)
    look = "error" if refused or worst is Severity.ERROR else worst.value if worst else "good"
    verdict = escape(text.verdict(report))
    yield f"<header>\n<h1>Revenue file report</h1>\n<p class='verdict {look}'>{verdict}</p>\n"
    yield f"<p class='quiet'>cgrev {escape(report.version)}, {text.counted(len(report.files), 'file')}</p>\n"
    parts = [("files-title", "What was read")]
    if report.findings.height:
        parts += [("rules-title", "By rule"), ("columns-title", "By column")]
    parts.append(("findings", "Findings"))
    links = "".join(f'<li><a href="#{target}">{words}</a></li>' for target, words in parts)
    yield f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n</header>\n'


def files(report: Report) -> Iterator[str]:
    """What was read and decided, row accounting and money, file by file."""
    yield '<section aria-labelledby="files-title"><h2 id="files-title">What was read and decided</h2>\n'
    for file in report.files[:FILES]:
        yield from _file(file)
    if len(report.files) > FILES:
        yield f"<p>{len(report.files) - FILES:,} more files are not shown here; their findings are.</p>\n"
    yield "</section>\n"


def _file(file: FileReport) -> Iterator[str]:
    look = {"ok": "good", "findings": "warning", "refused": "error"}[file.status]
    yield f'<div class="panel"><h3>{escape(file.path)} <span class="{look}">{file.status}</span></h3>\n'
    if file.error is not None:
        yield f"<p class='error'>{escape(file.error.code)} {escape(file.error.message)}</p>\n"
        if file.error.help:
            yield f"<p>What to do: {escape(file.error.help)}</p>\n"
        yield "</div>\n"
        return
    known = [
        ("reader", file.reader),
        ("sheet", file.sheet),
        ("header row", None if file.header_row is None else str(file.header_row)),
        ("converter", file.converter),
        ("SHA-256", file.sha256),
    ]
    yield f"<p>{escape(text.rows_line(file))}</p>\n"
    yield from _totals(file)
    if file.skipped_count:
        yield from _skipped(file)
    yield "<details><summary>How it was read, and what was decided</summary>\n"
    yield facts("How it was read", [(name, value) for name, value in known if value])
    if file.decisions:
        rows = (
            "<tr>"
            + cell(decision.about + (f": {decision.column}" if decision.column else ""))
            + cell(decision.value, "value")
            + cell(decision.how)
            + cell("; ".join(decision.evidence))
            + "</tr>"
            for decision in file.decisions
        )
        yield table(f"Decisions for {file.path}", ("about", "decided", "how", "evidence"), rows)
    yield "</details>\n</div>\n"


def _totals(file: FileReport) -> Iterator[str]:
    """The money of a file: the first line is the sum of the others."""
    rows = (
        f'<tr><th scope="row">{escape(name)}</th>{cell(_TOTALS[name])}{cell(_grouped(value), "number")}</tr>'
        for name, value in file.shown_totals().items()
    )
    yield table(f"Money of {file.path}", ("total", "what it is", "#amount"), rows, "facts")
    yield f"<p class='quiet'>{escape(text.totals_line(file))}</p>\n"


def _grouped(value: str) -> str:
    """An exact number with its thousands apart; anything else (a redacted one) as it is."""
    whole, mark, rest = value.partition(".")
    return f"{int(whole):,}{mark}{rest}" if whole.lstrip("-").isdecimal() else value


def _skipped(file: FileReport) -> Iterator[str]:
    shown = file.skipped[:SKIPPED]
    yield f"<details><summary>{text.counted(file.skipped_count, 'row')} left out as no records</summary>\n"
    rows = (
        f"<tr>{cell(str(row.row), 'number')}{cell(row.reason)}{cell(text.shortened(row.text), 'value')}</tr>"
        for row in shown
    )
    yield table(f"Rows left out of {file.path}", ("#row", "reason", "text"), rows)
    if file.skipped_count > len(shown):
        yield f"<p>{file.skipped_count - len(shown):,} more are not shown.</p>\n"
    yield "</details>\n"


def charts(report: Report, listing: pl.DataFrame) -> Iterator[str]:
    """Where in each file the findings are."""
    drawn = [file for file in report.files[:FILES] if file.error is None]
    parts = listing.filter(pl.col("row").is_not_null()).partition_by("path", as_dict=True)
    frames = {path: frame for (path,), frame in parts.items()}
    drawn = [file for file in drawn if file.path in frames]
    if not drawn:
        return
    yield '<section aria-labelledby="where-title"><h2 id="where-title">Where the findings are</h2>\n'
    for number, file in enumerate(drawn[:20]):
        yield chart.heat(file.path, frames[file.path], number)
    if len(drawn) > 20:
        yield f"<p>{len(drawn) - 20:,} more files have findings and no chart here.</p>\n"
    yield "</section>\n"


def rules(report: Report, options: ReportOptions) -> Iterator[str]:
    """Exact numbers by rule, each with what it is about."""
    names = dict(report.findings.select("code", "name").unique().iter_rows())
    yield '<section aria-labelledby="rules-title"><h2 id="rules-title">By rule</h2>\n'
    rows = []
    for (code, level), number in report.counts().items():
        info = options.rules.get(code)
        about = "" if info is None else f"{info.what} {info.why}"
        name = names.get(code) or (info.name if info else "")
        rows.append(
            "<tr>"
            + cell(level, level, "severity")
            + f'<td data-label="rule">{_filter("code", code)}</td>'
            + cell(name, label="name")
            + cell(f"{number:,}", "number", "findings")
            + cell(about, label="about")
            + "</tr>"
        )
    if rows:
        heads = ("severity", "rule", "name", "#findings", "what it is about")
        yield table("Findings by rule", heads, rows, "cards")
    else:
        yield '<p class="good">Nothing was found.</p>\n'
    yield "</section>\n"


def columns(report: Report) -> Iterator[str]:
    """Exact numbers by column of the layout."""
    frame = report.findings.group_by("column", "severity").len()
    counts: dict[str | None, dict[str, int]] = {}
    for column, level, number in frame.iter_rows():
        counts.setdefault(column, {})[level] = number
    if not counts:
        return
    yield '<section aria-labelledby="columns-title"><h2 id="columns-title">By column</h2>\n'
    ordered = sorted(counts, key=lambda name: (-sum(counts[name].values()), name or ""))
    rows = (
        f'<tr><td data-label="column">{_filter("column", name)}</td>'
        + "".join(cell(f"{counts[name].get(level.value, 0):,}", "number", level.value) for level in Severity)
        + "</tr>"
        for name in ordered
    )
    yield table("Findings by column", ("column", "#errors", "#warnings", "#infos"), rows, "cards")
    yield "</section>\n"


def _filter(name: str, value: str | None) -> str:
    label = value if value is not None else "whole row or file"
    data = f'data-filter="{name}" data-value="{escape(value or "")}"'
    return f'<button type="button" class="link" {data} disabled>{escape(label)}</button>'


def context(listing: pl.DataFrame, options: ReportOptions) -> Iterator[str]:
    """The first rows with findings among their neighbours, cells marked."""
    shown = []
    for path, source in options.sources.items():
        frame = listing.filter((pl.col("path") == path) & pl.col("row").is_not_null())
        numbers = frame["row"].unique().sort().head(CONTEXT).to_list()
        if numbers:
            found = [finding(row) for row in frame.filter(pl.col("row") <= numbers[-1]).iter_rows()]
            shown.append(_context(path, source, numbers, found))
    if shown:
        yield '<section aria-labelledby="rows-title"><h2 id="rows-title">First rows with findings</h2>\n'
        yield from shown
        yield "</section>\n"


def _context(path: str, source: SourceSheet, numbers: list[int], found: list[Finding]) -> str:
    wanted = {near for number in numbers for near in (number - 1, number, number + 1) if near > 0}
    rows = source.rows(wanted)
    marks: dict[tuple[int, int], Severity] = {}
    for one in found:
        index = source.index(one)
        if one.row is not None:
            index = _WHOLE_ROW if index is None else index
            known = marks.get((one.row, index))
            if known is None or one.severity.rank < known.rank:
                marks[one.row, index] = one.severity
    lines = []
    before = 0
    for number, cells in sorted(rows.items()):
        if number == source.header_row:
            continue
        if before and number > before + 1:
            lines.append('<tr><td class="quiet" colspan="99">...</td></tr>')
        lines.append(_row(number, cells, marks))
        before = number
    labels = source.labels or tuple(f"column {place + 1}" for place in range(source.used_width()))
    return table(f"Rows of {path}", ("#row", *labels), lines, "rows")


def _row(number: int, cells: Cells, marks: dict[tuple[int, int], Severity]) -> str:
    whole = marks.get((number, _WHOLE_ROW))
    look, said = (
        ("", "") if whole is None else (f" mark-{whole.value}", f' <span class="{whole}">{whole}</span>')
    )
    parts = [f'<th scope="row" class="number{look}">{number}{said}</th>']
    while cells and cells[-1] is None:
        cells = cells[:-1]
    for index, value in enumerate(cells):
        severity = marks.get((number, index))
        shown = text.shortened(value or "", 80)
        if severity is None:
            parts.append(cell(shown, "value"))
        else:
            mark = escape(shown) or "(blank)"
            parts.append(
                f'<td class="value mark-{severity.value}"><strong>{mark}</strong> '
                f'<span class="{severity.value}">{severity.value}</span></td>'
            )
    return f"<tr>{''.join(parts)}</tr>"


def findings(listing: pl.DataFrame, remarks: list[str]) -> Iterator[str]:
    """The list with search and filters; the first findings are in the HTML itself."""
    yield '<section aria-labelledby="findings"><h2 id="findings" tabindex="-1">Findings</h2>\n'
    for remark in remarks:
        yield f"<p>{escape(remark)}</p>\n"
    shown = min(listing.height, STATIC)
    note = f"The first {shown:,} of {listing.height:,}; searching needs JavaScript."
    yield f"<noscript><p>{note}</p></noscript>\n"
    yield """<form id="filters" hidden>
<label>Search <input id="search" type="search" autocomplete="off"></label>
<label>Severity <select id="severity"><option value="">all</option></select></label>
<label>Rule <select id="rule"><option value="">all</option></select></label>
<label>Column <select id="column"><option value="">all</option></select></label>
<label>File <select id="file"><option value="">all</option></select></label>
<button type="button" id="clear">Clear</button>
</form>
<div class="pages" hidden>
<button type="button" class="previous">Previous page</button>
<button type="button" class="next">Next page</button>
<span id="count" role="status" aria-live="polite"></span>
</div>
"""
    heads = ("severity", "rule", "file", "#row", "column", "value", "finding", "what to do")
    rows = "".join(_static(finding(row)) for row in listing.head(STATIC).iter_rows())
    yield table("List of findings", heads, [rows], "cards").replace("<tbody>", '<tbody id="rows">')
    yield """<div class="pages" hidden>
<button type="button" class="previous">Previous page</button>
<button type="button" class="next">Next page</button>
<a href="#findings">Back to the search</a>
</div>
</section>
"""


def _static(one: Finding) -> str:
    place = one.path + (f", sheet {one.sheet}" if one.sheet else "")
    fix = ""
    if one.fix is not None:
        kind = "Fix: " if one.fix.safe else "Fix (it may change the meaning): "
        fix = f'<div>{kind}<span class="value">{escape(one.fix.value)}</span></div>'
    return (
        "<tr>"
        + cell(one.severity.value, one.severity.value, "severity")
        + cell(f"{one.code} {one.name}", label="rule")
        + cell(place, label="file")
        + cell("" if one.row is None else str(one.row), "number", "row")
        + cell(one.column or one.source_column or "", label="column")
        + cell(one.value or "", "value", "value")
        + cell(one.message, label="finding")
        + f'<td data-label="what to do">{escape(one.help)}{fix}</td>'
        + "</tr>"
    )
