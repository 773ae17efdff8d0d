"""Calls into a plugin, held to what the interface promises.

Whatever a plugin raises or answers by mistake ends in one line that names it, its distribution and version:
never in a traceback, and never in rows or money that are not what the file says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from cgrev.errors import CgrevError, PluginError
from cgrev.layout import BY_ID, COLUMNS, IDS
from cgrev.plugin import Converter, ConverterOptions, Header, Question, Reading, Tidied
from cgrev.schema import DTYPES
from cgrev.table import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cgrev.parsing.fields import SourceField

_ANSWERS: Mapping[str, type] = {
    "header": Header,
    "appended": Sequence,
    "preamble": ConverterOptions,
    "tidy": Tidied,
    "fields": Reading,
    "joins": Sequence,
    "convert": pl.LazyFrame,
}
"""What each method answers with."""
_HELP = "report it to the author of the plugin; `cgrev plugins check NAME` shows what is wrong with it"


def guarded(converter: Converter, method: str, *arguments: object) -> Any:
    """Call a converter's method; what it raises or answers by mistake becomes a PluginError naming it."""
    try:
        answer = getattr(converter, method)(*arguments)
    except (CgrevError, Question, KeyboardInterrupt):
        raise
    except BaseException as cause:  # SystemExit and the panics of polars are no Exceptions
        raise failed(converter, method, cause) from cause
    expected = _ANSWERS[method]
    if not isinstance(answer, expected):
        raise broken(
            converter,
            f"answers to {method} with a {type(answer).__name__}, not with a {expected.__name__}",
            code="CGR903",
        )
    return answer


def failed(converter: Converter, method: str, cause: BaseException) -> PluginError:
    """The error for a method that raised."""
    return broken(converter, f"failed in {method}: {type(cause).__name__}: {first_line(cause)}")


def broken(converter: Converter, what: str, *, code: str = "CGR901") -> PluginError:
    """The error for a converter that does not keep the contract; names where it comes from."""
    line = f"converter '{converter.name}'{_origin(converter)} {what}"
    return PluginError(line, help=_HELP.replace("NAME", converter.name), code=code)


def sound_fields(converter: Converter, reading: Reading, width: int) -> None:
    """Raises PluginError (CGR903) where declared columns cannot be: beyond the table, or an id twice."""
    seen: set[str] = set()
    for field in reading.fields:
        if field.id in seen:
            raise broken(converter, f"declares the field '{field.id}' twice", code="CGR903")
        seen.add(field.id)
        if field.index is not None and not 0 <= field.index < width:
            place = field.index + 1
            raise broken(
                converter, f"declares '{field.id}' as column {place}, which is not there", code="CGR903"
            )


def accounted(converter: Converter, before: pl.DataFrame, done: Tidied) -> None:
    """Raises PluginError (CGR902) unless every row is kept or skipped, once."""
    try:
        kept, skipped = done.sheet.frame, done.skipped
        whole = kept.height + skipped.height == before.height and _same_rows(before, kept, skipped)
    except (pl.exceptions.PolarsError, AttributeError) as cause:
        raise failed(converter, "tidy", cause) from cause
    if not whole:
        raise broken(
            converter,
            f"was given {before.height} rows and accounts for "
            f"{kept.height} kept and {skipped.height} skipped",
            code="CGR902",
        )


def _same_rows(before: pl.DataFrame, kept: pl.DataFrame, skipped: pl.DataFrame) -> bool:
    rows = kept[ROW].cast(pl.UInt32)
    if skipped.is_empty():
        return rows.equals(before[ROW])
    return pl.concat([rows, skipped[ROW].cast(pl.UInt32)]).sort().equals(before[ROW].sort())


def has_columns(converter: Converter, frame: pl.DataFrame, fields: Sequence[SourceField]) -> None:
    """Raises PluginError (CGR903) where `tidy` lost a column that is read."""
    lost = [f.id for f in fields if f.index is not None and f"c{f.index}" not in frame.columns]
    if lost:
        raise broken(converter, f"lost the column of {', '.join(lost)} in tidy", code="CGR903")


def delivered(converter: Converter, given: pl.DataFrame, rows: pl.LazyFrame) -> pl.DataFrame:
    """What `convert` gives, collected: the rows it was given, the six columns in their types.

    Raises PluginError: CGR901 where the query fails, CGR902 for other rows, CGR903 for other columns."""
    try:
        out = rows.collect()
    except KeyboardInterrupt:
        raise
    except BaseException as cause:
        raise failed(converter, "convert", cause) from cause
    missing = [column for column in (ROW, *IDS) if column not in out.columns]
    if missing:
        raise broken(converter, f"does not deliver {', '.join(missing)}", code="CGR903")
    if out.height != given.height:
        raise broken(
            converter, f"was given {given.height} rows to convert and returned {out.height}", code="CGR902"
        )
    if not out[ROW].dtype.is_integer() or not out[ROW].cast(pl.UInt32, strict=False).equals(given[ROW]):
        raise broken(converter, "returned the rows in another order", code="CGR902")
    return _typed(converter, out)


def _typed(converter: Converter, out: pl.DataFrame) -> pl.DataFrame:
    wrong = [c.id for c in COLUMNS if out.schema[c.id] not in (DTYPES[c.role], pl.Null())]
    shown = ", ".join(f"{name} as {out.schema[name]}" for name in wrong)
    if any(out.schema[name].is_float() for name in wrong):
        raise broken(converter, f"delivers {shown}: nothing of a record is a float", code="CGR903")
    try:
        return out.with_columns(pl.col(i).cast(DTYPES[BY_ID[i].role]) for i in wrong) if wrong else out
    except pl.exceptions.PolarsError as cause:
        raise broken(converter, f"delivers {shown}", code="CGR903") from cause


def first_line(cause: BaseException) -> str:
    """The first line of an error's text: a plugin's message may run over many."""
    return next(iter(str(cause).splitlines()), "")


def _origin(converter: Converter) -> str:
    from cgrev._registry import BUILTIN, Registry

    if converter.name in BUILTIN:
        return ""
    listed = next((entry for entry in Registry().listed() if entry.name == converter.name), None)
    return f" of {listed.origin}" if listed is not None else ""
