"""CGR1xx: the columns and their headings. The server reads by position."""

from __future__ import annotations

from cgrev.findings import Severity
from cgrev.rules.rule import GOOD, HEADER, Family, Rule

_ROW = "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan\n"

MISSING_COLUMN = Rule(
    "CGR101",
    "missing-column",
    Severity.ERROR,
    Family.LAYOUT,
    "the column is missing",
    "add the column; Description may be blank but must be there",
    "Reports a column of the layout that no heading names.",
    "The server reads six columns by position; with one missing, all behind it shift.",
    bad="Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type\n"
    "Acme Ltd,12000,2024-01-01,2024-12-31,ARR\n",
    good=GOOD,
    blocking=True,
)
EXTRA_COLUMN = Rule(
    "CGR102",
    "extra-column",
    Severity.ERROR,
    Family.LAYOUT,
    "the layout has no such column",
    "remove the column, or use `cgrev convert`, which leaves it out",
    "Reports a column that is not part of the layout.",
    "The server reads by position and knows six columns.",
    bad="Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description,Owner\n"
    "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan,Jo\n",
    good=GOOD,
    in_convert=Severity.INFO,
)
WRONG_ORDER = Rule(
    "CGR103",
    "wrong-column-order",
    Severity.ERROR,
    Family.LAYOUT,
    "the columns stand in another order",
    "put them in the order of the layout, or use `cgrev convert --from canonical`, which does",
    "Reports columns that stand in another order than the layout's.",
    'The order is fixed, "even for XML": an amount in the place of a name is booked wrongly or refused.',
    bad="Revenue amount,Account name,Revenue start date,Revenue end date,Revenue type,Description\n"
    "12000,Acme Ltd,2024-01-01,2024-12-31,ARR,Gold plan\n",
    good=GOOD,
    in_convert="off",
)
DUPLICATE_HEADING = Rule(
    "CGR104",
    "duplicate-heading",
    Severity.ERROR,
    Family.LAYOUT,
    "several columns have this heading",
    "keep one of them",
    "Reports a heading of the layout that stands more than once.",
    "Nobody can tell which of the two amounts is the one to book.",
    bad=HEADER.replace("\n", ",Revenue amount\n")
    + "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan,11000\n",
    good=GOOD,
    blocking=True,
)
RESPELT_HEADING = Rule(
    "CGR105",
    "respelt-heading",
    Severity.WARNING,
    Family.LAYOUT,
    "the heading is spelt otherwise",
    "write the heading as in the layout",
    "Warns about a heading that is recognised but not spelt as the layout has it.",
    "The server reads by position, yet people and the next tool compare headings.",
    bad="ACCOUNT NAME,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n" + _ROW,
    good=GOOD,
    in_convert="off",
    fix="safe",
)
NO_HEADER = Rule(
    "CGR106",
    "no-header-row",
    Severity.WARNING,
    Family.LAYOUT,
    "the file has no header row; the columns were read by position",
    "add the header row of the layout",
    "Warns when no row carries the headings, so that the columns are read by position.",
    "Whether the server takes the first row for a header is not documented: a first record may be lost.",
    bad=_ROW,
    good=GOOD,
    in_convert=Severity.WARNING,
)
RULES = (MISSING_COLUMN, EXTRA_COLUMN, WRONG_ORDER, DUPLICATE_HEADING, RESPELT_HEADING, NO_HEADER)
