"""One JSON object a finding and line, with the keys of the JSON report's findings."""

from __future__ import annotations

from collections.abc import Iterator

from cgrev.report import Report, json_lines
from cgrev.reporters.options import ReportOptions


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    yield from json_lines(report.listing(show_info=options.show_info, max_findings=options.max_findings))
