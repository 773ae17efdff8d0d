"""Reports as a call asks for them: formats with their files, caps, redaction, pipes, impossible places."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

import cgrev
from cgrev.cli import main
from cgrev.reporters import FORMATS

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"
ROWS = (
    'Zylkor Holdings,"7,654,321",2024-01-01,2024-12-31,ARR,Projekt Quokka\n'
    "zylkor holdings,8123456.5,01.02.2024,2024-12-31,arr,x\n"
    " Wibbleton  Ltd,9134567,2024-01-01,2023-12-31,Jahresabo,\n"
    "Wibbleton Ltd,6.5431E+06,2024-01-01,2024-12-31 10:00,MRR,y\n"
    "Frobnitz,5512378\n"
)
SECRETS = [
    "zylkor", "wibbleton", "frobnitz", "quokka", "jahresabo", "7,654,321", "7654321", "8123456", "9134567",
    "6.5431", "6543100", "5512378", "5,512,378",
]  # fmt: skip
"""Names and amounts, in every form a report might write them."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "revenue file.csv"
    path.write_text(HEADER + ROWS, "utf-8")
    return path


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    code = ended.value.code
    assert isinstance(code, int)
    return code


def text_of(path: Path) -> str:
    """Everything a report says; a workbook is unpacked."""
    data = path.read_bytes()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    return data.decode("utf-8")


def written(folder: Path, source: Path, *options: str) -> dict[str, Path]:
    """Every format in one call."""
    pairs: list[str | Path] = []
    files = {name: folder / f"report-{name}{entry.suffix}" for name, entry in FORMATS.items()}
    for name, path in files.items():
        pairs += ["--output-format", name, "--output-file", path]
    assert run("check", source, "--show-info", *options, *pairs) == 1
    return files


def test_every_format_is_written_by_one_call_and_tells_of_every_rule(source: Path, tmp_path: Path) -> None:
    files = written(tmp_path, source)
    codes = set(json.loads(files["json"].read_text("utf-8"))["summary"]["by_rule"])
    assert len(codes) >= 8
    for name, path in files.items():
        assert set(re.findall(r"CGR\d{3}", text_of(path))) >= codes, name
    json.loads(files["gitlab"].read_text("utf-8"))
    json.loads(files["sarif"].read_text("utf-8"))
    ElementTree.parse(files["junit"])
    openpyxl.load_workbook(files["xlsx"])


def test_redacted_reports_hold_no_name_and_no_amount(source: Path, tmp_path: Path) -> None:
    for name, path in written(tmp_path, source, "--redact").items():
        said = text_of(path).casefold()
        assert [secret for secret in SECRETS if secret in said] == [], name
        assert "cgr212" in said, name


def test_the_secrets_of_that_test_are_there_without_redaction(source: Path, tmp_path: Path) -> None:
    files = written(tmp_path, source)
    everything = "".join(text_of(path).casefold() for path in files.values())
    unseen = [secret for secret in SECRETS if secret not in everything]
    assert set(unseen) <= {"5512378", "5,512,378", "6543100"}


def test_a_cap_keeps_the_worst_and_says_what_it_left_out(source: Path, tmp_path: Path) -> None:
    whole = cgrev.check(source).summary()
    listed = whole.errors + whole.warnings
    for name in ("full", "concise", "grouped", "github", "html", "xlsx"):
        path = tmp_path / f"capped.{name}"
        run("check", source, "--max-findings", "2", "--output-format", name, "--output-file", path)
        assert f"{listed - 2} of {listed} findings are not listed" in text_of(path), name
    path = tmp_path / "capped.json"
    run("check", source, "--max-findings", "2", "--output-format", "json", "--output-file", path)
    report = json.loads(path.read_text("utf-8"))
    assert report["summary"]["listed"] == len(report["findings"]) == 2
    assert report["summary"]["errors"] == whole.errors
    assert {finding["severity"] for finding in report["findings"]} == {"error"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--output-format", "pdf"], "no output format 'pdf'"),
        (["--output-format", "json", "--output-file", "revenue file.csv"], "is a file to be read"),
        (["--output-format", "json", "--output-file", "./revenue file.csv"], "is a file to be read"),
        (["--output-format", "json", "--output-file", ""], "is not the name of a file"),
        (["--output-format", "json", "--output-file", "."], "is not the name of a file"),
        (["--output-format", "json", "--output-file", "gone/x.json"], "there is no such folder"),
        (["--output-format", "json", "--output-format", "html"], "only one report can go to standard output"),
        (["--output-file", "a", "--output-file", "b"], "more --output-file than --output-format"),
        (
            [*("--output-format", "json", "--output-file", "a") * 2],
            "is named twice",
        ),
        (["--diff", "--redact"], "a diff shows names and amounts"),
        (["--diff", "--output-format", "json"], "the diff goes to standard output"),
        (["--max-findings", "-1"], "-1 is not in the range"),
        (["--fail-on", "doom"], "fail-on 'doom'"),
        (["--select", "nonsense"], "no rule 'nonsense'"),
        (["--baseline", "gone.json"], "no such baseline"),
    ],
)  # fmt: skip
def test_what_will_not_do_is_said_before_anything_is_changed(
    words: list[str],
    said: str,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(source.parent)
    before = source.read_bytes()
    fix = [] if "--diff" in words or "--baseline" in words else ["--fix"]
    assert run("check", source.name, *fix, *words) == 2
    assert said in capsys.readouterr().err
    assert source.read_bytes() == before
    assert [path.name for path in source.parent.iterdir()] == [source.name]


def test_a_dash_is_standard_output_and_the_other_report_goes_to_its_file(
    source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    pairs = ["--output-format", "json", "--output-file", "-", "--output-format", "html", "--output-file"]
    assert run("check", source, *pairs, page) == 1
    assert json.loads(capfd.readouterr().out)["schema"] == "cgrev-report/1"
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_file_named_twice_is_checked_once_and_never_converted_twice(
    source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = source.parent / "." / source.name
    run("check", source, source, f"{source.parent}/./{source.name}", "--output-format", "json")
    assert len(json.loads(capfd.readouterr().out)["files"]) == 1
    assert run("convert", "--from", "canonical", source, other, "-o", tmp_path / "upload") == 2
    assert "is named twice" in capfd.readouterr().err
    assert not (tmp_path / "upload").exists()


def test_refused_files_are_counted_and_the_others_go_on(
    source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data.json").write_text("{}", "utf-8")
    files = [tmp_path / "gone.csv", source, tmp_path, tmp_path / "data.json"]
    for name in ("full", "concise", "grouped", "github"):
        assert run("check", *files, "--output-format", name) == 2
        said = capfd.readouterr()
        assert "3 files refused" in said.out, name
        assert "CGR212" in said.out, name
        assert said.err == ""


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from cgrev.cli import main; main()", *words]


@pytest.mark.parametrize("name", ["full", "json", "html"])
def test_a_reader_that_goes_away_is_no_fault(name: str, source: Path) -> None:
    source.write_text(HEADER + ROWS * 2_000, "utf-8")
    started = subprocess.Popen(
        command("check", str(source), "--output-format", name), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert started.stdout is not None and started.stderr is not None
    started.stdout.read(1)
    started.stdout.close()
    said = started.stderr.read()
    started.stderr.close()
    assert started.wait(60) in (0, 1)
    assert said == b""


def test_standard_input_is_checked_and_cannot_be_fixed(source: Path) -> None:
    with source.open("rb") as stream:
        done = subprocess.run(
            command("check", "-", "--output-format", "concise"), stdin=stream, capture_output=True, text=True
        )
    assert done.returncode == 1
    assert done.stdout.startswith("-:2:Revenue amount: CGR212 ")
    with source.open("rb") as stream:
        done = subprocess.run(command("check", "-", "--fix"), stdin=stream, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: standard input cannot be fixed in place",
        "help: name a file",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_as_output_file_stays_a_pipe(source: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    assert run("check", source, "--output-format", "jsonl", "--output-file", pipe) == 1
    assert b"CGR212" in reader.communicate(timeout=30)[0]
    assert pipe.is_fifo()


def test_the_library_renders_what_the_command_line_writes(source: Path, tmp_path: Path) -> None:
    files = written(tmp_path, source)
    report = cgrev.check(source, settings=cgrev.load_settings({"check.show-info": True}))
    assert report.to_json(show_info=True) == files["json"].read_text("utf-8")
    assert report.to_sarif(show_info=True) == files["sarif"].read_text("utf-8")
    assert report.to_junit(show_info=True) == files["junit"].read_text("utf-8")
    assert report.to_html(show_info=True) == files["html"].read_text("utf-8")
    assert report.to_xlsx(show_info=True) == files["xlsx"].read_bytes()
    for name in ("full", "concise", "grouped", "github", "gitlab", "jsonl"):
        assert report.render(name, show_info=True) == files[name].read_text("utf-8"), name
    frame = report.to_frame(show_info=True)
    assert frame.rows() == [tuple(row) for row in report.listing(show_info=True).rows()]
    assert frame.height == report.summary(show_info=True).listed
    redacted = report.render("concise", redact=True)
    assert isinstance(redacted, str) and "zylkor" not in redacted.casefold()
    assert report.render("concise", max_findings=1) != report.render("concise")
