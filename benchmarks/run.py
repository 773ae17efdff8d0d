"""Measure cgrev beside the floor and its peers, and write the tables to docs/benchmarks.md.

    python benchmarks/run.py --rows 100k,1M --peers duckdb,pointblank --runs 5

Every number is of a whole process. The tasks of a group run in turn (A B C A B C ...), so that a busy moment
of the machine hits all of them; the tables show medians, and the ratio to the first line of each group.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from measure import BenchmarkFailed, Result, side_by_side
from workloads import KINDS, PEERS, Group, groups, peers_python

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: written by benchmarks/run.py -->", "<!-- end of what was measured -->"


def size(text: str) -> int:
    """A number of rows: 1000, 100k, 10M."""
    factor = {"k": 1_000, "M": 1_000_000}.get(text[-1:], 1)
    return int(text.rstrip("kM")) * factor


def table(group: Group, results: Sequence[Result]) -> Iterator[str]:
    """The group as a Markdown table."""
    base = results[0]
    yield f"### {group.title}"
    yield ""
    counted = group.expected is not None
    yield "| process | wall s | CPU s | peak MiB | wall ratio |" + (" errors found |" if counted else "")
    yield "|---|--:|--:|--:|--:|" + ("--:|" if counted else "")
    for result in results:
        found = "" if result.found is None else f"{result.found:,}"
        cells = [
            result.task.name,
            f"{result.wall:.2f}",
            f"{result.cpu:.2f}",
            f"{result.peak:.0f}",
            f"{result.wall / base.wall:.2f}",
            *([found] if counted else []),
        ]
        yield "| " + " | ".join(cells) + " |"
    yield ""


def facts(runs: int, peers: Sequence[str]) -> Iterator[str]:
    """What the numbers depend on. No name of the machine."""
    versions = ["cgrev", "polars", "pandera", "pydantic", "typer"]
    installed = ", ".join(f"{name} {metadata.version(name)}" for name in versions)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield f"- {os.cpu_count()} cores, {memory:.0f} GiB memory, {platform.system()}, {platform.machine()}"
    yield f"- Python {platform.python_version()}, {installed}"
    if peers:
        listing = subprocess.run(
            [peers_python(), "-m", "pip", "freeze"], check=True, capture_output=True, text=True
        ).stdout
        names = ("dataframely", "duckdb", "frictionless", "pandas", "pandera", "pointblank")
        found = [line.replace("==", " ") for line in listing.splitlines() if line.split("==")[0] in names]
        yield f"- peers: {', '.join(found)}"
    yield f"- medians of {runs} runs"
    yield ""


def write(lines: Sequence[str], page: Path) -> None:
    """Put the lines between the two marks of the page, or at its end when it has none."""
    text = page.read_text("utf-8") if page.exists() else "# Benchmarks\n"
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(before + BEGIN + "\n\n" + "\n".join(lines).rstrip() + "\n\n" + END + after, "utf-8")


def names(text: str, known: Sequence[str]) -> list[str]:
    """A list by comma; `all` and `none` are words for every and no name."""
    chosen = {"all": list(known), "none": []}.get(text, text.split(","))
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rows", type=lambda text: [size(part) for part in text.split(",")], default=[100_000, 1_000_000]
    )
    parser.add_argument("--bad", type=float, default=0.01, help="share of broken rows (default: 0.01)")
    parser.add_argument("--peers", type=lambda text: names(text, list(PEERS)), default=list(PEERS))
    parser.add_argument("--only", type=lambda text: names(text, KINDS), default=list(KINDS))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path, default=PAGE, help="the page to write into; - for none")
    options = parser.parse_args()
    lines = list(facts(options.runs, options.peers))
    wrong = []
    try:
        for group in groups(options.only, options.rows, options.bad, options.peers):
            print(group.title, file=sys.stderr)
            results = side_by_side(group.tasks, options.runs, say=lambda line: print(line, file=sys.stderr))
            part = list(table(group, results))
            print("\n".join(part))
            lines += part
            wrong += [
                f"{result.task.name} found {result.found} errors in {group.title}, there are {group.expected}"
                for result in results
                if None not in (result.found, group.expected) and result.found != group.expected
            ]
    except BenchmarkFailed as failure:
        print(f"benchmark: {failure}", file=sys.stderr)
        return 1
    for line in wrong:
        print(f"benchmark: {line}", file=sys.stderr)
    if wrong:
        return 1
    if str(options.output) != "-":
        write(lines, options.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
