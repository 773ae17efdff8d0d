"""The sentences every text format shares: places, messages, counts, row accounting, money."""

from __future__ import annotations

from collections.abc import Iterator

from cgrev.findings import Finding, Severity
from cgrev.report import FileReport, Report, Summary
from cgrev.reporters.options import ReportOptions
from cgrev.visible import quoted, shortened, visible, width

__all__ = [
    "counted",
    "counts_line",
    "graded",
    "left_out",
    "line",
    "place",
    "quoted",
    "refusal",
    "rows_line",
    "shortened",
    "told",
    "totals_line",
    "verdict",
    "visible",
    "width",
]


def counted(number: int, noun: str) -> str:
    """`1 error`, `1,204 errors`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def place(finding: Finding) -> str:
    """`path:row:column` with the parts there are."""
    parts = [visible(finding.path)]
    if finding.row is not None:
        parts.append(str(finding.row))
    column = finding.column or finding.source_column
    if column:
        parts.append(visible(shortened(column)))
    return ":".join(parts)


def told(finding: Finding) -> str:
    """`message (value 'x')`; the value is left out where the message already quotes it."""
    message = visible(finding.message)
    if finding.value is None or quoted(finding.value) in message:
        return message
    return f"{message} (value {quoted(finding.value)})"


def graded(finding: Finding) -> str:
    """As `told`, with the severity behind it unless it is an error: colour alone must not tell."""
    mark = "" if finding.severity is Severity.ERROR else f" [{finding.severity.value}]"
    return told(finding) + mark


def line(finding: Finding) -> str:
    """`path:row:column: CODE message (value 'x')`."""
    return f"{place(finding)}: {finding.code} {told(finding)}"


def refusal(file: FileReport) -> Iterator[str]:
    """Why a file was refused, in the same grammar; nothing for a file that was read."""
    if file.error is not None:
        yield f"{visible(file.path)}: {file.error.code} {visible(file.error.message)}"
        if file.error.help:
            yield f"  help: {visible(file.error.help)}"


def rows_line(file: FileReport) -> str:
    """Row accounting: `10 rows read = 8 written + 2 rejected + 0 skipped`."""
    rows = file.rows
    text = (
        f"{counted(rows.read, 'row')} read = "
        f"{rows.written:,} written + {rows.rejected:,} rejected + {rows.skipped:,} skipped"
    )
    return text if rows.balanced else f"{text} (rows do not add up: report this as a fault of cgrev)"


def totals_line(file: FileReport) -> str:
    """Exact money: `source 1234.12 = written 1234 + residual 0.12 + rejected 0`."""
    totals = file.shown_totals()
    return (
        f"source {totals['source']} = written {totals['written']} + residual {totals['residual']} "
        f"+ rejected {totals['rejected']}"
    )


def counts_line(summary: Summary) -> str:
    """`2 errors, 0 warnings, 3 infos`."""
    return ", ".join(
        (
            counted(summary.errors, "error"),
            counted(summary.warnings, "warning"),
            counted(summary.infos, "info"),
        )
    )


def verdict(report: Report) -> str:
    """The counts of a report, refused files among them."""
    refused = sum(file.status == "refused" for file in report.files)
    line = counts_line(report.summary())
    return f"{line}, {counted(refused, 'file')} refused" if refused else line


def left_out(report: Report, options: ReportOptions) -> Iterator[str]:
    """What the listing leaves out, and which option would list it."""
    full = report.summary(show_info=options.show_info)
    listed = report.summary(show_info=options.show_info, max_findings=options.max_findings).listed
    if listed < full.listed:
        yield f"{full.listed - listed:,} of {full.listed:,} findings are not listed (--max-findings {listed})"
    if full.infos and not options.show_info:
        yield f"{counted(full.infos, 'info')} not listed (--show-info lists them)"
