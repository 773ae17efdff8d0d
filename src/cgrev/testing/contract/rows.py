"""Checks of `convert`: expressions from typed fields to the six columns, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from cgrev.layout import COLUMNS, IDS
from cgrev.plugin import Converter
from cgrev.schema import DTYPES
from cgrev.table import ROW
from cgrev.testing.contract.subject import Broken, Subject, Typed

_QUOTED = re.compile(r'"[^"]*"')
_PYTHON = re.compile(r"python_udf|OPAQUE_PYTHON|PYTHON SCAN", re.IGNORECASE)
_NODES = {
    "SORT BY": "sort",
    "AGGREGATE": "group_by",
    "FILTER": "filter",
    "UNIQUE": "unique",
    "SLICE": "head, tail or slice",
    "EXPLODE": "explode",
    "UNION": "concat",
    "INNER JOIN": "join",
    "LEFT JOIN": "join",
    "FULL JOIN": "join",
    "CROSS JOIN": "join",
    "SEMI JOIN": "join",
    "ANTI JOIN": "join",
}
"""Steps of a plan that look at more than one row, or change how many there are."""
_PARSING = {
    r"\.str\.strptime\(|\.str\.to_date|\.str\.to_datetime": "reads dates from text",
    r"\.str\.to_decimal|\.str\.json_": "reads numbers from text",
    r"cast\(Float(?:32|64)\)": "turns values into floats",
}
_BLANKS = 3
_ALONE = 12
"""Rows of a case that are converted one by one."""
_GUARD = re.compile(r"\.abs\(\)\)? < (?:\(dyn float: )?9\.9(?:000)?e19")
"""How a plan shows such a range check, before and after its types are resolved."""


class Evaluated(Exception):
    """Raised where a query runs that should only have been described."""


def converts_by_expressions_only(subject: Subject) -> None:
    """`convert` describes its work by expressions and runs nothing."""
    for typed in _own(subject):
        answer = typed.converter.convert(_tripwire(typed.rows), typed.options)
        if not isinstance(answer, pl.LazyFrame):
            raise Broken(
                f"convert answers with a {type(answer).__name__}: return rows.select(...) without collect()"
            )
        plan = _plan(typed)
        if _PYTHON.search(plan):
            raise Broken(
                "convert calls Python for each value (map_elements, map_batches): use expressions, "
                "and the arithmetic of cgrev.plugin (times, per_months, end_after_months, mapped, ...)"
            )
        steps = [
            what
            for line in plan.splitlines()
            for node, what in _NODES.items()
            if line.strip().startswith(node)
        ]
        if steps:
            raise Broken(
                f"convert uses {steps[0]}, which looks at more than one row: work row by row there, say why "
                "a row is no record in a column `skip`, and do the rest in tidy"
            )


def parses_nothing_itself(subject: Subject) -> None:
    """`convert` reads no money and no dates from text."""
    for typed in _own(subject):
        plan = _plan(typed)
        for pattern, what in _PARSING.items():
            if re.search(pattern, _own_part(plan)):
                raise Broken(
                    f"convert {what}: declare the column in fields with the role amount or date, and core "
                    "reads it exactly, with its decimal mark and date order decided for the whole column"
                )


def delivers_the_six_columns_typed(subject: Subject) -> None:
    """`convert` delivers `row` and the six columns, money as decimals."""
    for typed in subject.typed:
        schema = _converted(typed).schema
        missing = [name for name in (ROW, *IDS) if name not in schema]
        if missing and type(typed.converter).convert is not Converter.convert:
            raise Broken(f"convert does not deliver {', '.join(missing)}")
        for column in COLUMNS:
            found = schema.get(column.id, pl.Null())
            if found not in (DTYPES[column.role], pl.Null()):
                wanted = DTYPES[column.role]
                raise Broken(
                    f"convert delivers {column.id} as {found}, not as {wanted}"
                    + (": money is never a float" if found.is_float() else "")
                )


def converts_each_row_by_itself(subject: Subject) -> None:
    """A row gives the same alone as among others."""
    for typed in subject.typed:
        whole = _converted(typed)
        if not whole[ROW].equals(typed.rows[ROW]):
            raise Broken(
                f"convert was given rows {_shown(typed.rows[ROW])} and answered {_shown(whole[ROW])}: keep "
                "every row, and say in a column `skip` why one is no record"
            )
        turned = _converted(typed, typed.rows.reverse()).reverse()
        alone = [_converted(typed, typed.rows[place]) for place in range(min(typed.rows.height, _ALONE))]
        for done in (turned, *([pl.concat(alone)] if alone else [])):
            for place in range(done.height):
                if not done[place].equals(whole[place]):
                    raise Broken(
                        f"{typed.case.name}: row {whole[ROW][place]} gives something else among other rows: "
                        "sums, shifts and windows see a piece of the file only; such work belongs into tidy"
                    )


def bears_blank_cells_and_no_rows(subject: Subject) -> None:
    """Blank cells and files without rows are no fault of `convert`."""
    for typed in subject.typed:
        blank = typed.rows.head(_BLANKS).with_columns(
            pl.lit(None, dtype=dtype).alias(name) for name, dtype in typed.rows.schema.items() if name != ROW
        )
        for rows, what in ((typed.rows.clear(), "no rows"), (blank, "rows of blank cells")):
            try:
                done = _converted(typed, rows)
            except Exception as error:
                raise Broken(f"convert fails on {what}: {type(error).__name__}: {error}") from error
            if done.height != rows.height:
                raise Broken(f"convert was given {rows.height} {what} and answered {done.height}")


def _own(subject: Subject) -> Iterator[Typed]:
    """Cases of converters that have a `convert` of their own."""
    return (typed for typed in subject.typed if type(typed.converter).convert is not Converter.convert)


def _converted(typed: Typed, rows: pl.DataFrame | None = None) -> pl.DataFrame:
    given = (typed.rows if rows is None else rows).lazy()
    return typed.converter.convert(given, typed.options).collect()


def _tripwire(rows: pl.DataFrame) -> pl.LazyFrame:
    """The rows behind a step that says when it is run."""

    def ran(frame: pl.DataFrame) -> pl.DataFrame:
        raise Evaluated

    return rows.lazy().map_batches(ran)


def _plan(typed: Typed) -> str:
    """The query of `convert` as text, with names and constants taken out."""
    answer = typed.converter.convert(typed.rows.lazy(), typed.options)
    return _QUOTED.sub('""', answer.explain(optimized=False))


def _own_part(plan: str) -> str:
    """The plan without the range checks of core's own arithmetic, which compare magnitudes as floats."""
    while (guard := _GUARD.search(plan)) is not None:
        start, depth = guard.start(), 0
        while start > 0:
            start -= 1
            depth += (plan[start] in ")]") - (plan[start] in "([")
            if depth == 0:
                break
        plan = plan[:start] + plan[guard.end() :]
    return plan


def _shown(rows: pl.Series) -> str:
    numbers = rows.head(6).to_list()
    return ", ".join(map(str, numbers)) + (" ..." if rows.len() > len(numbers) else "")
