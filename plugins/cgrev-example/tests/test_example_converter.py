from __future__ import annotations

import pickle
import runpy
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from cgrev.plugin import ConverterOptions
from cgrev_example import cgrev_converter

SAMPLES = Path(__file__).parents[3] / "samples"
regenerate = runpy.run_path(str(SAMPLES / "regenerate.py"))


def test_the_end_follows_from_the_months() -> None:
    converter = pickle.loads(pickle.dumps(cgrev_converter()))
    rows = pl.LazyFrame(
        {
            "row": [2, 3, 4],
            "account_name": ["A", "B", "C"],
            "amount": [1, 2, 3],
            "start_date": [date(2024, 1, 1), date(2024, 1, 31), date(2024, 1, 1)],
            "term.text": ["12", "1 month", "?"],
            "description": [None, None, None],
        }
    )
    done = converter.convert(rows, ConverterOptions()).collect()
    assert done["end_date"].to_list() == [date(2024, 12, 31), date(2024, 2, 28), None]
    assert done["revenue_type"].to_list() == ["MRR"] * 3


@pytest.mark.parametrize("case", regenerate["cases"]("example"), ids=lambda path: path.name)
def test_the_sample_gives_the_expected_file_and_findings(case: Path) -> None:
    written, found = regenerate["run"](case)
    assert written == regenerate["expected_file"](case).read_text(encoding="utf-8")
    assert regenerate["text_of"](found) == case.read_text(encoding="utf-8")
