"""From the words of a command line to the value objects of a call, and from its report to output."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

from cgrev.cli.ending import CLEAN, FINDINGS, USAGE
from cgrev.errors import UsageError

if TYPE_CHECKING:
    from cgrev.pipeline import FileRun
    from cgrev.report import Report
    from cgrev.settings import CheckSettings


@dataclass(frozen=True, slots=True)
class Reporting:
    """What the command line said about the report."""

    formats: Sequence[str] | None = None
    files: Sequence[str] | None = None
    redact: bool = False
    select: Sequence[str] | None = None
    ignore: Sequence[str] | None = None
    severity: Sequence[str] | None = None
    fail_on: str | None = None
    max_findings: int | None = None
    show_info: bool = False
    baseline: str | None = None
    write_baseline: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """Where a report goes: format, and a file or None for standard output."""

    format: str
    file: str | None = None


def outputs(formats: Sequence[str] | None, files: Sequence[str] | None, default: str) -> list[Output]:
    """Pair `--output-format` with `--output-file` in order. One format without a file goes to stdout."""
    formats, files = list(formats or []), list(files or [])
    if not formats:
        formats = [default]
    if len(files) > len(formats):
        raise UsageError("more --output-file than --output-format", help="give each file its format")
    if len(formats) - len(files) > 1:
        raise UsageError(
            "only one report can go to standard output", help="give each --output-format its --output-file"
        )
    paths: list[str | None] = [*files, *([None] * (len(formats) - len(files)))]
    return [Output(format, path) for format, path in zip(formats, paths, strict=True)]


def coloured(stream: IO[Any]) -> bool:
    """NO_COLOR wins, then FORCE_COLOR, then whether the stream is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def emit(
    report: Report,
    reporting: Reporting,
    runs: Mapping[str, FileRun],
    settings: CheckSettings,
    stream: IO[str] | None = None,
) -> None:
    """Write the report in every format asked for; files appear whole or not at all.

    `stream` takes the place of standard output where that is kept for something else."""
    import io
    from pathlib import Path

    from cgrev.files import atomic_write
    from cgrev.reporters import FORMATS, ReportOptions, write
    from cgrev.reporters.redact import Redactor
    from cgrev.rules.catalogue import BY_CODE
    from cgrev.sourcesheets import source_sheets

    wanted = outputs(reporting.formats, reporting.files, settings.output_format or "full")
    needed = any(FORMATS[output.format].uses_sources for output in wanted if output.format in FORMATS)
    options = ReportOptions(
        show_info=settings.show_info,
        max_findings=settings.max_findings,
        rules=BY_CODE,
        sources=source_sheets(runs) if needed else {},
        redactor=Redactor() if settings.redact else None,
    )
    for output in wanted:
        if output.file is None:
            if output.format in FORMATS and FORMATS[output.format].binary:
                raise UsageError(
                    f"the format {output.format} is not for a terminal", help="name a file with --output-file"
                )
            out: Any = stream or sys.stdout
            out.flush()
            write(report, output.format, out.buffer, replace(options, color=coloured(out)))
            out.flush()
        else:
            buffer = io.BytesIO()
            write(report, output.format, buffer, options)
            atomic_write(Path(output.file), buffer.getvalue())


def exit_code(report: Report, fail_on: str) -> int:
    """2 when a file was refused, 1 with findings at or above `fail_on`, else 0."""
    from cgrev.selection import fails

    if any(file.status == "refused" for file in report.files):
        return USAGE
    return FINDINGS if fails(report.counts(), fail_on) else CLEAN


def flags(reporting: Reporting) -> dict[str, Any]:
    """What the command line says, as settings: the strongest layer."""
    from cgrev.selection import overrides, words

    return {
        "check.select": words(reporting.select) if reporting.select else None,
        "check.ignore": words(reporting.ignore) if reporting.ignore else None,
        "check.severity": overrides(reporting.severity) if reporting.severity else None,
        "check.fail-on": reporting.fail_on,
        "check.max-findings": reporting.max_findings,
        "check.show-info": reporting.show_info or None,
        "check.redact": reporting.redact or None,
        "check.baseline": reporting.baseline,
    }
