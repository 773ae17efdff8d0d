"""One self-contained page: style inside, nothing fetched, nothing run.

A content security policy with the style's digest forbids everything else, so no text of a file can load or
run anything. Sections are put together by whoever calls, every text through `markup.escape`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files

from cgrev import __version__
from cgrev.reporters.page.markup import cell, escape, facts, table

__all__ = ["cell", "document", "escape", "facts", "section", "table"]

_CHART = """
figure { margin: 1rem 0; }
.chart { overflow-x: auto; }
.chart svg { min-width: 36rem; max-width: none; }
svg .axis { stroke: var(--line); stroke-width: 1; }
svg .ARR { fill: var(--arr); } svg .MRR { fill: var(--mrr); }
svg .OneTime { fill: var(--once); } svg .Other { fill: var(--other); }
svg g.span:hover rect { opacity: .7; }
svg g.span:hover .reach { fill: var(--panel); opacity: 1; }
svg .reach { fill: transparent; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; }
.legend span { display: inline-block; width: .9rem; height: .9rem; margin-right: .4rem; border-radius: .15rem;
  vertical-align: -.1rem; }
.legend .ARR { background: var(--arr); } .legend .MRR { background: var(--mrr); }
.legend .OneTime { background: var(--once); } .legend .Other { background: var(--other); }
:root { --arr: #0b57b0; --mrr: #0f7a6c; --once: #b3530b; --other: #7a3fa0; }
@media (prefers-color-scheme: dark) {
  :root { --arr: #78aefc; --mrr: #4cc9b5; --once: #f2a65a; --other: #c99af0; }
}
.sheet th:first-child { position: sticky; left: 0; white-space: nowrap; }
"""


def document(title: str, headline: str, sections: Iterator[str], look: str = "") -> Iterator[str]:
    """A page piece by piece. `look` is `good`, `warning` or `error`: the colour of the headline."""
    style = files("cgrev.reporters.page").joinpath("report.css").read_text("utf-8") + _CHART
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
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
<header>
<h1>{escape(title)}</h1>
<p class="verdict{" " + look if look else ""}">{escape(headline)}</p>
<p class="quiet">cgrev {escape(__version__)}</p>
</header>
<main>
"""
    yield from sections
    yield "</main>\n</body>\n</html>\n"


def section(title: str, *parts: str) -> str:
    """A section with its heading; the parts are ready HTML."""
    name = "".join(char if char.isalnum() else "-" for char in title.lower())
    return (
        f'<section aria-labelledby="{escape(name)}"><h2 id="{escape(name)}">{escape(title)}</h2>\n'
        + "".join(parts)
        + "</section>\n"
    )
