"""One line a finding, for editors and for grep."""

from __future__ import annotations

from collections.abc import Iterator

from cgrev.report import Report, finding
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions
from cgrev.reporters.style import Style


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    style = Style(options.color)
    for file in report.files:
        for refused in text.refusal(file):
            yield refused + "\n"
    listing = report.listing(show_info=options.show_info, max_findings=options.max_findings)
    for row in listing.iter_rows():
        found = finding(row)
        code = style.severity(found.code, found.severity)
        yield f"{style.bold(text.place(found))}: {code} {text.told(found)}\n"
    yield text.verdict(report) + "\n"
    for line in text.left_out(report, options):
        yield line + "\n"
