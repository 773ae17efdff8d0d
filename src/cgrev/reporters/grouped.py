"""Findings under the file they are in, aligned, with the accounting of each file."""

from __future__ import annotations

from collections.abc import Iterator

from cgrev.findings import Finding
from cgrev.report import FileReport, Report, finding
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions
from cgrev.reporters.style import Style


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    style = Style(options.color)
    listing = report.listing(show_info=options.show_info, max_findings=options.max_findings)
    groups = {
        str(path): frame
        for (path,), frame in listing.partition_by("path", as_dict=True, maintain_order=True).items()
    }
    for file in report.files:
        yield from _head(file, style)
        frame = groups.pop(file.path, None)
        if frame is not None:
            yield from _lines([finding(row) for row in frame.iter_rows()], style)
        yield "\n"
    for path, frame in groups.items():
        yield style.bold(text.visible(path)) + "\n"
        yield from _lines([finding(row) for row in frame.iter_rows()], style)
        yield "\n"
    yield text.verdict(report) + "\n"
    for line in text.left_out(report, options):
        yield line + "\n"


def _head(file: FileReport, style: Style) -> Iterator[str]:
    sheet = f" (sheet {text.quoted(file.sheet)})" if file.sheet else ""
    yield style.bold(text.visible(file.path)) + sheet + "\n"
    if file.error is not None:
        yield f"  {file.error.code} {text.visible(file.error.message)}\n"
        if file.error.help:
            yield f"  help: {text.visible(file.error.help)}\n"
    else:
        yield style.dim(f"  {text.rows_line(file)}") + "\n"


def _lines(found: list[Finding], style: Style) -> Iterator[str]:
    places = [
        ":".join(
            part
            for part in (
                "file" if one.row is None and not one.column else "",
                "" if one.row is None else str(one.row),
                text.visible(text.shortened(one.column or one.source_column or "", 40)),
            )
            if part
        )
        for one in found
    ]
    widest = max(map(text.width, places))
    for where, one in zip(places, found, strict=True):
        gap = " " * (widest - text.width(where))
        yield f"  {where}{gap}  {style.severity(one.code, one.severity)} {text.graded(one)}\n"
