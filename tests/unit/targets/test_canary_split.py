"""A batch and its first record: both files together say what the one said, and no row is in both."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from cgrev.targets.batches import canary_parts, plain_file
from cgrev.targets.canary import CannotSplit, split_first

HEAD = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description"
ROWS = [
    'Acme,100,2026-01-01,2026-12-31,ARR,"two\nlines, and ""quotes"""',
    "Beta,-5,2026-01-01,2026-12-31,MRR,",
    '"Gamma, Ltd",7,2026-01-01,2026-12-31,Other,é',
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_csv_is_cut_between_records(end: str, mark: str, last: bool, delimiter: str) -> None:
    rows = [row.replace(",", delimiter) for row in ROWS]
    head = mark + HEAD.replace(",", delimiter)
    text = end.join([head, *rows]) + (end if last else "")
    canary, rest = (part.decode() for part in split_first(text.encode(), ".csv"))
    assert canary == head + end + rows[0] + end
    assert rest == head + end + end.join(rows[1:]) + (end if last else "")
    read = [list(csv.reader(io.StringIO(part, newline=""), delimiter=delimiter)) for part in (canary, rest)]
    whole = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert read[0][1:] + read[1][1:] == whole[1:]


XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<RECORDS>\n'
    "  <RECORD><ACCOUNT_NAME>Acmé &gt; &amp; Co</ACCOUNT_NAME></RECORD>\n"
    "  <RECORD><ACCOUNT_NAME>Beta</ACCOUNT_NAME></RECORD>\n  <RECORD/>\n</RECORDS>\n"
)


def test_xml_is_cut_between_elements() -> None:
    canary, rest = (part.decode() for part in split_first(XML.encode(), ".xml"))
    assert canary.count("<RECORD>") == 1 and "Acmé" in canary and "Beta" not in canary
    assert rest.count("<RECORD") == 3 and "Acmé" not in rest and "Beta" in rest  # RECORDS counts as one
    assert canary.endswith("\n</RECORDS>\n") and rest.endswith("\n</RECORDS>\n")


@pytest.mark.parametrize(
    ("raw", "suffix", "says"),
    [
        (f"{HEAD}\n{ROWS[1]}\n".encode(), ".csv", "fewer than two"),
        (b"", ".csv", "fewer than two"),
        (f"{ROWS[1]}\n{ROWS[2]}\n{ROWS[1]}\n".encode(), ".csv", "not the header"),
        (f"{HEAD}\n{ROWS[1]}\n{ROWS[2]}\n".encode("utf-16"), ".csv", "not in UTF-8"),
        (b"<RECORDS><RECORD/></RECORDS>", ".xml", "fewer than two"),
        (b"<RECORDS><RECORD/>", ".xml", "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><R><r/><r/></R>', ".xml", "entities"),
        (XML.encode("utf-16"), ".xml", "not in UTF-8"),
        (b"PK\x03\x04", ".xlsx", "cannot be taken from a '.xlsx'"),
    ],
)
def test_what_cannot_be_cut_is_one_clear_line(raw: bytes, suffix: str, says: str) -> None:
    with pytest.raises(CannotSplit) as caught:
        split_first(raw, suffix)
    assert says in caught.value.message and caught.value.help


def test_parts_carry_names_digests_counts_and_money_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "march-0123456789ab-001-of-002.csv"
    path.write_text("\n".join([HEAD, *ROWS]) + "\n", encoding="utf-8")
    whole = plain_file(path, records=3, total=102)
    canary, rest = canary_parts(whole)
    assert (canary.records, rest.records) == (1, 2)
    assert (canary.total, rest.total) == (100, 2)
    assert canary.size == len(canary.content()) and rest.size == len(rest.content())
    assert canary.sha256[:12] in canary.name and rest.sha256[:12] in rest.name
    assert len({whole.sha256, canary.sha256, rest.sha256}) == 3
    assert canary_parts(whole) == (canary, rest), "the same again, so that a later run can go on"


def test_a_count_that_does_not_fit_stops_it(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\n".join([HEAD, *ROWS]) + "\n", encoding="utf-8")
    with pytest.raises(CannotSplit, match="holds 3 records, not 4"):
        canary_parts(plain_file(path, records=4))
