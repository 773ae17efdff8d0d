"""Purpose: a plugin that is broken in whatever way ends in one clear line where it is used, nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAD = """
import polars as pl
from cgrev.plugin import *

class Probe(Converter):
    name = {name!r}
    title = "probe list"
    headings = {{"account_name": ["Client"], "amount": ["Fee"], "start_date": ["From"], "end_date": ["To"],
                "revenue_type": ["Sort"]}}

"""
TAIL = """

@hookimpl
def cgrev_converter():
    return Probe()
"""
SIX = '"row", "account_name", "amount", "start_date", "end_date", "revenue_type"'


def source(name: str, body: str = "    pass") -> str:
    return HEAD.format(name=name) + body + TAIL


def convert(expression: str) -> str:
    return f"    def convert(self, rows, options):\n        return {expression}\n"


def method(signature: str, body: str) -> str:
    return f"    def {signature}:\n        {body}\n"


BROKEN = {
    "raises in header": (
        method("header(self, sample, options)", "1 / 0"),
        "failed in header: ZeroDivisionError",
    ),
    "leaves in header": (
        method("header(self, sample, options)", "raise SystemExit(0)"),
        "failed in header: Sys",
    ),
    "no header": (
        method("header(self, sample, options)", "return None"),
        "answers to header with a NoneType",
    ),
    "raises in appended": (method("appended(self, labels, options)", "1 / 0"), "failed in appended: Zero"),
    "raises in joins": (
        method("joins(self, labels, options)", "1 / 0"),
        "failed in joins: ZeroDivisionError",
    ),
    "raises in fields": (method("fields(self, labels, options)", "{}['x']"), "failed in fields: KeyError"),
    "no fields": (method("fields(self, labels, options)", "return []"), "answers to fields with a list"),
    "a place beyond": (
        method("fields(self, labels, options)", "return Reading((SourceField('amount', 'amount', 77),))"),
        "declares 'amount' as column 78, which is not there",
    ),
    "a field twice": (
        method("fields(self, labels, options)", "return Reading((SourceField('a', 'text', 0),) * 2)"),
        "declares the field 'a' twice",
    ),
    "raises in tidy": (
        method("tidy(self, sheet, options)", "raise ValueError('odd')"),
        "failed in tidy: ValueE",
    ),
    "tidies to nothing": (
        method("tidy(self, sheet, options)", "return Tidied(None, None)"),
        "failed in tidy:",
    ),
    "loses rows in tidy": (
        method(
            "tidy(self, sheet, options)",
            "return Tidied(Sheet(sheet.frame.head(1), sheet.labels), pl.DataFrame(schema=SKIPPED_SCHEMA))",
        ),
        "was given 2 rows and accounts for 1 kept and 0 skipped",
    ),
    "swaps rows in tidy": (
        method(
            "tidy(self, sheet, options)",
            "return Tidied(Sheet(sheet.frame.with_columns(row=pl.lit(2, pl.UInt32)), sheet.labels), "
            "pl.DataFrame(schema=SKIPPED_SCHEMA))",
        ),
        "accounts for 2 kept and 0 skipped",
    ),
    "loses a column in tidy": (
        method(
            "tidy(self, sheet, options)",
            "return Tidied(Sheet(sheet.frame.drop('c1'), sheet.labels), pl.DataFrame(schema=SKIPPED_SCHEMA))",
        ),
        "lost the column of amount in tidy",
    ),
    "raises in convert": (convert("rows.no_such_method()"), "failed in convert: AttributeError"),
    "a query that fails": (convert("rows.select('nothing')"), "failed in convert: ColumnNotFoundError"),
    "Python that leaves": (
        convert(
            f"rows.select({SIX}, description=pl.col('row').map_elements("
            "lambda row: (_ for _ in ()).throw(SystemExit(0)), return_dtype=pl.String))"
        ),
        "failed in convert: ",
    ),
    "no lazy frame": (convert("rows.collect()"), "answers to convert with a DataFrame, not with a LazyFrame"),
    "fewer rows": (
        convert(f"rows.head(1).select({SIX}, description=pl.lit(''))"),
        "was given 2 rows to convert and returned 1",
    ),
    "more rows": (
        convert(f"pl.concat([rows, rows]).select({SIX}, description=pl.lit(''))"),
        "was given 2 rows to convert and returned 4",
    ),
    "another order": (
        convert(f"rows.reverse().select({SIX}, description=pl.lit(''))"),
        "returned the rows in another order",
    ),
    "no row numbers": (
        convert(f"rows.with_columns(row=pl.lit(None)).select({SIX}, description=pl.lit(''))"),
        "returned the rows in another order",
    ),
    "fewer columns": (convert(f"rows.select({SIX})"), "does not deliver description"),
    "floats": (
        convert(
            f"rows.with_columns(pl.col('amount').cast(pl.Float64)).select({SIX}, description=pl.lit(''))"
        ),
        "delivers amount as Float64: nothing of a record is a float",
    ),
    "words for money": (
        convert(f"rows.with_columns(amount=pl.lit('much')).select({SIX}, description=pl.lit(''))"),
        "delivers amount as String",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_converting_with_it_ends_in_one_clear_line(
    what: str, install: Callable[..., None], cgrev: Callable[..., Any]
) -> None:
    body, says = BROKEN[what]
    install("probe", source("probe", body))
    ended = cgrev("convert", "--from", "probe", "export.csv", "-o", "up")
    assert ended.code == 2
    lines = ended.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("error: CGR90")
    assert "converter 'probe' of cgrev-probe 3.4 " in lines[0]
    assert says in lines[0]
    assert lines[1].startswith("help: report it to the author of the plugin")
    assert not Path("up").exists()


LOADING = {
    "an import that fails": ("import no_such_module", "ModuleNotFoundError"),
    "another hook": (
        "from cgrev.plugin import hookimpl\n@hookimpl\ndef cgrev_convertor():\n    return None",
        "a hook that does not exist",
    ),
    "an older interface": (
        source("broken", "    interface = 0"),
        "made for version 0 of the converter interface",
    ),
    "a newer interface": (
        source("broken", "    interface = 2"),
        "made for version 2 of the converter interface",
    ),
    "a program that leaves": ("raise SystemExit(0)", "SystemExit"),
}


@pytest.mark.parametrize("what", LOADING)
def test_a_plugin_that_cannot_be_loaded_harms_no_other(
    what: str, install: Callable[..., None], cgrev: Callable[..., Any]
) -> None:
    broken, says = LOADING[what]
    install("broken", broken)
    install("probe", source("probe"))
    listed = cgrev("plugins", "list")
    assert (listed.code, listed.err) == (0, "")
    assert "broken" in listed.out and "cgrev-broken 3.4" in listed.out
    used = cgrev("convert", "--from", "broken", "export.csv", "-o", "up")
    assert used.code == 2
    assert "'broken' of cgrev-broken 3.4 cannot be used" in used.err
    assert says in used.err
    other = cgrev("convert", "--from", "probe", "export.csv", "-o", "up")
    assert other.code == 0
    checked = cgrev("plugins", "check", "broken")
    assert checked.code == 1
    assert "FAIL  It can be loaded" in checked.out
    examined = cgrev("doctor", "--offline")
    assert examined.code == 1
    assert says in examined.out


JUDGING = {
    "raises": "raise KeyError('c9')",
    "leaves": "raise SystemExit(0)",
    "knows too much": "return Fit(7, 'x')",
    "says nothing": "return None",
}


@pytest.mark.parametrize("what", JUDGING)
def test_auto_passes_over_it_with_a_note(
    what: str, install: Callable[..., None], cgrev: Callable[..., Any]
) -> None:
    install("broken", source("broken", method("identify(self, sample)", JUDGING[what])))
    install("probe", source("probe"))
    ended = cgrev("convert", "--from", "auto", "export.csv", "-o", "up")
    assert ended.code == 0
    assert "note: the converter 'broken' of cgrev-broken 3.4 fails to judge the file" in ended.err
    assert "converter probe" in ended.out
