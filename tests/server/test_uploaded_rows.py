"""What becomes of the rows of a file: loaded one by one, the others logged with their number."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from cgrev.layout import COLUMNS, HEADINGS

GOOD = "Acme,12000,2016-01-01,2016-12-31,ARR,note"
STORED = {"Data": {"data": 1}}
REFUSED = {"Data": False}


def only(box: Any) -> dict[str, Any]:
    (upload,) = box.uploads()
    return dict(upload)


def workbook(rows: list[list[Any]]) -> bytes:
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(stream)
    return stream.getvalue()


def xml(*records: list[str]) -> bytes:
    body = "".join(
        "<RECORD>" + "".join(f"<F{n}>{text}</F{n}>" for n, text in enumerate(record)) + "</RECORD>"
        for record in records
    )
    return f"<RECORDS>{body}</RECORDS>".encode()


def test_good_rows_are_loaded_and_the_others_logged(anywhere: Any) -> None:
    answer = anywhere.upload(
        [
            GOOD,
            ",1,2020-01-01,2020-01-31,MRR,blank name",
            'Acme,"1,234",2020-01-01,2020-01-31,MRR,separators',
            "Acme,12.50,2020-01-01,2020-01-31,MRR,decimals",
            "Acme,1,01/02/2020,2020-01-31,MRR,other date",
            "Acme,1,2020-02-30,2020-02-28,MRR,no such day",
            "Acme,1,2020-02-28,2020-02-01,MRR,end first",
            "Acme,1,2020-01-01,2020-01-31,Annual,other type",
            "ACME,12000,2016-01-01,2016-12-31,arr,note",
            "Zeta,5,2020-01-01,2020-01-31,one TIME,",
        ]
    )
    assert (answer.status_code, answer.json()) == (200, STORED)
    upload = only(anywhere.box)
    counts = [upload[name] for name in ("total_records", "successful_records", "unsuccessful_records")]
    assert counts == ["10", "2", "8"]
    assert upload["logs"] == [
        "Record 2: Account name is missing",
        "Record 3: Revenue amount is not a whole number without separators",
        "Record 4: Revenue amount is not a whole number without separators",
        "Record 5: Revenue start date is not a date written YYYY-MM-DD",
        "Record 6: Revenue start date is not a day of the calendar",
        "Record 7: Revenue end date is before Revenue start date",
        "Record 8: Revenue type is none of ARR, MRR, One Time and Other",
        "Record 9: Duplicate Record",
    ]
    assert {entry["account"]: entry["amount"] for entry in anywhere.box.booked()} == {
        "Acme": "1000.00",
        "Zeta": "5.00",
    }


@pytest.mark.parametrize(
    "first",
    [",".join(HEADINGS), ",".join(HEADINGS).upper(), ",".join(HEADINGS).lower(), ",".join(HEADINGS[::-1])],
)
def test_a_first_row_with_the_six_headings_is_a_header(caller: Any, first: str) -> None:
    assert caller.upload(f"{first}\n{GOOD}\n").json() == STORED
    assert only(caller.box)["total_records"] == "1"


def test_without_a_header_every_row_is_a_record(caller: Any) -> None:
    caller.upload(f"{GOOD}\nName,Amount,Start,End,Type,Description\n")
    upload = only(caller.box)
    assert upload["total_records"] == "2"
    assert upload["logs"] == ["Record 2: Revenue start date is not a date written YYYY-MM-DD"]


def test_rows_are_read_by_position(caller: Any) -> None:
    swapped = ",".join([*HEADINGS[1::-1], *HEADINGS[2:]])
    assert caller.upload(f"{swapped}\n7,Acme,2020-01-01,2020-01-31,MRR,\n").json() == REFUSED
    assert caller.upload(f"{swapped}\nAcme,7,2020-01-01,2020-01-31,MRR,\n").json() == STORED


@pytest.mark.parametrize(
    "row",
    [
        "A,9223372036854775808,2020-01-01,2020-01-31,MRR,",
        "A,-9223372036854775809,2020-01-01,2020-01-31,MRR,",
        "A,+7,2020-01-01,2020-01-31,MRR,",
        "A,1e3,2020-01-01,2020-01-31,MRR,",
        "A,١٢,2020-01-01,2020-01-31,MRR,",
        "A,,2020-01-01,2020-01-31,MRR,",
        "A,1,1969-12-31,2020-01-31,MRR,",
        "A,1,2020-01-01,2101-01-01,MRR,",
        "A,1,2020-01-01T00:00:00,2020-01-31,MRR,",
        "A,1,2020-01-01,2020-01-31,,",
        "A,1,2020-01-01,2020-01-31,MRR,x,seventh",
        f"{'n' * 256},1,2020-01-01,2020-01-31,MRR,",
        f"A,1,2020-01-01,2020-01-31,MRR,{'d' * 256}",
        'A,1,2020-01-01,2020-01-31,MRR,"line\nbreak"',
        '"A\tB",1,2020-01-01,2020-01-31,MRR,',
        "A,1",
    ],
)
def test_a_file_without_a_good_row_is_refused(shared: Any, row: str) -> None:
    assert shared.upload([row]).json() == REFUSED
    assert shared.box.uploads() == [] and shared.box.accounts() == []


def test_extremes_are_stored_exactly(anywhere: Any) -> None:
    rows = [
        "A,9223372036854775807,2020-01-01,2020-01-31,MRR,",
        "B,-9223372036854775808,2020-01-01,2020-01-31,MRR,",
        "C,0,1970-01-01,2100-12-31,One Time,",
        f"{'n' * 255},1,2020-01-01,2020-01-31,MRR,{'d' * 255}",
        "o,1,2100-12-31,2100-12-31,MRR",
    ]
    assert anywhere.upload(rows).json() == STORED
    assert [entry["amount"] for entry in anywhere.box.booked()] == [f"{row.split(',')[1]}.00" for row in rows]


def test_amounts_with_decimals_are_rounded_when_the_setting_says_so(start: Callable[..., Any]) -> None:
    caller = start(amounts="round")
    caller.upload([f"A,{text},2020-01-01,2020-01-31,MRR,{text}" for text in ("1.5", "2.49", "-0.5", "-1.5")])
    (entry,) = caller.box.booked()
    assert entry["amount"] == "1.00"  # 2 + 2 - 1 - 2


@pytest.mark.parametrize(
    ("setting", "text", "answer"),
    [
        ("either", GOOD, STORED),
        ("either", GOOD.replace(",", ";"), STORED),
        ("either", GOOD.replace(",", "\t"), REFUSED),
        (",", GOOD.replace(",", ";"), REFUSED),
        (";", GOOD.replace(",", ";"), STORED),
        (";", GOOD, REFUSED),
    ],
)
def test_delimiter_is_a_setting_of_the_tenant(
    start: Callable[..., Any], setting: str, text: str, answer: object
) -> None:
    caller = start(delimiter=setting)
    rows = f"{text}\n{text.replace('Acme', 'Other')}\n"
    assert caller.upload(rows).json() == answer


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.csv"),
        (b"\n\n\n", "blank.csv"),
        (",".join(HEADINGS).encode(), "header.csv"),
        (b'[{"Account name": "Acme"}]', "data.json"),
        (b'[{"Account name": "Acme"}]', "json.csv"),
        (GOOD.encode(), "no-extension"),
        (GOOD.encode(), "text.txt"),
        (GOOD.encode(), "not-a-workbook.xlsx"),
        (GOOD.encode(), "not-a-workbook.xls"),
        (GOOD.encode(), "not-markup.xml"),
        (b"PK\x03\x04 cut off", "broken.xlsx"),
        (b"PK\x03\x04 cut off", "broken.csv"),
        (GOOD.replace("Acme", "Cafe\u0301 \u00fc").encode("latin-1", "replace"), "latin.csv"),
        (GOOD.encode("utf-16"), "wide.csv"),
        (b"<RECORDS><RECORD><a>Acme</a></RECORD>", "cut-off.xml"),
        (b"<RECORDS/>", "none.xml"),
        (b'<!DOCTYPE r [<!ENTITY a "a">]><RECORDS><RECORD><a>&a;</a></RECORD></RECORDS>', "entities.xml"),
    ],
)
def test_bad_content_is_refused_as_a_whole(shared: Any, data: bytes, name: str) -> None:
    answer = shared.upload(data, name)
    assert (answer.status_code, answer.json()) == (200, REFUSED)
    assert shared.box.uploads() == []


def test_the_status_of_a_refusal_is_a_setting(start: Callable[..., Any]) -> None:
    caller = start(reject_status=400)
    answers = [caller.upload(b"no revenue"), caller.upload(b"no revenue", suffix=".xml")]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert (answers[0].json(), answers[1].text) == (REFUSED, "<Data>false</Data>")


def test_xml_children_are_read_by_position(caller: Any) -> None:
    data = xml(
        ["Acme &amp; Sons", "12000", "2016-01-01", "2016-12-31", "ARR", ""],
        ["Acme &amp; Sons", "1.5", "2016-01-01", "2016-12-31", "ARR", ""],
    )
    assert caller.upload(data, "revenue.xml").json() == STORED
    assert only(caller.box)["logs"][0].startswith("Record 2: Revenue amount")
    assert caller.box.accounts() == ["Acme & Sons"]


def test_xml_children_keep_their_place_whatever_their_names(caller: Any) -> None:
    names = [column.element for column in COLUMNS]
    swapped = [names[1], names[0], *names[2:]]
    values = ["Acme", "7", "2020-01-01", "2020-01-31", "MRR", "text"]
    record = "".join(f"<{name}>{value}</{name}>" for name, value in zip(swapped, values, strict=True))
    other = "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, values, strict=True))
    data = f"<RECORDS><RECORD>{record}</RECORD><RECORD>{other.replace('text', 'more')}</RECORD></RECORDS>"
    assert caller.upload(data, "revenue.xml").json() == STORED
    (entry,) = caller.box.booked("acme")
    assert entry["amount"] == "14.00"


def test_workbook_cells_of_their_own_types(caller: Any) -> None:
    from datetime import date, datetime

    rows: list[list[Any]] = [
        list(HEADINGS),
        ["Acme", 12000.0, date(2016, 1, 1), date(2016, 12, 31), "ARR", None],
        ["Acme", "500", "2016-01-01", "2016-01-31", "mrr", "text cells"],
        [None] * 6,
        ["Acme", 0.5, date(2016, 1, 1), date(2016, 12, 31), "ARR", "decimals"],
        ["Acme", 5, datetime(2016, 1, 1, 8, 30), date(2016, 12, 31), "ARR", "time of day"],
        ["Acme", 5, 42370, date(2016, 12, 31), "ARR", "serial number"],
        ["Acme", True, date(2016, 1, 1), date(2016, 12, 31), "ARR", "boolean"],
    ]
    assert caller.upload(workbook(rows), "revenue.xlsx").json() == STORED
    upload = only(caller.box)
    assert [entry.split(":")[0] for entry in upload["logs"]] == [f"Record {n}" for n in (3, 4, 5, 6)]
    assert upload["successful_records"] == "2"
    assert caller.box.booked(first="2016-01", last="2016-01") == [
        {"account": "Acme", "revenue_type": "ARR", "month": "2016-01", "amount": "1000.00"},
        {"account": "Acme", "revenue_type": "MRR", "month": "2016-01", "amount": "500.00"},
    ]


def test_formulas_without_a_value_are_no_amounts(caller: Any) -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Acme", 1, "2020-01-01", "2020-01-31", "MRR", ""])
        sheet.write_row(1, 0, ["Acme", "", "2020-01-01", "2020-01-31", "MRR", ""])
        sheet.write_formula(1, 1, "=1/0", value="#DIV/0!")
    assert caller.upload(stream.getvalue(), "revenue.xlsx").json() == STORED
    assert only(caller.box)["logs"] == ["Record 2: Revenue amount has no value"]


@pytest.mark.parametrize(("count", "answer"), [(1000, STORED), (1001, REFUSED)])
def test_a_thousand_records_are_taken_and_no_more(anywhere: Any, count: int, answer: object) -> None:
    rows = [f"Account {n},1,2020-01-01,2020-01-31,MRR," for n in range(count)]
    assert anywhere.upload(rows).json() == answer
    assert len(anywhere.box.accounts()) == (count if answer is STORED else 0)


@pytest.mark.parametrize(("extra", "answer"), [(0, STORED), (1, REFUSED)])
def test_two_mebibytes_are_taken_and_no_more(caller: Any, extra: int, answer: object) -> None:
    row = f"{GOOD}\n".encode()
    data = row + b"\n" * (2_097_152 + extra - len(row))
    assert caller.upload(data).json() == answer
    assert len(caller.box.uploads()) == (1 if answer is STORED else 0)


def test_uploads_add_up(anywhere: Any) -> None:
    for name in ("one.csv", "two.csv", "one.csv"):
        assert anywhere.upload([GOOD], name).json() == STORED
    assert {entry["amount"] for entry in anywhere.box.booked()} == {"3000.00"}
    overlapping = ["Acme,12000,2016-07-01,2017-06-30,ARR,note"]
    anywhere.upload(overlapping)
    amounts = {entry["month"]: entry["amount"] for entry in anywhere.box.booked()}
    assert (amounts["2016-06"], amounts["2016-07"], amounts["2017-01"]) == ("3000.00", "4000.00", "1000.00")


def test_the_same_file_can_be_refused(start: Callable[..., Any], database: str) -> None:
    caller = start(database=database, same_file="refuse")
    assert caller.upload([GOOD], "one.csv").json() == STORED
    again = caller.upload([GOOD], "renamed.csv")
    assert (again.status_code, again.json()["Error"]["Code"]) == (400, 400103)
    assert caller.upload([GOOD, "B,1,2020-01-01,2020-01-31,MRR,"], "one.csv").json() == STORED
    caller.delete(id=1)
    assert caller.upload([GOOD], "one.csv").json() == STORED


def test_duplicates_are_a_setting(start: Callable[..., Any], database: str) -> None:
    everywhere = start(database=database, duplicates="everywhere")
    everywhere.upload([GOOD])
    everywhere.upload([GOOD, GOOD.replace("note", "another")])
    logs = [upload["logs"] for upload in everywhere.box.uploads()]
    assert logs == [[], ["Record 1: Duplicate Record"]]
    all_loaded = start(duplicates="load")
    all_loaded.upload([GOOD, GOOD])
    assert only(all_loaded.box)["successful_records"] == "2"


def test_the_first_spelling_of_an_account_stays(anywhere: Any) -> None:
    anywhere.upload(["STRASSE GmbH,1,2020-01-01,2020-01-31,MRR,", "Straße gmbh,2,2020-01-01,2020-01-31,MRR,"])
    anywhere.upload(["strasse GMBH,4,2020-01-01,2020-01-31,MRR,", "Å,1,2020-01-01,2020-01-31,MRR,"])
    anywhere.upload(["A\u030a,1,2020-01-01,2020-01-31,MRR,", "å,8,2020-01-01,2020-01-31,MRR,"])
    totals = {entry["account"]: entry["amount"] for entry in anywhere.box.booked()}
    assert totals == {"STRASSE GmbH": "7.00", "Å": "10.00"}


def test_the_longest_names_fold_and_still_fit(anywhere: Any) -> None:
    name = "\ufdfa" * 255  # one character that folds to eighteen
    assert anywhere.upload([f"{name},1,2020-01-01,2020-01-31,MRR,"]).json() == STORED
    assert anywhere.box.accounts() == [name]


def test_text_that_looks_like_sql_or_markup_is_only_text(anywhere: Any) -> None:
    name = "Robert'); DROP TABLE sandbox_file;--"
    assert anywhere.upload([f'"{name}",1,2020-01-01,2020-01-31,MRR,<b>%_\\'], f"{name}.csv").json() == STORED
    assert anywhere.box.accounts() == [name]
    assert only(anywhere.box)["source_filename"] == f"{name}.csv"
