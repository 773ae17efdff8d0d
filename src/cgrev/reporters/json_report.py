"""The whole report as JSON, `cgrev-report/1`; `json_schema.report_schema` says what it looks like."""

from __future__ import annotations

from collections.abc import Iterator

from cgrev.report import Report
from cgrev.reporters.options import ReportOptions


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    yield from report.json_pieces(show_info=options.show_info, max_findings=options.max_findings)
