"""The OpenAPI document of the sandbox, written by hand from the same constants the code uses.

It describes what the vendor documents, and the two pages of the sandbox itself. The endpoint of the
faults is left out: it is no part of any API one would write a client for.
"""

from __future__ import annotations

from typing import Any

from cgrev.layout import HEADINGS, MAX_BYTES_ACCEPTED, MAX_RECORDS, RevenueType
from cgrev.server.answers import Code
from cgrev.server.query import DAY_PATTERN, ID_PATTERN, MAX_LIMIT, MAX_PAGE, MAX_TEXT, MONTH_PATTERN

Json = dict[str, Any]

_NUMBER = {"type": "string", "pattern": "^[0-9]+$"}
_API_SECURITY: list[Json] = [{"bearer": []}, {"api_key": []}]


def openapi() -> Json:
    """The document (OpenAPI 3.1) as a new dictionary."""
    paths: Json = {"/oauth2/token": {"post": _token()}}
    for suffix in ("json", "xml"):
        paths[f"/v4.1/company/revenue_file_automate.{suffix}"] = {"post": _upload(suffix)}
        paths[f"/v4.1/file/company-revenue.{suffix}"] = {"get": _list(suffix)}
        paths[f"/v4.1/file.{suffix}"] = {"delete": _delete(suffix)}
    paths["/sandbox/booked"] = {"get": _booked()}
    paths["/"] = {"get": _page()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cgrev revenue sandbox",
            "version": "4.1",
            "summary": "The documented CustomerGauge Revenue file API, for trying and testing.",
            "description": (
                "Accepts account-based revenue files with the columns "
                + ", ".join(HEADINGS)
                + f", in this order; at most {MAX_RECORDS:,} records and {MAX_BYTES_ACCEPTED:,} bytes."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:8080", "description": "cgrev serve"}],
        "tags": [
            {"name": "vendor", "description": "As documented by the vendor."},
            {"name": "sandbox", "description": "Beyond the documented API."},
        ],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": _security_schemes()},
    }


def _security_schemes() -> Json:
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token of /oauth2/token."},
        "api_key": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "The word api_key, a space, and the key.",
        },
        "client": {"type": "http", "scheme": "basic", "description": "Client id and secret."},
    }


def _schemas() -> Json:
    return {
        "Error": _object(Error=_object(Message={"type": "string"}, Code={"type": "integer"})),
        "TokenError": _object(error={"type": "string"}),
        "Token": _object(
            access_token={"type": "string", "minLength": 1},
            expires_in={"type": "integer", "minimum": 1},
            token_type={"const": "Bearer"},
        ),
        "Stored": _object(Data=_object(data={"const": 1})),
        "Refused": _object(Data={"const": False}),
        "File": _object(
            id=_NUMBER,
            status={"type": "string"},
            source_filename={"type": "string"},
            date_upload={
                "type": "string",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
                "description": "UTC",
            },
            total_records=_NUMBER,
            successful_records=_NUMBER,
            unsuccessful_records=_NUMBER,
            logs={"type": "array", "items": {"type": "string", "pattern": "^Record [0-9]+: "}},
        ),
        "Files": _object(Data={"type": "array", "items": _ref("File")}),
        "Booked": _object(
            account={"type": "string"},
            revenue_type={"enum": [kind.value for kind in RevenueType]},
            month={"type": "string", "pattern": MONTH_PATTERN},
            amount={"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"},
        ),
    }


def _token() -> Json:
    field = {"type": "string"}
    return {
        "operationId": "token",
        "tags": ["vendor"],
        "summary": "Exchange client credentials for a token that lives one hour.",
        "security": [{}, {"client": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {
                            "grant_type": {"const": "client_credentials"},
                            "client_id": field,
                            "client_secret": field,
                        },
                    }
                }
            },
        },
        "responses": {
            "200": _response("The token.", _ref("Token")),
            "400": _response("The request is not one the endpoint takes.", _one_of("TokenError", "Error")),
            "401": _response("The client is unknown or its secret wrong.", _ref("TokenError")),
            "413": _response("The request is too large.", _one_of("TokenError", "Error")),
            "429": _response("Too many wrong secrets.", _ref("TokenError"), _RETRY_AFTER),
            **_common(),
        },
    }


def _upload(suffix: str) -> Json:
    return {
        "operationId": f"upload_{suffix}",
        "tags": ["vendor"],
        "summary": "Upload one revenue file (CSV, XLS, XLSX or XML).",
        "description": (
            "Rows are loaded one by one: bad ones and exact duplicates are left out and logged. The answer"
            " holds neither a reason nor an id: look the file up by its name in the list of uploads."
        ),
        "security": _API_SECURITY,
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {
                                "type": "string",
                                "format": "binary",
                                "contentMediaType": "application/octet-stream",
                                "description": "One part with a filename that has an extension.",
                            }
                        },
                        "additionalProperties": False,
                    }
                }
            },
        },
        "responses": {
            "200": _response("Stored, or refused as a whole.", _one_of("Stored", "Refused"), suffix=suffix),
            "400": _response(
                f"Refused as a whole, or {_codes(300000, 300001, 300004, 400103)}.",
                _one_of("Refused", "Error"),
                suffix=suffix,
            ),
            **_errors(suffix),
        },
    }


def _list(suffix: str) -> Json:
    return {
        "operationId": f"list_{suffix}",
        "tags": ["vendor"],
        "summary": "What was uploaded, oldest first, and what became of it.",
        "security": _API_SECURITY,
        "parameters": [
            _parameter("id", {"type": "string", "pattern": ID_PATTERN}),
            _parameter("date_range_from", {"type": "string", "format": "date", "pattern": DAY_PATTERN}),
            _parameter("date_range_to", {"type": "string", "format": "date", "pattern": DAY_PATTERN}),
            _parameter("start", {"type": "string", "pattern": ID_PATTERN, "default": "0"}),
            _parameter("limit", _between(1, MAX_LIMIT, default=MAX_LIMIT)),
        ],
        "responses": {
            "200": _response("The uploads.", _ref("Files"), suffix=suffix),
            "400": _response(f"{_codes(300000, 300001)}.", _ref("Error"), suffix=suffix),
            **_errors(suffix),
        },
    }


def _delete(suffix: str) -> Json:
    return {
        "operationId": f"delete_{suffix}",
        "tags": ["vendor"],
        "summary": "Remove an upload and the revenue it brought; accounts stay.",
        "security": _API_SECURITY,
        "parameters": [_parameter("id", {"type": "string", "pattern": ID_PATTERN}, required=True)],
        "responses": {
            "200": _response("Removed.", _ref("Stored"), suffix=suffix),
            "400": _response(f"{_codes(300000, 300001, 300004)}.", _ref("Error"), suffix=suffix),
            "404": _response(f"{_codes(400200)}.", _ref("Error"), suffix=suffix),
            **_errors(suffix),
        },
    }


def _booked() -> Json:
    month = {"type": "string", "pattern": MONTH_PATTERN}
    return {
        "operationId": "booked",
        "tags": ["sandbox"],
        "summary": "Booked months by account and type, exact to the cent.",
        "description": "Asks for credentials when the sandbox is reachable from other machines.",
        "security": [{}, *_API_SECURITY, {"client": []}],
        "parameters": [
            _parameter("account", {"type": "string", "maxLength": MAX_TEXT, "pattern": "^[^\\x00]*$"}),
            _parameter("from", month),
            _parameter("to", month),
        ],
        "responses": {
            "200": _response("The months.", {"type": "array", "items": _ref("Booked")}),
            "400": _response(f"{_codes(300000, 300001)}.", _ref("Error")),
            **_errors("json"),
        },
    }


def _page() -> Json:
    month = {"type": "string", "pattern": MONTH_PATTERN}
    return {
        "operationId": "page",
        "tags": ["sandbox"],
        "summary": "The booked months and the last uploads as a page.",
        "security": [{}, *_API_SECURITY, {"client": []}],
        "parameters": [
            _parameter("search", {"type": "string", "maxLength": MAX_TEXT, "pattern": "^[^\\x00]*$"}),
            _parameter("from", month),
            _parameter("to", month),
            _parameter("page", _between(1, MAX_PAGE, default=1)),
        ],
        "responses": {
            "200": {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}},
            "400": _response(f"{_codes(300000, 300001)}.", _ref("Error")),
            **_errors("json"),
        },
    }


_RETRY_AFTER: Json = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}}


def _errors(suffix: str) -> Json:
    return {
        "401": _response(f"{_codes(200000)}: no valid key.", _ref("Error"), suffix=suffix),
        "413": _response("The request is too large.", _ref("Error"), suffix=suffix),
        "429": _response("Too many wrong keys.", _ref("Error"), _RETRY_AFTER, suffix=suffix),
        **_common(suffix),
    }


def _common(suffix: str = "json") -> Json:
    return {
        "405": _response(f"{_codes(300003)}: the method is not known here.", _ref("Error"), suffix=suffix),
        "408": _response("The request came too slowly.", _ref("Error"), suffix=suffix),
        "431": _response("The request has too many headers.", _ref("Error"), suffix=suffix),
        "503": _response("The database is busy.", _ref("Error"), _RETRY_AFTER, suffix=suffix),
    }


def _codes(*codes: int) -> str:
    return ", ".join(f"{code} ({Code(code).name.lower().replace('_', ' ')})" for code in codes)


def _response(description: str, schema: Json, headers: Json | None = None, *, suffix: str = "json") -> Json:
    # The shape of XML answers is inferred, so only that of the JSON ones is promised.
    content: Json = {"application/json": {"schema": schema}} if suffix == "json" else {"application/xml": {}}
    response: Json = {"description": description, "content": content}
    return {**response, "headers": headers} if headers else response


def _parameter(name: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _between(least: int, most: int, *, default: int) -> Json:
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _one_of(*names: str) -> Json:
    return {"oneOf": [_ref(name) for name in names]}
