"""The value all reporters render: exact counts, honest caps, JSON as published."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cgrev.findings import FINDING_FIELDS, Finding, Fix, Severity, SkippedRow
from cgrev.report import SKIPPED_KEPT, FileReport, Report, findings_frame, json_lines
from cgrev.reporters.json_schema import report_schema

Many = Callable[..., list[Finding]]


def valid(content: dict[str, Any]) -> dict[str, Any]:
    Draft202012Validator.check_schema(report_schema())
    Draft202012Validator(report_schema()).validate(content)
    return content


def test_the_json_report_meets_its_schema_and_has_the_published_keys(report: Report) -> None:
    content = valid(json.loads(report.to_json()))
    assert list(content) == ["schema", "tool", "files", "summary", "findings"]
    assert list(content["files"][0]) == [
        "path", "sha256", "status", "reader", "sheet", "header_row", "converter", "rows", "totals",
        "decisions", "error",
    ]  # fmt: skip
    assert list(content["findings"][0]) == [
        "path", "sheet", "row", "column", "source_column", "value", "code", "name", "severity", "message",
        "help", "fix",
    ]  # fmt: skip
    assert content["files"][0]["totals"] == {
        "source": "1239.5", "written": "-7", "residual": "0.5", "rejected": "1246",
    }  # fmt: skip
    assert content["files"][1]["error"] == {
        "code": "CGR002", "message": "JSON is not read", "help": "export CSV",
    }  # fmt: skip
    assert report.to_dict() == content


def test_infos_are_counted_always_and_listed_when_asked_for(report: Report) -> None:
    hidden = valid(report.to_dict())
    assert hidden["summary"] == {
        "errors": 4, "warnings": 2, "infos": 1, "listed": 6,
        "by_rule": {
            "CGR103": 1, "CGR201": 1, "CGR207": 1, "CGR211": 1, "CGR212": 1, "CGR251": 1, "CGR503": 1,
        },
    }  # fmt: skip
    assert "info" not in {one["severity"] for one in hidden["findings"]}
    shown = valid(report.to_dict(show_info=True))
    assert (shown["summary"]["listed"], len(shown["findings"])) == (7, 7)


def test_infos_that_were_only_counted_are_in_the_counts_and_not_in_the_listing(report: Report) -> None:
    counted = Report(report.files, report.findings, "0.1.0", {"CGR503": 4, "CGR506": 2, "CGR507": 0})
    summary = counted.summary(show_info=True)
    assert (summary.infos, summary.listed) == (7, 7)
    assert (summary.by_rule["CGR503"], summary.by_rule["CGR506"]) == (5, 2)
    assert "CGR507" not in summary.by_rule
    assert len(valid(counted.to_dict(show_info=True))["findings"]) == 7


def test_a_cap_keeps_the_worst_and_leaves_every_count_exact(report: Report) -> None:
    content = valid(report.to_dict(max_findings=4))
    assert [one["severity"] for one in content["findings"]] == ["error"] * 4
    assert content["summary"]["listed"] == 4
    assert content["summary"]["warnings"] == 2
    assert valid(report.to_dict(max_findings=0))["findings"] == []


def test_the_listing_goes_by_file_row_and_column(report: Report) -> None:
    places = report.listing().select("row", "column").rows()
    assert places == [
        (None, None), (2, "Revenue amount"), (3, "Account name"), (3, "Revenue amount"), (3, "Revenue type"),
        (4, "Account name"),
    ]  # fmt: skip


def test_worst_and_threshold(report: Report) -> None:
    assert report.worst is Severity.ERROR
    assert [report.at_or_above(level) for level in Severity] == [4, 6, 7]
    empty = Report([], findings_frame([]), "0.1.0")
    assert (empty.worst, empty.at_or_above(Severity.INFO)) == (None, 0)
    assert valid(empty.to_dict())["findings"] == []


def test_iteration_gives_the_findings_back(report: Report) -> None:
    first = next(iter(report))
    assert (first.code, first.fix, first.row) == ("CGR212", Fix("1234", True), 2)
    assert findings_frame(list(report)).equals(report.findings)
    assert len(report) == 7


def test_a_frame_of_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="columns path, sheet, row"):
        Report([], pl.DataFrame({"path": []}), "0.1.0")


def test_skipped_rows_are_capped_and_counted() -> None:
    file = FileReport("in.csv", skipped=[SkippedRow(row, "blank") for row in range(SKIPPED_KEPT + 5)])
    file.skip(SkippedRow(9, "total"))
    assert (len(file.skipped), file.skipped_count) == (SKIPPED_KEPT, SKIPPED_KEPT + 6)


def test_many_findings_are_written_in_pieces_that_make_one_document(
    make_many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cgrev.report.JSON_ROWS", 10)
    report = Report([FileReport("in.csv")], findings_frame(make_many(21)), "0.1.0")
    pieces = list(report.json_pieces())
    assert len(pieces) == 5  # head, three pieces of findings, end
    content = json.loads("".join(pieces))
    assert [one["row"] for one in content["findings"]] == list(range(2, 23))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXT, TEXT, st.none() | st.builds(Fix, TEXT, st.booleans()), st.none() | st.integers(1, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_any_text_comes_back_from_the_json(
    value: str, message: str, fix: Fix | None, row: int | None
) -> None:
    one = Finding("p", "CGR1", "n", Severity.INFO, message, row=row, value=value, fix=fix)
    (line,) = "".join(json_lines(findings_frame([one]))).removesuffix("\n").split("\n")
    content = json.loads(line)
    assert (content["value"], content["message"], content["row"]) == (value, message, row)
    assert content["fix"] == (None if fix is None else {"value": fix.value, "safe": fix.safe})


def test_the_schema_refuses_what_is_no_report(report: Report) -> None:
    validator = Draft202012Validator(report_schema())
    content = report.to_dict()
    for path, value in [
        (("schema",), "cgrev-report/2"),
        (("files", 0, "totals", "source"), "1e5"),
        (("files", 0, "totals", "source"), 1.5),
        (("files", 0, "status"), "fine"),
        (("files", 1, "error"), None),
        (("files", 0, "error"), {"code": "CGR001", "message": "x", "help": None}),
        (("summary", "errors"), -1),
        (("findings", 0, "row"), 0),
        (("findings", 0, "column"), "Amount"),
        (("findings", 0, "surplus"), 1),
    ]:
        broken = json.loads(json.dumps(content))
        target: Any = broken
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value
        assert not validator.is_valid(broken), path


def test_the_fields_of_a_finding_are_those_of_the_contract() -> None:
    assert tuple(findings_frame([]).columns) == FINDING_FIELDS
