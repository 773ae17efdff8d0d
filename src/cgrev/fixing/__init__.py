"""Put new text into single cells of a file and leave every other byte as it is.

::

    fixed = fixing.apply(path, fixes, table)   # nothing is written
    fixing.diff(path, fixes, table)            # what would change, for people
    fixing.write(path, fixed.data)             # whole or not at all

`table` is the file as the reader opened it: it says encoding, delimiter, sheet and first column. Delimited
text, XLSX and XML can be fixed; other kinds are refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cgrev.errors import InputRefused, UsageError
from cgrev.fixing.cells import CellFix, Change, Edited, Fixed, Refusal, first_of_each_cell
from cgrev.fixing.files import write

if TYPE_CHECKING:
    from cgrev.table import OpenTable

__all__ = [
    "CellFix",
    "Change",
    "Fixed",
    "Refusal",
    "apply",
    "apply_to",
    "check_supported",
    "diff",
    "read",
    "write",
]

_EDITORS = {"csv": "delimited", "xlsx": "workbook", "xlsm": "workbook", "xml": "xmltext"}
_ADVICE = {
    "xls": "open it in a spreadsheet program, save it as .xlsx, and fix that",
    "xlsb": "open it in a spreadsheet program, save it as .xlsx, and fix that",
    "ods": "open it in a spreadsheet program, save it as .xlsx, and fix that",
    "spreadsheetml": "open it in a spreadsheet program, save it as .xlsx, and fix that",
    "html": "open it in a spreadsheet program, save it as .xlsx or CSV, and fix that",
}


class _Editor(Protocol):
    def edit(self, data: bytes, fixes: list[CellFix], table: OpenTable) -> Edited: ...
    def show(self, name: str, data: bytes, edited: Edited, table: OpenTable) -> str: ...


def check_supported(reader: str, name: str) -> None:
    """Raise UsageError, with advice, when files of this kind cannot be fixed in place."""
    if reader not in _EDITORS:
        raise UsageError(
            f"{name}: a file read as {reader} cannot be fixed in place",
            help=_ADVICE.get(reader, "correct the cells in the program it comes from"),
        )


def apply(path: Path, fixes: Iterable[CellFix], table: OpenTable) -> Fixed:
    """The file's bytes with the fixes put in. Nothing is written.

    Of several fixes for one cell the first is applied; check the result again for the others. A cell that
    cannot take its fix is told in `refused` and left as it is.

    Raises UsageError for a kind that cannot be fixed, InputRefused when the file cannot be read or is no
    longer the file that was checked.
    """
    return apply_to(read(path), fixes, table, name=str(path))


def apply_to(data: bytes, fixes: Iterable[CellFix], table: OpenTable, *, name: str) -> Fixed:
    """`apply` on bytes that are at hand; `name` is what messages call the file. Raises as `apply` does."""
    edited = _edited(data, fixes, table, name)
    return Fixed(edited.data, len(edited.changes), tuple(edited.refused), edited.data != data)


def diff(path: Path, fixes: Iterable[CellFix], table: OpenTable) -> str:
    """What `apply` would change: a unified diff of delimited text, a list of cells for the other kinds.

    Invisible characters are shown as escapes. Empty when nothing changes. Raises as `apply` does.
    """
    data = read(path)
    edited = _edited(data, fixes, table, str(path))
    return _editor(table.reader).show(str(path), data, edited, table) if edited.changes else ""


def read(path: Path) -> bytes:
    """The bytes of a file. Raises InputRefused (CGR001)."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InputRefused("CGR001", f"file cannot be read: {reason}", path=str(path)) from None


def _edited(data: bytes, fixes: Iterable[CellFix], table: OpenTable, name: str) -> Edited:
    check_supported(table.reader, name)
    wanted = first_of_each_cell(fixes)
    if not wanted:
        return Edited(data)
    try:
        return _editor(table.reader).edit(data, wanted, table)
    except InputRefused as error:
        raise InputRefused(error.code, error.message, help=error.help, path=name) from None


def _editor(reader: str) -> _Editor:
    editor: _Editor = import_module(f"cgrev.fixing.{_EDITORS[reader]}")
    return editor
