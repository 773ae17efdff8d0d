"""The list of uploads in all its forms, its pages, and when it proves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cgrev.errors import AuthenticationFailed, ServerRefused, ServerUnreachable
from cgrev.targets.batches import BatchFile
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.protocol import Listing, RemoteFile

ENTRY = {
    "id": "123",
    "status": "Processed",
    "source_filename": "march-0123456789ab-001-of-001.csv",
    "date_upload": "2018-10-13 11:56:48",
    "total_records": "3",
    "successful_records": 2,
    "unsuccessful_records": "1",
    "logs": ["Record 2: Duplicate Record"],
}
XML = b"""<?xml version="1.0"?><Data><file><id>123</id><status>Processed</status>
<source_filename>march-0123456789ab-001-of-001.csv</source_filename>
<date_upload>2018-10-13 11:56:48</date_upload><total_records>3</total_records>
<successful_records>2</successful_records><unsuccessful_records>1</unsuccessful_records>
<logs><log>Record 2: Duplicate Record</log></logs></file></Data>"""
READ = RemoteFile(
    id="123",
    name="march-0123456789ab-001-of-001.csv",
    status="Processed",
    uploaded="2018-10-13 11:56:48",
    total=3,
    successful=2,
    unsuccessful=1,
    logs=("Record 2: Duplicate Record",),
)


@pytest.mark.parametrize(
    "body",
    [
        {"Data": [ENTRY]},
        {"data": [ENTRY]},
        {"Data": ENTRY},
        [ENTRY],
        ENTRY,
        XML,
        XML.replace(b"<file>", b"").replace(b"</file>", b""),
        b"\xef\xbb\xbf" + json.dumps([ENTRY]).encode(),
    ],
    ids=["envelope", "lower", "one", "list", "bare", "xml", "xml-bare", "bom"],
)
def test_every_known_form_reads_the_same(body: Any, server: Any, target: FileApiTarget) -> None:
    server.script("list", {"status": 200, "body": body}, {"status": 200, "body": {"Data": []}})
    assert target.listing() == Listing((READ,))


@pytest.mark.parametrize("body", [{"Data": []}, [], b"<Data></Data>", b"<Data/>", {"Data": ""}], ids=str)
def test_an_empty_list_is_complete(body: Any, server: Any, target: FileApiTarget) -> None:
    server.script("list", {"status": 200, "body": body})
    assert target.listing() == Listing(())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>login</body></html>",
        b"{",
        {"Data": False},
        {"Error": {"Message": "no", "Code": 300001}},
        {"Data": [{"id": 1}]},
        {"Data": ["x"]},
        "text",
        5,
        b'<!DOCTYPE a [<!ENTITY b "c">]><Data>&b;</Data>',
        b"[" * 100_000,
    ],
    ids=lambda body: str(body)[:30],
)
def test_what_is_no_list_is_never_taken_for_an_empty_one(
    body: Any, server: Any, target: FileApiTarget
) -> None:
    server.script("list", {"status": 200, "body": body})
    with pytest.raises(ServerRefused) as caught:
        target.listing()
    assert "\n" not in caught.value.message


def _upload(target: FileApiTarget, make_batch: Callable[..., BatchFile], count: int) -> None:
    for number in range(count):
        target.send(make_batch(f"b{number}", 1))


@pytest.mark.parametrize("page", [1, 2, 3, 7])
def test_a_server_that_gives_short_pages_is_read_to_the_end(
    page: int, server: Any, target: FileApiTarget, make_batch: Callable[..., BatchFile]
) -> None:
    _upload(target, make_batch, 7)
    server.page_limit = page
    listing = target.listing()
    assert [file.id for file in listing.files] == ["1", "2", "3", "4", "5", "6", "7"]
    assert listing.complete


def test_a_server_that_ignores_the_start_does_not_loop(server: Any, target: FileApiTarget) -> None:
    server.script("list", *[{"status": 200, "body": [ENTRY]}] * 3)
    assert len(target.listing().files) == 1
    assert len(server.of("list")) == 2


def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(server: Any, target: FileApiTarget) -> None:
    server.script(
        "list",
        {"status": 200, "body": b"x" * 1_100_000},
        {"status": 200, "body": [ENTRY]},
        {"status": 200, "body": []},
    )
    assert len(target.listing().files) == 1
    assert [request.query["limit"] for request in server.of("list")] == ["1000", "100", "100"]


def test_the_day_is_given_as_documented(server: Any, target: FileApiTarget) -> None:
    target.listing(date(2026, 11, 23))
    assert server.of("list")[0].query == {"date_range_from": "2026-11-23", "start": "0", "limit": "1000"}


def test_a_read_is_repeated_after_trouble_and_given_up_at_last(server: Any, target: FileApiTarget) -> None:
    server.script("list", {"status": 500}, {"then": "reset"})
    assert target.listing() == Listing(())
    server.script("list", *[{"status": 500}] * 3)
    with pytest.raises(ServerRefused):
        target.listing()
    server.script("list", *[{"then": "reset"}] * 3)
    with pytest.raises(ServerUnreachable):
        target.listing()


def test_a_read_renews_its_token_once(server: Any, target: FileApiTarget) -> None:
    target.listing()
    server.expire_tokens()
    assert target.listing() == Listing(())
    server.script("list", {"status": 401}, {"status": 401})
    with pytest.raises(AuthenticationFailed):
        target.listing()


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ("march-0123456789ab-001-of-002.csv", True),
        ("uploads/march-0123456789ab-001-of-002.csv", True),
        ("17_march-0123456789ab-001-of-002.csv", True),
        ("MARCH-0123456789AB-001-of-002.CSV", True),
        ("march-0123456789ab-001-of-002.csv.processed", True),
        ("march-0123456789ab-001-of-0021.csv", False),
        ("emarch-0123456789ab-001-of-002.csv", False),
        ("march-0123456789ab-002-of-002.csv", False),
        ("march-0123456789ab-001-of-002-canary-ffffffffffff.csv", False),
        ("march.csv", False),
    ],
)
def test_a_file_is_found_by_its_whole_stem(listed: str, found: bool) -> None:
    assert RemoteFile("1", listed).is_named("march-0123456789ab-001-of-002.csv") is found


def test_a_hostile_listing_cannot_reach_the_terminal(server: Any, target: FileApiTarget) -> None:
    entry = {**ENTRY, "logs": ["\x1b[2J\x1b]0;gone\x07Record 1: bad\u202e"], "id": "1\n2"}
    server.script("list", {"status": 200, "body": [entry]})
    (file,) = target.listing().files
    assert file.logs[0].isprintable() and file.id.isprintable()


def test_delete_asks_once_by_id(server: Any, target: FileApiTarget) -> None:
    with pytest.raises(ServerRefused, match="not part of its API"):
        target.delete("12")
    (request,) = [request for request in server.requests if request.method == "DELETE"]
    assert request.path == "/v4.1/file.json" and request.query == {"id": "12"}
