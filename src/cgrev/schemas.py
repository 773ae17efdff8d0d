"""The published schemas: what outsiders consume without installing. The files are generated from here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from cgrev.errors import SettingsError, UsageError
from cgrev.layout import COLUMNS, MAX_AMOUNT, MAX_DATE, MIN_AMOUNT, MIN_DATE, Column, RevenueType

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def records_schema() -> dict[str, Any]:
    """JSON Schema of one record, by canonical id."""
    return {
        "$schema": DRAFT,
        "$id": "urn:cgrev:schema:record:1",
        "title": "account-based revenue record",
        "type": "object",
        "properties": {column.id: _property(column) for column in COLUMNS},
        "required": [column.id for column in COLUMNS if column.required],
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, Any]:
    match column.role:
        case "amount":
            shape: dict[str, Any] = {"type": "integer", "minimum": MIN_AMOUNT, "maximum": MAX_AMOUNT}
        case "date":
            shape = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
        case "type":
            shape = {"enum": [kind.value for kind in RevenueType]}
        case _:
            shape = {"type": "string", "maxLength": column.max_length} | (
                {"minLength": 1} if column.required else {}
            )
    return {"title": column.heading, **shape}


def table_schema() -> dict[str, Any]:
    """Table Schema (Frictionless) of the CSV layout: six fields in a fixed order."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": [_field(column) for column in COLUMNS],
        "missingValues": [""],
    }


def _field(column: Column) -> dict[str, Any]:
    limits: dict[str, Any] = {"required": True} if column.required else {}
    kind = {"amount": "integer", "date": "date"}.get(column.role, "string")
    if column.role == "amount":
        limits |= {"minimum": MIN_AMOUNT, "maximum": MAX_AMOUNT}
    if column.role == "date":
        limits |= {"minimum": MIN_DATE.isoformat(), "maximum": MAX_DATE.isoformat()}
    if column.role == "type":
        limits["enum"] = [member.value for member in RevenueType]
    if column.max_length:
        limits["maxLength"] = column.max_length
    shape = {"format": "%Y-%m-%d"} if column.role == "date" else {}
    return {"name": column.heading, "type": kind, **shape, "constraints": limits}


def xsd() -> str:
    """XML Schema of the XML layout as it is written here (the vendor names no elements)."""
    types = "".join(
        f'                    <xs:element name="{column.element}" type="{_xsd_type(column)}"/>\n'
        for column in COLUMNS
    )
    enumeration = "".join(f"      <xs:enumeration value={quoteattr(kind.value)}/>\n" for kind in RevenueType)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:element name="RECORDS">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="RECORD" minOccurs="1" maxOccurs="1000">
          <xs:complexType>
            <xs:sequence>
{types}            </xs:sequence>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
  <xs:simpleType name="text255">
    <xs:restriction base="xs:string"><xs:maxLength value="255"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="account">
    <xs:restriction base="text255"><xs:minLength value="1"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="type">
    <xs:restriction base="xs:string">
{enumeration}    </xs:restriction>
  </xs:simpleType>
</xs:schema>
"""


def _xsd_type(column: Column) -> str:
    return {"name": "account", "amount": "xs:long", "date": "xs:date", "type": "type"}.get(
        column.role, "text255"
    )


def _report() -> dict[str, Any]:
    from cgrev.reporters.json_schema import report_schema

    return report_schema()


def _profile() -> dict[str, Any]:
    from cgrev.mapping.profile import profile_schema

    return profile_schema()


def _settings() -> dict[str, Any]:
    from cgrev.settings import settings_schema

    profile = {key: value for key, value in _profile().items() if key not in ("$schema", "$id")}
    return settings_schema(profile)


def _manifest() -> dict[str, Any]:
    from cgrev.manifest import Manifest

    schema = Manifest.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": DRAFT, "$id": "urn:cgrev:schema:manifest:1", **schema, "title": "cgrev manifest"}


def _rules() -> list[dict[str, Any]]:
    from cgrev.rules.catalogue import ALL
    from cgrev.rules.explanation import as_dict

    return [as_dict(rule) for rule in ALL]


def _openapi() -> dict[str, Any]:
    try:
        from cgrev.server import openapi
    except ImportError as missing:
        raise SettingsError(
            f"the OpenAPI document needs the server's packages ({missing.name} is missing)",
            help='install them: pip install "cgrev[server]"',
        ) from None
    return openapi()


SCHEMAS: dict[str, tuple[str, str, Callable[[], Any]]] = {
    "record": ("record.schema.json", "one record, as JSON", records_schema),
    "table": ("revenue.tableschema.json", "the CSV layout, as a Table Schema", table_schema),
    "xml": ("revenue.xsd", "the XML layout, as an XML Schema", xsd),
    "report": ("report.schema.json", "the JSON report of check and convert", _report),
    "manifest": ("manifest.schema.json", "manifest.json of an output folder", _manifest),
    "profile": ("profile.schema.json", "a column-mapping profile", _profile),
    "settings": ("settings.schema.json", "cgrev.toml", _settings),
    "rules": ("rules.json", "the catalogue of rules", _rules),
    "openapi": ("openapi.json", "the sandbox server", _openapi),
}
"""Name to file, what it describes, and the function that makes it."""


def text(name: str) -> str:
    """The published text of a schema. Raises UsageError for an unknown name."""
    if name not in SCHEMAS:
        raise UsageError(f"no schema '{name}'", help=f"one of: {', '.join(SCHEMAS)}")
    made = SCHEMAS[name][2]()
    return made if isinstance(made, str) else json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def export(folder: Path) -> list[Path]:
    """Write every schema into the folder; answers the files that changed."""
    from cgrev.files import atomic_write

    folder.mkdir(parents=True, exist_ok=True)
    changed = drifted(folder)
    for name in changed:
        atomic_write(folder / SCHEMAS[name][0], text(name))
    return [folder / SCHEMAS[name][0] for name in changed]


def drifted(folder: Path) -> list[str]:
    """Names of schemas whose file in the folder is missing or differs from what would be written."""
    found = []
    for name, (file, _, _) in SCHEMAS.items():
        path = folder / file
        if not path.is_file() or path.read_text(encoding="utf-8") != text(name):
            found.append(name)
    return found
