"""What a file's evidence leads to: marks, currencies and date orders, and what is said about them."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from cgrev.parsing import Decisions, Evidence, decide, gather
from cgrev.parsing.fields import Declared


def decided(columns, fields, declared: Declared | None = None, **cells) -> Decisions:  # type: ignore[no-untyped-def]
    how = declared or Declared()
    return decide(gather(columns(**cells), fields, how), fields, how)


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1234", "1 234", "5 EUR"], "plain"),
        (["1,234", "1234.5"], "point"),
        (["1,234", "1.234.567"], "comma"),
        (["1,234", "5"], "ambiguous"),
        (["1,234.50", "1.234,50"], "contradictory"),
        (["1,2,3", "abc", ""], "plain"),
    ],
)
def test_the_mark_is_decided_by_evidence(columns, fields, cells, mark) -> None:  # type: ignore[no-untyped-def]
    one = decided(columns, fields, amount=cells).amount("amount")
    assert (one.mark, one.how) == (mark, "evidence")


def test_a_declared_mark_is_obeyed(columns, fields) -> None:  # type: ignore[no-untyped-def]
    decisions = decided(columns, fields, Declared(decimal_mark=","), amount=["1,234.50", "1,234"])
    assert (decisions.amount("amount").mark, decisions.amount("amount").how) == ("comma", "declared")
    assert decisions.problems(fields) == ()


def test_an_ambiguous_mark_states_both_readings_and_totals(columns, fields) -> None:  # type: ignore[no-untyped-def]
    decisions = decided(columns, fields, amount=["7", "1,234", "-2.500"])
    (problem,) = decisions.problems(fields)
    assert (problem.kind, problem.field, problem.row, problem.text) == (
        "ambiguous-mark",
        "amount",
        3,
        "1,234",
    )
    assert "is 1234 with '.' as the mark (column total 1238.5)" in problem.message
    assert "1.234 with ',' (column total -2491.766)" in problem.message
    assert "--decimal-mark . or --decimal-mark ," in problem.help
    readings = decisions.amount("amount").readings
    assert readings is not None
    assert (readings.point, readings.comma_total) == (Decimal(1234), Decimal("-2491.766"))


def test_contradicting_marks_show_a_cell_of_each_kind(columns, fields) -> None:  # type: ignore[no-untyped-def]
    (problem,) = decided(columns, fields, amount=["5", "1,5", "1.5"]).problems(fields)
    assert (problem.kind, problem.row, problem.text) == ("contradictory-mark", 3, "1,5")
    assert "'1.5' (row 4) needs '.'" in problem.message
    assert "'1,5' (row 3) needs ','" in problem.message


@pytest.mark.parametrize(
    ("cells", "state", "name"),
    [
        (["5", "6"], "none", ""),
        (["$5", "6 USD", "7"], "one", "USD"),
        (["$5", "A$6"], "one", "AUD"),
        (["¥5", "5 CNY"], "one", "CNY"),
        (["$5", "6"], "one", "$"),
        (["€5", "5 eur"], "one", "EUR"),
        (["$5", "USD 5", "CAD 5"], "mixed", ""),
        (["€5", "£5"], "mixed", ""),
    ],
)
def test_currencies_clash_where_none_fits_all(columns, fields, cells, state, name) -> None:  # type: ignore[no-untyped-def]
    one = decided(columns, fields, amount=cells).amount("amount")
    assert (one.currency, one.currency_name) == (state, name)


def test_mixed_currencies_name_the_first_cell_that_clashes(columns, fields) -> None:  # type: ignore[no-untyped-def]
    (problem,) = decided(columns, fields, amount=["$5", "6 USD", "7 EUR", "8 GBP"]).problems(fields)
    assert (problem.kind, problem.row, problem.text) == ("mixed-currency", 4, "7 EUR")
    assert "$ (row 2), USD (row 3), EUR (row 4), GBP (row 5)" in problem.message


@pytest.mark.parametrize(
    ("start", "end", "order"),
    [
        (["2024-01-01"], ["31.01.2024"], "none"),
        (["05/05/2024"], ["45/01/2024"], "none"),
        (["01/02/2024"], ["31/12/2024"], "dmy"),
        (["01-02-2024"], ["12-31-2024"], "mdy"),
        (["01/02/2024"], ["03/04/2024"], "ambiguous"),
        (["31/01/2024"], ["12/31/2024"], "contradictory"),
    ],
)
def test_the_order_is_decided_by_all_dates_together(columns, fields, start, end, order) -> None:  # type: ignore[no-untyped-def]
    assert decided(columns, fields, start_date=start, end_date=end).order == order


def test_an_ambiguous_order_states_both_readings(columns, fields) -> None:  # type: ignore[no-untyped-def]
    (problem,) = decided(columns, fields, start_date=["2024-01-01", "01/02/2024"]).problems(fields)
    assert (problem.kind, problem.field, problem.row) == ("ambiguous-order", "start_date", 3)
    assert "'01/02/2024' in column 'Revenue start date'" in problem.message
    assert "2024-02-01 day-first, 2024-01-02 month-first" in problem.message
    assert "--date-order dmy" in problem.help


def test_contradicting_orders_show_a_cell_of_each_kind(columns, fields) -> None:  # type: ignore[no-untyped-def]
    (problem,) = decided(
        columns, fields, start_date=["31/01/2024", "x"], end_date=["x", "12/31/2024"]
    ).problems(fields)
    assert (problem.kind, problem.field, problem.row) == ("contradictory-order", "start_date", 2)
    assert "'31/01/2024' in column 'Revenue start date' (row 2) is day-first" in problem.message
    assert "'12/31/2024' in column 'Revenue end date' (row 3) is month-first" in problem.message


def test_a_declared_order_is_obeyed(columns, fields) -> None:  # type: ignore[no-untyped-def]
    decisions = decided(columns, fields, Declared(date_order="mdy"), start_date=["31/01/2024"])
    assert (decisions.order, decisions.order_how, decisions.problems(fields)) == ("mdy", "declared", ())


def test_decisions_are_described_for_people(columns, fields) -> None:  # type: ignore[no-untyped-def]
    decisions = decided(columns, fields, amount=["€1,5", "2,5", "1.000"], start_date=["31/01/2024"] * 3)
    mark, currency, order = decisions.described(fields)
    assert (mark.about, mark.value, mark.how, mark.column) == (
        "decimal mark",
        "','",
        "evidence",
        "Revenue amount",
    )
    assert mark.evidence == (
        "'€1,5' (row 2) and 1 more read only with ',' as the decimal mark",
        "'1.000' (row 4) reads with either mark",
    )
    assert (currency.about, currency.value) == ("currency", "EUR")
    assert (order.about, order.value) == ("date order", "day-month-year")
    assert order.evidence == ("'31/01/2024' (row 2) and 2 more read day-first only",)


def test_native_cells_and_null_tokens_are_no_evidence(columns, fields) -> None:  # type: ignore[no-untyped-def]
    native = columns(amount=["1.234", "1234.5"], kinds={"amount": [1, 1]})
    assert decide(gather(native, fields, Declared()), fields, Declared()).amount("amount").mark == "plain"
    blank = Declared(null_tokens=("1,234",))
    assert gather(columns(amount=["1,234"]), fields, blank).amounts["amount"].either.count == 0


def test_totals_are_exact_beyond_any_precision(columns, fields) -> None:  # type: ignore[no-untyped-def]
    cells = ["9223372036854775807.000000000000000001"] * 40 + ["9223372036854775807"] * 3
    seen = gather(columns(amount=cells), fields, Declared()).amounts["amount"]
    assert seen.point_units == (9223372036854775807 * 10**18 + 1) * 40 + 9223372036854775807 * 10**18 * 3
    assert format(seen.point_total, "f") == "396604997584755359701.000000000000000040"


@pytest.mark.parametrize(
    ("part", "whole", "alike"),
    [
        (["5"], ["5", "1.5"], True),
        (["5"], ["5", "1.5", "1,234"], False),
        (["1.5"], ["1.5", "1,234"], True),
        (["1,234"], ["1,234", "1.5"], False),
        (["5"], ["5", "1,234"], True),
        (["1.5"], ["1.5", "1,5"], False),
        (["$5"], ["$5", "€5"], False),
        (["5"], ["5", "€5"], True),
    ],
)
def test_reading_alike_tells_if_pieces_need_parsing_again(columns, fields, part, whole, alike) -> None:  # type: ignore[no-untyped-def]
    one, other = (decided(columns, fields, amount=cells) for cells in (part, whole))
    assert one.reads_alike(other) is alike
    assert other.reads_alike(one) is alike


@pytest.mark.parametrize(
    ("part", "whole", "alike"),
    [
        (["2024-01-01"], ["2024-01-01", "31/01/2024"], True),
        (["2024-01-01"], ["31/01/2024", "01/02/2024"], False),
        (["31/01/2024"], ["31/01/2024", "01/02/2024"], True),
        (["31/01/2024"], ["31/01/2024", "01/31/2024"], False),
    ],
)
def test_reading_alike_looks_at_the_date_order_too(columns, fields, part, whole, alike) -> None:  # type: ignore[no-untyped-def]
    one, other = (decided(columns, fields, start_date=cells) for cells in (part, whole))
    assert one.reads_alike(other) is other.reads_alike(one) is alike


def test_evidence_and_decisions_travel(columns, fields) -> None:  # type: ignore[no-untyped-def]
    seen = gather(columns(amount=["$1,234", "5"], start_date=["01/02/2024"] * 2), fields, Declared())
    assert pickle.loads(pickle.dumps(seen)) == seen
    assert Evidence().merge(seen) == seen == seen.merge(Evidence())
    made = decide(seen, fields, Declared())
    assert pickle.loads(pickle.dumps(made)) == made
