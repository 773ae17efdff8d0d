"""Query parameters: each known, given once and well formed, or the vendor's error code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl

from cgrev.server.answers import ApiError, Code

ID_PATTERN = r"^[0-9]{1,18}$"
DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MONTH_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
MAX_NUMBER = 10**18 - 1
MAX_PAGE = 10**6
MAX_TEXT = 1000
MAX_LIMIT = 1000
_MAX_PARAMETERS = 50


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of one request, each at most once."""

    values: Mapping[str, str]

    def number(
        self, name: str, *, default: int | None = None, least: int = 0, most: int = MAX_NUMBER
    ) -> int | None:
        text = self.values.get(name)
        if text is None:
            return default
        if re.fullmatch(ID_PATTERN, text) is None or not least <= int(text) <= most:
            raise _invalid(name, f"a whole number from {least} to {most}")
        return int(text)

    def day(self, name: str) -> date | None:
        text = self.values.get(name)
        if text is None:
            return None
        try:
            if re.fullmatch(DAY_PATTERN, text) is None:
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise _invalid(name, "a date written YYYY-MM-DD") from None

    def month(self, name: str) -> str | None:
        text = self.values.get(name)
        if text is not None and re.fullmatch(MONTH_PATTERN, text) is None:
            raise _invalid(name, "a month written YYYY-MM")
        return text

    def text(self, name: str) -> str | None:
        text = self.values.get(name)
        if text is not None and (len(text) > MAX_TEXT or "\0" in text):
            raise _invalid(name, f"at most {MAX_TEXT} characters of text")
        return text


def read_query(raw: bytes, *known: str) -> Query:
    """Parse a query string. Raises `ApiError`: 300000 for unknown or repeated names, 300001 when broken."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_PARAMETERS,
        )
    except ValueError:
        raise ApiError(Code.INVALID_ARGUMENTS, "the query string is broken") from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            takes = ", ".join(known) if known else "no parameters"
            raise ApiError(Code.TOO_MANY_PARAMETERS, f"unknown parameter; this method takes {takes}")
        if name in values:
            raise ApiError(Code.TOO_MANY_PARAMETERS, f"the parameter {name} is given more than once")
        values[name] = value
    return Query(values)


def _invalid(name: str, wanted: str) -> ApiError:
    return ApiError(Code.INVALID_ARGUMENTS, f"the parameter {name} must be {wanted}")
