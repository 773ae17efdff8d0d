"""The JSON Schema of the JSON report, the source of `schemas/v1/report.json`."""

from __future__ import annotations

from typing import Any, get_args

from cgrev.findings import How, Severity
from cgrev.layout import HEADINGS
from cgrev.report import SCHEMA, TOOL, Status

_AMOUNT = r"^(-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?|#[0-9a-f]{10})$"
"""An exact decimal, or the mark `--redact` puts in its place."""


def report_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that every JSON report meets: `cgrev-report/1`.

    Keys are never taken away or given another meaning under this name; a reader should pass over keys it
    does not know.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cgrev:schema:report:1",
        "title": "cgrev report",
        "description": "What one call of cgrev read, decided and found.",
        **_object(
            schema={"const": SCHEMA},
            tool=_object(name={"const": TOOL}, version={"type": "string", "minLength": 1}),
            files={"type": "array", "items": {"$ref": "#/$defs/file"}},
            summary={"$ref": "#/$defs/summary"},
            findings={"type": "array", "items": {"$ref": "#/$defs/finding"}},
        ),
        "$defs": {
            "count": {"type": "integer", "minimum": 0},
            "text": {"type": ["string", "null"]},
            "row": {
                "description": "row as a person sees it in the file: the first line is 1",
                "type": ["integer", "null"],
                "minimum": 1,
            },
            "amount": {"type": "string", "pattern": _AMOUNT},
            "severity": {"enum": [severity.value for severity in Severity]},
            "code": {"type": "string", "pattern": "^[A-Z]{2,8}[0-9]{3,4}$"},
            "column": {"enum": [*HEADINGS, None]},
            "decision": _decision(),
            "file": _file(),
            "summary": _summary(),
            "finding": _finding(),
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _decision() -> dict[str, Any]:
    return {
        "description": "How something in the file was understood, and why.",
        **_object(
            about={"type": "string"},
            value={"type": "string"},
            how={"enum": list(get_args(How))},
            evidence={"type": "array", "items": {"type": "string"}},
            column=_ref("text"),
            source_column=_ref("text"),
        ),
    }


def _file() -> dict[str, Any]:
    rows = _object(**{name: _ref("count") for name in ("read", "written", "rejected", "skipped")})
    totals = _object(**{name: _ref("amount") for name in ("source", "written", "residual", "rejected")})
    return {
        "description": "One input. rows: read = written + rejected + skipped; "
        "totals: source = written + residual + rejected, exact decimals as text.",
        **_object(
            path={"type": "string"},
            sha256={"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"},
            status={"enum": list(get_args(Status))},
            reader=_ref("text"),
            sheet=_ref("text"),
            header_row=_ref("row"),
            converter=_ref("text"),
            rows=rows,
            totals=totals,
            decisions={"type": "array", "items": _ref("decision")},
            error={
                "oneOf": [
                    {"type": "null"},
                    _object(code=_ref("code"), message={"type": "string"}, help=_ref("text")),
                ]
            },
        ),
        "if": {"properties": {"status": {"const": "refused"}}},
        "then": {"properties": {"error": {"type": "object"}}},
        "else": {"properties": {"error": {"type": "null"}}},
    }


def _summary() -> dict[str, Any]:
    return {
        "description": "Exact counts of all findings; `listed` is how many of them `findings` holds.",
        **_object(
            errors=_ref("count"),
            warnings=_ref("count"),
            infos=_ref("count"),
            by_rule={
                "type": "object",
                "propertyNames": _ref("code"),
                "additionalProperties": {"type": "integer", "minimum": 1},
            },
            listed=_ref("count"),
        ),
    }


def _finding() -> dict[str, Any]:
    return {
        "description": "One thing wrong in one place. row null: the file as a whole.",
        **_object(
            path={"type": "string"},
            sheet=_ref("text"),
            row=_ref("row"),
            column=_ref("column"),
            source_column=_ref("text"),
            value={"description": "the text as the file has it", "type": ["string", "null"]},
            code=_ref("code"),
            name={"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
            severity=_ref("severity"),
            message={"type": "string", "minLength": 1},
            help={"type": "string"},
            fix={
                "description": "the text to put in the cell; one that is not safe may change the meaning",
                "oneOf": [
                    {"type": "null"},
                    _object(value={"type": "string"}, safe={"type": "boolean"}),
                ],
            },
        ),
    }
