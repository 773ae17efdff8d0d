"""The output folder: names, manifest, what is replaced and what is refused."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from cgrev.batching import BatchOptions, batches
from cgrev.errors import CgrevError, SettingsError
from cgrev.folder import REPORT, FolderWriter, safe_stem
from cgrev.manifest import (
    Amounts,
    Input,
    Manifest,
    MovedRow,
    Rows,
    RunFacts,
    read_manifest,
    verify,
)
from cgrev.rejects import REJECTED
from cgrev.writers import FileOptions, Format

REJECTS = pl.DataFrame(
    {
        "file": ["in.csv"] * 3,
        "row": pl.Series([3, 5, 6], dtype=pl.UInt32),
        "code": ["CGR210"] * 3,
        "reason": ["amount missing", "not a date", "=odd"],
        "account_name": ["=cmd()", "@x", "Acme, Inc"],
        "amount": ["-1,234.50", "+1-2", ""],
        "start_date": ["2024-01-01", "\t5", None],
        "end_date": ["2024-12-31", "-", "x"],
        "revenue_type": ["ARR", "\uff1dSUM(A1)", "MRR"],
        "description": [None, 'say "hi"', "two\nlines"],
    }
)


def rows(count: int, name: str = "Acme") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_name": [name] * count,
            "amount": pl.Series(range(count), dtype=pl.Int64),
            "start_date": [date(2024, 1, 1)] * count,
            "end_date": [date(2024, 12, 31)] * count,
            "revenue_type": ["ARR"] * count,
            "description": pl.Series([None] * count, dtype=pl.String),
        }
    )


def facts(count: int, rejected: int = 0, **more: object) -> RunFacts:
    accounting = Rows(read=count + rejected + 1, written=count, rejected=rejected, skipped=1)
    total = str(sum(range(count)))
    money = Amounts(source=f"{total}.25", written=total, residual="0.25")
    source = Input(path="in.csv", sha256="ab" * 32, rows=accounting, totals=money, currency="EUR")
    return RunFacts(inputs=(source,), rows=accounting, totals=money, **more)  # type: ignore[arg-type]


def make(
    target: Path,
    count: int = 2500,
    *,
    name: str = "Acme",
    formats: tuple[Format, ...] = ("csv",),
    rejects: pl.DataFrame | None = None,
    **more: object,
) -> Manifest:
    with FolderWriter(target, "March sales") as folder:
        for format in formats:
            for batch in batches(rows(count, name), BatchOptions(FileOptions(format))):
                folder.add(batch, format)
        if rejects is not None:
            folder.add_rejected(rejects.head(1))
            folder.add_rejected(rejects.tail(-1))
        folder.add_file(REPORT, "{}\n")
        return folder.commit(facts(count, 0 if rejects is None else rejects.height, **more))


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


def test_a_folder_holds_numbered_batches_manifest_and_report(tmp_path: Path) -> None:
    made = make(tmp_path / "out")
    names = [batch.file for batch in made.batches]
    digest = names[0].split("-")[2]
    assert len(digest) == 12
    assert names == [f"March-sales-{digest}-00{number}-of-003.csv" for number in (1, 2, 3)]
    assert set(content(tmp_path / "out")) == {*names, "manifest.json", "report.json"}
    assert [batch.records for batch in made.batches] == [1000, 1000, 500]
    assert sum(batch.total for batch in made.batches) == sum(range(2500))
    assert read_manifest(tmp_path / "out") == made
    assert verify(tmp_path / "out") == []
    assert beside(tmp_path / "out") == ["out"]


def test_the_manifest_states_money_as_text_and_every_digest(tmp_path: Path) -> None:
    moved = (MovedRow(input="in.csv", row=7, before=2**62, after=2**62 + 1),)
    make(tmp_path / "out", 3, moved=moved, settings={"b": 1, "a": {"d": None, "c": "x"}})
    files = content(tmp_path / "out")
    stated = json.loads(files["manifest.json"])
    assert next(iter(stated)) == "schema"
    assert stated["schema"] == "cgrev-manifest/1"
    assert stated["tool"]["name"] == "cgrev"
    assert stated["inputs"][0] == {
        "path": "in.csv",
        "sha256": "ab" * 32,
        "rows": {"read": 4, "written": 3, "rejected": 0, "skipped": 1},
        "totals": {"source": "3.25", "written": "3", "residual": "0.25", "rejected": "0"},
        "currency": "EUR",
    }
    assert stated["moved"] == [
        {"input": "in.csv", "row": 7, "from": "4611686018427387904", "to": "4611686018427387905"}
    ]
    assert list(stated["settings"]) == ["a", "b"]
    (batch,) = stated["batches"]
    data = files[batch["file"]]
    assert (batch["sha256"], batch["bytes"], batch["total"]) == (sha256(data).hexdigest(), len(data), "3")
    assert stated["files"] == [
        {"file": "report.json", "sha256": sha256(files["report.json"]).hexdigest(), "bytes": 3}
    ]


def test_the_same_input_gives_the_same_bytes_and_another_input_other_names(tmp_path: Path) -> None:
    make(tmp_path / "one", 1500, formats=("csv", "xlsx", "xml"), rejects=REJECTS)
    make(tmp_path / "two", 1500, formats=("csv", "xlsx", "xml"), rejects=REJECTS)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    make(tmp_path / "three", 1500, name="Beta")
    batches_one = {name for name in content(tmp_path / "one") if name.startswith("March")}
    batches_three = {name for name in content(tmp_path / "three") if name.startswith("March")}
    assert len(batches_one) == 6
    assert len(batches_three) == 2
    assert not batches_one & batches_three


def test_a_first_batch_that_is_equal_is_named_apart_when_the_rest_differs(tmp_path: Path) -> None:
    one = make(tmp_path / "one", 1001)
    two = make(tmp_path / "two", 1002)
    assert one.batches[0].sha256 == two.batches[0].sha256
    assert one.batches[0].file != two.batches[0].file


def test_more_than_999_batches_keep_their_order_as_names(tmp_path: Path) -> None:
    with FolderWriter(tmp_path / "out", "x") as folder:
        for batch in batches(rows(1001), BatchOptions(max_records=1)):
            folder.add(batch, "csv")
        made = folder.commit(facts(1001))
    names = [batch.file for batch in made.batches]
    assert names == sorted(names)
    assert names[0].endswith("-0001-of-1001.csv")
    assert verify(tmp_path / "out") == []


def test_rejected_rows_are_kept_as_text_and_run_no_formula(tmp_path: Path) -> None:
    made = make(tmp_path / "out", 3, rejects=REJECTS)
    data = (tmp_path / "out" / REJECTED).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    assert read[0][:5] == ["Source file", "Row", "Code", "Reason", "Account name"]
    assert read[1] == [
        "in.csv", "3", "CGR210", "amount missing",
        "'=cmd()", "-1,234.50", "2024-01-01", "2024-12-31", "ARR", "",
    ]  # fmt: skip
    assert read[2][4:] == ["'@x", "'+1-2", "'\t5", "'-", "'\uff1dSUM(A1)", 'say "hi"']
    assert read[3][3:] == ["'=odd", "Acme, Inc", "", "", "x", "MRR", "two\nlines"]
    assert [other.file for other in made.files] == [REJECTED, REPORT]
    assert verify(tmp_path / "out") == []


def test_without_rejects_there_is_no_rejected_file(tmp_path: Path) -> None:
    make(tmp_path / "out", 3, rejects=REJECTS.clear())
    assert REJECTED not in content(tmp_path / "out")


def test_a_folder_that_cgrev_made_is_replaced_as_a_whole(tmp_path: Path) -> None:
    old = make(tmp_path / "out", 2500)
    (tmp_path / "out").chmod(0o750)
    (tmp_path / "out" / ".DS_Store").write_bytes(b"x")
    new = make(tmp_path / "out", 10)
    assert new != old
    assert set(content(tmp_path / "out")) == {new.batches[0].file, "manifest.json", "report.json"}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    assert beside(tmp_path / "out") == ["out"]


def test_an_empty_folder_and_missing_parents_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    make(tmp_path / "empty", 3)
    make(tmp_path / "a" / "b" / "out", 3)
    assert verify(tmp_path / "empty") == verify(tmp_path / "a" / "b" / "out") == []


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    make(tmp_path / "real", 3)
    (tmp_path / "link").symlink_to("real")
    made = make(tmp_path / "link", 5)
    assert (tmp_path / "link").is_symlink()
    assert read_manifest(tmp_path / "real") == made


def foreign_files(target: Path) -> None:
    target.mkdir()
    (target / "notes.txt").write_text("mine")


def foreign_file_among_ours(target: Path) -> None:
    make(target, 3)
    (target / "notes.txt").write_text("mine")


def damaged_manifest(target: Path) -> None:
    make(target, 3)
    (target / "manifest.json").write_text("{")


def a_file(target: Path) -> None:
    target.write_text("mine")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (foreign_files, "holds files that cgrev did not write, such as 'notes.txt'"),
        (foreign_file_among_ours, "'notes.txt' in it is not from cgrev"),
        (damaged_manifest, "is damaged: it is no JSON"),
        (a_file, "is a file, not a folder"),
    ],
)
def test_what_cgrev_did_not_make_is_refused_and_left_alone(
    tmp_path: Path, prepare: Callable[[Path], None], message: str
) -> None:
    target = tmp_path / "out"
    prepare(target)
    before = target.read_bytes() if target.is_file() else content(target)
    with pytest.raises(SettingsError, match=message) as refused:
        make(target, 5)
    assert refused.value.help
    assert (target.read_bytes() if target.is_file() else content(target)) == before
    assert beside(target) == ["out"]


def test_the_current_folder_is_not_pulled_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"'\.' holds the current folder"):
        make(Path("."), 3)


def test_a_file_put_there_during_the_run_is_not_destroyed(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsError, match=r"late\.txt"),
        FolderWriter(tmp_path / "out", "x") as folder,
    ):
        foreign_files(tmp_path / "out")
        (tmp_path / "out" / "notes.txt").rename(tmp_path / "out" / "late.txt")
        folder.commit(facts(0))
    assert set(content(tmp_path / "out")) == {"late.txt"}


def test_an_error_or_no_commit_leaves_everything_as_it_was(tmp_path: Path) -> None:
    make(tmp_path / "out", 3)
    before = content(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt), FolderWriter(tmp_path / "out", "x") as folder:
        folder.add(next(batches(rows(5))), "csv")
        folder.add_rejected(REJECTS)
        raise KeyboardInterrupt
    with FolderWriter(tmp_path / "out", "x") as folder:
        folder.add(next(batches(rows(5))), "csv")
    assert content(tmp_path / "out") == before
    assert beside(tmp_path / "out") == ["out"]


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (facts(4), "the csv files hold 5 records, not 4"),
        (facts(5).model_copy(update={"rows": Rows(read=9, written=5)}), "9 rows read are not 5 written"),
        (facts(5).model_copy(update={"totals": Amounts(written="11")}), "hold 10 units, not 11"),
    ],
)
def test_rows_or_units_that_do_not_add_up_are_never_put_in_place(
    tmp_path: Path, stated: RunFacts, message: str
) -> None:
    with pytest.raises(CgrevError, match=message), FolderWriter(tmp_path / "out", "x") as folder:
        folder.add(next(batches(rows(5))), "csv")
        folder.commit(stated)
    assert beside(tmp_path / "out") == []


def test_an_unwritable_place_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match=r"cannot write '.*out': (file exists|not a directory)"):
        make(tmp_path / "file" / "out", 3)


def test_left_overs_of_killed_runs_go_and_those_of_live_runs_stay(tmp_path: Path) -> None:
    dead = tmp_path / ".out.cgrev-new-0123456789ab"
    dead.mkdir()
    (dead / "part-1").write_text("x")
    with FolderWriter(tmp_path / "out", "x") as live:
        assert not dead.exists()
        made = make(tmp_path / "out", 5)
        live.add(next(batches(rows(7))), "csv")
        assert read_manifest(tmp_path / "out") == made
        last = live.commit(facts(7))
    assert read_manifest(tmp_path / "out") == last
    assert beside(tmp_path / "out") == ["out"]


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("march", "march"),
        ("Übersicht März (final).csv", "Ubersicht-Marz-final-.csv"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf", "rf"),
        ("...", "revenue"),
        ("株式会社", "revenue"),
        ("x" * 300, "x" * 60),
    ],
)
def test_stems_are_safe_file_names(text: str, stem: str) -> None:
    assert safe_stem(text) == stem


def test_names_of_further_files_stay_in_the_folder(tmp_path: Path) -> None:
    with FolderWriter(tmp_path / "out", "x") as folder:
        for name in ("../evil", "a/b", "manifest.json", "rejected.csv"):
            with pytest.raises(ValueError, match="is no name"):
                folder.add_file(name, b"")


def test_verify_names_what_was_changed_or_is_gone(tmp_path: Path) -> None:
    made = make(tmp_path / "out")
    first, second, third = (tmp_path / "out" / batch.file for batch in made.batches)
    first.write_bytes(first.read_bytes().replace(b",5,", b",6,", 1))
    second.unlink()
    assert verify(tmp_path / "out") == [
        f"'{first.name}' was changed after it was written",
        f"'{second.name}' cannot be read: no such file or directory",
    ]
    assert third.exists()


def test_verify_sees_a_manifest_that_was_made_to_fit(tmp_path: Path) -> None:
    made = make(tmp_path / "out", 3)
    path = tmp_path / "out" / made.batches[0].file
    path.write_bytes(b"changed")
    forged = json.loads((tmp_path / "out" / "manifest.json").read_text())
    forged["batches"][0]["sha256"] = sha256(b"changed").hexdigest()
    forged["batches"][0]["records"] = 2
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(forged))
    faults = verify(tmp_path / "out")
    assert faults[0] == "the csv files hold 2 records, not 3"
    assert "is not the name of this content" in faults[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "cgrev-manifest/2"}, "made by a newer cgrev"),
        ({"schema": "other/1"}, "no manifest of cgrev"),
        ({"schema": None}, "no manifest of cgrev"),
        ({"stem": 5}, "damaged at stem"),
        ({"unknown": 1}, "damaged at unknown"),
        ({"files": [{"file": "../x", "sha256": "ab" * 32, "bytes": 1}]}, r"damaged at files\.0\.file"),
        ({"files": [{"file": "..", "sha256": "ab" * 32, "bytes": 1}]}, r"damaged at files\.0\.file"),
        ({"totals": {"source": "1e5"}}, r"damaged at totals\.source"),
        ({"rows": {"read": -1}}, r"damaged at rows\.read"),
    ],
)
def test_a_manifest_that_does_not_fit_is_one_clear_line(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    make(tmp_path / "out", 3)
    path = tmp_path / "out" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(SettingsError, match=message) as fault:
        read_manifest(tmp_path / "out")
    assert "\n" not in str(fault.value)
    assert fault.value.help


def test_a_folder_without_manifest_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"holds no manifest\.json"):
        read_manifest(tmp_path)
    with pytest.raises(SettingsError, match=r"holds no manifest\.json"):
        read_manifest(tmp_path / "missing")
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe[" + b"[" * 100_000)
    with pytest.raises(SettingsError, match="no JSON"):
        read_manifest(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a POSIX system")
def test_the_folder_has_the_permissions_of_any_new_folder(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    make(tmp_path / "out", 3)
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode
