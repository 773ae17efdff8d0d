"""The Pandera schema of the parsed frame, built from the layout and the rules.

The only module that imports pandera. The frame it describes has, for each canonical id,
`<id>` (typed, null where unreadable), `<id>.text` (as in the file) and `<id>.flags`
(`cgrev.parsing.flags`), and `row` and `units` (the amount in whole units). Values are parsed
before and never coerced here: coercion would hide other columns' failures.

A rule is a check of the flags column of the cell it blames, its code is the check's `error`, so that
failure cases come back as (code, column, index). `schema.validate` of a LazyFrame checks no data, in
silence; only collected frames are validated here (a test holds that a bad row fails).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from cgrev.errors import PluginError
from cgrev.layout import COLUMNS, FRACTION_DIGITS, Role
from cgrev.rules.rule import Rule

DTYPES: dict[Role, Any] = {
    "name": pl.String(),
    "amount": pl.Decimal(38, FRACTION_DIGITS),
    "date": pl.Date(),
    "type": pl.String(),
    "text": pl.String(),
}
FAILURES = {"code": pl.String, "column": pl.String, "index": pl.UInt32}


def _check(rule: Rule, column: str) -> pa.Check:
    def holds(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(~rule.expression(column))

    return pa.Check(holds, error=f"{rule.code}@{column}", ignore_na=False)


def revenue_schema(rules: Sequence[Rule]) -> pa.DataFrameSchema:
    """The schema of a parsed frame that the given rules over cells and rows are checks of."""
    columns: dict[str, pa.Column] = {
        "row": pa.Column(pl.UInt32()),
        "units": pa.Column(pl.Int64(), nullable=True),
    }
    for column in COLUMNS:
        checks = [_check(rule, column.id) for rule in rules if rule.over_cells and column.id in rule.columns]
        columns[column.id] = pa.Column(DTYPES[column.role], nullable=True)
        columns[f"{column.id}.text"] = pa.Column(pl.String(), nullable=True)
        columns[f"{column.id}.flags"] = pa.Column(pl.UInt32(), checks)
    return pa.DataFrameSchema(columns)


def breaches(frame: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Every breach of the rules in a parsed frame: code, column (canonical id), index (row of the frame).

    Raises PluginError (CGR904) when a rule itself fails, and (CGR903) when the frame lacks a column or
    has one of another type: neither may pass for a clean file.
    """
    schema = revenue_schema(_possible(frame, rules))
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as failures:
        return _translated(failures.failure_cases)
    return pl.DataFrame(schema=FAILURES)


def _possible(frame: pl.DataFrame, rules: Sequence[Rule]) -> list[Rule]:
    """Rules on bits that no cell of the frame carries hold without looking: they are left out.

    This keeps the cost of a clean frame near zero; a rule with an expression is always evaluated."""
    seen = frame.select(
        pl.col(f"{column.id}.flags").bitwise_or() for column in COLUMNS if f"{column.id}.flags" in frame
    )
    bits = {name.removesuffix(".flags"): int(value or 0) for name, value in seen.row(0, named=True).items()}
    return [
        rule
        for rule in rules
        if rule.over_cells
        and (rule.breach is not None or any(bits.get(c, 0) & rule.bits for c in rule.columns))
    ]


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
