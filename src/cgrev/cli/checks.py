"""The `check` command behind its options: settings, task, fixes, baseline, report, exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from cgrev.checking import Checked
from cgrev.cli.calls import Reporting, emit, exit_code, flags, planned
from cgrev.cli.ending import USAGE, say
from cgrev.cli.outputs import Output
from cgrev.cli.running import shown_progress
from cgrev.errors import UsageError
from cgrev.opening import distinct, reading_of
from cgrev.readers import ReadOptions
from cgrev.report import Report
from cgrev.schema import draw_no_data
from cgrev.settings import Settings, load
from cgrev.tasks import limits_of
from cgrev.verbs.check import check_tasks, checked

if TYPE_CHECKING:
    from cgrev.mending import Mended


class CheckCall(Struct, frozen=True):
    """Everything the command line said."""

    files: tuple[str, ...]
    reading: ReadOptions
    text: Mapping[str, str | None]
    reporting: Reporting
    config: str | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False


def run_check(call: CheckCall) -> int:
    """Check, fix, report, and say how it ended."""
    draw_no_data()
    settings = load(flags(call.reporting), config=call.config)
    wanted = planned(call.reporting, settings.check, call.files)
    if call.diff:
        wanted = beside_the_diff(call.reporting, wanted, redact=settings.check.redact)
    inputs, failed = distinct(call.files), False
    if call.fix or call.unsafe_fixes or call.diff:
        if settings.check.baseline or call.reporting.write_baseline:
            raise UsageError(
                "fixes and a baseline do not go together", help="fix first, then write the baseline"
            )
        task_of, limits = check_tasks(settings, call.text), limits_of(settings.target)
        from cgrev.mending import mend

        with shown_progress():
            done, mended = mend(
                inputs,
                task_of,
                reading_of(call.reading, settings),
                limits,
                unsafe=call.unsafe_fixes,
                show_only=call.diff,
            )
        tell_mended(mended, show_only=call.diff)
        failed = bool(mended.failed)
    else:
        keyed = bool(settings.check.baseline or call.reporting.write_baseline)
        with shown_progress():
            done = checked(inputs, settings, call.reading, call.text, row_keys=keyed)
    report = known_left_out(done, settings, call.reporting.write_baseline)
    emit(report, wanted, done.runs, settings.check)
    return USAGE if failed else exit_code(report, settings.check.fail_on)


def beside_the_diff(reporting: Reporting, wanted: list[Output], *, redact: bool) -> list[Output]:
    """The reports next to a diff, which has standard output for itself. Raises UsageError."""
    if redact:
        raise UsageError("a diff shows names and amounts", help="leave out --redact, or --diff")
    if reporting.formats and any(output.file is None for output in wanted):
        raise UsageError(
            "the diff goes to standard output, and so would the report", help="give it an --output-file"
        )
    return [output for output in wanted if output.file is not None]


def tell_mended(mended: Mended, *, show_only: bool) -> None:
    """Diffs are data, what was done is a message."""
    for text in mended.diffs.values():
        sys.stdout.write(text)
    for path, fault in mended.failed.items():
        say(f"error: {path}: not fixed: {fault.message.removeprefix(f'{path}: ')}")
        if fault.help:
            say(f"help: {fault.help}")
    for path, refused in mended.refused.items():
        for refusal in refused:
            say(f"{path}:{refusal.row}: not fixed: {refusal.why}")
    for path, cells in mended.applied.items():
        say(f"{path}: fixed {cells} cell{'s' * (cells != 1)}")
    if mended.unsafe_left and not show_only:
        say(f"{mended.unsafe_left} more can be fixed with --unsafe-fixes (they may change the meaning)")


def known_left_out(done: Checked, settings: Settings, target: str | None) -> Report:
    """The report without findings of the baseline; writes the baseline when asked to."""
    if done.keyed is None:
        return done.report
    from cgrev.baseline import Baseline

    report = done.report
    if target:
        Baseline.of(done.keyed).write(Path(target))
        say(f"{target}: {done.keyed.height} findings are known from now on")
    if settings.check.baseline:
        baseline = Baseline.read(Path(settings.check.baseline))
        gone = baseline.gone(done.keyed)
        if gone:
            say(f"{settings.check.baseline}: {gone} known findings are gone; it can be written anew")
        report = Report(report.files, baseline.new(done.keyed), report.version, report.infos)
    elif target:
        report = Report(report.files, report.findings.clear(), report.version, report.infos)
    return report
