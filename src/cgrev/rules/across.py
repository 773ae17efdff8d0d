"""CGR4xx: rows of one file (or of all files of one run) against each other.

How they are found is in `cgrev.across`: each states its key, so that it works by hash bucket.
"""

from __future__ import annotations

from cgrev.findings import Severity
from cgrev.rules.rule import GOOD, Family, Rule, example

DUPLICATE_ROW = Rule(
    "CGR401",
    "duplicate-row",
    Severity.ERROR,
    Family.ACROSS,
    "the row is the same as row {first}",
    "remove the row, or make the records distinct if both are meant",
    "Reports a row that is equal to an earlier one in all six columns. The first stands.",
    "Revenue that stands twice is booked twice.",
    bad=example(
        "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan",
        "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan",
    ),
    good=GOOD,
)
ACCOUNT_SPELLINGS = Rule(
    "CGR402",
    "account-spelt-in-several-ways",
    Severity.WARNING,
    Family.ACROSS,
    "the account is first spelt '{first_text}' (row {first}); the server shows the first spelling",
    "use one spelling",
    "Warns about a later spelling of an account that differs only in letter case or width.",
    "The server takes them for one account and shows the first spelling for ever.",
    bad=example(
        "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan",
        "ACME LTD,500,2025-01-01,2025-12-31,ARR,Gold plan",
    ),
    good=GOOD,
    fix="safe",
)
OVERLAPPING_PERIODS = Rule(
    "CGR403",
    "overlapping-periods",
    Severity.WARNING,
    Family.ACROSS,
    "the period overlaps that of row {first}, same account and type",
    "check that both are meant: overlapping amounts add up",
    "Warns when two records of one account and type share days.",
    "A renewal exported next to the contract it replaces doubles the revenue of the shared months.",
    bad=example(
        "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan",
        "Acme Ltd,6000,2024-07-01,2025-06-30,ARR,Silver plan",
    ),
    good=GOOD,
)
NEAR_MISS_ACCOUNT = Rule(
    "CGR404",
    "near-miss-account",
    Severity.WARNING,
    Family.ACROSS,
    "the account is not known, and is {score} of 100 like the known account '{near}'",
    "write the known name; if it is another account, add it to the list of known ones",
    "Warns about an account that is not known and nearly spelt like one that is. Off without known accounts "
    "(setting `accounts`).",
    "The server creates every account it does not know: a typing error splits a customer in two.",
    fix="unsafe",
)
NEW_ACCOUNT = Rule(
    "CGR405",
    "new-account",
    Severity.INFO,
    Family.ACROSS,
    "the account is new: no known account is like it",
    "nothing is to be done if the account is meant to be created",
    "Tells of an account that is not known, once for each. Off without known accounts (setting `accounts`).",
    "An upload creates it; a list of new accounts is a list to be looked through.",
)
RULES = (DUPLICATE_ROW, ACCOUNT_SPELLINGS, OVERLAPPING_PERIODS, NEAR_MISS_ACCOUNT, NEW_ACCOUNT)
