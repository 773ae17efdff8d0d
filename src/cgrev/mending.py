"""`check --fix`: put the canonical text into the cells that findings name, then look again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cgrev.checking import Checked, Limits, TaskOf, check_inputs
from cgrev.errors import UsageError
from cgrev.fixing import CellFix, Refusal, apply, check_supported, diff, write
from cgrev.opening import Input
from cgrev.pipeline import FileRun
from cgrev.readers import ReadOptions
from cgrev.report import Report
from cgrev.sourcesheets import source_sheet

ROUNDS = 4
"""A fix can make another visible (a heading, then its column); more rounds than kinds of fixes never help."""


@dataclass(slots=True)
class Mended:
    """What was put right: cells by path, cells that could not take their fix, diffs when only shown."""

    applied: dict[str, int] = field(default_factory=dict)
    refused: dict[str, tuple[Refusal, ...]] = field(default_factory=dict)
    diffs: dict[str, str] = field(default_factory=dict)
    unsafe_left: int = 0

    @property
    def cells(self) -> int:
        return sum(self.applied.values())


def mend(
    inputs: Sequence[Input],
    task_of: TaskOf,
    read: ReadOptions,
    limits: Limits,
    *,
    unsafe: bool = False,
    show_only: bool = False,
) -> tuple[Checked, Mended]:
    """Fix the files in place (each whole or not at all) until nothing more can be, and check what is left.

    With `show_only` nothing is written; `diffs` say what the first round would change. Raises UsageError for
    standard input and for kinds of files that cannot be fixed."""
    for source in inputs:
        if source.data is not None:
            raise UsageError("standard input cannot be fixed in place", help="name a file")
    mended = Mended()
    checked = check_inputs(inputs, task_of, read, limits)
    for _ in range(ROUNDS):
        changed = [
            source
            for source in inputs
            if source.path in checked.runs and _mend_one(source, checked, mended, unsafe, show_only)
        ]
        if show_only or not changed:
            break
        checked = check_inputs(inputs, task_of, read, limits)
    mended.unsafe_left = sum(1 for f in checked.report if f.fix and not f.fix.safe) if not unsafe else 0
    return checked, mended


def _mend_one(source: Input, checked: Checked, mended: Mended, unsafe: bool, show_only: bool) -> bool:
    run = checked.runs[source.path]
    fixes = list(cell_fixes(checked.report, run, source.path, unsafe))
    if not fixes:
        return False
    check_supported(run.table.reader, source.path)
    path = Path(source.path)
    if show_only:
        mended.diffs[source.path] = diff(path, fixes, run.table)
        return False
    fixed = apply(path, fixes, run.table)
    mended.refused[source.path] = fixed.refused
    if fixed.changed:
        write(path, fixed.data)
        mended.applied[source.path] = mended.applied.get(source.path, 0) + fixed.applied
    return fixed.changed


def cell_fixes(report: Report, run: FileRun, path: str, unsafe: bool) -> Iterator[CellFix]:
    """The fixes of one file as places in it."""
    sheet = source_sheet(run)
    for finding in report:
        if finding.path != path or finding.fix is None or finding.row is None:
            continue
        if not finding.fix.safe and not unsafe:
            continue
        column = sheet.index(finding)
        if column is not None:
            yield CellFix(finding.row, column, finding.fix.value, finding.value)
