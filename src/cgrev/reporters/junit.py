"""JUnit results: one suite a file, one case a rule that found something.

A case holds all places of its rule (JUnit readers expect one failure a case). Errors fail; warnings and
infos pass and are told in `system-out`. Every file has two cases of its own: that it could be read,
and that its rows add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import polars as pl

from cgrev.findings import Severity
from cgrev.report import FileReport, Report, finding
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions

LISTED = 1_000
"""Places written into one case; the number in its message is exact."""


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    listing = report.listing(show_info=options.show_info, max_findings=options.max_findings)
    parts = listing.partition_by("path", as_dict=True, maintain_order=True)
    frames = {str(path): frame for (path,), frame in parts.items()}
    counts = _counts(report)
    suites = [(file, counts.get(file.path, {})) for file in report.files]
    known = {file.path for file in report.files}
    suites += [(FileReport(path), counts[path]) for path in counts if path not in known]
    tests = sum(2 + len(found) for _, found in suites)
    failures = sum(_failures(file, found) for file, found in suites)
    errors = sum(file.error is not None for file, _ in suites)
    yield "<?xml version='1.0' encoding='UTF-8'?>\n"
    yield f'<testsuites name="cgrev" tests="{tests}" failures="{failures}" errors="{errors}">\n'
    for file, found in suites:
        yield from _suite(file, found, frames.get(file.path), options)
    yield "</testsuites>\n"


def _counts(report: Report) -> dict[str, dict[tuple[str, str, str], int]]:
    """Exact numbers by path and (code, name, severity), whatever the listing holds."""
    frame = report.findings.group_by("path", "code", "name", "severity", maintain_order=True).len()
    counts: dict[str, dict[tuple[str, str, str], int]] = {}
    for path, code, name, level, number in frame.sort("path", "code").iter_rows():
        counts.setdefault(path, {})[(code, name, level)] = number
    return counts


def _failures(file: FileReport, found: dict[tuple[str, str, str], int]) -> int:
    failed = sum(level == Severity.ERROR.value for _, _, level in found)
    return failed + (not file.rows.balanced)


def _suite(
    file: FileReport,
    found: dict[tuple[str, str, str], int],
    frame: pl.DataFrame | None,
    options: ReportOptions,
) -> Iterator[str]:
    name = _attribute(file.path)
    refused = file.error is not None
    yield (
        f' <testsuite name={name} tests="{2 + len(found)}" failures="{_failures(file, found)}" '
        f'errors="{int(refused)}">\n'
    )
    yield from _case(name, "the file is read", _refusal(file))
    unbalanced = (
        "" if file.rows.balanced else f"<failure message={_attribute(text.rows_line(file))}></failure>"
    )
    accounting = f"<system-out>{_content(f'{text.rows_line(file)}; {text.totals_line(file)}')}</system-out>"
    yield from _case(name, "the rows add up", unbalanced + accounting)
    for (code, label, level), number in found.items():
        lines = _places(frame, code, level, number)
        if level == Severity.ERROR.value:
            message = _attribute(f"{text.counted(number, 'error')} of {code} {label}")
            body = f"<failure type={_attribute(code)} message={message}>{_content(lines)}</failure>"
        else:
            body = f"<system-out>{_content(f'{text.counted(number, level)}{chr(10)}{lines}')}</system-out>"
        yield from _case(name, f"{code} {label}", body)
    yield " </testsuite>\n"


def _case(suite: str, name: str, body: str) -> Iterator[str]:
    yield f"  <testcase classname={suite} name={_attribute(name)}>{body}</testcase>\n"


def _refusal(file: FileReport) -> str:
    if file.error is None:
        return ""
    body = _content("\n".join(text.refusal(file)))
    return (
        f"<error type={_attribute(file.error.code)} message={_attribute(file.error.message)}>{body}</error>"
    )


def _places(frame: pl.DataFrame | None, code: str, level: str, number: int) -> str:
    if frame is None:
        return "not listed"
    chosen = frame.filter((pl.col("code") == code) & (pl.col("severity") == level)).head(LISTED)
    found = [finding(row) for row in chosen.iter_rows()]
    lines = [text.line(one) for one in found]
    if not found:
        return "not listed"
    if number > len(found):
        lines.append(f"and {number - len(found):,} more")
    if found[0].help:
        lines.append(f"help: {text.visible(found[0].help)}")
    return "\n".join(lines)


def _content(value: str) -> str:
    # `visible` has taken the characters XML cannot hold; line breaks between lines are ours.
    return escape("\n".join(text.visible(part) for part in value.split("\n")))


def _attribute(value: str) -> str:
    return quoteattr(text.visible(value))
