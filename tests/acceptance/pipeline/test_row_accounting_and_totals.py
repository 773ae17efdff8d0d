"""Purpose: no row is lost or counted twice; money reconciles to the last digit, from the command line."""

from __future__ import annotations

import csv
import json
import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from cgrev.cli.main import main
from cgrev.layout import HEADINGS

ROW = "Acme Ltd,100,2024-01-01,2024-12-31,ARR,"


def write(path: Path, rows: list[str], header: bool = True) -> Path:
    lines = [",".join(HEADINGS)] if header else []
    path.write_text("\n".join([*lines, *rows]) + "\n", encoding="utf-8")
    return path


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def manifest(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return loaded


def written_rows(folder: Path) -> list[list[str]]:
    rows = []
    for batch in manifest(folder)["batches"]:
        with (folder / batch["file"]).open(encoding="utf-8", newline="") as file:
            rows += list(csv.reader(file))[1:]
    return rows


def test_a_thousand_amounts_with_random_cents_reconcile_to_the_cent(tmp_path: Path) -> None:
    randoms = random.Random(7)
    amounts = [Decimal(randoms.randint(-10_000_000, 10_000_000)).scaleb(-2) for _ in range(1_000)]
    source = write(
        tmp_path / "in.csv",
        [f"Account {n},{amount:.2f},2024-01-01,2024-12-31,Other,n{n}" for n, amount in enumerate(amounts)],
    )
    assert run("convert", "--from", "canonical", source, "-o", tmp_path / "out") == 0
    stated = manifest(tmp_path / "out")
    rounded = [int(amount.quantize(Decimal(1), ROUND_HALF_UP)) for amount in amounts]
    assert [int(row[1]) for row in written_rows(tmp_path / "out")] == rounded
    assert Decimal(stated["totals"]["source"]) == sum(amounts)
    assert Decimal(stated["totals"]["written"]) == sum(rounded)
    assert Decimal(stated["totals"]["residual"]) == sum(amounts) - sum(rounded)


@pytest.mark.parametrize("group", ["account", "file"])
def test_keep_total_spreads_the_residual_and_lists_every_moved_row(tmp_path: Path, group: str) -> None:
    source = write(
        tmp_path / "in.csv",
        [
            f"{name},{amount},2024-01-01,2024-12-31,Other,n{n}"
            for n, (name, amount) in enumerate(
                [("A", "0.4"), ("a", "0.4"), ("A", "0.4"), ("B", "10.50"), ("B", "10.50"), ("C", "3.30")]
            )
        ],
    )
    assert run("convert", "--from", "canonical", source, "-o", tmp_path / "out", "--keep-total", group) == 0
    stated = manifest(tmp_path / "out")
    units = [int(row[1]) for row in written_rows(tmp_path / "out")]
    if group == "account":
        assert [sum(units[:3]), sum(units[3:5]), units[5]] == [1, 21, 3]
    assert sum(units) == 25 if group == "account" else sum(units) == 26  # 25.5 rounds half-up
    plain = [0, 0, 0, 11, 11, 3]
    moved = {entry["row"]: (int(entry["from"]), int(entry["to"])) for entry in stated["moved"]}
    assert moved == {
        row: (before, after)
        for row, (before, after) in enumerate(zip(plain, units, strict=True), 2)
        if before != after
    }
    assert int(stated["totals"]["written"]) == sum(units)


def test_every_row_is_written_rejected_or_skipped_with_a_reason(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        "Revenue of March,,,,,\n\n" + ",".join(HEADINGS) + "\n"
        "Acme Ltd,100,2024-01-01,2024-12-31,ARR,\n"
        ",,,,,\n"
        "Beta GmbH,abc,2024-01-01,2024-12-31,ARR,\n"
        "Short row,1\n"
        "Acme Ltd,100,2024-01-01,2024-12-31,ARR,\n"
        "Gamma SA,7,2024-01-01,2024-01-31,MRR,\n"
        "Grand Total,207,,,,\n",
        encoding="utf-8",
    )
    assert run("convert", "--from", "canonical", source, "-o", tmp_path / "out") == 1
    stated = manifest(tmp_path / "out")
    assert stated["rows"] == {"read": 9, "written": 2, "rejected": 3, "skipped": 4}
    assert [row[0] for row in written_rows(tmp_path / "out")] == ["Acme Ltd", "Gamma SA"]
    with (tmp_path / "out" / "rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        rejects = [(int(row[1]), row[2]) for row in list(csv.reader(file))[1:]]
    assert rejects == [(6, "CGR211"), (7, "CGR007"), (8, "CGR401")]
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["files"][0]["rows"] == stated["rows"]


def test_rows_of_a_column_that_cannot_be_decided_are_rejected_and_not_guessed(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv", ['A,"1,234",2024-01-01,2024-12-31,ARR,', "B,55,2024-01-01,2024-12-31,ARR,"]
    )
    assert run("convert", "--from", "canonical", source, "-o", tmp_path / "out") == 1
    assert written_rows(tmp_path / "out") == [["B", "55", "2024-01-01", "2024-12-31", "ARR", ""]]
    with (tmp_path / "out" / "rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[2] for row in list(csv.reader(file))[1:]] == ["CGR214"]
    for mark, units in ((",", "1"), (".", "1234")):
        words = ("--decimal-mark", mark)
        assert run("convert", "--from", "canonical", source, "-o", tmp_path / "out", *words) == 0
        assert written_rows(tmp_path / "out")[0][1] == units


def test_several_files_are_one_upload_and_their_duplicates_are_found(tmp_path: Path) -> None:
    one = write(tmp_path / "one.csv", [ROW, "Beta,5,2024-01-01,2024-12-31,MRR,x"])
    two = write(tmp_path / "two.csv", ["Gamma,6,2024-01-01,2024-12-31,MRR,x", ROW])
    assert run("convert", "--from", "canonical", one, two, "-o", tmp_path / "out") == 1
    stated = manifest(tmp_path / "out")
    assert [entry["rows"] for entry in stated["inputs"]] == [
        {"read": 2, "written": 2, "rejected": 0, "skipped": 0},
        {"read": 2, "written": 1, "rejected": 1, "skipped": 0},
    ]
    assert [row[0] for row in written_rows(tmp_path / "out")] == ["Acme Ltd", "Beta", "Gamma"]


def test_nothing_is_written_when_one_of_the_files_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good.csv", [ROW])
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"")
    assert run("convert", "--from", "canonical", good, bad, "-o", tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()
    assert "CGR006" in capsys.readouterr().out


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [ROW, "Beta,5.5,2024-01-01,2024-12-31,MRR,x"])
    for name in ("one", "two"):
        words = ("--to", "csv,xlsx,xml")
        assert run("convert", "--from", "canonical", source, "-o", tmp_path / name, *words) == 0
    first = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    second = {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert first == second
    assert len(first) == 5


def test_batches_hold_a_thousand_records_each(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [f"A{n},1,2024-01-01,2024-12-31,MRR," for n in range(2_500)])
    assert run("convert", "--from", "canonical", source, "-o", tmp_path / "out") == 0
    assert [batch["records"] for batch in manifest(tmp_path / "out")["batches"]] == [1_000, 1_000, 500]
    assert len(written_rows(tmp_path / "out")) == 2_500


def test_a_written_file_is_clean_when_it_is_checked(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in.csv",
        [
            '  Acme  Ltd ,"$1,234.50",31.01.2024,30.01.2025,one-time, long  text ',
            "Beta,(7),01.02.2024,31.01.2025,mrr,",
        ],
    )
    words = ("--to", "csv,xlsx,xml")
    assert run("convert", "--from", "canonical", source, "-o", tmp_path / "out", *words) == 0
    for batch in manifest(tmp_path / "out")["batches"]:
        code = run("check", tmp_path / "out" / batch["file"], "--fail-on", "error")
        assert code == 0, batch["file"]
