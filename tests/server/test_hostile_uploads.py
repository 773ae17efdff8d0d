"""Bodies, names and connections nobody should send: refused in words, nothing stored, the server lives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ROWS = b"Acme,12000,2016-01-01,2016-12-31,ARR,note\n"
TYPE = "multipart/form-data; boundary=line"


def part(data: bytes = ROWS, disposition: bytes = b'form-data; name="file"; filename="a.csv"') -> bytes:
    return b"--line\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + data + b"\r\n"


END = b"--line--\r\n"


def code(answer: Any) -> tuple[int, int]:
    return answer.status_code, answer.json()["Error"]["Code"]


@pytest.fixture(autouse=True)
def nothing_is_stored(shared: Any) -> Iterator[None]:
    yield
    assert shared.box.uploads() == []
    assert shared.list().status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"", TYPE, 300001),
        (END, TYPE, 300004),
        (part(disposition=b'form-data; name="file"') + END, TYPE, 300004),
        (part(disposition=b'form-data; name="file"; filename=""') + END, TYPE, 300004),
        (part(disposition=b"form-data; name=\"file\"; filename*=UTF-8''a.csv") + END, TYPE, 300004),
        (ROWS, "text/csv", 300004),
        (ROWS, "application/x-www-form-urlencoded", 300004),
        (ROWS, "", 300004),
        (part() + END, "multipart/form-data", 300004),
        (part() + END, "multipart/mixed; boundary=line", 300004),
        (part() + part() + END, TYPE, 300000),
        (part() + part(disposition=b'form-data; name="comment"') + END, TYPE, 300000),
        (part(disposition=b'form-data; name="Datei"; filename="a.csv"') + END, TYPE, 300000),
        (part(), TYPE, 300001),
        (part()[:-10], TYPE, 300001),
        (part() + b"--other--\r\n", TYPE, 300001),
        (part() + END, "multipart/form-data; boundary=other", 300001),
        (part() + END, f"multipart/form-data; boundary={'x' * 1000}", 300001),
        (part(disposition=b'attachment; name="file"; filename="a.csv"') + END, TYPE, 300001),
        (part(disposition=b'form-data; filename="a.csv"') + END, TYPE, 300001),
        (b"--line\r\n" + b"X-Flood: 1\r\n" * 1000 + b"\r\n" + ROWS + b"\r\n" + END, TYPE, 300001),
        (b"--line\r\nX-Long: " + b"1" * 100_000 + b"\r\n\r\n" + ROWS + b"\r\n" + END, TYPE, 300001),
        (b"--line\r\nContent-Disposition form-data\r\n\r\n" + ROWS + b"\r\n" + END, TYPE, 300001),
    ],
)
def test_bodies(shared: Any, body: bytes, content_type: str, expected: int) -> None:
    assert code(shared.post(body, content_type)) == (400, expected)


@pytest.mark.parametrize(
    "name",
    [
        b"a\x00.csv",
        b"a\n.csv",
        b"a\x1b[2J.csv",
        b"\xff\xfe.csv",
        b"n" * 300 + b".csv",
        b"..",
        b"x/..",
        b"a/",
        b" ",
    ],
)
def test_names_that_cannot_be_kept(shared: Any, name: bytes) -> None:
    body = part(disposition=b'form-data; name="file"; filename="' + name + b'"') + END
    assert code(shared.post(body, TYPE)) == (400, 300001)


def test_of_a_path_only_the_last_part_is_kept(start: Callable[..., Any]) -> None:
    caller = start()
    names = [b"../../etc/x.csv", rb"C:\\dir\\x.csv", rb"..\\..\\x.csv", b"/x.csv", "ü – 日本.csv".encode()]
    for name in names:
        body = part(disposition=b'form-data; name="file"; filename="' + name + b'"') + END
        assert caller.post(body, TYPE).json() == {"Data": {"data": 1}}
    kept = [upload["source_filename"] for upload in caller.box.uploads()]
    assert kept == ["x.csv", "x.csv", "x.csv", "x.csv", "ü – 日本.csv"]


def test_a_large_body_is_refused_unread(shared: Any, raw: Callable[..., bytes]) -> None:
    """Only the headers are sent: an answer proves that the body was not waited for."""
    head = (
        f"POST /v4.1/company/revenue_file_automate.json HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {shared.key['Authorization']}\r\nContent-Type: {TYPE}\r\n"
        f"Content-Length: 50000000000\r\nConnection: close\r\n\r\n"
    ).encode()
    answer = raw(shared.box.api_url, head)
    assert answer.startswith(b"HTTP/1.1 413 ") and b'"Code": 413' in answer


def test_a_body_without_a_length_is_counted(start: Callable[..., Any]) -> None:
    caller = start(max_bytes=10_000, max_body_bytes=20_000)
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--line\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(40):
            sent += 1
            yield b"x" * 1_000

    headers = {**caller.key, "Content-Type": TYPE}
    answer = caller.http.post("/v4.1/company/revenue_file_automate.xml", content=endless(), headers=headers)
    assert answer.status_code == 413 and answer.text.startswith("<Error><Message>")


def test_a_file_over_the_limit_in_a_body_below_it_is_refused_as_documented(start: Callable[..., Any]) -> None:
    caller = start(max_bytes=100, max_body_bytes=10_000)
    assert caller.upload(ROWS * 2).json() == {"Data": {"data": 1}}
    assert caller.upload(ROWS * 3).json() == {"Data": False}


def test_credentials_are_looked_at_before_the_body(shared: Any, raw: Callable[..., bytes]) -> None:
    head = (
        f"POST /v4.1/company/revenue_file_automate.json HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: {TYPE}\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n"
    ).encode()
    assert raw(shared.box.api_url, head).startswith(b"HTTP/1.1 401 ")


def test_a_slow_body_is_given_up(start: Callable[..., Any], raw: Callable[..., bytes]) -> None:
    caller = start(body_seconds=0.3)
    head = (
        f"POST /v4.1/company/revenue_file_automate.json HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {caller.key['Authorization']}\r\nContent-Type: {TYPE}\r\n"
        f"Content-Length: 1000\r\n\r\n"
    ).encode()
    started = time.monotonic()
    answer = raw(caller.box.api_url, head, b"--line\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ") and b"Code" in answer
    assert time.monotonic() - started < 5


def test_slow_headers_are_given_up(start: Callable[..., Any], raw: Callable[..., bytes]) -> None:
    caller = start(header_seconds=0.3)
    assert raw(caller.box.api_url, b"GET / HTTP/1.1\r\nHost: loc") == b""
    assert raw(caller.box.api_url) == b""
    assert caller.list().status_code == 200


@pytest.mark.parametrize(("count", "size"), [(150, 1), (20, 4_000)])
def test_a_flood_of_headers_is_refused(shared: Any, raw: Callable[..., bytes], count: int, size: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    flood = b"".join(b"X-%d: %s\r\n" % (n, b"v" * size) for n in range(count))
    assert raw(shared.box.api_url, head + flood + b"\r\n").startswith(b"HTTP/1.1 431 ")


def test_headers_without_end_are_refused(shared: Any, raw: Callable[..., bytes]) -> None:
    endless = (b"X-%d: %s\r\n" % (n, b"v" * 10_000) for n in range(8))
    answer = raw(shared.box.api_url, b"GET / HTTP/1.1\r\nHost: localhost\r\n", *endless)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


def test_a_client_that_hangs_up_leaves_nothing(shared: Any, raw: Callable[..., bytes]) -> None:
    import socket
    from urllib.parse import urlsplit

    body = part() + END
    head = (
        f"POST /v4.1/company/revenue_file_automate.json HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {shared.key['Authorization']}\r\nContent-Type: {TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    parts = urlsplit(shared.box.api_url)
    before = len(shared.box.log)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(head + body[:-1])
    deadline = time.monotonic() + 5
    while len(shared.box.log) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(shared.box.log) == before + 1


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "", "localhost.evil.example", "127.0.0.1.evil"]
)
def test_unknown_host_names_are_refused(shared: Any, raw: Callable[..., bytes], host: str) -> None:
    answer = raw(
        shared.box.api_url,
        f"GET /sandbox/booked HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode(),
    )
    assert answer.startswith(b"HTTP/1.1 400 ") and b"300001" in answer


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:8080", "localhost."])
def test_loopback_names_are_known(shared: Any, raw: Callable[..., bytes], host: str) -> None:
    head = f"GET /sandbox/booked HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert raw(shared.box.api_url, head.encode()).startswith(b"HTTP/1.1 200 ")


def test_log_lines_cannot_be_forged(shared: Any) -> None:
    shared.http.get("/x%0aPOST%20/forged%20200%200.001s")
    assert shared.box.log[-1].path == "/x?POST?/forged?200?0.001s"
