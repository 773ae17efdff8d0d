"""Every fenced `console` block in README.md and docs/ runs and prints what the page says.

A line that starts with `$ ` is a command; the lines below it, up to the next command, are its output on
both streams. `...` stands for any text within a line, and on a line of its own for any lines. Commands run
beside a copy of samples/; those of one page run after one another in one folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^# exit code (\d+)$")


@dataclass(frozen=True, slots=True)
class Example:
    """A command of a page, the line it stands on, and the output and exit code the page states."""

    page: str
    line: int
    command: str
    output: str
    code: int


def examples(page: Path) -> Iterator[Example]:
    """The examples of a page in order. `# exit code 1` as the last line of an output states its code."""
    text = page.read_text("utf-8")
    for block in FENCE.finditer(text):
        first = text.count("\n", 0, block.start()) + 2
        command, line, output = "", 0, []
        rows = [*block.group(1).splitlines(), "$ "]
        for place, row in enumerate(rows):
            if not row.startswith("$ "):
                output.append(row)
                continue
            if command:
                stated = CODE.match(output[-1]) if output else None
                kept = output[:-1] if stated else output
                code = int(stated.group(1)) if stated else 0
                yield Example(str(page.relative_to(ROOT)), line, command, "\n".join(kept), code)
            command, line, output = row[2:], first + place, []


PAGES = {
    str(page.relative_to(ROOT)): list(examples(page))
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
ELSEWHERE = {"docs/plugins.md"}
"""Pages whose examples build on each other in an environment of their own: another test runs them."""
WITH_EXAMPLES = {name: found for name, found in PAGES.items() if found and name not in ELSEWHERE}


def pattern(output: str) -> re.Pattern[str]:
    """The output of a page as a pattern."""
    lines = []
    for line in output.splitlines():
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            parts = (re.escape(part) for part in line.rstrip().split("..."))
            lines.append("[^\n]*".join(parts) + r"[ ]*\n")
    return re.compile("".join(lines) + r"\Z")


def differs(expected: str, actual: str) -> bool:
    return not pattern(expected).match(actual if actual.endswith("\n") or not actual else actual + "\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_of_a_page_run(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]]), "COLUMNS": "100"}
    # Both streams into one: without buffers, in the order in which a person sees them.
    environment["PYTHONUNBUFFERED"] = "1"
    for example in WITH_EXAMPLES[name]:
        done = subprocess.run(
            ["bash", "-c", example.command],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        where = f"{example.page}:{example.line}: {example.command}"
        assert done.returncode == example.code, f"{where}\n{done.stdout}"
        if differs(example.output, done.stdout):
            pytest.fail(
                f"{where}\nthe page says:\n{example.output}\n\nit prints:\n{done.stdout}", pytrace=False
            )


SCRIPT = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_examples_of_the_python_interface_run(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    scripts = SCRIPT.findall((ROOT / "docs" / "library.md").read_text("utf-8"))
    assert scripts
    for script in scripts:
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


def test_the_readme_and_the_first_page_have_examples() -> None:
    assert {"README.md", "docs/getting-started.md"} <= set(WITH_EXAMPLES)


@pytest.mark.parametrize(
    ("expected", "actual", "different"),
    [
        ("one\ntwo", "one\ntwo\n", False),
        ("one\n...\nfour", "one\ntwo\nthree\nfour\n", False),
        ("a ... c", "a b c\n", False),
        ("one", "one\ntwo\n", True),
        ("one\ntwo", "one\n", True),
        ("a ... c", "a b d\n", True),
        ("", "something\n", True),
    ],
)
def test_outputs_are_compared_in_full(expected: str, actual: str, different: bool) -> None:
    assert differs(expected, actual) is different
