"""The benchmarks measure what they say: data with known faults, whole processes, honest failures."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

import cgrev
import run
from generate import FAULTS, HEADINGS, Recipe, make
from measure import BenchmarkFailed, Task, once, side_by_side
from workloads import Group

CODES = {
    "amount-not-a-number": "CGR211",
    "amount-with-decimals": "CGR213",
    "date-not-iso": "CGR232",
    "date-impossible": "CGR231",
    "unknown-type": "CGR251",
    "blank-account": "CGR201",
    "end-before-start": "CGR301",
    "duplicate-row": "CGR401",
}


def test_every_fault_is_found_as_often_as_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    made = make(Recipe(rows=3_000, bad=0.2), path)
    assert set(made) == set(FAULTS)
    assert min(made.values()) > 20
    found = {
        code: count
        for code, count in cgrev.check(path).summary().by_rule.items()
        if not code.startswith("CGR6")
    }
    assert found == {CODES[kind]: count for kind, count in made.items()}


def test_rows_without_a_fault_give_no_finding_at_all(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    assert sum(make(Recipe(rows=900, bad=0), path).values()) == 0
    report = cgrev.check(path)
    assert report.summary().total == 0
    assert report.files[0].rows.written == 900


def test_the_bytes_depend_on_the_recipe_alone(tmp_path: Path) -> None:
    """Pinned, so that numbers measured at different times are of the same data."""
    path = tmp_path / "rows.csv"
    make(Recipe(rows=2_000, bad=0.05, seed=7), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest == "e7417ce615b5eaa1f06b109ae813e8815a6c28713db0cb37dd52cdffd9d91aa0"
    other = tmp_path / "other.csv"
    make(Recipe(rows=2_000, bad=0.05, seed=8), other)
    assert path.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encoding_delimiter_and_order_are_parameters(tmp_path: Path, encoding: str) -> None:
    order = tuple(reversed(HEADINGS))
    path = tmp_path / "rows.csv"
    made = make(
        Recipe(rows=500, bad=0.1, encoding=encoding, delimiter=";", columns=order, faults=("unknown-type",)),
        path,
    )
    lines = path.read_text(encoding).splitlines()
    assert lines[0].split(";") == [HEADINGS[name] for name in order]
    assert len(lines) == 501
    assert sum(";Annual;" in line for line in lines) == made["unknown-type"] > 0


def test_workbooks_hold_the_same_rows(tmp_path: Path) -> None:
    recipe = Recipe(rows=300, bad=0.1)
    assert make(recipe, tmp_path / "rows.xlsx") == make(recipe, tmp_path / "rows.csv")
    counts = [cgrev.check(tmp_path / f"rows.{suffix}").files[0].rows.read for suffix in ("csv", "xlsx")]
    assert counts == [300, 300]


def test_recipes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown faults: typo"):
        Recipe(rows=1, faults=("typo",))
    with pytest.raises(ValueError, match="columns must name each of"):
        Recipe(rows=1, columns=("amount",))


def test_a_process_is_measured_as_a_whole() -> None:
    """Memory of a process is never below that of the one that starts it, which here is a test run."""
    program = "data = b'x' * (400 << 20); sum(range(2_000_000)); print(7)"
    idle = Task("idle", (sys.executable, "-c", "pass"))
    busy = Task("busy", (sys.executable, "-c", program), count=int)
    small, large = side_by_side([idle, busy], 1)
    assert large.peak > 400
    assert large.cpu > small.cpu
    assert (small.found, large.found) == (None, 7)


def test_a_process_that_fails_stops_the_run() -> None:
    failing = Task("failing", (sys.executable, "-c", "import sys; sys.exit('no such thing')"))
    with pytest.raises(BenchmarkFailed, match=r"failing: exit code 1\n(.|\n)*no such thing"):
        once(failing)


def test_the_page_shows_ratios_to_the_first_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{run.BEGIN}\nold\n{run.END}\n\nafter\n", "utf-8")
    task = Task("floor", (sys.executable, "-c", "print(3)"), count=int)
    results = side_by_side([task], 1)
    run.write(list(run.table(Group("A title", (task,), 3), results)), page)
    text = page.read_text("utf-8")
    assert "old" not in text
    assert text.startswith("# Before\n")
    assert text.endswith("\n\nafter\n")
    assert "### A title" in text
    assert "| 1.00 | 3 |" in text
