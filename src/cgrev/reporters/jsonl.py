"""One JSON object a finding and line, with the keys of the JSON report's findings.

A refused file is a line, too: an error of the whole file.
"""

from __future__ import annotations

from collections.abc import Iterator

from cgrev.findings import Finding, Severity
from cgrev.report import Report, findings_frame, json_lines
from cgrev.reporters.options import ReportOptions


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    refused = []
    for file in report.files:
        if file.error is not None:
            rule = options.rules.get(file.error.code)
            name = rule.name if rule is not None else "refused"
            said, help = file.error.message, file.error.help or ""
            refused.append(Finding(file.path, file.error.code, name, Severity.ERROR, said, help))
    yield from json_lines(findings_frame(refused))
    yield from json_lines(report.listing(show_info=options.show_info, max_findings=options.max_findings))
