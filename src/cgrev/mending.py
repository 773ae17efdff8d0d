"""`check --fix`: put the canonical text into the cells that findings name, then look again.

A file is mended in memory and looked at again before a byte of it is written, so that a safe fix never makes
a finding that was not there: cells that show how others are to be read (the only `1.234,00` of a column
of `1,234`) keep their text where those others keep theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field

from cgrev import fixing
from cgrev.checking import Checked, Limits, TaskOf, check_inputs
from cgrev.errors import CgrevError, InputRefused, UsageError
from cgrev.findings import Finding
from cgrev.fixing import CellFix, Refusal
from cgrev.layout import BY_ID
from cgrev.opening import Input
from cgrev.pipeline import FileRun
from cgrev.readers import ReadOptions
from cgrev.report import Report
from cgrev.sourcesheets import source_sheet

ROUNDS = 6
"""A fix can make another visible (a heading, then its column; two rules about one cell)."""
_DATES = frozenset(BY_ID[name].heading for name in ("start_date", "end_date"))
_NEEDED = "with it, other cells could not be read any more or would be new findings: settle it by hand"


class Mended(Struct):
    """What was put right: cells by path, cells that could not take their fix, diffs when only shown.

    `failed` are files that could not be fixed at all; nothing of them has changed."""

    applied: dict[str, int] = field(default_factory=dict)
    refused: dict[str, tuple[Refusal, ...]] = field(default_factory=dict)
    diffs: dict[str, str] = field(default_factory=dict)
    failed: dict[str, CgrevError] = field(default_factory=dict)
    unsafe_left: int = 0

    @property
    def cells(self) -> int:
        return sum(self.applied.values())


class Checks(Struct):
    """How files are checked: the same for every look at them."""

    task_of: TaskOf
    read: ReadOptions
    limits: Limits

    def of(self, inputs: Sequence[Input]) -> Checked:
        return check_inputs(inputs, self.task_of, self.read, self.limits)


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

    With `show_only` nothing is written; `diffs` say what the first round would change. A file that cannot be
    fixed is told in `failed`, and the others go on. Raises UsageError for standard input."""
    for source in inputs:
        if source.data is not None:
            raise UsageError("standard input cannot be fixed in place", help="name a file")
    checks, mended = Checks(task_of, read, limits), Mended()
    checked = checks.of(inputs)
    for source in inputs:
        if source.path in checked.runs:
            try:
                _Mending(source.path, checks, mended, unsafe).run(checked, show_only=show_only)
            except (InputRefused, UsageError) as error:
                mended.failed[source.path] = error
    if mended.applied:
        checked = checks.of(inputs)
    mended.unsafe_left = sum(1 for f in checked.report if f.fix and not f.fix.safe) if not unsafe else 0
    return checked, mended


class _Mending:
    """One file on its way: its bytes, round by round."""

    def __init__(self, path: str, checks: Checks, mended: Mended, unsafe: bool) -> None:
        self._path = path
        self._checks = checks
        self._mended = mended
        self._unsafe = unsafe
        self._held: list[Refusal] = []

    def run(self, checked: Checked, *, show_only: bool) -> None:
        """Mend and write the file, or put the diff of the first round into `mended`."""
        fixes = self._wanted(checked)
        if not fixes:
            return
        run = checked.runs[self._path]
        fixing.check_supported(run.table.reader, self._path)
        path = Path(self._path)
        before = data = fixing.read(path)
        applied = 0
        refused: tuple[Refusal, ...] = ()
        for _ in range(ROUNDS):
            fixes, after = self._harmless(data, fixes, checked)
            if show_only:
                self._mended.diffs[self._path] = fixing.diff(path, fixes, run.table)
                break
            fixed = fixing.apply_to(data, fixes, checked.runs[self._path].table, name=self._path)
            refused = (*fixed.refused, *self._held)
            if not fixed.changed:
                break
            data, applied, checked = fixed.data, applied + fixed.applied, after
            fixes = self._wanted(checked)
        self._mended.refused[self._path] = refused
        if data != before and not show_only:
            if fixing.read(path) != before:
                raise InputRefused(
                    "CGR001", "the file has changed meanwhile", help="run the check again", path=self._path
                )
            fixing.write(path, data)
            self._mended.applied[self._path] = applied

    def _wanted(self, checked: Checked) -> list[CellFix]:
        run = checked.runs.get(self._path)
        return list(cell_fixes(checked.report, run, self._path, self._unsafe)) if run is not None else []

    def _harmless(self, data: bytes, fixes: list[CellFix], checked: Checked) -> tuple[list[CellFix], Checked]:
        """The fixes that make no finding, and the check of the file with them.

        What new findings name is held back, column by column or row by row; in the end, all of it."""
        run = checked.runs[self._path]
        self._held = []
        for _ in range(3):
            fixed = fixing.apply_to(data, fixes, run.table, name=self._path)
            after = self._checks.of([Input(self._path, fixed.data)])
            new = introduced(checked.report, after.report, self._path, moved=_moves_lines(fixes))
            refused = any(file.status == "refused" for file in after.report.files)
            if not refused and (self._unsafe or not new):
                return fixes, after
            fixes = self._hold(fixes, [] if refused else new, run)
        return self._hold(fixes, [], run), checked

    def _hold(self, fixes: list[CellFix], new: list[Finding], run: FileRun) -> list[CellFix]:
        """The fixes without those of the columns and rows of new findings; none where nothing is known."""
        sheet = source_sheet(run)
        headings = {finding.column for finding in new if finding.column}
        headings |= _DATES if headings & _DATES else frozenset()
        columns = {sheet.columns[heading] for heading in headings if heading in sheet.columns}
        rows = {finding.row for finding in new if not finding.column}
        kept = [fix for fix in fixes if new and fix.column not in columns and fix.row not in rows]
        if len(kept) == len(fixes):
            kept = []
        held = dict.fromkeys((fix.row, fix.column) for fix in fixes if fix not in kept)
        self._held += [Refusal(row, column, _NEEDED) for row, column in held]
        return kept


def introduced(before: Report, after: Report, path: str, *, moved: bool = False) -> list[Finding]:
    """The findings of `after` that `before` does not have, by rule, column and row.

    With `moved`, rows may have got other numbers, and only how many there are of a rule and column counts."""

    def key(finding: Finding) -> tuple[str, str | None, int | None]:
        return finding.code, finding.column, None if moved else finding.row

    known = Counter(key(finding) for finding in before if finding.path == path)
    new = []
    for finding in after:
        if known[key(finding)]:
            known[key(finding)] -= 1
        else:
            new.append(finding)
    return new


def _moves_lines(fixes: Sequence[CellFix]) -> bool:
    return any(set("\r\n") & {*(fix.old or ""), *fix.text} for fix in fixes)


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
