"""A plugin of one module, installed for one test, whose source a test may spoil."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cgrev.testing.contract import Subject, subject_of
from cgrev.testing.golden import Case, regenerate

SOURCE = """
import polars as pl
from pydantic import Field
from cgrev.plugin import *

class Probe(Converter):
    name = "probe"
    title = "probe list"
    piecewise = True
    headings = {
        "account_name": ["Probe client"], "amount": ["Fee"], "start_date": ["From"],
        "end_date": ["To"], "revenue_type": ["Sort"], "note": ["Note"],
    }

    class Options(ConverterOptions):
        prefix: str = Field(default="", description="what stands before each description")

    def convert(self, rows, options):
        return rows.select(
            "row", "account_name", "amount", "start_date", "end_date", "revenue_type",
            description=pl.lit(options.prefix) + pl.col("note.text"),
        )

    # more

@hookimpl
def cgrev_converter():
    return Probe()
"""
EXPORT = """Probe client,Fee,From,To,Sort,Note
Acme Ltd,"1,200.50",2024-01-01,2024-12-31,ARR,first
Beta GmbH,99.00,2024-02-01,2024-02-29,MRR,second
Beta GmbH,99.00,2024-03-01,2024-03-31,MRR,third
Casa Verde,12.00,2024-03-01,2024-03-31,no type,fourth
Total,"1,410.50",,,,
"""

Spoiled = Callable[..., Subject]


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spoiled]:
    """Installs the plugin with parts of its source replaced; answers with the subject of the contract.

    Its golden files are those of the sound plugin."""
    site = tmp_path / "site"
    cases = site / "cgrev_probe" / "cases"
    info = site / "cgrev_probe-1.2.dist-info"
    for folder in (cases, info):
        folder.mkdir(parents=True)
    module = site / "cgrev_probe" / "__init__.py"
    module.write_text(SOURCE, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cgrev-probe\nVersion: 1.2\n", "utf-8")
    (info / "entry_points.txt").write_text("[cgrev.converters]\nprobe = cgrev_probe\n", "utf-8")
    (cases / "list.csv").write_text(EXPORT, "utf-8")
    words = ["--from", "probe", "-O", "prefix=n-", "list.csv"]
    (cases / "list.case.json").write_text(json.dumps({"arguments": words}), "utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def forget() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "cgrev_probe"]:
            del sys.modules[name]

    def spoiled(*replaced: tuple[str, str]) -> Subject:
        regenerate(Case(cases / "list.case.json"))
        source = SOURCE
        for old, new in replaced:
            assert old in source
            source = source.replace(old, new)
        module.write_text(source, "utf-8")
        forget()
        return subject_of("probe")

    yield spoiled
    forget()
