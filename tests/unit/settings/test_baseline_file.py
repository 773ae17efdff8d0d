"""The baseline file: what it holds, and what is refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cgrev.baseline import ROW_KEY, Baseline
from cgrev.errors import SettingsError
from cgrev.findings import FINDING_FIELDS, Finding, Severity
from cgrev.report import findings_frame


def frame(*rows: tuple[str, str | None, str | None]) -> pl.DataFrame:
    found = [
        Finding("in.csv", code, "n", Severity.ERROR, "Acme owes 1234", row=place, column=column, value="Acme")
        for place, (code, column, _) in enumerate(rows, 2)
    ]
    return findings_frame(found).with_columns(pl.Series(ROW_KEY, [row[2] for row in rows], dtype=pl.String))


def test_it_holds_digests_and_numbers_but_no_names_and_no_places(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    Baseline.of(frame(("CGR201", "Account name", "k1"), ("CGR201", "Account name", "k1"))).write(path)
    assert path.read_text() == (
        '{"schema": "cgrev-baseline/1",\n "known": [\n["CGR201", "Account name", "k1", 2]\n]}\n'
    )
    assert list(tmp_path.iterdir()) == [path]


def test_the_first_ones_are_known_and_the_rest_is_new_in_order() -> None:
    found = frame(*[("CGR201", None, "k")] * 3, ("CGR301", None, None))
    new = Baseline({("CGR201", "", "k"): 2}).new(found)
    assert new.select("row", "code").rows() == [(4, "CGR201"), (5, "CGR301")]
    assert tuple(new.columns) == FINDING_FIELDS


def test_an_empty_baseline_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    Baseline().write(path)
    found = frame(("CGR201", None, "k"))
    assert Baseline.read(path).new(found).height == 1
    assert Baseline().new(frame()).height == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no baseline: it is not valid JSON"),
        ("[]", "no baseline: it has no schema"),
        ('{"schema": "cgrev-baseline/2", "known": []}', "is of 'cgrev-baseline/2', this version reads"),
        ('{"schema": "cgrev-baseline/1"}', "it has no list 'known'"),
        ('{"schema": "cgrev-baseline/1", "known": [["a", "b", "c", 1], ["a", "b", "c"]]}', "entry 2 is not"),
        ('{"schema": "cgrev-baseline/1", "known": [["a", "b", "c", true]]}', "entry 1 is not"),
        ('{"schema": "cgrev-baseline/1", "known": [["a", "b", "c", 0]]}', "entry 1 is not"),
        ("[" * 100_000, "it is not valid JSON"),
    ],
)
def test_what_is_no_baseline_is_refused_with_advice(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "known.json"
    path.write_text(text)
    with pytest.raises(SettingsError) as refused:
        Baseline.read(path)
    assert message in str(refused.value)
    assert "--write-baseline" in (refused.value.help or "")


def test_missing_and_unwritable_files_are_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such baseline"):
        Baseline.read(tmp_path / "none.json")
    with pytest.raises(SettingsError, match="the baseline cannot be written: no such file or directory"):
        Baseline().write(tmp_path / "no" / "folder.json")


def test_findings_without_row_keys_are_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="row_key"):
        Baseline.of(findings_frame([]))
