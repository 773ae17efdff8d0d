"""No link of a document leads nowhere, and the website is built from all pages."""

from __future__ import annotations

from pathlib import Path

import pytest

import website


def test_links_lead_somewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert website.main(["--check"]) == 0, capsys.readouterr().err


def test_site_holds_every_page(tmp_path: Path) -> None:
    count = website.build(tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) == count > 10
    front = (tmp_path / "index.html").read_text("utf-8")
    assert 'href="getting-started.html"' in front
    assert ".md" not in front.partition("<main>")[0]


def test_broken_links_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(website, "ROOT", tmp_path)
    (tmp_path / "there.md").write_text("# A heading\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[good](there.md#a-heading) [gone](gone.md)\n\n[wrong](there.md#no-heading)\n[out](https://example.com)\n",
        "utf-8",
    )
    assert list(website.broken(page)) == [
        "page.md:1: gone.md: no such file",
        "page.md:3: there.md#no-heading: no such heading",
    ]


def test_every_page_is_reached_from_the_front_page() -> None:
    front = website.DOCS / "README.md"
    reached, waiting = {front}, [front]
    while waiting:
        page = waiting.pop()
        for _, target in website.links(page):
            goal = (page.parent / target.partition("#")[0]).resolve()
            if (
                goal.suffix == ".md"
                and goal.is_relative_to(website.DOCS)
                and goal.exists()
                and goal not in reached
            ):
                reached.add(goal)
                waiting.append(goal)
    assert set(website.DOCS.rglob("*.md")) - reached == set()
