"""What the server answers, in JSON and XML: the documented bodies and the error envelope.

Sources: the vendor's article on the Revenue file API (success and failure of an upload) and its
list of error codes; XML forms are inferred from the JSON ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Literal
from xml.sax.saxutils import escape

from starlette.responses import Response

Format = Literal["json", "xml"]
MEDIA_TYPES: dict[Format, str] = {"json": "application/json", "xml": "application/xml"}

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

STORED: dict[str, Any] = {"Data": {"data": 1}}
REFUSED: dict[str, Any] = {"Data": False}


class Code(IntEnum):
    """The vendor's numbers, and how each is answered over HTTP (`status`)."""

    INVALID_KEY = 200000
    TOO_MANY_PARAMETERS = 300000
    INVALID_ARGUMENTS = 300001
    MODULE_UNKNOWN = 300002
    METHOD_UNKNOWN = 300003
    FIELD_MISSING = 300004
    ALREADY_PROCESSED = 400103
    FILE_NOT_FOUND = 400200

    @property
    def status(self) -> int:
        return _STATUSES.get(self, 400)


_STATUSES = {
    Code.INVALID_KEY: 401,
    Code.MODULE_UNKNOWN: 404,
    Code.METHOD_UNKNOWN: 405,
    Code.FILE_NOT_FOUND: 404,  # the documents print no status for it
}


class ApiError(Exception):
    """A request that is answered with the error envelope.

    `code` is one of the vendor's numbers; where it has none (413, 429, 5xx) the HTTP status stands in.
    """

    def __init__(
        self,
        code: Code | int,
        message: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = int(code)
        self.message = message
        self.status = status if status is not None else Code(code).status
        self.headers = dict(headers or {})


def wanted_format(path: str) -> Format:
    """The suffix of the path picks the format of the answer, JSON by default."""
    return "xml" if path.lower().endswith(".xml") else "json"


def answer(
    body: Mapping[str, Any], format: Format, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A response with `body` (one key, its value nested mappings, lists and scalars)."""
    text = to_xml(body) if format == "xml" else json.dumps(body, ensure_ascii=False)
    return Response(text, status_code=status, headers=headers, media_type=MEDIA_TYPES[format])


def error_answer(error: ApiError, format: Format) -> Response:
    body = {"Error": {"Message": error.message, "Code": error.code}}
    return answer(body, format, status=error.status, headers=error.headers)


_ITEM_NAMES = {"Data": "File", "logs": "log"}


def to_xml(body: Mapping[str, Any]) -> str:
    """`{"Data": {"data": 1}}` as `<Data><data>1</data></Data>`; list items are elements of their own."""
    return "".join(_element(name, value) for name, value in body.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = to_xml(value)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        inner = "".join(_element(_ITEM_NAMES.get(name, "item"), item) for item in value)
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = escape(_NOT_IN_XML.sub("\ufffd", str(value)))
    return f"<{name}>{inner}</{name}>"
