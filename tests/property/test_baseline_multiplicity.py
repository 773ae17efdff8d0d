"""A baseline remembers findings by content: rows may move, numbers are exact."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cgrev.baseline import ROW_KEY, Baseline
from cgrev.findings import Finding, Severity
from cgrev.report import findings_frame

ENTRY = st.tuples(
    st.sampled_from(["CGR201", "CGR212", "CGR401"]),
    st.sampled_from(["Account name", "Revenue amount", None]),
    st.sampled_from(["a", "b", None]),
)
ENTRIES = st.lists(ENTRY, max_size=12)


def frame(entries: list[tuple[str, str | None, str | None]], first: int = 2) -> pl.DataFrame:
    found = [
        Finding("in.csv", code, "some-rule", Severity.ERROR, "wrong", row=first + place, column=column)
        for place, (code, column, _) in enumerate(entries)
    ]
    keys = pl.Series(ROW_KEY, [key for _, _, key in entries], dtype=pl.String)
    return findings_frame(found).with_columns(keys)


def entries_of(findings: pl.DataFrame) -> Counter[tuple[str, str | None]]:
    return Counter(findings.select("code", "column").iter_rows())


@given(ENTRIES, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_moved_rows_stay_known(entries: list[tuple[str, str | None, str | None]], random: object) -> None:
    baseline = Baseline.of(frame(entries))
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert baseline.new(frame(shuffled, first=1000)).is_empty()
    assert baseline.gone(frame(shuffled)) == 0


@given(ENTRIES, ENTRIES)
@settings(max_examples=200, deadline=None)
def test_just_the_surplus_is_new(
    known: list[tuple[str, str | None, str | None]], found: list[tuple[str, str | None, str | None]]
) -> None:
    new = Baseline.of(frame(known)).new(frame(found))
    surplus = Counter(found) - Counter(known)
    expected: Counter[tuple[str, str | None]] = Counter()
    for (code, column, _), number in surplus.items():
        expected[code, column] += number
    assert entries_of(new) == expected
    assert Baseline.of(frame(known)).gone(frame(found)) == (Counter(known) - Counter(found)).total()


@given(ENTRIES)
@settings(max_examples=50, deadline=None)
def test_a_written_baseline_is_read_back_and_does_not_depend_on_order(
    entries: list[tuple[str, str | None, str | None]],
) -> None:
    with TemporaryDirectory() as folder:
        path, other = Path(folder) / "known.json", Path(folder) / "other.json"
        Baseline.of(frame(entries)).write(path)
        Baseline.of(frame(entries[::-1])).write(other)
        assert path.read_bytes() == other.read_bytes()
        assert Baseline.read(path) == Baseline.of(frame(entries))
