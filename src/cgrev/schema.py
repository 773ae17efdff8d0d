"""The Pandera schema of the parsed frame, built from the layout and the rules.

The only module that imports pandera, and only when there is a breach to list: a clean file does not wait
for it. The frame it describes has, for each canonical id,
`<id>` (typed, null where unreadable), `<id>.text` (as in the file) and `<id>.flags`
(`cgrev.parsing.flags`), and `row` and `units` (the amount in whole units). Values are parsed
before and never coerced here: coercion would hide other columns' failures.

A rule is a check of the flags column of the cell it blames, its code is the check's `error`, so that
failure cases come back as (code, column, index). `schema.validate` of a LazyFrame checks no data, in
silence; only collected frames are validated here (a test holds that a bad row fails).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

import polars as pl

from cgrev.errors import PluginError
from cgrev.layout import COLUMNS, FRACTION_DIGITS, Role
from cgrev.limits import MEBIBYTE
from cgrev.rules.rule import Rule

if TYPE_CHECKING:
    import pandera.polars as pa
    from pandera.api.polars.types import PolarsData

DTYPES: dict[Role, Any] = {
    "name": pl.String(),
    "amount": pl.Decimal(38, FRACTION_DIGITS),
    "date": pl.Date(),
    "type": pl.String(),
    "text": pl.String(),
}
_NEEDED: dict[str, Any] = {
    "row": pl.UInt32(),
    "units": pl.Int64(),
    **{
        name: dtype
        for column in COLUMNS
        for name, dtype in (
            (column.id, DTYPES[column.role]),
            (f"{column.id}.text", pl.String()),
            (f"{column.id}.flags", pl.UInt32()),
        )
    },
}
"""The columns of a parsed frame and their types."""
LARGE_BYTES = MEBIBYTE
"""A file of this size is read for as long as Pandera takes to be imported."""
FAILURES = {"code": pl.String, "column": pl.String, "index": pl.UInt32}


def _check(rule: Rule, column: str) -> pa.Check:
    import pandera.polars as pa

    def holds(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(~rule.expression(column))

    return pa.Check(holds, error=f"{rule.code}@{column}", ignore_na=False)


def revenue_schema(rules: Sequence[Rule]) -> pa.DataFrameSchema:
    """The schema of a parsed frame that the given rules over cells and rows are checks of."""
    import pandera.polars as pa

    columns: dict[str, pa.Column] = {}
    for name, dtype in _NEEDED.items():
        column = name.removesuffix(".flags") if name.endswith(".flags") else None
        checks = [_check(rule, column) for rule in rules if rule.over_cells and column in rule.columns]
        columns[name] = pa.Column(dtype, checks, nullable=column is None and name != "row")
    return pa.DataFrameSchema(columns)


Held = tuple[Rule, str]
"""A rule and a column that it is held against."""


def held(rules: Iterable[Rule], absent: Collection[str] = ()) -> tuple[Held, ...]:
    """The rules over cells, each with each of its columns that the file has."""
    return tuple(
        (rule, column) for rule in rules if rule.over_cells for column in rule.columns if column not in absent
    )


def broken(frame: pl.DataFrame, rules: Sequence[Held]) -> tuple[Held, ...]:
    """Those of the rules that some row of a parsed frame breaches; `breaches` lists the rows.

    A rule on bits that no cell of its column carries holds without looking. Raises PluginError (CGR904) when
    a rule itself fails, and (CGR903) when the frame lacks a column or has one of another type: neither may
    pass for a clean file.
    """
    if not _as_needed(frame):
        _failures(revenue_schema([rule for rule, _ in rules]), frame)
    looks = [pl.col(f"{column.id}.flags").bitwise_or() for column in COLUMNS]
    own = (
        rule.expression(column).any().alias(f"{rule.code}@{column}")
        for rule, column in rules
        if rule.breach is not None
    )
    try:
        seen = frame.select(*looks, *own).row(0, named=True)
    except Exception:  # Pandera tries each rule by itself, and names the one that fails
        breaches(frame, rules)
        raise
    return tuple(
        (rule, column)
        for rule, column in rules
        if (
            seen[f"{rule.code}@{column}"]
            if rule.breach is not None
            else (seen[f"{column}.flags"] or 0) & rule.bits
        )
    )


def expect_breaches(size: int) -> None:
    """Import Pandera beside the reading of a large file: it is needed at the end, and takes a while."""
    if size >= LARGE_BYTES and "pandera" not in sys.modules:
        Thread(target=import_module, args=("pandera.polars",), name="pandera", daemon=True).start()


def draw_no_data() -> None:
    """Have Pandera do without hypothesis, for the rest of this process.

    Where it is installed, Pandera imports it to draw data from schemas, and a check in an environment of a
    developer takes an eighth longer. Only for a command, whose process is its own: a program that uses this
    library may draw data.
    """
    global _draws_data
    _draws_data = "hypothesis" in sys.modules


_draws_data = True


def _without_hypothesis() -> None:
    if _draws_data or "pandera.strategies.base_strategies" in sys.modules:
        return
    sys.modules["hypothesis"] = None  # type: ignore[assignment]
    try:
        import_module("pandera.strategies.base_strategies")
    finally:
        del sys.modules["hypothesis"]


def breaches(frame: pl.DataFrame, rules: Sequence[Held]) -> pl.DataFrame:
    """Every breach of the rules in a parsed frame: code, column (canonical id), index (row of the frame).

    The rules are the checks of a Pandera schema. A check names its column itself; all hang on one that is
    always there, because every column costs as much as a check. Raises PluginError (CGR904) when a rule
    itself fails.
    """
    import pandera.polars as pa

    checks = [_check(rule, column) for rule, column in rules]
    return _failures(pa.DataFrameSchema({"row": pa.Column(pl.UInt32(), checks)}), frame)


def _failures(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> pl.DataFrame:
    import pandera.polars as pa

    _without_hypothesis()
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as failures:
        return _translated(failures.failure_cases)
    return pl.DataFrame(schema=FAILURES)


def _as_needed(frame: pl.DataFrame) -> bool:
    """Whether the columns are there, of their types, and without nulls where there may be none."""
    schema = frame.schema
    if any(schema.get(name) != dtype for name, dtype in _NEEDED.items()):
        return False
    whole = ("row", *(f"{column.id}.flags" for column in COLUMNS))
    return not any(frame[name].null_count() for name in whole)


def rule_failed(code: str, cause: str) -> PluginError:
    """The error for a rule that broke on the data; one of a plugin is named with its distribution."""
    from cgrev._rule_registry import rule_origin

    origin = rule_origin(code)
    return PluginError(
        f"the rule {code}{origin} failed while it looked at the data: {next(iter(cause.splitlines()), '')}",
        help=f"leave it out with --ignore {code}; report it to the author of the plugin" if origin else None,
        code="CGR904",
    )


def _translated(cases: pl.DataFrame) -> pl.DataFrame:
    coded = cases["check"].str.contains(r"^\w+@\w+$")
    if not coded.all():
        strange = cases.filter(~coded).row(0, named=True)
        raise PluginError(
            f"the data lacks what the schema needs: column '{strange['column']}', {strange['check']}",
            code="CGR903",
        )
    if cases["index"].null_count():
        broken = cases.filter(pl.col("index").is_null()).row(0, named=True)
        code = str(broken["check"]).partition("@")[0]
        raise rule_failed(code, str(broken["failure_case"]))
    parts = pl.col("check").str.split_exact("@", 1)
    return cases.select(
        code=parts.struct.field("field_0"),
        column=parts.struct.field("field_1"),
        index=pl.col("index").cast(pl.UInt32),
    )
