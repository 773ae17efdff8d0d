"""`schedule`, the sandbox behind its API and a calculation of its own agree, however files are cut."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgrev
from cgrev.booking import MonthCount
from cgrev.records import read_records
from cgrev.rules.rule import example
from cgrev.settings import Settings, load
from cgrev.targets.credentials import Credentials
from cgrev.targets.file_v41 import FileApiSettings, FileApiTarget
from cgrev.targets.http import Timeouts
from cgrev.targets.ledger import Ledger
from cgrev.targets.secrets import Secret
from cgrev.testing.sandbox import running_sandbox
from cgrev.timetables import Timetable, View
from cgrev.uploading import exit_code, plan, run

Record = tuple[str, int, date, date, str]
Booked = dict[tuple[str, str, str], Decimal]
TYPES = ("ARR", "MRR", "One Time", "Other")


def lines(records: list[Record]) -> list[str]:
    """Rows of the layout; the description makes each one of a kind."""
    return [
        f"{name},{amount},{start},{end},{kind},n{number}"
        for number, (name, amount, start, end, kind) in enumerate(records)
    ]


def scheduled(sources: list[bytes | str], given: Settings | None = None) -> Booked:
    """What `cgrev schedule` says of these files."""
    given = given or load()
    records = read_records(sources, given)
    assert records.is_whole
    timetable = Timetable(records.frame, records.files, given.target.month_count)
    frame = timetable.frame(View()).with_columns(pl.col("month").dt.strftime("%Y-%m"))
    return {(account, kind, month): amount for account, kind, month, amount in frame.iter_rows()}


def months_of(start: date, end: date, month_count: MonthCount) -> Iterator[date]:
    """The months a period counts, walked day by day or anniversary by anniversary."""
    month = start.replace(day=1)
    yield month
    if month_count == "calendar":
        while (month := (month + timedelta(31)).replace(day=1)) <= end:
            yield month
        return
    counted = 1
    while True:
        counted += 1
        number = start.year * 12 + start.month - 1 + counted
        after = date(number // 12, number % 12 + 1, 1)
        last = (after + timedelta(31)).replace(day=1) - timedelta(1)
        if after.replace(day=min(start.day, last.day)) > end + timedelta(1):
            return
        month = (month + timedelta(31)).replace(day=1)
        yield month


def by_hand(records: list[Record], month_count: MonthCount) -> Booked:
    """Cents as whole numbers: each cut is divided, and what is left over goes to the first months of it."""
    cents: dict[tuple[str, str, str], int] = defaultdict(int)
    for name, amount, start, end, kind in records:
        months = [f"{month:%Y-%m}" for month in months_of(start, end, month_count)]
        if kind == "One Time":
            months = months[:1]
        parts = {"MRR": 1, "One Time": 1, "ARR": min(12, len(months)), "Other": len(months)}[kind]
        each, left = divmod(abs(amount) * 100, parts)
        for place, month in enumerate(months):
            share = each + (place % parts < left)
            cents[name, kind, month] += share if amount >= 0 else -share
    return {key: Decimal(value).scaleb(-2) for key, value in cents.items()}


def some(count: int, seed: int, accounts: int) -> list[Record]:
    chance = random.Random(seed)
    made: list[Record] = []
    for _ in range(count):
        start = date(2015, 1, 1) + timedelta(chance.randrange(4_000))
        end = start + timedelta(chance.choice([0, 27, 30, 89, 181, 364, 365, 400, 730, 1_100]))
        if chance.random() < 0.4:
            start, end = start.replace(day=1), max(start, end.replace(day=1) - timedelta(1))
        amount = chance.choice([1, 7, 12_000, chance.randrange(-9_999, 99_999), chance.randrange(10**12)])
        made.append((f"Account {chance.randrange(accounts)}", amount, start, end, chance.choice(TYPES)))
    return made


days = st.dates(date(1970, 1, 1), date(2098, 12, 31))
records = st.builds(
    lambda start, length, amount, kind, account: (
        f"Account {account}",
        amount,
        start,
        min(start + timedelta(length), date(2100, 12, 31)),
        kind,
    ),
    days,
    st.integers(0, 1_500),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(TYPES),
    st.integers(0, 3),
)


@settings(max_examples=20)
@given(st.lists(records, min_size=2, max_size=12), st.data())
def test_cutting_a_file_in_two_changes_no_booking(made: list[Record], data: st.DataObject) -> None:
    rows = lines(made)
    place = data.draw(st.integers(1, len(rows) - 1))
    whole = scheduled([example(*rows).encode()])
    assert whole == by_hand(made, "calendar")
    assert scheduled([example(*rows[:place]).encode(), example(*rows[place:]).encode()]) == whole
    assert scheduled([example(*rows[::-1]).encode()]) == whole


@settings(max_examples=40)
@given(records)
def test_whole_cuts_sum_to_the_amount_to_the_cent(record: Record) -> None:
    """Each 12-month cycle of an ARR and the whole period of Other; MRR is the amount a month."""
    _, amount, start, end, kind = record
    months = [value for _, value in sorted(scheduled([example(*lines([record])).encode()]).items())]
    assert len(months) == (1 if kind == "One Time" else len(list(months_of(start, end, "calendar"))))
    if kind == "MRR":
        assert set(months) == {Decimal(amount)}
    elif kind == "ARR" and len(months) >= 12:
        cycles = [months[place : place + 12] for place in range(0, len(months) - 11, 12)]
        assert all(sum(cycle) == amount for cycle in cycles)
    else:
        assert sum(months) == amount
    assert max(months[:12]) - min(months[:12]) <= Decimal("0.01")


@pytest.mark.slow
@pytest.mark.parametrize("month_count", ["calendar", "anniversary"])
def test_schedule_sandbox_and_hand_agree_on_five_thousand_records_each(
    month_count: MonthCount, tmp_path: Path
) -> None:
    made = some(5_000, 3 if month_count == "calendar" else 4, 400)
    given = load({"target.month-count": month_count})
    source = tmp_path / "records.csv"
    source.write_text(example(*lines(made)), "utf-8")
    out = tmp_path / "out"
    done = cgrev.convert(source, to=out, converter="canonical", settings=given)
    assert done.manifest is not None and done.manifest.rows.written == 5_000
    expected = by_hand(made, month_count)
    assert scheduled([str(source)], given) == expected
    assert scheduled([str(out)], given) == expected
    with running_sandbox(month_count=month_count) as box, Ledger(tmp_path / "state") as ledger:
        secrets = Credentials(Secret(box.client_id), Secret(box.client_secret), Secret(box.api_key))
        address = FileApiSettings(api_url=box.api_url, auth_url=box.auth_url)
        target = FileApiTarget(address, lambda: secrets, timeouts=Timeouts(5.0, 60.0, 120.0))
        try:
            assert exit_code(run(plan(out, target, ledger), target, ledger)) == 0
        finally:
            target.close()
        listed = {
            (row["account"], row["revenue_type"], row["month"]): Decimal(row["amount"])
            for row in box.booked()
        }
    assert listed == expected
