"""Whoever follows docs/plugins.md block by block, in an empty folder, has a plugin that works.

A block under a line that is a path in bold is the content of that file; `console` blocks are run in order,
and print what the page says.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "plugins.md"
BLOCK = re.compile(r"(?:^\*\*`(?P<path>[^`]+)`\*\*\n\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.M | re.S)
console = runpy.run_path(str(Path(__file__).with_name("test_document_examples_run.py")))


@pytest.mark.slow
def test_every_block_of_the_tutorial_works_in_order(environment: Any) -> None:
    text = PAGE.read_text("utf-8")
    examples = list(console["examples"](PAGE))
    commands = []
    for block in BLOCK.finditer(text):
        if block["path"]:
            place = environment.work / block["path"]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block["body"], "utf-8")
            continue
        assert block["kind"] == "console", (
            f"a block that is neither a file nor a command: {block['body'][:60]}"
        )
        first = text.count("\n", 0, block.start("body")) + 1
        last = first + block["body"].count("\n")
        for example in [one for one in examples if first <= one.line <= last]:
            done = environment.run(example.command)
            commands.append(example.command)
            where = f"{example.page}:{example.line}: {example.command}"
            assert done.returncode == example.code, f"{where}\n{done.stdout}"
            assert not console["differs"](example.output, done.stdout), f"{where}\n{done.stdout}"
    assert len(commands) == len(examples)
    for needed in ("pip install", "plugins list", "convert --from auto", "pytest", "plugins check acme"):
        assert any(needed in command for command in commands)


def test_the_tutorial_shows_what_it_promises() -> None:
    text = PAGE.read_text("utf-8")
    for part in ("[[groups]]", "times(", "raise Question(", "Field(", "ConverterContract", "cases/"):
        assert part in text
    assert len(text.split()) < 1_600, "ten minutes"
