"""The list of uploads with its parameters, deleting, and the error envelope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from defusedxml import ElementTree

DAY = 86_400.0
ROW = "Acme,12000,2016-01-01,2016-12-31,ARR,note"


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def three(start: Callable[..., Any], database: str) -> Any:
    """Three uploads on three days: 2026-03-01 at 23:59:59, 2026-03-02 at 00:00:00, 2026-03-03."""
    clock = Clock(1_772_409_599.0)
    caller = start(database=database, clock=clock)
    caller.upload([ROW], "one.csv")
    clock.now += 1
    caller.upload([ROW, ROW], "two.csv")
    clock.now += DAY
    caller.upload([ROW], "three.csv")
    return caller


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [entry["source_filename"].removesuffix(".csv") for entry in answer.json()["Data"]]


def test_an_entry_is_as_documented(three: Any) -> None:
    assert three.list(id=2).json() == {
        "Data": [
            {
                "id": "2",
                "status": "Processed",
                "source_filename": "two.csv",
                "date_upload": "2026-03-02 00:00:00",
                "total_records": "2",
                "successful_records": "1",
                "unsuccessful_records": "1",
                "logs": ["Record 2: Duplicate Record"],
            }
        ]
    }


def test_parameters_choose(three: Any) -> None:
    cases: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["one", "two", "three"]),
        ({"id": "3"}, ["three"]),
        ({"id": "99"}, []),
        ({"date_range_from": "2026-03-02"}, ["two", "three"]),
        ({"date_range_to": "2026-03-01"}, ["one"]),
        ({"date_range_from": "2026-03-02", "date_range_to": "2026-03-02"}, ["two"]),
        ({"date_range_from": "2026-03-03", "date_range_to": "2026-03-01"}, []),
        ({"start": "1"}, ["two", "three"]),
        ({"limit": "2"}, ["one", "two"]),
        ({"start": "1", "limit": "1"}, ["two"]),
        ({"start": "3"}, []),
        ({"limit": "1000"}, ["one", "two", "three"]),
    ]
    for query, expected in cases:
        assert names(three.list(**query)) == expected, query


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("colour=red", 300000),
        ("id=1&id=2", 300000),
        ("ID=1", 300000),
        ("id=", 300001),
        ("id=x", 300001),
        ("id=-1", 300001),
        ("id=1.0", 300001),
        ("id=%D9%A1", 300001),
        ("id=1%00", 300001),
        ("id=9999999999999999999999", 300001),
        ("limit=0", 300001),
        ("limit=1001", 300001),
        ("start=-1", 300001),
        ("date_range_from=2026-02-30", 300001),
        ("date_range_from=20260201", 300001),
        ("date_range_to=01-02-2026", 300001),
        ("id=%FF", 300001),
        ("id=1'%20OR%20'1'='1", 300001),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".xml", ""])
def test_bad_parameters_are_told_by_code(shared: Any, query: str, code: int, suffix: str) -> None:
    answer = shared.http.get(f"/v4.1/file/company-revenue{suffix}?{query}", headers=shared.key)
    assert answer.status_code == 400
    if suffix == ".xml":
        error = ElementTree.fromstring(answer.text)
        assert (error.tag, error.findtext("Code")) == ("Error", str(code))
    else:
        assert answer.json()["Error"]["Code"] == code


def test_the_list_in_xml(three: Any) -> None:
    three.upload([ROW], "a&b <c>.csv")
    answer = three.list(".xml")
    assert answer.headers["content-type"].startswith("application/xml")
    files = ElementTree.fromstring(answer.text).findall("File")
    assert [file.findtext("source_filename") for file in files][-1] == "a&b <c>.csv"
    assert [log.text for log in files[1].iter("log")] == ["Record 2: Duplicate Record"]


def test_delete_removes_a_file_and_its_revenue_and_keeps_accounts(three: Any) -> None:
    assert three.delete(id=1).json() == {"Data": {"data": 1}}
    assert {entry["amount"] for entry in three.box.booked()} == {"2000.00"}
    assert three.delete(".xml", id=2).text == "<Data><data>1</data></Data>"
    three.delete(id=3)
    assert (three.box.uploads(), three.box.booked(), three.box.accounts()) == ([], [], ["Acme"])
    three.upload(["ACME,1,2020-01-01,2020-01-31,MRR,"], "four.csv")
    assert [upload["id"] for upload in three.box.uploads()] == ["4"]
    assert three.box.accounts() == ["Acme"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, 300004),
        ("?id=99", 404, 400200),
        ("?id=x", 400, 300001),
        ("?id=1&force=1", 400, 300000),
    ],
)
def test_delete_says_what_is_wrong(shared: Any, query: str, status: int, code: int) -> None:
    answer = shared.http.delete(f"/v4.1/file.json{query}", headers=shared.key)
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (status, code)


@pytest.mark.parametrize(
    "path", ["/v4.1/unknown", "/v4.2/file.json", "/v4.1/file.json/", "/v4.1/file.yaml", "//"]
)
def test_unknown_modules(shared: Any, path: str) -> None:
    answer = shared.http.get(shared.box.api_url + path)
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (404, 300002)


def test_unknown_module_in_xml(shared: Any) -> None:
    answer = shared.http.get("/v4.1/nothing.xml")
    assert answer.text.startswith("<Error><Message>") and answer.text.endswith("<Code>300002</Code></Error>")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v4.1/company/revenue_file_automate.json", "POST"),
        ("PUT", "/v4.1/company/revenue_file_automate.xml", "POST"),
        ("POST", "/v4.1/file/company-revenue.json", "GET"),
        ("GET", "/v4.1/file.json", "DELETE"),
        ("GET", "/oauth2/token", "POST"),
        ("TRACE", "/", "GET"),
    ],
)
def test_unknown_methods_name_the_known_ones(shared: Any, method: str, path: str, allowed: str) -> None:
    answer = shared.http.request(method, path)
    assert answer.status_code == 405 and allowed in answer.headers["Allow"]
    assert "300003" in answer.text


def test_the_path_without_suffix_answers_json(caller: Any) -> None:
    assert caller.upload([ROW], suffix="").json() == {"Data": {"data": 1}}
    assert names(caller.list("")) == ["revenue"]
    assert caller.delete("", id=1).json() == {"Data": {"data": 1}}
