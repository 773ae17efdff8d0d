"""From one `Report` to what people and machines read: a module a format, found by name.

`write(report, "sarif", stream, options)` and `render(report, "full", options)` are the only doors; the
module of a format is imported when it is asked for. Reporters render: they read no settings, ask
nothing and never touch the terminal.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from cgrev.errors import UsageError
from cgrev.reporters.options import ReportOptions, RuleInfo

if TYPE_CHECKING:
    from cgrev.report import Report

__all__ = ["FORMATS", "Format", "ReportOptions", "RuleInfo", "render", "write"]


class Format(Struct, frozen=True):
    """One output format: its module under `cgrev.reporters`, and what it is good for."""

    name: str
    module: str
    suffix: str
    what: str
    binary: bool = False
    uses_sources: bool = False
    """True where the person's own sheet is read again, if `ReportOptions.sources` has it."""


FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format(
            "full",
            "full",
            ".txt",
            "each finding with its row and what to do; for a terminal",
            uses_sources=True,
        ),
        Format("concise", "concise", ".txt", "one line a finding: path:row:column: CODE message"),
        Format("grouped", "grouped", ".txt", "findings under the file they are in"),
        Format("json", "json_report", ".json", "the whole report, cgrev-report/1"),
        Format("jsonl", "jsonl", ".jsonl", "one JSON object a finding"),
        Format("github", "github", ".txt", "annotations of a GitHub Actions step"),
        Format("gitlab", "gitlab", ".json", "GitLab code quality"),
        Format("junit", "junit", ".xml", "JUnit test results"),
        Format("sarif", "sarif", ".sarif", "SARIF 2.1.0, for code scanning", uses_sources=True),
        Format("html", "html", ".html", "one self-contained page to search and filter", uses_sources=True),
        Format(
            "xlsx",
            "workbook",
            ".xlsx",
            "the person's own sheet with the cells coloured and commented",
            binary=True,
            uses_sources=True,
        ),
    )
}


def write(report: Report, format: str, stream: IO[Any], options: ReportOptions | None = None) -> None:
    """Render `report` into `stream`, which takes bytes (text is UTF-8) or, for text formats, text.

    Raises UsageError for an unknown format, and SettingsError where a format cannot hold the report.
    """
    chosen = _format(format)
    textual = isinstance(stream, io.TextIOBase)
    if textual and chosen.binary:
        raise UsageError(f"the output format {format} is not text", help="write it to a file: --output-file")
    for piece in _pieces(report, chosen, options or ReportOptions()):
        if textual:
            stream.write(piece)
        else:
            stream.write(piece.encode(errors="backslashreplace") if isinstance(piece, str) else piece)


def render(report: Report, format: str, options: ReportOptions | None = None) -> str | bytes:
    """The report in a format: bytes for a binary one, text for the others. Raises as `write` does."""
    chosen = _format(format)
    pieces = _pieces(report, chosen, options or ReportOptions())
    return b"".join(pieces) if chosen.binary else "".join(pieces)  # type: ignore[arg-type]


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise UsageError(f"no output format '{name}'", help=f"one of: {', '.join(FORMATS)}")
    return FORMATS[name]


def _pieces(report: Report, chosen: Format, options: ReportOptions) -> Iterator[str | bytes]:
    if options.redactor is not None:
        redactor = options.redactor
        report = redactor.report(report, options.rules)
        sources = {path: redactor.source(source) for path, source in options.sources.items()}
        options = replace(options, sources=sources, redactor=None)
    pieces: Iterator[str | bytes] = import_module(f"cgrev.reporters.{chosen.module}").pieces(report, options)
    return pieces
