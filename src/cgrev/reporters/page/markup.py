"""Small pieces of HTML; every text goes through `escape`."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from cgrev.reporters import text


def escape(value: str) -> str:
    """Text for element content and quoted attributes; invisible characters are shown as escapes."""
    return html.escape(text.visible(value), quote=True)


def cell(value: str, kind: str = "", label: str = "") -> str:
    """A table cell holding a text."""
    look = f' class="{kind}"' if kind else ""
    named = f' data-label="{escape(label)}"' if label else ""
    return f"<td{look}{named}>{escape(value)}</td>"


def table(caption: str, heads: Sequence[str], rows: Iterable[str], kind: str = "") -> str:
    """A table of ready rows (`<tr>...</tr>`) that scrolls by itself where it is too wide."""
    look = f' class="{kind}"' if kind else ""
    top = "".join(
        f'<th scope="col"{" class=number" if head.startswith("#") else ""}>{escape(head.lstrip("#"))}</th>'
        for head in heads
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table{look}><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def facts(caption: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A two-column table of names and values."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="value">{escape(value)}</td></tr>'
        for name, value in pairs
    )
    return f'<table class="facts"><caption>{escape(caption)}</caption><tbody>{rows}</tbody></table>\n'
