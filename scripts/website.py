"""Render docs/ as a small website, after a check of every link in every Markdown file of the repository.

    python scripts/website.py build/docs
    python scripts/website.py --check

docs/README.md is the front page, and its links are the navigation. Links to other files must exist and
fragments must name a heading; a broken one is printed as `file:line: link`, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:")

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --back: #8881; }}
body {{ margin: 0 auto; max-width: 76rem; padding: 1rem; font: 16px/1.55 system-ui, sans-serif; }}
body {{ display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 2rem; }}
nav ul {{ list-style: none; padding: 0; }} nav li {{ margin: .3rem 0; }}
nav a[aria-current] {{ font-weight: 600; }}
pre, code {{ font: 14px/1.45 ui-monospace, monospace; background: var(--back); border-radius: 4px; }}
code {{ padding: .1em .3em; }} pre {{ padding: .8rem; overflow-x: auto; }}
pre code {{ padding: 0; background: none; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }}
@media (max-width: 50rem) {{ body {{ display: block; }} }}
</style>
<nav aria-label="pages"><ul>
{navigation}
</ul></nav>
<main>
{body}
</main>
</html>
"""


def parser() -> MarkdownIt:
    """CommonMark and tables."""
    return MarkdownIt("commonmark").enable("table")


def slug(heading: str) -> str:
    """The fragment of a heading, as code hosts make it: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def plain(inline: Token) -> str:
    """The words of a heading."""
    return "".join(child.content for child in inline.children or ())


@cache
def parsed(path: Path) -> list[Token]:
    return parser().parse(path.read_text("utf-8"))


def headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, str, str]]:
    """Every heading with its fragment (a number behind one that comes twice) and its words."""
    seen: dict[str, int] = {}
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            words = plain(inline)
            name = slug(words)
            yield token, f"{name}-{seen[name]}" if name in seen else name, words
            seen[name] = seen.get(name, 0) + 1


@cache
def fragments(path: Path) -> frozenset[str]:
    return frozenset(fragment for _, fragment, _ in headings(parsed(path)))


def links(path: Path) -> Iterator[tuple[int, str]]:
    """Every link and image of a page, with its line."""
    for token in parsed(path):
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
            if child.type in ("link_open", "image") and target:
                yield (token.map or [0])[0] + 1, str(target)


def broken(path: Path) -> Iterator[str]:
    """The links of a page that lead nowhere within the repository."""
    for line, target in links(path):
        if EXTERNAL.match(target):
            continue
        name, _, fragment = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        if not goal.exists():
            reason = "no such file"
        elif fragment and goal.suffix == ".md" and fragment not in fragments(goal):
            reason = "no such heading"
        elif not goal.is_relative_to(ROOT):
            reason = "outside the repository"
        else:
            continue
        yield f"{path.relative_to(ROOT)}:{line}: {target}: {reason}"


def pages() -> list[Path]:
    """Every Markdown file that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    return [
        path
        for name in sorted(set(os.fsdecode(listing).split("\0")))
        if name and (path := ROOT / name).exists()
    ]


def name_of(page: Path) -> Path:
    """Where a page of docs/ is rendered to, relative to the output folder."""
    relative = page.relative_to(DOCS)
    return relative.with_name("index.html") if relative.name == "README.md" else relative.with_suffix(".html")


def title_of(page: Path) -> str:
    return next((words for _, _, words in headings(parsed(page))), page.stem)


def rendered(page: Path, navigation: Sequence[Path]) -> str:
    """The page as HTML: headings get their fragments, links to pages become links to rendered pages."""
    md = parser()
    tokens = md.parse(page.read_text("utf-8"))
    for token, fragment, _ in headings(tokens):
        token.attrSet("id", fragment)
    here = name_of(page).parent
    for token in tokens:
        for child in token.children or ():
            target = str(child.attrGet("href") or "")
            if child.type != "link_open" or not target or EXTERNAL.match(target):
                continue
            name, mark, fragment = target.partition("#")
            goal = (page.parent / name).resolve()
            if name and goal.suffix == ".md" and goal.is_relative_to(DOCS):
                child.attrSet("href", os.path.relpath(name_of(goal), here) + mark + fragment)
    items = []
    for entry in navigation:
        current = ' aria-current="page"' if entry == page else ""
        address = html.escape(os.path.relpath(name_of(entry), here))
        items.append(f'<li><a href="{address}"{current}>{html.escape(title_of(entry))}</a></li>')
    body = md.renderer.render(tokens, md.options, {})
    return PAGE.format(title=html.escape(title_of(page)), navigation="\n".join(items), body=body)


def build(output: Path) -> int:
    """Render every page of docs/; the number of pages."""
    front = DOCS / "README.md"
    navigation = [front]
    for _, target in links(front):
        goal = (DOCS / target.partition("#")[0]).resolve()
        if goal.suffix == ".md" and goal.is_relative_to(DOCS) and goal not in navigation:
            navigation.append(goal)
    all_pages = sorted(DOCS.rglob("*.md"))
    for page in all_pages:
        place = output / name_of(page)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(rendered(page, navigation), "utf-8")
    return len(all_pages)


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("output", type=Path, nargs="?", help="the folder to write to")
    options.add_argument("--check", action="store_true", help="only check the links")
    chosen = options.parse_args(arguments)
    if chosen.output is None and not chosen.check:
        options.error("name a folder, or --check")
    faults = [fault for page in pages() for fault in broken(page)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    if chosen.output is not None:
        count = build(chosen.output)
        print(f"{count} pages: {chosen.output / 'index.html'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
