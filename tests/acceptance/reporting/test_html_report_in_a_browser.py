"""The HTML report in a real browser: searched by keyboard, sound by axe, quick with many findings.

Playwright drives the Chromium of the machine; a machine without either skips these tests by name.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cgrev.cli import main

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"
SMALL = HEADER + (
    'Acme Ltd,"1,234",2024-01-01,2024-12-31,ARR,gold\n'
    "Beta GmbH,12.5,01.02.2024,2024-12-31,arr,x\n"
    " Gamma  Inc,1000,2024-01-01,2023-12-31,Annual,\n"
    "=cmd|x,abc,2024-13-01,2024-12-31,MRR,y\n"
    ",100,2024-01-01,2024-12-31,One Time,z\n"
    "Short,1\n"
)
MANY = 100_000
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-sync", *quiet]
        )
        yield started
        started.close()


def report(folder: Path, text: str, *options: str) -> str:
    """The address of the page that the command line writes about a file."""
    source, page = folder / "revenue.csv", folder / "report.html"
    source.write_text(text, "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(source), "--output-format", "html", "--output-file", str(page), *options])
    assert ended.value.code == 1
    return page.as_uri()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    return report(tmp_path_factory.mktemp("small"), SMALL, "--show-info")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = (
        f"Account {place},twelve,2024-01-01,2024-12-31,Annual,text {place}\n" for place in range(MANY // 2)
    )
    return report(tmp_path_factory.mktemp("large"), HEADER + "".join(rows))


def opened(browser: Any, address: str, **context: Any) -> Any:
    """A page whose script has run; errors and requests to anywhere are collected on it."""
    page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context}).new_page()
    page.faults = []
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: page.faults.append(asked.url) if asked.url != address else None)
    page.goto(address)
    shown(page, "findings")
    return page


def shown(page: Any, words: str) -> None:
    """Wait until the line of counts says so; the page's policy lets no script of a test run in it."""
    playwright.expect(page.locator("#count")).to_contain_text(words)


def count(page: Any) -> str:
    return str(page.inner_text("#count"))


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.className"))


def tab_to(page: Any, name: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(80):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by Tab")


def severities(page: Any) -> set[str]:
    return set(page.locator("#rows tr td:first-child").all_inner_texts())


def test_the_page_is_searched_and_filtered_by_keyboard_alone(browser: Any, small: str) -> None:
    page = opened(browser, small)
    everything = count(page)
    page.keyboard.press("Tab")  # the first stop is the link past everything else
    page.keyboard.press("Enter")
    tab_to(page, "search")
    page.keyboard.type("abc")
    shown(page, "of 1 findings")
    assert page.locator("#rows tr").count() == 1
    assert "CGR211" in page.inner_text("#rows tr")
    tab_to(page, "clear")
    page.keyboard.press("Enter")
    assert count(page) == everything
    page.keyboard.press("Shift+Tab")  # back over File, Column and Rule to Severity
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    assert focused(page) == "severity"
    page.keyboard.press("w")
    playwright.expect(page.locator("#severity")).not_to_have_value("")
    assert severities(page) == {"warning"}
    assert page.faults == []
    page.context.close()


def test_a_rule_of_the_summary_leads_to_its_findings(browser: Any, small: str) -> None:
    page = opened(browser, small)
    page.focus("button[data-value=CGR232]")
    page.keyboard.press("Enter")
    assert focused(page) == "findings"
    assert page.locator("#rows tr").count() == 1
    row = page.inner_text("#rows tr")
    assert "01.02.2024" in row and "Fix: 2024-02-01" in row
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(browser: Any, small: str, scheme: str, width: int) -> None:
    page = opened(browser, small, color_scheme=scheme, viewport={"width": width, "height": 850})
    for closed in page.locator("details").all():
        closed.locator("> summary").click()
    found = axe.Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    page.context.close()


def test_a_phone_shows_the_page_without_scrolling_sideways(browser: Any, small: str) -> None:
    page = opened(browser, small, viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    narrow = page.locator("#rows td:not(:empty)").evaluate_all(
        "cells => cells.filter(cell => cell.getBoundingClientRect().width < 200).length"
    )
    assert narrow == 0
    page.context.close()


def test_a_hundred_thousand_findings_are_paged_and_searched(browser: Any, large: str) -> None:
    page = opened(browser, large)
    # the two beyond are about the file: more records and bytes than one upload holds
    assert count(page) == "1 to 100 of 100,002 findings (page 1 of 1,001)"
    assert page.locator("#rows tr").count() == 100
    page.fill("#search", f"Account {MANY // 2 - 1}")
    page.focus(".next")
    shown(page, "of 0 findings")
    page.fill("#search", str(MANY // 2 + 1))  # a row
    shown(page, "of 2 findings")
    page.fill("#search", "")
    shown(page, "100,002")
    page.focus(".next")
    page.keyboard.press("Enter")
    assert count(page).startswith("101 to 200 of 100,002")
    assert focused(page) == "next"
    assert page.faults == []
    page.context.close()


def test_the_first_findings_are_there_without_script(browser: Any, small: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(small)
    assert page.locator("#rows tr").count() > 5
    assert page.locator("#filters").is_hidden()
    assert page.locator(".pages").first.is_hidden()
    page.context.close()
