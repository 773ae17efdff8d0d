"""Many files in one call share what they can: the listing of breaches, the comparison of rows. Each is judged
as if it were alone, whatever they share and however often that is settled."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev import checking, listing
from cgrev.breach import Told
from cgrev.checking import check_inputs
from cgrev.errors import PluginError
from cgrev.findings import Severity
from cgrev.layout import HEADINGS
from cgrev.listing import Listing
from cgrev.mapping.canonical import CanonicalConverter
from cgrev.opening import Input
from cgrev.parsing import Decisions
from cgrev.piece import process
from cgrev.plugin import ConverterOptions
from cgrev.rules.catalogue import ALL, BY_CODE
from cgrev.schema import held
from cgrev.task import Task

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Acme", "ACME", "Beta  Ltd", "", "=1+1"]),
        st.sampled_from(["1", "0", "-5", "1,234.50", "x", "12.00"]),
        st.sampled_from(["2024-01-01", "2024-06-30", "2024-02-30", "01/31/2024"]),
        st.sampled_from(["2024-12-31", "2023-01-01", "45292", ""]),
        st.sampled_from(["ARR", "MRR", "one-time", "Annual"]),
        st.sampled_from(["", "note", "tab\there"]),
    ),
    max_size=8,
)


def of(rows: list[tuple[str, ...]]) -> bytes:
    return pl.DataFrame(rows, schema=dict.fromkeys(HEADINGS, pl.String), orient="row").write_csv().encode()


def task(path: str, off: tuple[str, ...], show_info: bool) -> Task:
    """Settings may differ by file: of the second file two rules are off, and one is an error."""
    levels = {rule.code: rule.severity_in("check") for rule in ALL}
    levels |= {"CGR506": None} | (dict.fromkeys(off, None) if path == "b.csv" else {})
    levels |= {"CGR503": Severity.ERROR} if path == "b.csv" else {}
    return Task("check", CanonicalConverter(), ConverterOptions(), BY_CODE, levels, show_info=show_info)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(ROWS, min_size=2, max_size=4),
    st.lists(st.sampled_from(["CGR213", "CGR225", "CGR403", "CGR501", "CGR505"]), max_size=2),
    st.booleans(),
    st.sampled_from([1, 5, 100_000]),
    st.sampled_from([1, 5, 100_000]),
)
def test_each_file_is_judged_as_if_it_were_alone(files, off, show_info, waiting, crossed) -> None:  # type: ignore[no-untyped-def]
    inputs = [Input(f"{'abcd'[number]}.csv", of(rows)) for number, rows in enumerate(files)]

    def task_of(path: str) -> Task:
        return task(path, tuple(off), show_info)

    with patch.object(listing, "LISTED_ROWS", waiting), patch.object(checking, "SHARED_ROWS", crossed):
        together = check_inputs(inputs, task_of).report
    alone = [check_inputs([one], task_of).report for one in inputs]
    assert together.findings.rows() == [row for report in alone for row in report.findings.rows()]
    assert [f.as_dict() for f in together.files] == [f.as_dict() for report in alone for f in report.files]
    counted = {code: sum(report.infos[code] for report in alone) for code in together.infos}
    assert dict(together.infos) == counted


def test_a_rule_that_takes_its_word_back_stops_the_run() -> None:
    good = of([("Acme", "5", "2024-01-01", "2024-12-31", "ARR", "")])
    checked = check_inputs([Input("a.csv", good)], lambda path: task(path, (), True))
    run = checked.runs["a.csv"]
    piece = process(next(run.prepared()), run.unit, Decisions())
    waiting = Listing()
    waiting.begin(Told(run.where, {"CGR303": Severity.ERROR}), [])
    waiting.add(piece.frame, held([BY_CODE["CGR303"]]))
    with pytest.raises(PluginError, match="says otherwise of row 2"):
        waiting.settle()
