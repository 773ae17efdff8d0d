"""github, gitlab, junit: what continuous integration reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from cgrev.findings import Finding, Severity
from cgrev.report import FileError, FileReport, Report, findings_frame
from cgrev.reporters import ReportOptions, render
from cgrev.reporters.github import command

Many = Callable[..., list[Finding]]


def text(report: Report, format: str, options: ReportOptions | None = None) -> str:
    rendered = render(report, format, options or ReportOptions())
    assert isinstance(rendered, str)
    return rendered


def commands(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if re.match(r"::(error|warning|notice)", line)]


def test_github_escapes_data_and_properties() -> None:
    assert command("error", "100%\r\nx: y", file="a,b:c%.csv", line=3, title=None) == (
        "::error file=a%2Cb%3Ac%25.csv,line=3::100%25%0D%0Ax: y\n"
    )
    assert command("notice", "x", file="a\\b.csv") == "::notice file=a/b.csv::x\n"


def test_github_annotates_each_finding_while_there_is_room(report: Report, options: ReportOptions) -> None:
    shown = text(report, "github", options)
    assert commands(shown)[:3] == [
        "::error file=b.json,title=CGR002::JSON is not read%0Ahelp: export CSV",
        "::error file=in.csv,line=2,title=CGR212 amount-with-separators"
        "::2:Revenue amount: the amount is odd: '1,234'%0Ahelp: write whole units",
        "::error file=in.csv,line=3,title=CGR211 amount-not-a-number"
        "::3:Revenue amount: the amount is odd: 'x\\x1b[31m'%0Ahelp: write whole units",
    ]
    assert len(commands(shown)) == 7


def test_a_cell_cannot_add_a_command(report: Report) -> None:
    evil = Finding(
        "in.csv", "CGR201", "n", Severity.ERROR, "m\n::error::injected", "h\n::add-mask::x", row=2,
        value="\n::set-output name=a::b",
    )  # fmt: skip
    shown = text(Report(report.files, findings_frame([evil]), "1"), "github")
    assert not [line for line in shown.splitlines() if line.startswith("::") and "file=" not in line]


def test_github_gets_at_most_ten_of_a_level_with_exact_counts_by_rule(make_many: Many) -> None:
    errors = [*make_many(50, "CGR201"), *make_many(7, "CGR212", first=100)]
    warnings = make_many(11, "CGR302", Severity.WARNING, first=200)
    frame = findings_frame([*errors, *warnings])
    shown = text(Report([FileReport("in.csv", reader="csv")], frame, "1"), "github")
    found = commands(shown)
    assert [line.split("::")[2].split(":", 2)[2].strip() for line in found] == [
        "50 errors of CGR201, the first here: wrong (value 'v0')%0Ahelp: help",
        "7 errors of CGR212, the first here: wrong (value 'v0')%0Ahelp: help",
        "11 warnings of CGR302, the first here: wrong (value 'v0')%0Ahelp: help",
    ]
    assert "CGR201: 50 errors\n" in shown


def test_github_tells_how_many_rules_had_no_room(make_many: Many) -> None:
    found = [
        one for number in range(14) for one in make_many(number + 1, f"CGR2{number:02}", first=number * 50)
    ]
    shown = commands(text(Report([FileReport("in.csv", reader="csv")], findings_frame(found), "1"), "github"))
    assert len(shown) == 10
    assert shown[-1] == (
        "::error title=cgrev::15 errors of 5 more rules: CGR200, CGR201, CGR202, CGR203, CGR204"
    )


def test_github_never_gets_more_than_ten_errors_even_with_many_refused_files(make_many: Many) -> None:
    files = [FileReport(f"{n}.x", status="refused", error=FileError("CGR002", "no")) for n in range(30)]
    shown = commands(text(Report(files, findings_frame(make_many(3)), "1"), "github"))
    assert len(shown) == 10
    assert shown[-1] == "::error title=cgrev::21 more files are refused"
    few = commands(text(Report(files[:9], findings_frame(make_many(3)), "1"), "github"))
    assert len(few) == 10
    assert "3 errors of" in few[-1]


def test_rows_of_a_workbook_are_no_lines(make_many: Many) -> None:
    frame = findings_frame([replace(one, sheet="Deals") for one in make_many(1)])
    shown = text(Report([FileReport("in.csv", reader="xlsx")], frame, "1"), "github")
    assert commands(shown) == [
        "::error file=in.csv,title=CGR201 some-rule"
        "::sheet 'Deals' 2:Account name: wrong (value 'v0')%0Ahelp: help"
    ]


def test_gitlab_issues_have_what_the_format_demands(report: Report, options: ReportOptions) -> None:
    issues = json.loads(text(report, "gitlab", options))
    assert [issue["severity"] for issue in issues] == [
        "blocker", "minor", "critical", "minor", "critical", "critical", "critical",
    ]  # fmt: skip
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("/", "./"))
    assert issues[2]["check_name"] == "CGR212"
    assert issues[2]["location"] == {"path": "in.csv", "lines": {"begin": 2}}


def test_gitlab_fingerprints_are_unique_and_stay_when_rows_move(make_many: Many) -> None:
    def marks(first: int) -> list[str]:
        found = [replace(one, value="same", path="./in.csv") for one in make_many(3, first=first)]
        report = Report([FileReport("./in.csv")], findings_frame(found), "1")
        issues = json.loads(text(report, "gitlab"))
        assert {issue["location"]["path"] for issue in issues} == {"in.csv"}
        return [issue["fingerprint"] for issue in issues]

    assert len(set(marks(2))) == 3
    assert marks(2) == marks(70)


def test_junit_has_a_case_for_each_rule_and_counts_that_add_up(
    report: Report, options: ReportOptions
) -> None:
    root = ElementTree.fromstring(text(report, "junit", options).encode())
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("11", "4", "1")
    first, second = root
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
    failures = first.findall("testcase/failure")
    assert [one.attrib["type"] for one in failures] == ["CGR201", "CGR211", "CGR212", "CGR251"]
    assert "in.csv:2:Revenue amount: CGR212 the amount is odd: '1,234'" in (failures[2].text or "")
    warning = first.find("testcase[@name='CGR207 formula-like-text']")
    assert warning is not None
    assert warning.find("failure") is None
    assert "1 warning" in (warning.findtext("system-out") or "")
    assert second.find("testcase/error").attrib["message"] == "JSON is not read"  # type: ignore[union-attr]


def test_junit_fails_when_rows_do_not_add_up(report: Report) -> None:
    report.files[0].rows.skipped = 0
    root = ElementTree.fromstring(text(report, "junit").encode())
    case = root.find("testsuite/testcase[@name='the rows add up']")
    assert case is not None
    assert root.attrib["failures"] == str(len(root.findall("testsuite/testcase/failure"))) == "5"
    assert "do not add up" in case.find("failure").attrib["message"]  # type: ignore[union-attr]


def test_junit_lists_so_many_and_says_how_many_more(make_many: Many, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cgrev.reporters.junit.LISTED", 5)
    shown = text(Report([FileReport("in.csv")], findings_frame(make_many(12)), "1"), "junit")
    failure = ElementTree.fromstring(shown.encode()).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == "12 errors of CGR201 some-rule"
    assert (failure.text or "").splitlines()[5:] == ["and 7 more", "help: help"]


def test_junit_survives_characters_that_xml_cannot_hold(report: Report) -> None:
    one = Finding("a\x00<b>.csv", "CGR201", "n", Severity.ERROR, 'x ]]> "&" \x0b', value="\ufffe\x07")
    ElementTree.fromstring(text(Report([], findings_frame([one]), "1"), "junit").encode())
