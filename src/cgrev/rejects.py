"""`rejected.csv`: the rows that were not written, for a person with a spreadsheet.

It opens as UTF-8 in a spreadsheet (byte-order mark), and no cell of it runs as a formula there: a text that
would be read as one gets an apostrophe in front. Numbers keep their sign.
"""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from cgrev.layout import HEADINGS, IDS

if TYPE_CHECKING:
    import polars as pl

REJECTED = "rejected.csv"
COLUMNS: tuple[str, ...] = ("file", "row", "code", "reason", *IDS)
"""Columns of a frame of rejected rows: `row` is an integer, the others String (the six as in the file)."""
_TITLES = ("Source file", "Row", "Code", "Reason", *HEADINGS)
_RUNS = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
_NUMBER = r"^[+-][0-9., '\x{A0}\x{202F}]*[0-9]$"


class RejectedRows:
    """Writes rejected rows piece by piece; holds none of them."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = sha256()
        self._size = 0
        self._write("\ufeff".encode() + (",".join(_TITLES) + "\r\n").encode())

    def add(self, rows: pl.DataFrame) -> None:
        """Append a frame with the columns `COLUMNS`, in its order. Raises ValueError when one is missing."""
        import polars as pl

        if missing := [name for name in COLUMNS if name not in rows.columns]:
            raise ValueError(f"rejected rows lack the columns {', '.join(missing)}")
        texts = [
            pl.when(pl.col(name).str.contains(_RUNS) & ~pl.col(name).str.contains(_NUMBER))
            .then("'" + pl.col(name))
            .when(pl.col(name) != "")
            .then(name)
            .alias(name)
            for name in COLUMNS
            if name != "row"
        ]
        buffer = BytesIO()
        rows.select(COLUMNS).with_columns(texts).write_csv(
            buffer, include_header=False, line_terminator="\r\n", quote_style="necessary"
        )
        self._write(buffer.getvalue())

    def close(self) -> tuple[int, str]:
        """Close the file; answers its size in bytes and its SHA-256. May be called again."""
        self._file.close()
        return self._size, self._digest.hexdigest()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)
