"""GitLab code quality: a JSON list of issues.

Source: GitLab's code quality report format: description, check_name, fingerprint, severity (info,
minor, major, critical, blocker), location.path with lines.begin; paths relative, without a leading `./`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from cgrev.findings import Severity
from cgrev.report import Report, finding
from cgrev.reporters import text
from cgrev.reporters.fingerprint import Fingerprints
from cgrev.reporters.options import ReportOptions

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    marks = Fingerprints()
    separator = "[\n"
    for file in report.files:
        if file.error is not None:
            issue = {
                "description": text.visible(file.error.message),
                "check_name": file.error.code,
                "fingerprint": marks.of_file(file.path, file.error.code),
                "severity": "blocker",
                "location": {"path": relative(file.path), "lines": {"begin": 1}},
            }
            yield separator + json.dumps(issue, ensure_ascii=False)
            separator = ",\n"
    listing = report.listing(show_info=options.show_info, max_findings=options.max_findings)
    for row in listing.iter_rows():
        one = finding(row)
        column = one.column or one.source_column
        issue = {
            "description": f"{one.code} {text.visible(column) + ': ' if column else ''}{text.told(one)}",
            "check_name": one.code,
            "fingerprint": marks.of(one),
            "severity": _SEVERITY[one.severity],
            "location": {"path": relative(one.path), "lines": {"begin": one.row or 1}},
        }
        yield separator + json.dumps(issue, ensure_ascii=False)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def relative(path: str) -> str:
    """A path as repositories write it: forward slashes, no leading `./`."""
    return path.replace("\\", "/").removeprefix("./")
