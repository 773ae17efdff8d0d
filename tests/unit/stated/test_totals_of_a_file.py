"""The totals a file states are held against the exact sums of the rows they count (CGR223)."""

from __future__ import annotations

import os
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import cgrev
from cgrev.examined import Examined
from cgrev.mapping.profile import profile_from_text
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.opening import Input
from cgrev.pipeline import FileRun
from cgrev.readers import ReadOptions
from cgrev.report import findings_frame
from cgrev.tasks import task_for

BASE = """
constants = { revenue_type = "Other" }
[columns]
Customer = "account_name"
Amount = "amount"
Day = ["start_date", "end_date"]
Cur = "currency"
Kind = "sign"
"""
STARRED = 'totals = { markers = ["*", "**", "***"], blank-keys = ["Day"] }'
SIGNED = '[sign]\nnegative = ["H"]\n'


def examine(lines: list[str], extra: str = "", *, tail: str = "", piece_rows: int = 1_000) -> Examined:
    """A file through the pipeline, by a profile (`extra` above its columns, `tail` below)."""
    text = "Customer;Day;Amount;Cur;Kind\n" + "\n".join(lines) + "\n"
    columns = BASE if "sign" in tail else BASE.replace('Kind = "sign"\n', "")
    converter = ProfileConverter(profile_from_text(f"{extra}\n{columns}\n{tail}", origin="test"))
    settings = cgrev.load_settings(config=os.devnull, environment={})
    source = Input.of(text.encode())
    task = task_for("convert", converter, converter.Options(), settings, source.path, {})
    return FileRun(source.open(ReadOptions()), replace(task, piece_rows=piece_rows), source.path, 0).examine()


def differing(examined: Examined) -> list[tuple[int, str]]:
    """Row and message of each total that is not the sum of its rows."""
    found = []
    for frame in examined.findings:
        rows = frame.filter(frame["code"] == "CGR223") if frame.height else frame
        found += [(row["row"], row["message"]) for row in rows.iter_rows(named=True)]
    return found


def said(examined: Examined) -> str | None:
    return next((d.value for d in examined.report.decisions if d.about == "file total"), None)


def line(customer: str, amount: str, day: str = "2024-01-05", currency: str = "", kind: str = "") -> str:
    return f"{customer};{day};{amount};{currency};{kind}"


def total(label: str, amount: str, currency: str = "") -> str:
    return f"{label};;{amount};{currency};"


def test_a_total_that_adds_up_is_said_and_one_that_does_not_is_a_warning_with_both_numbers() -> None:
    rows = [line("A", "1.10"), line("B", "2.20")]
    right = examine([*rows, total("Total", "3.30")])
    assert differing(right) == []
    assert said(right) == "3.3, which its rows sum to"
    wrong = examine([*rows, total("Total", "3.31")])
    assert differing(wrong) == [
        (4, "the file states a total of 3.31, the rows 2 to 3 sum to 3.3: 0.01 too little")
    ]
    assert said(wrong) == "3.31, which is not what its rows sum to"
    (frame,) = [frame for frame in wrong.findings if "CGR223" in frame["code"]]
    assert frame.select("severity", "column", "value", "source_column").row(0) == (
        "warning",
        "Revenue amount",
        "3.31",
        "Amount",
    )


def test_a_file_without_totals_says_nothing_of_them() -> None:
    assert said(examine([line("A", "1"), line("B", "2")])) is None


def test_sums_are_exact_where_binary_fractions_are_not() -> None:
    examined = examine([*[line(str(n), "0.10") for n in range(10)], total("Total", "1.00")])
    assert said(examined) == "1, which its rows sum to"


def test_rows_that_are_left_out_as_no_revenue_are_counted() -> None:
    extra = STARRED
    tail = '[[skip]]\ncolumn = "Customer"\nequals = ["Payment"]'
    examined = examine([line("A", "10"), line("Payment", "-4"), total("**", "6")], extra, tail=tail)
    assert differing(examined) == []
    assert said(examined) == "6, which its rows sum to"


def test_one_star_counts_a_group_and_two_stars_all_of_them() -> None:
    rows = [
        line("A", "1"),
        line("A", "2"),
        total("*", "3"),
        line("B", "4"),
        total("*", "5"),
        total("**", "7"),
    ]
    examined = examine(rows, STARRED)
    assert differing(examined) == [
        (6, "the file states a total of 5, the rows 5 to 5 sum to 4: 1 too little")
    ]
    assert said(examined) == "2 of 3 are what their rows sum to"


def test_unmarked_totals_below_each_other_count_one_level_more_each() -> None:
    rows = [line("A", "1"), total("", "1"), line("B", "2"), total("", "2"), total("", "3")]
    assert said(examine(rows, STARRED)) == "3 of 3 are what their rows sum to"
    without_last_group = [line("A", "1"), total("", "1"), line("B", "2"), total("", "3")]
    assert said(examine(without_last_group, STARRED)) == "2 of 2 are what their rows sum to"


def test_a_total_a_currency_counts_the_rows_in_it() -> None:
    keep = '[currency]\nkeep = "EUR"'
    rows = [
        line("A", "1", currency="EUR"),
        line("B", "2", currency="USD"),
        total("**", "1", "EUR"),
        total("**", "3", "USD"),
    ]
    examined = examine(rows, STARRED, tail=keep)
    assert differing(examined) == [
        (5, "the file states a total of 3 in USD, the rows 3 to 3 sum to 2: 1 too little")
    ]
    mixed = examine([*rows[:2], total("**", "99")], STARRED, tail=keep)
    assert said(mixed) is None, "a sum over several currencies states nothing"


@pytest.mark.parametrize("amount", ["3", "7"], ids=["with the signs", "as shown"])
def test_a_total_may_have_the_signs_of_another_column_or_not(amount: str) -> None:
    rows = [line("A", "5", kind="S"), line("B", "2", kind="H"), total("**", amount)]
    assert said(examine(rows, STARRED, tail=SIGNED)) == f"{amount}, which its rows sum to"


def test_a_group_row_names_the_rows_that_its_total_counts() -> None:
    groups = '[[groups]]\nlabel = "Group"'
    rows = ["North;;;;", line("A", "1"), "Elm;;;;", line("B", "2"), total("Total for Elm", "2"),
            total("Total for North with sub-customers", "3"), "Quay;;;;", line("C", "4"),
            total("Total for Quay", "4"), total("TOTAL", "7")]  # fmt: skip
    assert said(examine(rows, tail=groups)) == "4 of 4 are what their rows sum to"


def test_cells_that_cannot_be_read_are_told_and_a_total_that_is_no_amount_is_none() -> None:
    examined = examine([line("A", "1"), line("B", "x"), total("Total", "3")])
    assert differing(examined) == [
        (4, "the file states a total of 3, the rows 2 to 3, 1 of them unreadable, sum to 1: 2 too little")
    ]
    assert said(examine([line("A", "1"), total("Total", "n/a")])) is None


def test_a_decimal_mark_the_rows_leave_open_may_be_either_in_the_total() -> None:
    rows = [line(str(n), "500") for n in range(4)]
    assert said(examine([*rows, total("Total", "2,000")])) == "2000, which its rows sum to"
    assert said(examine([*rows, total("Total", "2.000")])) == "2000, which its rows sum to"


def test_a_total_above_the_last_record_is_none_of_the_whole_file() -> None:
    assert said(examine([line("A", "1"), total("Total", "1"), line("B", "2")])) is None


@pytest.mark.parametrize("piece_rows", [1, 2, 3, 50])
def test_in_pieces_a_total_is_what_it_is_in_one(piece_rows: int) -> None:
    rows = [*[line(str(n), f"{n}.25") for n in range(7)], total("Total", "22.75")]
    whole, parts = examine(rows), examine(rows, piece_rows=piece_rows)
    assert said(parts) == said(whole) == "22.75, which its rows sum to"
    rows[-1] = total("Total", "22.74")
    assert differing(examine(rows, piece_rows=piece_rows)) == differing(examine(rows))
    assert len(differing(examine(rows))) == 1


@given(
    st.lists(
        st.tuples(st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=4), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    st.integers(-3, 3),
)
def test_groups_and_their_sum_are_found_and_a_wrong_sum_is_told(
    groups: list[tuple[list[int], bool]], off: int
) -> None:
    rows, every = [], Decimal(0)
    for cents, _ in groups:
        amounts = [Decimal(one).scaleb(-2) for one in cents]
        rows += [line("A", f"{amount:.2f}") for amount in amounts]
        rows.append(total("*", f"{sum(amounts, Decimal(0)):.2f}"))
        every += sum(amounts, Decimal(0))
    rows.append(total("**", f"{every + Decimal(off).scaleb(-2):.2f}"))
    found = differing(examine(rows, STARRED))
    assert [row for row, _ in found] == ([len(rows) + 1] if off else [])


def test_the_frame_of_findings_has_the_columns_of_a_report() -> None:
    examined = examine([line("A", "1"), total("Total", "2")])
    (frame,) = [frame for frame in examined.findings if "CGR223" in frame["code"]]
    assert set(findings_frame([]).columns) <= set(frame.columns)
