"""Source, sent and listed: every unit has a cause, and what has none is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from cgrev.reconcile import Cause, Unexplained, compare_months
from cgrev.tally import Tally, reconcile

D = Decimal
EXACT = pl.Decimal(38, 18)
Taken = tuple[str, str, str | None, str, int]
Left = tuple[str | None, str | None, str | None, str | None, str]


def accepted(*rows: Taken) -> pl.DataFrame:
    names = ["account_name", "revenue_type", "currency", "amount", "units"]
    schema = dict.fromkeys(names, pl.String) | {"units": pl.Int64()}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("amount").str.to_decimal(scale=18)
    )


def left_out(why: str, *rows: Left) -> pl.DataFrame:
    names = ["account_name", "revenue_type", "currency", "amount", why]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").with_columns(
        pl.col("amount").str.to_decimal(scale=18).cast(EXACT)
    )


def server(*rows: tuple[str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["account_name", "revenue_type", "amount"], orient="row")


ROWS = accepted(
    ("Acme", "ARR", "EUR", "100.40", 100),
    ("ACME", "ARR", "EUR", "0.50", 1),
    ("Acme", "MRR", "EUR", "7", 7),
    ("Beta", "ARR", "USD", "-2.75", -3),
)
REJECTED = left_out(
    "code",
    ("acme", "ARR", "EUR", "9.99", "CGR301"),
    ("Acme", "ARR", "EUR", None, "CGR211"),
    (None, None, "EUR", "3", "CGR201"),
)
SKIPPED = left_out("reason", ("Acme", "ARR", "EUR", "1000", "stage is Closed Lost"))


def test_a_line_for_each_currency_type_and_account_with_its_causes() -> None:
    first, second, third, fourth = reconcile(ROWS, REJECTED, SKIPPED).lines()
    assert (first.currency, first.revenue_type, first.account_name) == ("EUR", "ARR", "Acme")
    assert (first.source, first.sent, first.listed, first.rows) == (D("1110.89"), D(101), None, 5)
    assert first.causes == (
        Cause("rounding", D("-0.10"), 2),
        Cause("rejected", D(0), 1, "CGR211", 1),
        Cause("rejected", D("9.99"), 1, "CGR301"),
        Cause("skipped", D(1000), 1, "stage is Closed Lost"),
    )
    assert first.difference == D("1009.89")
    assert (second.revenue_type, second.source, second.sent, second.causes) == ("MRR", D(7), D(7), ())
    assert (third.account_name, third.revenue_type, third.source, third.sent) == (None, None, D(3), D(0))
    assert (fourth.currency, fourth.source, fourth.sent) == ("USD", D("-2.75"), D(-3))
    assert [line.unexplained for line in (first, second, third, fourth)] == [0, 0, 0, 0]
    assert len(reconcile(ROWS, REJECTED, SKIPPED)) == 4


def test_currencies_add_up_lines_and_causes() -> None:
    euro, dollar = reconcile(ROWS, REJECTED, SKIPPED).currencies()
    assert (euro.currency, euro.revenue_type, euro.account_name) == ("EUR", None, None)
    assert (euro.source, euro.sent, euro.rows, euro.unexplained) == (D("1120.89"), D(108), 7, D(0))
    assert [(cause.kind, cause.code, cause.amount) for cause in euro.causes] == [
        ("rounding", None, D("-0.10")),
        ("rejected", "CGR201", D(3)),
        ("rejected", "CGR211", D(0)),
        ("rejected", "CGR301", D("9.99")),
        ("skipped", "stage is Closed Lost", D(1000)),
    ]
    assert (dollar.currency, dollar.causes) == ("USD", (Cause("rounding", D("0.25"), 1),))


def test_a_sound_run_passes_the_gate_with_all_witnesses() -> None:
    statement = reconcile(
        ROWS,
        REJECTED,
        SKIPPED,
        source={"EUR": D("1120.89"), "USD": D("-2.75")},
        sent=105,
        listed=server(("acme", "ARR", 101), ("Acme", "MRR", 7), ("Beta", "ARR", -3)),
    )
    assert statement.gate() == []
    assert [line.listed for line in statement.lines()] == [D(101), D(7), D(0), D(-3)]


def test_a_unit_that_rounding_cannot_explain_is_named_by_its_line() -> None:
    wrong = accepted(
        ("Acme", "ARR", "EUR", "1234", 123), ("Acme", "ARR", "EUR", "0.4", 0), ("B", "MRR", None, "1", 1)
    )
    statement = reconcile(wrong)
    assert statement.gate() == [
        Unexplained("rounding", D("1234.4"), D("123.4"), "EUR", "ARR", "Acme", rows=1),
    ]
    assert statement.gate()[0].difference == 1111
    assert [line.unexplained for line in statement.lines()] == [D(1111), D(0)]


def test_two_wrong_rows_that_cancel_out_are_still_seen() -> None:
    wrong = accepted(("Acme", "ARR", None, "10", 15), ("Acme", "ARR", None, "10", 5))
    (found,) = reconcile(wrong).gate()
    assert (found.check, found.rows, found.difference) == ("rounding", 2, D(0))


def test_a_whole_unit_is_too_much_for_rounding_and_just_below_is_not() -> None:
    assert reconcile(accepted(("A", "ARR", None, "1.999999999999999999", 1))).gate() == []
    assert len(reconcile(accepted(("A", "ARR", None, "2", 1))).gate()) == 1
    assert reconcile(accepted(("A", "ARR", None, "-1.999999999999999999", -1))).gate() == []
    assert len(reconcile(accepted(("A", "ARR", None, "-2", -1))).gate()) == 1


def test_a_row_lost_between_reading_and_writing_is_seen_by_the_source_total() -> None:
    (found,) = reconcile(ROWS, source={"EUR": D("110.40"), "USD": D("-2.75")}).gate()
    assert found == Unexplained("source", D("110.40"), D("107.90"), currency="EUR")
    missing = reconcile(ROWS, source={"EUR": D("107.90")}).gate()
    assert missing == [Unexplained("source", D(0), D("-2.75"), currency="USD")]
    unseen = reconcile(ROWS.head(3), source={"EUR": D("107.90"), None: D(5)}).gate()
    assert unseen == [Unexplained("source", D(5), D(0))]


def test_files_that_hold_other_units_than_the_rows_are_seen() -> None:
    assert reconcile(ROWS, sent=104).gate() == [Unexplained("sent", D(105), D(104))]


def test_what_the_server_lists_otherwise_is_seen() -> None:
    listed = server(("ACME", "ARR", 90), ("ACME", "ARR", 10), ("Beta", "ARR", -3), ("Gamma", "Other", 4))
    statement = reconcile(ROWS, listed=listed)
    assert statement.gate() == [
        Unexplained("listed", D(101), D(100), "EUR", "ARR", "Acme"),
        Unexplained("listed", D(7), D(0), "EUR", "MRR", "Acme"),
        Unexplained("listed", D(0), D(4), None, "Other", "Gamma"),
    ]
    last = list(statement.lines())[-1]
    assert (last.account_name, last.source, last.sent, last.listed) == ("Gamma", D(0), D(0), D(4))


def test_listed_cents_are_a_difference() -> None:
    listed = server(("Acme", "MRR", 0)).with_columns(amount=pl.Series([D("7.01")], dtype=pl.Decimal(38, 2)))
    (found,) = reconcile(ROWS.filter(pl.col("revenue_type") == "MRR"), listed=listed).gate()
    assert found.difference == D("-0.01")


def test_currencies_of_one_account_and_type_are_compared_with_the_server_together() -> None:
    two = accepted(("Acme", "ARR", "EUR", "10", 10), ("Acme", "ARR", "USD", "20", 20))
    good = reconcile(two, listed=server(("Acme", "ARR", 30)))
    assert good.gate() == []
    assert [line.listed for line in good.lines()] == [None, None]
    (found,) = reconcile(two, listed=server(("Acme", "ARR", 31))).gate()
    assert (found.currency, found.expected, found.found) == (None, D(30), D(31))


@pytest.mark.parametrize("count", [1, 40])
def test_sums_beyond_what_a_decimal_column_holds_are_exact(count: int) -> None:
    top = 2**63 - 1
    many = pl.concat([accepted(("Acme", "ARR", None, f"{top}.000000000000000001", top))] * count)
    statement = reconcile(many, source={None: _exact(top, count)})
    (line,) = statement.lines()
    assert line.sent == top * count
    assert line.source == _exact(top, count)
    assert line.causes == (Cause("rounding", D(count).scaleb(-18), count),)
    assert line.unexplained == 0
    assert statement.gate() == []


def _exact(top: int, count: int) -> Decimal:
    return D(f"{top * count}.{count:018d}")


def test_a_key_that_is_given_decides_what_an_account_is() -> None:
    rows = ROWS.with_columns(key=pl.lit("same"))
    assert [line.account_name for line in reconcile(rows).lines()] == ["Acme", "Acme", "Beta"]
    lines = [(line.currency, line.revenue_type, line.sent) for line in reconcile(rows).lines()]
    assert lines == [("EUR", "ARR", D(101)), ("EUR", "MRR", D(7)), ("USD", "ARR", D(-3))]


def test_without_accounts_the_sums_and_the_gate_are_the_same() -> None:
    wrong = accepted(("Acme", "ARR", "EUR", "3", 5))
    tally = Tally(accounts=False)
    for frame in (ROWS.head(2), ROWS.tail(2), wrong):
        tally.accept(frame)
    tally.reject(REJECTED)
    tally.skip(SKIPPED)
    source = {"EUR": D("1110"), "USD": D("-2.75")}
    bare = tally.statement(source=source, sent=104)
    full = reconcile(pl.concat([ROWS, wrong]), REJECTED, SKIPPED, source=source, sent=104)
    assert (bare.currencies(), bare.types()) == (full.currencies(), full.types())
    assert list(bare.lines()) == full.types()
    assert [one.check for one in bare.gate()] == [one.check for one in full.gate()]
    assert [one.check for one in bare.gate()] == ["rounding", "source", "sent"]


def test_frames_add_up_to_the_whole_however_large_their_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cgrev.tally._FRESH_LINES", 2)
    top = 2**63 - 1
    large = accepted(
        ("Acme", "ARR", "EUR", f"{top}", top), ("Beta", "ARR", "USD", "127.999999999999999999", 128)
    )
    frames = [ROWS, large, ROWS.head(1), large, large, ROWS.tail(3)]
    tally = Tally()
    for number, frame in enumerate(frames):
        tally.accept(frame)
        if number == 2:
            tally.reject(REJECTED)
    assert list(tally.statement().lines()) == list(reconcile(pl.concat(frames), REJECTED).lines())
    assert tally.statement(sent=int(pl.concat(frames)["units"].cast(pl.Int128).sum())).gate() == []
    (euro, _) = tally.statement().currencies()
    assert euro.sent == 3 * top + 108 + 100 + 8


def test_nothing_at_all_is_a_sound_run() -> None:
    statement = reconcile(
        accepted(), left_out("code"), left_out("reason"), source={}, sent=0, listed=server()
    )
    assert (list(statement.lines()), statement.currencies(), statement.gate()) == ([], [], [])


def months(*rows: tuple[str, str, date, str]) -> pl.DataFrame:
    names = ["account_name", "revenue_type", "month", "amount"]
    schema = dict.fromkeys(names, pl.String) | {"month": pl.Date()}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("amount").str.to_decimal(scale=2).cast(pl.Decimal(38, 2))
    )


JAN, FEB = date(2024, 1, 1), date(2024, 2, 1)


def test_months_that_are_listed_otherwise_are_shown_with_both_sides() -> None:
    expected = months(("Acme", "ARR", JAN, "8.34"), ("Acme", "ARR", FEB, "8.33"), ("Beta", "MRR", JAN, "5"))
    same = months(("ACME", "ARR", JAN, "8.34"), ("acme", "ARR", FEB, "8.33"), ("Beta", "MRR", JAN, "5"))
    assert compare_months(expected, same).is_empty()
    other = months(("Acme", "ARR", JAN, "8.33"), ("Acme", "ARR", FEB, "8.33"), ("Zoe", "Other", JAN, "1"))
    assert compare_months(expected, other).rows() == [
        ("Acme", "ARR", JAN, D("8.34"), D("8.33"), D("0.01")),
        ("Beta", "MRR", JAN, D("5.00"), D("0.00"), D("5.00")),
        ("Zoe", "Other", JAN, D("0.00"), D("1.00"), D("-1.00")),
    ]


def test_what_was_listed_before_the_upload_is_not_ours() -> None:
    expected = months(("Acme", "ARR", JAN, "8.34"))
    before = months(("Acme", "ARR", JAN, "100"), ("Old", "MRR", JAN, "1"))
    after = months(("Acme", "ARR", JAN, "108.34"), ("Old", "MRR", JAN, "1"))
    assert compare_months(expected, after, before).is_empty()
    assert compare_months(expected, before, before)["difference"].to_list() == [D("8.34")]
