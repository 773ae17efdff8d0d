"""CGR5xx: what a record makes the server book, with the evidence in the message."""

from __future__ import annotations

from typing import Any

import pytest

import cgrev
from cgrev.findings import Finding
from cgrev.rules.meaning import RULES
from cgrev.rules.rule import GOOD, Rule, example
from cgrev.settings import load


def found(*rows: str, **flags: Any) -> list[Finding]:
    """All findings of a small file, infos listed."""
    given = {"check.show-info": True, **{key.replace("__", "."): value for key, value in flags.items()}}
    given = {key.replace("_", "-"): value for key, value in given.items()}
    return list(cgrev.check(example(*rows).encode(), settings=load(given)))


def codes(*rows: str, **flags: Any) -> list[tuple[int | None, str]]:
    return [(finding.row, finding.code) for finding in found(*rows, **flags)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_bad_example_yields_exactly_its_rule_and_the_good_one_nothing(rule: Rule) -> None:
    flags = {f"check.{key}": value for key, value in (rule.settings or {}).items()}
    bad = cgrev.check(rule.bad.encode(), settings=load(flags))
    assert [code for code, _ in bad.counts()] == [rule.code]
    assert cgrev.check(rule.good.encode(), settings=load(flags)).counts() == {}
    assert cgrev.check(GOOD.encode()).counts() == {}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "A,12000,2024-01-01,2026-12-31,ARR,",
            "12,000 ARR x 36 months books 36,000 (3.0x); if 12,000 is the contract total, use Other",
        ),
        (
            "A,-1000,2024-01-01,2025-01-31,ARR,",
            "-1,000 ARR x 13 months books -1,083.34 (1.08x); if -1,000 is the contract total, use Other",
        ),
        (
            "A,12000,2024-01-01,2024-06-30,ARR,",
            "12,000 ARR over 6 months books 2,000 a month, not the 1,000 of a year",
        ),
        (
            "A,100,2024-01-31,2024-02-29,MRR,",
            "the period is not whole calendar months: it touches 2, and holds 1 counted from its start day",
        ),
        (
            "A,100,2024-01-01,2024-07-01,MRR,",
            "the period ends on the first of a month and books 7 months; if 2024-07-01 is the first day after"
            " it, write 2024-06-30",
        ),
        (
            "A,100,2024-03-05,2024-08-31,One Time,",
            "One Time books the whole amount in 2024-03; the end date 2024-08-31 does not count",
        ),
    ],
)
def test_a_message_states_the_evidence(row: str, message: str) -> None:
    assert [finding.message for finding in found(row, check__ignore=["CGR303"])] == [message]


def test_the_largest_amount_is_multiplied_without_overflow() -> None:
    (finding,) = found(f"A,{2**63 - 1},2000-01-01,2099-12-31,ARR,")
    assert "books 922,337,203,685,477,580,700 (100.0x)" in finding.message


def test_an_annual_period_with_an_exclusive_end_is_told_once() -> None:
    assert codes("A,12000,2024-01-01,2025-01-01,ARR,") == [(2, "CGR504")]
    (finding,) = found("A,12000,2024-01-01,2025-01-01,ARR,")
    assert finding.fix is not None and (finding.fix.value, finding.fix.safe) == ("2024-12-31", False)


def test_a_single_day_on_the_first_and_a_one_time_end_are_no_exclusive_end() -> None:
    assert codes("A,5,2024-03-01,2024-03-01,One Time,") == []
    assert codes("A,5,2024-03-01,2024-05-01,One Time,") == [(2, "CGR505")]
    assert codes("A,5,2024-03-01,2024-03-01,MRR,") == [(2, "CGR503")]


def test_the_count_of_months_follows_the_setting() -> None:
    row = "A,12000,2024-01-15,2025-01-14,ARR,"
    assert sorted(codes(row)) == [(2, "CGR501"), (2, "CGR503")]
    assert codes(row, target__month_count="anniversary") == [(2, "CGR503")]
    under = "A,12000,2024-01-15,2024-12-31,ARR,"
    assert codes(under) == [(2, "CGR503")]
    (finding, _) = sorted(found(under, target__month_count="anniversary"), key=lambda one: one.code)
    assert finding.message == "12,000 ARR over 11 months books 1,090.91 a month, not the 1,000 of a year"


def test_a_record_that_cannot_be_read_or_ends_too_early_has_no_meaning() -> None:
    assert codes("A,12000,2024-02-01,2024-01-31,ARR,") == [(2, "CGR301")]
    assert codes("A,12000,2024-01-01,2026-12-31,Annual,")[0][1] != "CGR501"
    assert len(codes("A,12000,2024-01-01,2026-12-31,Annual,")) == 1
    assert codes("A,12000,,2026-12-31,ARR,") == [(2, "CGR230")]


def test_closed_months_are_told_only_when_a_month_is_closed() -> None:
    rows = ("A,1,2026-09-30,2026-12-31,MRR,", "B,1,2026-10-01,2026-12-31,MRR,")
    assert (2, "CGR506") not in codes(*rows)
    closed = [one for one in found(*rows, check__closed_through="2026-09") if one.code == "CGR506"]
    assert [(one.row, one.message) for one in closed] == [
        (2, "the record books in 2026-09 to 2026-09, and months through 2026-09 are closed")
    ]


def test_an_mrr_of_a_years_amount_is_seen_against_the_accounts_other_rows() -> None:
    rows = (
        "Acme,500,2024-01-01,2024-12-31,MRR,a",
        "ACME,6000,2025-01-01,2025-12-31,ARR,b",
        "Acme,6300,2026-01-01,2026-12-31,MRR,c",
        "Beta,6000,2026-01-01,2026-12-31,MRR,d",
        "Beta,5000,2027-01-01,2027-12-31,MRR,e",
    )
    (finding,) = [one for one in found(*rows) if one.code == "CGR507"]
    assert (finding.row, finding.fix.value if finding.fix else None) == (4, "ARR")
    assert finding.message == (
        "6,300 a month is 12.6x the 500 that row 3 books a month; if the amount is for a year, use ARR"
    )


def test_rows_read_again_for_another_rule_do_not_make_an_amount_look_annual() -> None:
    # the two rows that overlap are read again; the median is that of all rows of the account
    rows = (
        "Acme,6000,2024-01-01,2024-12-31,MRR,a",
        "Acme,600,2024-06-01,2024-12-31,MRR,b",
        *(f"Acme,7000,20{year}-01-01,20{year}-12-31,MRR,c" for year in range(30, 36)),
    )
    assert [code for _, code in codes(*rows)] == ["CGR403"]


def test_a_file_of_few_or_balanced_amounts_says_nothing_about_its_signs() -> None:
    rows = [f"A{n},-{n},2024-01-01,2024-12-31,ARR," for n in range(1, 6)]
    rest = [f"B{n},{n},2024-01-01,2024-12-31,ARR," for n in range(1, 6)]
    told = [one.message for one in found(*rows, *rest[:4]) if one.code == "CGR508"]
    assert told == ["5 of 9 amounts are negative: the signs of the file look turned"]
    assert "CGR508" not in [code for _, code in codes(*rows, *rest)]
    assert "CGR508" not in [code for _, code in codes(*rows[:2])]
