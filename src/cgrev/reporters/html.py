"""One self-contained page: what was read and decided, where findings are, and a list to search.

Nothing is fetched: style and script are inside, and a content security policy with their digests forbids
everything else, so that no cell of a file can run or load anything. The list is kept as compact
columns and shown a page at a time; without script the first findings are there as plain HTML.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any

import polars as pl

from cgrev.report import Report
from cgrev.reporters import text
from cgrev.reporters.options import ReportOptions
from cgrev.reporters.page import sections
from cgrev.reporters.page.markup import escape

EMBEDDED = 200_000
"""Findings kept in the page; the counts are exact beyond, and the page says what it leaves out."""
_WORDS = (
    "path",
    "sheet",
    "column",
    "source_column",
    "value",
    "code",
    "name",
    "severity",
    "message",
    "help",
    "fix_value",
)


def pieces(report: Report, options: ReportOptions) -> Iterator[str]:
    style = _asset("report.css")
    script = _asset("report.js")
    listed = report.summary(show_info=options.show_info, max_findings=options.max_findings).listed
    cap = min(listed, EMBEDDED)
    listing = report.listing(show_info=options.show_info, max_findings=cap)
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = f"cgrev: {text.verdict(report)}"
    yield f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
"""
    yield from sections.head(report)
    yield "<main>\n"
    yield from sections.files(report)
    yield from sections.rules(report, options)
    yield from sections.columns(report)
    yield from sections.charts(report, listing)
    yield from sections.context(listing, options)
    remarks = list(text.left_out(report, options))
    if cap < listed:
        remarks.append(f"this page holds the worst {cap:,} of {listed:,} findings; the JSON report has all")
    yield from sections.findings(listing, remarks)
    yield "</main>\n"
    yield f'<script type="application/json" id="data">{_embedded(listing)}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _asset(name: str) -> str:
    return files("cgrev.reporters.page").joinpath(name).read_text("utf-8")


def _digest(content: str) -> str:
    return "sha256-" + b64encode(sha256(content.encode()).digest()).decode()


def _embedded(listing: pl.DataFrame) -> str:
    """The listing as columns of codes into lists of words, safe inside a script element."""
    words: dict[str, list[str]] = {}
    codes: dict[str, list[int]] = {}
    for name in _WORDS:
        words[name], codes[name] = _coded(listing[name])
    data: dict[str, Any] = {
        "count": listing.height,
        "words": words,
        "codes": codes,
        "row": listing["row"].to_list(),
        "safe": [int(bool(safe)) for safe in listing["fix_safe"]],
    }
    dumped = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # `<` must not end the element or open a comment; `>` and `&` go with it for older parsers.
    return dumped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _coded(values: pl.Series) -> tuple[list[str], list[int]]:
    known = values.drop_nulls().unique(maintain_order=True)
    places = pl.Series(range(known.len()), dtype=pl.Int32)
    if known.is_empty():
        return [], [-1] * values.len()
    coded = values.replace_strict(known, places, default=-1, return_dtype=pl.Int32).fill_null(-1)
    return [text.visible(word) for word in known.to_list()], coded.to_list()
