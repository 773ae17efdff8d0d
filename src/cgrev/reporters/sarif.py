"""SARIF 2.1.0 for code scanning.

A cell of delimited text has a region (line, and the exact characters where the file can be read again); a
cell of a workbook has no line, so it is a logical location: sheet and cell. A fix is written as SARIF
demands it, a replacement of exact characters, and only where those are known: a program that applies it must
never touch anything else. Everywhere else the new text is in `properties.fix`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from cgrev.findings import Finding, Severity
from cgrev.report import TOOL, FileReport, Report, finding
from cgrev.reporters import text
from cgrev.reporters.fingerprint import Fingerprints
from cgrev.reporters.options import ReportOptions
from cgrev.reporters.regions import Region, Regions

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    listing = report.listing(show_info=options.show_info, max_findings=options.max_findings)
    rules = _rules(report, options)
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    files = {file.path: file for file in report.files}
    run = {
        "tool": {"driver": {"name": TOOL, "semanticVersion": report.version, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "artifacts": [_artifact(file) for file in report.files],
        "invocations": [_invocation(report)],
        "properties": {
            "summary": report.summary(
                show_info=options.show_info, max_findings=options.max_findings
            ).as_dict()
        },
    }
    head = json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False)
    yield head.removesuffix("}]}") + ', "results": ['
    separator = "\n"
    marks, regions = Fingerprints(), Regions(options.sources)
    for row in listing.iter_rows():
        one = finding(row)
        result = _result(one, files.get(one.path), regions.of(one), marks.of(one))
        result["ruleIndex"] = places[one.code]
        yield separator + json.dumps(result, ensure_ascii=False)
        separator = ",\n"
    yield "\n]}]}\n"


def _rules(report: Report, options: ReportOptions) -> list[dict[str, Any]]:
    found = report.findings.group_by("code").first().sort("code")
    rules = []
    for row in found.select(report.findings.columns).iter_rows():
        one = finding(row)
        rule: dict[str, Any] = {"id": one.code, "name": one.name}
        info = options.rules.get(one.code)
        level = one.severity
        if info is not None:
            level = info.severity
            rule["shortDescription"] = {"text": info.what}
            rule["fullDescription"] = {"text": f"{info.what}. {info.why}"}
            rule["help"] = {"text": info.help}
        else:
            rule["shortDescription"] = {"text": one.name.replace("-", " ")}
        rule["defaultConfiguration"] = {"level": _LEVEL[level]}
        rules.append(rule)
    return rules


def _artifact(file: FileReport) -> dict[str, Any]:
    artifact: dict[str, Any] = {"location": {"uri": uri(file.path)}}
    if file.sha256:
        artifact["hashes"] = {"sha-256": file.sha256}
    artifact["properties"] = {
        "status": file.status,
        "rows": file.rows.as_dict(),
        "totals": file.shown_totals(),
    }
    return artifact


def _invocation(report: Report) -> dict[str, Any]:
    refused = [file for file in report.files if file.error is not None]
    invocation: dict[str, Any] = {"executionSuccessful": not refused}
    if refused:
        invocation["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": {"text": "\n".join(text.refusal(file))},
                "descriptor": {"id": file.error.code},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(file.path)}}}],
            }
            for file in refused
            if file.error is not None
        ]
    return invocation


def _result(one: Finding, file: FileReport | None, region: Region | None, mark: str) -> dict[str, Any]:
    artifact = {"uri": uri(one.path)}
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if region is not None:
        physical["region"] = region.as_dict()
    elif one.row is not None and file is not None and file.reader == "csv":
        physical["region"] = {"startLine": one.row}
    location: dict[str, Any] = {"physicalLocation": physical}
    logical = _logical(one)
    if logical is not None:
        location["logicalLocations"] = [logical]
    said = text.told(one) + (f"\nhelp: {text.visible(one.help)}" if one.help else "")
    properties: dict[str, Any] = {"column": one.column, "sourceColumn": one.source_column, "row": one.row}
    result: dict[str, Any] = {
        "ruleId": one.code,
        "level": _LEVEL[one.severity],
        "message": {"text": said},
        "locations": [location],
        "partialFingerprints": {"cgrevContent/v1": mark},
        "properties": {key: value for key, value in properties.items() if value is not None},
    }
    if one.fix is not None:
        result["properties"]["fix"] = {"value": one.fix.value, "safe": one.fix.safe}
        if region is not None:
            replacement = {
                "deletedRegion": region.as_dict(),
                "insertedContent": {"text": region.written(one.fix.value)},
            }
            kind = "safe fix" if one.fix.safe else "unsafe fix: it may change the meaning"
            result["fixes"] = [
                {
                    "description": {"text": f"write {text.quoted(one.fix.value)} ({kind})"},
                    "artifactChanges": [{"artifactLocation": artifact, "replacements": [replacement]}],
                }
            ]
    return result


def _logical(one: Finding) -> dict[str, str] | None:
    """The cell by sheet, row and heading: what stays true in a file without lines."""
    parts = [one.sheet] if one.sheet else []
    if one.row is not None:
        parts.append(f"row {one.row}")
    column = one.source_column or one.column
    if column:
        parts.append(column)
    if not parts:
        return None
    return {
        "name": parts[-1],
        "fullyQualifiedName": "/".join(part.replace("/", "%2F") for part in parts),
        "kind": "element" if one.row is not None else "module",
    }


def uri(path: str) -> str:
    """A path as a URI reference: forward slashes, no leading `./`, everything else escaped."""
    relative = path.replace("\\", "/").removeprefix("./")
    if len(relative) > 2 and relative[1] == ":" and relative[2] == "/":
        return "file:///" + relative[:2] + quote(relative[2:].encode(errors="surrogateescape"))
    prefix = "file://" if relative.startswith("/") else ""
    return prefix + quote(relative.encode(errors="surrogateescape"))
