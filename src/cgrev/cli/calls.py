"""From the words of a command line to the value objects of a call, and from its report to output."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from cgrev.cli.ending import CLEAN, FINDINGS, USAGE
from cgrev.errors import UsageError

if TYPE_CHECKING:
    from cgrev.pipeline import FileRun
    from cgrev.report import Report


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


def exit_code(report: Report, fail_on: str) -> int:
    """2 when a file was refused, 1 with findings at or above `fail_on`, else 0."""
    from cgrev.findings import Severity

    if any(file.status == "refused" for file in report.files):
        return USAGE
    if fail_on == "never":
        return CLEAN
    return FINDINGS if report.at_or_above(Severity(fail_on)) else CLEAN


def sources(runs: Mapping[str, FileRun]) -> dict[str, Any]:
    """What reporters need to show the rows around a finding."""
    from pathlib import Path

    from cgrev.reporters.source import SourceSheet

    found = {}
    for path, run in runs.items():
        columns = {field.id: field.index for field in run.reading.fields if field.index is not None}
        from cgrev.layout import BY_ID

        found[path] = SourceSheet(
            run.table,
            run.labels,
            run.header.row,
            {BY_ID[name].heading: index for name, index in columns.items() if name in BY_ID},
            Path(path) if path != "-" and Path(path).exists() else None,
        )
    return found
