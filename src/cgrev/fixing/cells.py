"""What is to be fixed, what was, and what could not be."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from cgrev.errors import InputRefused


class CellFix(Struct, frozen=True):
    """New text for one cell. `row` as a person sees it (see `cgrev.table`), `column` its place from 0.

    `old` is the text the finding saw there; where it is given, the cell must still hold it, so that a
    fix never lands in another cell than the one that was looked at.
    """

    row: int
    column: int
    text: str
    old: str | None = None


class Change(Struct, frozen=True):
    """One cell that got another text. `place` says where in words: `row 5, cell 2`, `B5`."""

    row: int
    column: int
    place: str
    old: str
    new: str


class Refusal(Struct, frozen=True):
    """A cell that was left as it is, and why."""

    row: int
    column: int
    why: str


class Fixed(Struct, frozen=True):
    """The answer of `apply`: the bytes of the whole file, and how many cells they change."""

    data: bytes
    applied: int
    refused: tuple[Refusal, ...] = ()
    changed: bool = False


class Edited(Struct):
    """What an editor gives back: the new bytes, the changes in file order, the refusals."""

    data: bytes
    changes: list[Change] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def first_of_each_cell(fixes: Iterable[CellFix]) -> list[CellFix]:
    """One fix a cell, the first that names it, in file order."""
    chosen: dict[tuple[int, int], CellFix] = {}
    for fix in fixes:
        chosen.setdefault((fix.row, fix.column), fix)
    return [chosen[key] for key in sorted(chosen)]


def by_row(fixes: Iterable[CellFix]) -> dict[int, list[CellFix]]:
    """The fixes of each row."""
    rows: dict[int, list[CellFix]] = {}
    for fix in fixes:
        rows.setdefault(fix.row, []).append(fix)
    return rows


def moved(fix: CellFix) -> InputRefused:
    """The refusal for a cell that is not where the check saw it."""
    return InputRefused(
        "CGR001",
        f"row {fix.row} is not as it was checked (cell {fix.column + 1}): the file has changed",
        help="run the check again",
    )
