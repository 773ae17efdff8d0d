"""From the words of a command line to the value objects of a call, and from its report to output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from cgrev.cli.ending import CLEAN, FINDINGS, USAGE, say
from cgrev.cli.outputs import Output, no_terminal, outputs, save

if TYPE_CHECKING:
    from cgrev.errors import CgrevError
    from cgrev.pipeline import FileRun
    from cgrev.report import Report
    from cgrev.settings import CheckSettings


class Reporting(Struct, frozen=True):
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
    accounts: str | None = None


def coloured(stream: IO[Any]) -> bool:
    """NO_COLOR wins, then FORCE_COLOR, then whether the stream is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def planned(reporting: Reporting, settings: CheckSettings, inputs: Iterable[str] = ()) -> list[Output]:
    """The reports a call asks for. Raises UsageError; call it before anything is read or changed."""
    wanted = outputs(reporting.formats, reporting.files, settings.output_format or "full", inputs)
    for output in wanted:
        no_terminal(output, terminal=sys.stdout.isatty())
    return wanted


def emit(
    report: Report,
    wanted: Sequence[Output],
    runs: Mapping[str, FileRun],
    settings: CheckSettings,
    stream: IO[str] | None = None,
) -> None:
    """Write the report in every format asked for; files appear whole or not at all.

    `stream` takes the place of standard output where that is kept for something else."""
    import io

    from cgrev.reporters import FORMATS, ReportOptions, write
    from cgrev.rules.catalogue import BY_CODE

    sources, redactor = {}, None
    if any(FORMATS[output.format].uses_sources for output in wanted):
        from cgrev.sourcesheets import source_sheets

        sources = source_sheets(runs)
    if settings.redact:
        from cgrev.reporters.redact import Redactor

        redactor = Redactor()
    options = ReportOptions(
        show_info=settings.show_info,
        max_findings=settings.max_findings,
        rules={**BY_CODE, **{code: rule for run in runs.values() for code, rule in run.task.rules.items()}},
        sources=sources,
        redactor=redactor,
    )
    for output in wanted:
        if output.file is None:
            out: Any = stream or sys.stdout
            out.flush()
            write(report, output.format, out.buffer, replace(options, color=coloured(out)))
            out.flush()
        else:
            buffer = io.BytesIO()
            write(report, output.format, buffer, options)
            save(output, buffer.getvalue())


def tell_passed_over(problems: Iterable[CgrevError]) -> None:
    """Name the plugins that `--from auto` could not ask: the run goes on without them."""
    for problem in problems:
        say(f"note: {problem.message}")


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
        "check.accounts": reporting.accounts,
    }
