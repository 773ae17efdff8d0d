"""The booked months as JSON, and the page: exact, escaped, closed in itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

NAMES = "<script>alert(1)</script>\"&'"


class Page(HTMLParser):
    """Tags with their attributes, and the text of table cells row by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self._cell = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data


def booked(caller: Any, **query: str) -> Any:
    answer = caller.http.get(
        "/sandbox/booked", params={name.rstrip("_"): text for name, text in query.items()}
    )
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture
def filled(anywhere: Any) -> Any:
    anywhere.upload(
        [
            "Acme,12000,2016-01-01,2016-12-31,ARR,",
            "Acme,12000,2016-01-01,2016-12-31,MRR,",
            "Beta,12000,2016-01-01,2016-06-30,Other,",
            "Beta,100,2016-02-15,2016-05-15,Other,thirds of a cent",
            "Gamma,-500,2016-03-31,2017-03-31,One Time,",
        ]
    )
    return anywhere


def test_the_documented_examples(filled: Any) -> None:
    entries = booked(filled)
    sums: dict[tuple[str, str], float] = {}
    for entry in entries:
        key = (entry["account"], entry["revenue_type"])
        sums[key] = sums.get(key, 0) + int(entry["amount"].replace(".", ""))
    assert sums == {
        ("Acme", "ARR"): 12_000_00,
        ("Acme", "MRR"): 144_000_00,
        ("Beta", "Other"): 12_100_00,
        ("Gamma", "One Time"): -500_00,
    }
    assert {entry["amount"] for entry in entries if entry["revenue_type"] == "ARR"} == {"1000.00"}


def test_filters(filled: Any) -> None:
    beta = [{"account": "Beta", "revenue_type": "Other", "month": f"2016-0{n}"} for n in range(1, 7)]
    amounts = ["2000.00", "2025.00", "2025.00", "2025.00", "2025.00", "2000.00"]
    assert booked(filled, account="BETA") == [
        {**entry, "amount": amount} for entry, amount in zip(beta, amounts, strict=True)
    ]
    assert {entry["month"] for entry in booked(filled, from_="2016-06", to="2016-07")} == {
        "2016-06",
        "2016-07",
    }
    assert booked(filled, account="nobody") == [] and booked(filled, from_="2020-01") == []
    assert booked(filled, from_="2016-07", to="2016-06") == []
    assert filled.box.booked("beta", "2016-06") == booked(filled, account="Beta", from_="2016-06")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("month=2016-01", 300000),
        ("from=2016", 300001),
        ("from=2016-13", 300001),
        ("account=%00", 300001),
        ("account=" + "x" * 1001, 300001),
    ],
)
def test_bad_filters(shared: Any, query: str, code: int) -> None:
    for path in ("/sandbox/booked", "/"):
        answer = shared.http.get(f"{path}?{query.replace('account', 'search') if path == '/' else query}")
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, code)


def test_many_accounts_are_all_there(caller: Any) -> None:
    caller.upload([f"Account {n:03},{n},2020-01-01,2020-02-29,MRR," for n in range(250)])
    entries = booked(caller)
    assert [entry["account"] for entry in entries[::2]] == [f"Account {n:03}" for n in range(250)]
    assert [entry["amount"] for entry in entries[1::2]] == [f"{n}.00" for n in range(250)]


def test_the_page_shows_accounts_by_months(filled: Any) -> None:
    page = Page(filled.http.get("/?to=2016-03").text)
    assert page.rows[0] == ["Account", "Type", "2016-01", "2016-02", "2016-03", "Total"]
    assert page.rows[3] == ["Beta", "Other", "2,000.00", "2,025.00", "2,025.00", "6,050.00"]
    assert page.rows[4] == ["Gamma", "One Time", "0.00", "0.00", "-500.00", "-500.00"]
    found = Page(filled.http.get("/?search=ACM").text)
    assert [row[0] for row in found.rows[1:3]] == ["Acme", "Acme"]


def test_the_page_without_anything(shared: Any) -> None:
    text = shared.http.get("/").text
    assert "Nothing is booked yet" in text and "No file has been uploaded yet" in text
    assert "Nothing is booked for this choice" in shared.http.get("/?search=x").text


def test_the_page_escapes_everything(anywhere: Any) -> None:
    quoted = NAMES.replace('"', '""')
    anywhere.upload([f'"{quoted}",1,2020-01-01,2020-01-31,MRR,"{quoted}"', "x"], "<img onload=x>&.csv")
    answer = anywhere.http.get("/", params={"search": NAMES})
    page = Page(answer.text)
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert [row[0] for row in page.rows] == ["Account", NAMES, "File", "<img onload=x>&.csv"]
    assert ("input", NAMES) in [(tag, attributes.get("value")) for tag, attributes in page.tags]


def test_wild_cards_of_the_database_are_plain_text(anywhere: Any) -> None:
    anywhere.upload(
        [f"{name},1,2020-01-01,2020-01-31,MRR," for name in ("100% Ltd", "100 Ltd", "a_b", "aXb")]
    )
    for search, found in (("0%", ["100% Ltd"]), ("a_b", ["a_b"]), ("%", ["100% Ltd"]), ("_", ["a_b"])):
        page = Page(anywhere.http.get("/", params={"search": search}).text)
        assert [row[0] for row in page.rows if row[1:2] == ["MRR"]] == found


def test_nothing_is_loaded_or_run(filled: Any) -> None:
    answer = filled.http.get("/")
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"style-src 'nonce-([^']+)'", policy)
    assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
    page = Page(answer.text)
    assert nonce is not None and ("style", {"nonce": nonce[1]}) in page.tags
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "img", "iframe", "object")]
    assert not [attributes for _, attributes in page.tags if "style" in attributes or "src" in attributes]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not re.search(r"url\(|@import|https?://", answer.text)
    assert filled.http.get("/").headers["Content-Security-Policy"] != policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_can_be_used_without_seeing_it(filled: Any) -> None:
    page = Page(filled.http.get("/").text)
    tags = [tag for tag, _ in page.tags]
    assert dict(page.tags)["html"] == {"lang": "en"} and tags.count("h1") == 1 and "main" in tags
    assert tags.count("input") == tags.count("label") == 3
    assert tags.count("caption") == tags.count("table") == 2
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")
    assert "prefers-color-scheme: dark" in filled.http.get("/").text


def test_pages_of_accounts(caller: Any) -> None:
    caller.upload([f"Account {n:03},1,2020-01-01,2020-01-31,MRR," for n in range(120)])
    seen: list[str] = []
    query: str | None = "/?search=account"
    while query is not None:
        page = Page(caller.http.get(query).text)
        seen += [row[0] for row in page.rows if row[1:2] == ["MRR"]]
        query = next((f"/{a['href']}" for tag, a in page.tags if tag == "a" and a.get("rel") == "next"), None)
    assert seen == [f"Account {n:03}" for n in range(120)]
    assert "Nothing is booked" in caller.http.get("/?page=9").text


def test_years_of_months_are_cut_with_a_word(caller: Any) -> None:
    caller.upload(["Acme,1,1970-01-01,2100-12-31,MRR,"])
    page = caller.http.get("/")
    assert "Later months are booked too" in page.text and len(Page(page.text).rows[0]) == 3 + 24
    assert len(Page(caller.http.get("/?to=2100-12").text).rows[0]) == 3 + 60
    assert len(booked(caller)) == 131 * 12


def test_long_logs_are_cut_on_the_page(caller: Any) -> None:
    caller.upload(["Acme,1,2020-01-01,2020-01-31,MRR,", *["Acme,x,2020-01-01,2020-01-31,MRR,"] * 150])
    text = caller.http.get("/").text
    assert "and 50 more" in text and text.count("<li>") == 101
    assert len(caller.list().json()["Data"][0]["logs"]) == 150


def test_pages_can_be_guarded(start: Callable[..., Any]) -> None:
    caller = start(preview_login=True)
    for path in ("/", "/sandbox/booked"):
        closed = caller.http.get(path)
        assert closed.status_code == 401 and closed.headers["WWW-Authenticate"].startswith("Basic ")
        assert caller.http.get(path, auth=(caller.box.client_id, "wrong")).status_code == 401
        assert caller.http.get(path, auth=(caller.box.client_id, caller.box.client_secret)).status_code == 200
        assert caller.http.get(path, headers=caller.key).status_code == 200
