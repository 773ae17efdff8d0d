"""full, concise, grouped and jsonl: what a person sees on a terminal, and what grep gets."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from cgrev.errors import UsageError
from cgrev.findings import Finding, RowCount, Severity
from cgrev.report import FileReport, Report, findings_frame
from cgrev.reporters import FORMATS, ReportOptions, render, write
from cgrev.reporters.full import LINE, excerpt
from cgrev.reporters.style import Style

Many = Callable[..., list[Finding]]


def text(report: Report, format: str, options: ReportOptions) -> str:
    rendered = render(report, format, options)
    assert isinstance(rendered, str)
    return rendered


def test_concise_is_one_line_a_finding_in_the_grammar_of_messages(
    report: Report, options: ReportOptions
) -> None:
    lines = text(report, "concise", options).splitlines()
    assert lines == [
        "b.json: CGR002 JSON is not read",
        "  help: export CSV",
        "in.csv: CGR103 columns stand in another order",
        "in.csv:2:Revenue amount: CGR212 the amount is odd: '1,234'",
        "in.csv:3:Account name: CGR207 starts like a formula 100% (value '=HYPERLINK(\"http://x\")')",
        "in.csv:3:Revenue amount: CGR211 the amount is odd: 'x\\x1b[31m'",
        "in.csv:3:Revenue type: CGR251 no revenue type (value 'Annual')",
        "in.csv:4:Account name: CGR201 the account name is blank (value '')",
        "4 errors, 2 warnings, 1 info, 1 file refused",
        "1 info not listed (--show-info lists them)",
    ]


def test_full_shows_the_row_with_the_cell_marked_the_fix_and_the_help(
    report: Report, options: ReportOptions
) -> None:
    shown = text(report, "full", options)
    assert (
        "in.csv:2:Revenue amount: CGR212 the amount is odd: '1,234'\n"
        "  2 | Acme Ltd | 1,234 | 2024-01-01 | 2024-12-31 | ARR | gold\n"
        "    |            ^^^^^\n"
        "  fix: '1234'\n"
        "  help: write whole units\n"
    ) in shown
    assert "  unsafe fix: 'ARR'\n" in shown
    assert "CGR207 starts like a formula 100% (value '=HYPERLINK(\"http://x\")') [warning]" in shown


def test_full_says_a_help_once_for_each_rule(make_many: Many) -> None:
    found = [*make_many(3), *make_many(2, "CGR301", first=9)]
    shown = text(Report([FileReport("in.csv")], findings_frame(found), "1"), "full", ReportOptions())
    assert shown.count("  help: help\n") == 2


def test_full_ends_with_rows_money_and_counts(report: Report, options: ReportOptions) -> None:
    assert text(report, "full", options).splitlines()[-12:] == [
        "in.csv (csv, header in row 1, converter canonical)",
        "  rows    5 rows read = 1 written + 3 rejected + 1 skipped",
        "  totals  source 1239.5 = written -7 + residual 0.5 + rejected 1246",
        "4 errors, 2 warnings, 1 info, 1 file refused",
        "  CGR201  blank-account                     1 error",
        "  CGR211  amount-not-a-number               1 error",
        "  CGR212  amount-with-separators            1 error",
        "  CGR251  unknown-type                      1 error",
        "  CGR103  wrong-order                       1 warning",
        "  CGR207  formula-like-text                 1 warning",
        "  CGR503  short-arr                         1 info",
        "1 info not listed (--show-info lists them)",
    ]


def test_rows_that_do_not_add_up_are_said_to(report: Report) -> None:
    report.files[0].rows = RowCount(read=5, written=1, rejected=3, skipped=0)
    for format in ("full", "grouped", "github"):
        assert "rows do not add up" in text(report, format, ReportOptions())


def test_grouped_puts_findings_under_their_file_in_line(report: Report, options: ReportOptions) -> None:
    lines = text(report, "grouped", options).splitlines()
    assert lines[:4] == [
        "in.csv",
        "  5 rows read = 1 written + 3 rejected + 1 skipped",
        "  file              CGR103 columns stand in another order [warning]",
        "  2:Revenue amount  CGR212 the amount is odd: '1,234'",
    ]
    assert lines[lines.index("b.json") + 1] == "  CGR002 JSON is not read"


def test_jsonl_is_the_findings_of_the_json_report(report: Report, options: ReportOptions) -> None:
    lines = text(report, "jsonl", options).split("\n")
    assert lines.pop() == ""
    refused, *found = [json.loads(line) for line in lines]
    assert found == report.to_dict()["findings"]
    assert (refused["path"], refused["code"], refused["message"]) == ("b.json", "CGR002", "JSON is not read")
    assert set(refused) == set(found[0])


@pytest.mark.parametrize("format", ["full", "concise", "grouped", "github"])
def test_a_cap_says_what_it_leaves_out(report: Report, options: ReportOptions, format: str) -> None:
    shown = text(report, format, replace(options, max_findings=2))
    assert "4 of 6 findings are not listed (--max-findings 2)\n" in shown
    assert "4 errors, 2 warnings, 1 info, 1 file refused" in shown


@pytest.mark.parametrize(
    "format", [name for name, one in FORMATS.items() if not one.binary and name[:4] != "json"]
)
def test_no_cell_can_drive_a_terminal(report: Report, options: ReportOptions, format: str) -> None:
    shown = text(report, format, replace(options, show_info=True))
    assert "\x1b" not in shown
    assert "\\x1b[31m" in shown or "\\\\x1b[31m" in shown


def test_colour_is_only_there_when_asked_for(report: Report, options: ReportOptions) -> None:
    coloured = text(report, "full", replace(options, color=True))
    assert "\x1b[1;31mCGR212\x1b[0m" in coloured
    assert "\x1b[1;33mCGR207\x1b[0m" in coloured


def test_an_excerpt_keeps_the_marked_cell_in_view_and_the_carets_under_it() -> None:
    row = tuple(f"cell number {index}" for index in range(60))
    for marked in (0, 30, 59):
        first, carets = excerpt(7, row, marked, Style())
        start = carets.index("^")
        assert first[start : carets.rindex("^") + 1] == f"cell number {marked}"
        assert len(first) < LINE + 40
        assert first.endswith("...") == (marked != 59)


def test_carets_stand_under_wide_letters_by_the_columns_they_take() -> None:
    first, carets = excerpt(1, ("日本", "x"), 1, Style())
    assert first == "  1 | 日本 | x"
    assert carets == "    |        ^"


def test_a_row_shorter_than_its_marked_cell_is_shown_without_a_mark() -> None:
    assert excerpt(1, ("a", None), 5, Style()) == ["  1 | a"]


def test_a_long_value_is_cut_in_lines_of_text() -> None:
    one = Finding("in.csv", "CGR202", "too-long", Severity.ERROR, "too long", value="x" * 5000)
    shown = text(Report([FileReport("in.csv")], findings_frame([one]), "1"), "concise", ReportOptions())
    assert max(map(len, shown.splitlines())) < 200


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_to_a_stream_what_it_renders(
    report: Report, options: ReportOptions, format: str
) -> None:
    rendered = render(report, format, options)
    stream = io.BytesIO()
    write(report, format, stream, options)
    assert stream.getvalue() == (rendered if isinstance(rendered, bytes) else rendered.encode())
    if isinstance(rendered, str):
        words = io.StringIO()
        write(report, format, words, options)
        assert words.getvalue() == rendered


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_renders_a_report_without_files_and_one_of_another_file(
    format: str, make_many: Many
) -> None:
    assert render(Report([], findings_frame([]), "1"), format) or format == "jsonl"
    assert render(Report([], findings_frame(make_many(2)), "1"), format)


def test_unknown_and_unsuitable_formats_are_refused(report: Report) -> None:
    with pytest.raises(UsageError, match="no output format 'pdf'") as refused:
        render(report, "pdf")
    assert "sarif" in (refused.value.help or "")
    with pytest.raises(UsageError, match="xlsx is not text"):
        write(report, "xlsx", io.StringIO())
