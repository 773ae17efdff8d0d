"""A difference as JSON (`cgrev-diff/1`), rows piece by piece. Amounts are text: no program may round them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from cgrev import __version__
from cgrev.differences.comparison import Difference, Side
from cgrev.findings import plain
from cgrev.layout import IDS

SCHEMA = "cgrev-diff/1"
_ROWS = 50_000


def json_pieces(difference: Difference) -> Iterator[bytes]:
    """The document piece by piece: sides and sums first, then months and rows."""
    head = {
        "schema": SCHEMA,
        "tool": {"name": "cgrev", "version": __version__},
        "old": _side(difference.old),
        "new": _side(difference.new),
        "key": list(difference.key),
        "summary": {
            "same": difference.same,
            "added": difference.added.height,
            "removed": difference.removed.height,
            "changed": difference.changed.height,
        },
        "totals": _totals(difference.months),
    }
    text = json.dumps(head, ensure_ascii=False, indent=1)
    yield text[: text.rindex("\n}")].encode("utf-8", "backslashreplace")
    months = difference.months.with_columns(pl.col("month").dt.strftime("%Y-%m"))
    yield from _list("months", months.with_columns(pl.col("old", "new", "difference").cast(pl.String)))
    for name in ("added", "removed"):
        files = difference.new.files if name == "added" else difference.old.files
        yield from _list(name, _rows(getattr(difference, name), files))
    old = pl.struct(_cells("old.", difference.old.files)).alias("old")
    new = pl.struct(_cells("new.", difference.new.files)).alias("new")
    columns = pl.concat_list(
        pl.when(pl.col(f"old.{name}") != pl.col(f"new.{name}")).then(pl.lit(name)) for name in IDS
    ).list.drop_nulls()
    yield from _list("changed", difference.changed.select(columns.alias("columns"), old, new))
    yield b"\n}\n"


def _side(side: Side) -> dict[str, object]:
    return {
        "files": list(side.files),
        "records": side.records,
        "total": plain(side.total),
        "booked": f"{side.booked:.2f}",
    }


def _totals(months: pl.DataFrame) -> list[dict[str, str]]:
    """What the months that differ come to by type."""
    sums: dict[str, list[Decimal]] = {}
    for kind, _, *amounts in months.iter_rows():
        held = sums.setdefault(kind, [Decimal()] * 3)
        sums[kind] = [a + b for a, b in zip(held, amounts, strict=True)]
    return [
        {"revenue_type": kind, "old": f"{old:.2f}", "new": f"{new:.2f}", "difference": f"{difference:.2f}"}
        for kind, (old, new, difference) in sums.items()
    ]


def _rows(frame: pl.DataFrame, files: tuple[str, ...]) -> pl.DataFrame:
    return frame.select(_cells("", files))


def _cells(before: str, files: tuple[str, ...]) -> list[pl.Expr]:
    paths = dict(enumerate(files))
    place = pl.col(f"{before}file").replace_strict(paths, default=None, return_dtype=pl.String)
    return [
        place.alias("file"),
        pl.col(f"{before}row").alias("row"),
        *(pl.col(f"{before}{name}").cast(pl.String).alias(name) for name in IDS),
    ]


def _list(name: str, frame: pl.DataFrame) -> Iterator[bytes]:
    yield f',\n "{name}": ['.encode()
    before = "\n"
    for piece in frame.iter_slices(_ROWS):
        if piece.height:
            yield (before + piece.write_ndjson().rstrip("\n").replace("\n", ",\n")).encode()
            before = ",\n"
    yield b"]"
