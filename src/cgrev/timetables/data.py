"""A timetable for programs: CSV, and the JSON list of `{"account", "revenue_type", "month", "amount"}`.

Both are written piece by piece. Months are YYYY-MM, amounts have two digits behind the mark. Texts are exact;
the workbook is the form for spreadsheets, where none of them can run as a formula.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import polars as pl

from cgrev.timetables.timetable import Timetable, View

_JSON_ROWS = 100_000


def _written(piece: pl.DataFrame) -> pl.DataFrame:
    months = [pl.col("month").dt.strftime("%Y-%m")] if "month" in piece.columns else []
    return piece.with_columns(*months, pl.col("amount").cast(pl.String))


def csv_pieces(timetable: Timetable, view: View) -> Iterator[bytes]:
    """The lines of the CSV, header first."""
    yield (",".join([*view.columns, "amount"]) + "\n").encode()
    for piece in timetable.pieces(view):
        buffer = BytesIO()
        _written(piece).write_csv(buffer, include_header=False)
        yield buffer.getvalue()


def json_pieces(timetable: Timetable, view: View) -> Iterator[bytes]:
    """The JSON list, one entry a line."""
    before = "[\n"
    for piece in timetable.pieces(view):
        for part in _written(piece).iter_slices(_JSON_ROWS):
            if part.height:
                yield (before + part.write_ndjson().rstrip("\n").replace("\n", ",\n")).encode()
                before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"
