"""One date as text -> what it may mean. The reference for `date_columns`.

ISO first, and any date with the year in front; `DD.MM.YYYY` is day-first, whatever the file's order;
for `/` and `-` the order is the file's, so such a cell is read day-first and month-first, and is
evidence where one part is above 12. English month names are read in any letter case. A time part is
dropped and flagged; a zone shifts nothing.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import IntEnum

from msgspec import Struct

from cgrev.errors import SettingsError
from cgrev.layout import MAX_DATE, MIN_DATE
from cgrev.parsing.cells import is_error, trimmed
from cgrev.parsing.fields import Declared
from cgrev.parsing.flags import DateFlag


class Order(IntEnum):
    """Which order a cell needs to be a date."""

    NONE = 0
    DMY = 1
    MDY = 2
    EITHER = 3


class Day(Struct, frozen=True):
    """A cell under both orders: equal where the order does not matter.

    A reading without a date has one bit under `UNREADABLE`, in the flags of that reading.
    """

    order: Order
    dmy: date | None
    mdy: date | None
    dmy_flags: int
    mdy_flags: int


EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet's day numbers (from March 1900 on, in the 1900 system)."""
FIRST_SERIAL, LAST_SERIAL = (MIN_DATE - EPOCH).days, (MAX_DATE - EPOCH).days

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
_NAME = "(?P<name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + ")"
_NTH = r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<y>[0-9]{4}|[0-9]{2})"
_GAP = r"(?:[,.] ?| |[/\-])"
_ZONES = (
    "utc|gmt|ut|wet|west|bst|cet|cest|eet|eest|msk|trt|sast|gst|ist|pkt|sgt|hkt|jst|kst|acst|acdt|aest|aedt|awst|nzst|nzdt"
    "|est|edt|cst|cdt|mst|mdt|pst|pdt|akst|akdt|hst|brt|art"
)

TIME = (
    r"(?P<h>[0-9]{1,2}):(?P<min>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]+))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
    r"(?: ?(?:z|[+\-\u2212][0-9]{2}(?::?[0-9]{2})?|(?:utc|gmt)[+\-][0-9]{1,2}(?::?[0-9]{2})?"
    rf"|{_ZONES}))?(?: ?\[[a-z_/+\-0-9]+\])?"
)
_FLAGS = re.IGNORECASE | re.ASCII
_TIMED = re.compile(rf"^(?P<day>.*[0-9])(?:t|, ?| +(?:at )?){TIME}$", _FLAGS)
_YEAR_FIRST = re.compile(
    r"^(?P<y>[0-9]{4})(?P<sep>[\-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})$", _FLAGS
)
_DOTS = re.compile(rf"^(?P<d>[0-9]{{1,2}})\. ?(?P<m>[0-9]{{1,2}})\. ?{_YEAR}$", _FLAGS)
_SLASHES = re.compile(
    r"^(?P<a>[0-9]{1,2})(?P<sep>[\-/])(?P<b>[0-9]{1,2})(?P=sep)(?P<c>[0-9]{4}|[0-9]{2})$", _FLAGS
)
_NAMED = (
    re.compile(rf"^{_NTH}{_GAP}?(?:of )?{_NAME}\.?{_GAP}?{_YEAR}$", _FLAGS),
    re.compile(rf"^{_NAME}\.?{_GAP}?{_NTH}{_GAP}{_YEAR}$", _FLAGS),
    re.compile(rf"^(?P<y>[0-9]{{4}}){_GAP}{_NAME}\.?{_GAP}{_NTH}$", _FLAGS),
)
_SERIAL = re.compile(r"^(?P<days>[0-9]{5})(?:[.,][0-9]*)?$", _FLAGS)
_ISO = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", _FLAGS)
_BLANKS = re.compile(r"\s+")


def serial_date(text: str) -> date | None:
    """The date of a spreadsheet's day number (1900 system), a fraction of a day dropped; None where
    it is none from 1970 to 2100."""
    found = _SERIAL.match(text.strip())
    if found is None or not FIRST_SERIAL <= int(found["days"]) <= LAST_SERIAL:
        return None
    return EPOCH + timedelta(days=int(found["days"]))


def read_date(text: str, declared: Declared) -> Day:
    """What one cell of text may mean, whatever is written in it; null tokens are the caller's."""
    plain = trimmed(text)
    if not plain:
        return _refused(DateFlag.MISSING)
    if is_error(plain):
        return _refused(DateFlag.ERROR_CELL)
    plain = _BLANKS.sub(" ", plain)
    if declared.date_format is not None:
        found = compile_format(declared.date_format, yearless=declared.within is not None).match(plain)
        if found is not None:
            return _from_format(found, 0 if _ISO.fullmatch(text) else int(DateFlag.NOT_ISO), declared)
    flags = 0 if plain == text else int(DateFlag.NOT_ISO)
    timed = _TIMED.match(plain)
    if timed is None:
        return _read_day(plain, flags, declared)
    time = _time_flag(timed)
    if time is None:
        return _refused(
            DateFlag.IMPOSSIBLE if _read_day(timed["day"], 0, declared).dmy else DateFlag.NOT_A_DATE
        )
    return _read_day(timed["day"], flags | time, declared)


def _time_flag(found: re.Match[str]) -> DateFlag | None:
    """HAS_TIME or MIDNIGHT; None where there is no such time of day."""
    hour, minute, second = int(found["h"]), int(found["min"]), int(found["s"] or 0)
    if minute > 59 or second > 60 or hour > (12 if found["half"] else 23):
        return None
    if found["half"] is not None:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    rest = (found["f"] or "").strip("0")
    return DateFlag.MIDNIGHT if not (hour or minute or second or rest) else DateFlag.HAS_TIME


def _read_day(text: str, flags: int, declared: Declared) -> Day:
    found = _YEAR_FIRST.match(text)
    if found is not None:
        iso = _ISO.match(text) is not None
        return _alike(_date(found["y"], found["m"], found["d"]), flags | (0 if iso else DateFlag.NOT_ISO))
    flags |= DateFlag.NOT_ISO
    found = _SLASHES.match(text)
    if found is not None:
        return _read_slashes(found, flags, declared)
    found = _DOTS.match(text)
    if found is not None:
        return _alike(_sized(found["y"], found["m"], found["d"], declared), flags)
    for pattern in _NAMED:
        found = pattern.match(text)
        if found is not None:
            month = str(_MONTHS[found["name"].lower()])
            return _alike(_sized(found["y"], month, found["d"], declared), flags)
    if serial_date(text) is not None:
        return _refused(DateFlag.SERIAL)
    return _refused(DateFlag.NOT_A_DATE)


def _read_slashes(found: re.Match[str], flags: int, declared: Declared) -> Day:
    a, b, c = found["a"], found["b"], found["c"]
    if declared.date_order == "ymd":
        if len(c) == 4:
            return _refused(DateFlag.NOT_A_DATE)
        return _alike(_sized(a, b, c, declared), flags)
    dmy, mdy = _sized(c, b, a, declared), _sized(c, a, b, declared)
    if DateFlag.TWO_DIGIT_YEAR in (dmy, mdy):
        return _refused(DateFlag.TWO_DIGIT_YEAR)
    first, second = int(a), int(b)
    order = Order.NONE
    if 12 < first <= 31 and 1 <= second <= 12:
        order = Order.DMY
    elif 12 < second <= 31 and 1 <= first <= 12:
        order = Order.MDY
    elif dmy != mdy:
        order = Order.EITHER
    left, right = _alike(dmy, flags), _alike(mdy, flags)
    return Day(order, left.dmy, right.mdy, left.dmy_flags, right.mdy_flags)


def _sized(year: str, month: str, day: str, declared: Declared) -> date | DateFlag:
    if len(year) == 4:
        return _date(year, month, day)
    if not declared.two_digit_years:
        return DateFlag.TWO_DIGIT_YEAR
    return _date(str(_century(int(year))), month, day)


def _century(year: int) -> int:
    """POSIX: 00 to 68 are 20xx, 69 to 99 are 19xx."""
    return year + (2000 if year <= 68 else 1900)


def _date(year: str, month: str, day: str) -> date | DateFlag:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return DateFlag.IMPOSSIBLE


def _alike(value: date | DateFlag, flags: int) -> Day:
    if isinstance(value, DateFlag):
        return _refused(value)
    if not MIN_DATE <= value <= MAX_DATE:
        flags |= DateFlag.IMPLAUSIBLE
    return Day(Order.NONE, value, value, int(flags), int(flags))


def _refused(flag: DateFlag) -> Day:
    return Day(Order.NONE, None, None, int(flag), int(flag))


_DIRECTIVES = {
    "Y": "(?P<y>[0-9]{4})",
    "y": "(?P<yy>[0-9]{2})",
    "m": "(?P<m>[0-9]{2})",
    "d": "(?P<d>[0-9]{2})",
    "e": "(?P<d>[0-9]{1,2})",
    "b": _NAME,
    "B": _NAME,
    "H": "(?P<h>[0-9]{2})",
    "M": "(?P<min>[0-9]{2})",
    "S": "(?P<s>[0-9]{2})",
    "%": "%",
}
_formats: dict[tuple[str, bool], re.Pattern[str]] = {}


def compile_format(pattern: str, *, yearless: bool = False) -> re.Pattern[str]:
    """The regular expression of a declared date format; `yearless` where the year is known otherwise.

    Raises SettingsError where the pattern uses another directive than %Y %y %m %d %e %b %B %H %M %S,
    one of them twice, or lacks year, month or day. %e is a day of one or two digits.
    """
    known = _formats.get((pattern, yearless))
    if known is not None:
        return known
    out, seen = "", list[str]()
    pieces = re.split(r"%(.)", pattern, flags=re.DOTALL)
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            out += re.escape(piece)
        elif piece not in _DIRECTIVES:
            raise _format_error(pattern, f"'%{piece}' is not read")
        else:
            out += _DIRECTIVES[piece]
            seen += {"y": "Y", "b": "m", "B": "m", "e": "d", "%": ""}.get(piece, piece)
    needed = {"m", "d"} if yearless else {"Y", "m", "d"}
    if len(set(seen)) != len(seen) or not needed <= set(seen) or "%" in pieces[-1]:
        raise _format_error(pattern, "it needs year, month and day, each once")
    return _formats.setdefault((pattern, yearless), re.compile(f"^{out}$", _FLAGS))


def _year_within(month: str, day: str, declared: Declared) -> str:
    """The year in which a day without one falls inside the period that is known; "0" where none does."""
    assert declared.within is not None
    first, last = declared.within
    for year in range(first.year, last.year + 1):
        value = _date(str(year), month, day)
        if isinstance(value, date) and first <= value <= last:
            return str(year)
    return "0"


def _format_error(pattern: str, why: str) -> SettingsError:
    return SettingsError(
        f"the date format '{pattern}' cannot be used: {why}",
        help="write it with %Y (or %y), %m (or %b) and %d, e.g. %Y%m%d",
    )


def _from_format(found: re.Match[str], flags: int, declared: Declared) -> Day:
    parts = found.groupdict()
    month = parts["m"] if parts.get("m") else str(_MONTHS[parts["name"].lower()])
    if parts.get("y"):
        year = parts["y"]
    elif parts.get("yy"):
        year = str(_century(int(parts["yy"])))
    else:
        year = _year_within(month, parts["d"], declared)
    time = [int(parts[name]) for name in ("h", "min", "s") if parts.get(name)]
    if time:
        flags |= DateFlag.HAS_TIME if any(time) else DateFlag.MIDNIGHT
    if int(parts.get("h") or 0) > 23 or int(parts.get("min") or 0) > 59 or int(parts.get("s") or 0) > 60:
        return _refused(DateFlag.IMPOSSIBLE)
    return _alike(_date(year, month, parts["d"]), flags)
