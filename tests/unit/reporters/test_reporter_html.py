"""The HTML report: self-contained, safe with any cell, complete without script, small with many findings."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cgrev.findings import Finding, Severity
from cgrev.report import FileReport, Report, findings_frame
from cgrev.reporters import ReportOptions, render

Many = Callable[..., list[Finding]]
VOID = {"meta", "input", "br", "link", "img", "hr"}
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)


class Page(HTMLParser):
    """The elements of the page; fails on a tag that is not closed in order."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.held: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.held:
            self.held[tag].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.held:
            self.held[self.open[-1]][-1] += data
        else:
            self.words.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page(report: Report, options: ReportOptions | None = None) -> Page:
    rendered = render(report, "html", options or ReportOptions())
    assert isinstance(rendered, str)
    return Page(rendered)


def embedded(shown: Page) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(shown.held["script"][0])
    return content


def test_nothing_is_loaded_from_anywhere(report: Report, options: ReportOptions) -> None:
    shown = page(report, options)
    for name in ("link", "img", "iframe", "object", "embed", "base"):
        assert shown.all(name) == []
    for _, attributes in shown.tags:
        assert not {"src", "style", "onclick", "onload", "action", "srcdoc"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    for style in shown.held["style"]:
        assert "url(" not in style and "@import" not in style


def test_the_policy_allows_just_the_style_and_script_of_the_page(
    report: Report, options: ReportOptions
) -> None:
    shown = page(report, options)
    policy = next(
        meta["content"] or ""
        for meta in shown.all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind, held in (("script", shown.held["script"][1]), ("style", shown.held["style"][0])):
        digest = base64.b64encode(hashlib.sha256(held.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_no_cell_becomes_markup_or_ends_the_data(report: Report, options: ReportOptions) -> None:
    evil = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>\"'&"
    one = Finding(
        f"{evil}.csv", "CGR201", "n", Severity.ERROR, evil, evil, sheet=evil, row=2, column="Account name",
        source_column=evil, value=evil,
    )  # fmt: skip
    files = [
        *report.files,
        FileReport(f"{evil}.csv", status="findings", sheet=evil, reader=evil, converter=evil),
    ]
    shown = page(Report(files, findings_frame([one]), evil), options)
    assert len(shown.all("script")) == 2
    assert not set(shown.held["script"][0]) & set("<>&")
    assert shown.all("img") == []
    assert embedded(shown)["words"]["value"] == [evil]
    assert evil in shown.text


def test_it_tells_what_was_read_decided_and_reconciled(report: Report, options: ReportOptions) -> None:
    words = page(report, options).text
    for told in (
        "4 errors, 2 warnings, 1 info, 1 file refused",
        "5 rows read = 1 written + 3 rejected + 1 skipped",
        "source 1239.5 = written -7 + residual 0.5 + rejected 1246",
        "decimal mark: Revenue amount",
        "'1,234' in row 2",
        "total row",
        "CGR002 JSON is not read",
        "What to do: export CSV",
        "Reports a thing that is wrong. Because of that.",
        "1 info not listed (--show-info lists them)",
    ):
        assert told in words, told


def test_the_first_rows_are_shown_with_their_cells_marked(report: Report, options: ReportOptions) -> None:
    shown = page(report, options)
    marked = [attributes for attributes in shown.all("td") if "mark-" in (attributes.get("class") or "")]
    assert [attributes["class"] for attributes in marked] == [
        "value mark-error", "value mark-warning", "value mark-error", "value mark-error", "value mark-error",
    ]  # fmt: skip
    assert "Müller, Söhne" in shown.text  # the neighbour below the last row with a finding
    assert "(blank)" in shown.text


def test_the_list_is_there_without_script_and_complete_in_the_data(
    report: Report, options: ReportOptions
) -> None:
    shown = page(report, options)
    assert "CGR212 amount-with-separators" in shown.text
    data = embedded(shown)
    assert data["count"] == 6
    codes = [data["words"]["code"][place] for place in data["codes"]["code"]]
    assert sorted(codes) == ["CGR103", "CGR201", "CGR207", "CGR211", "CGR212", "CGR251"]
    assert data["row"][0] is None
    fixes = [None if place < 0 else data["words"]["fix_value"][place] for place in data["codes"]["fix_value"]]
    assert fixes.count("1234") == 1 and fixes.count(None) == 4


def test_it_can_be_used_with_keyboard_and_screen_reader(report: Report, options: ReportOptions) -> None:
    shown = page(report, options)
    assert shown.all("html")[0]["lang"] == "en"
    assert shown.all("a")[0] == {"class": "skip", "href": "#findings"}
    assert all("scope" in attributes for attributes in shown.all("th"))
    ids = [attributes["id"] for _, attributes in shown.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for section in shown.all("section"):
        assert section["aria-labelledby"] in ids
    for picture in shown.all("svg"):
        assert picture["role"] == "img" and picture["aria-labelledby"] in ids
    assert any(attributes.get("aria-live") == "polite" for attributes in shown.all("span"))
    assert len(shown.all("label")) == len(shown.all("input")) + len(shown.all("select"))
    assert any(meta.get("name") == "viewport" for meta in shown.all("meta"))


def test_many_findings_stay_small_and_what_is_left_out_is_said(
    make_many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cgrev.reporters.html.EMBEDDED", 1_000)
    report = Report([FileReport("in.csv", reader="csv")], findings_frame(make_many(1_500)), "1")
    rendered = render(report, "html")
    shown = Page(str(rendered))
    assert embedded(shown)["count"] == 1_000
    assert "this page holds the worst 1,000 of 1,500 findings" in shown.text
    assert "1,500 errors" in shown.text
    assert len(shown.all("tr")) < 300  # the other rows are made when they are looked at
    assert len(str(rendered)) < 100_000


def test_the_chart_tells_the_numbers_as_a_table_too(report: Report, options: ReportOptions) -> None:
    shown = page(report, options)
    (picture,) = shown.all("svg")
    assert (
        re.fullmatch(r"0 0 \d+ \d+", picture["viewBox"] or picture["viewbox"] or "")
        if "viewBox" in picture
        else True
    )
    assert "Findings of in.csv by column and row, 5 in rows 1 to 4" in shown.text
    assert "Revenue amount, row 2: 1, worst error" in shown.text
    assert "Numbers of the chart of in.csv" in shown.text


def test_a_clean_report_says_so() -> None:
    shown = page(Report([FileReport("in.csv", reader="csv")], findings_frame([]), "1"))
    assert "0 errors, 0 warnings, 0 infos" in shown.text
    assert "Nothing was found." in shown.text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_runs_the_page_and_lists_the_findings(
    report: Report, options: ReportOptions, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(str(render(report, "html", options)), "utf-8")
    assert CHROMIUM is not None
    quiet = [
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", *quiet]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()]
    dumped = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "1 to 6 of 6 findings (page 1 of 1)" in dumped
