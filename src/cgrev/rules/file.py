"""CGR0xx: the file itself. Most of these refuse the file; its other rules are then not evaluated."""

from __future__ import annotations

from cgrev.findings import Severity
from cgrev.rules.rule import GOOD, HEADER, Family, Rule, example


def _refusal(code: str, name: str, help: str, what: str, why: str, bad: str = "") -> Rule:
    return Rule(
        code,
        name,
        Severity.ERROR,
        Family.FILE,
        "",
        help,
        what,
        why,
        bad=bad,
        good=GOOD,
        blocking=True,
    )


RULES = (
    _refusal(
        "CGR001",
        "unreadable-file",
        "check the path and the permissions; open the file in its program and save it again",
        "Refuses a file that is missing, cannot be opened, or is a damaged workbook.",
        "Half of a workbook is worse than none: the missing rows would be booked as zero.",
    ),
    _refusal(
        "CGR002",
        "unsupported-type",
        "export the data as CSV, XLSX, XLS or XML",
        "Refuses content the server does not take, judged by its bytes and not by its name.",
        "The API accepts CSV, XLS(X) and XML; JSON is refused by its documentation.",
        bad='[{"Account name": "Acme Ltd", "Revenue amount": 12000}]',
    ),
    _refusal(
        "CGR003",
        "encrypted-file",
        "open the workbook with its password and save a copy without one",
        "Refuses a workbook that is protected by a password.",
        "Neither this tool nor the server can look inside.",
    ),
    _refusal(
        "CGR004",
        "unsafe-file",
        "export the file again; a limit that is too small for you is a setting",
        "Refuses entities and DTDs in XML, archives that expand too far, too deep or too large content.",
        "Such files exhaust memory or read other files; no revenue export needs them.",
        bad='<?xml version="1.0"?>\n<!DOCTYPE R [<!ENTITY a "x">]>\n<R><C><A>&a;</A></C></R>\n',
    ),
    _refusal(
        "CGR005",
        "undecidable-encoding",
        "save the file as UTF-8",
        "Refuses text whose encoding cannot be told, such as text with NUL bytes.",
        "A wrong guess changes account names, and the first spelling sent is the one displayed.",
        bad="Account name,Revenue amount\nAc\x00me,1\n",
    ),
    _refusal(
        "CGR006",
        "empty-file",
        "export the file again, with its rows",
        "Refuses a file without a single record.",
        "An empty file that is taken for good looks like a month without revenue.",
        bad=HEADER,
    ),
    Rule(
        "CGR007",
        "ragged-row",
        Severity.ERROR,
        Family.FILE,
        "the row has {found} cells where the header has {expected}",
        "put the cells back under their headings; a cell with the delimiter inside needs quotes",
        "Reports a row of delimited text with fewer or more cells than the header.",
        "The server reads by position: every cell behind the break lands in a wrong column.",
        bad=example("Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan", "Delta Inc,100,2024-01-01"),
        good=GOOD,
        blocking=True,
    ),
    Rule(
        "CGR008",
        "swallowed-lines",
        Severity.ERROR,
        Family.FILE,
        "a quoted cell holds lines that look like rows",
        "close the quote where the cell ends",
        "Reports a quoted cell that holds a line break next to what looks like further rows.",
        "A forgotten quote swallows rows: they would be missing from the upload without a word.",
        bad=example(
            'Acme Ltd,12000,2024-01-01,2024-12-31,ARR,"Gold plan',
            "Beta GmbH,500,2024-03-01,2024-03-31,One Time,Set-up",
            'Gamma SA,250,2024-01-01,2024-06-30,MRR,Basic"',
        ),
        good=GOOD,
        blocking=True,
    ),
    _refusal(
        "CGR009",
        "undecided-sheet",
        "name the sheet with --sheet",
        "Refuses a workbook with several sheets of data when none is chosen.",
        "Only you know which sheet is meant; the server would read the first.",
    ),
    Rule(
        "CGR010",
        "assumed-encoding",
        Severity.WARNING,
        Family.FILE,
        "the file is not UTF-8; it was read as Windows-1252",
        "save the file as UTF-8",
        "Warns when text is not UTF-8 and was read as Windows-1252, as Western spreadsheets write it.",
        "The server expects UTF-8: names with accents would be displayed wrongly.",
        good=GOOD,
    ),
)
