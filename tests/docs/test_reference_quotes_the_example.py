"""The reference shows the smallest converter in full: what it shows is what is installed and tested."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "plugin-reference.md").read_text("utf-8")
EXAMPLE = ROOT / "plugins" / "cgrev-example"
OUR_SAMPLES = "\n# The golden cases that"
"""Our samples lie outside of the plugins; whoever writes one has the cases in the package."""


@pytest.mark.parametrize(
    ("language", "path"), [("python", "src/cgrev_example/__init__.py"), ("toml", "pyproject.toml")]
)
def test_the_reference_quotes_the_source(language: str, path: str) -> None:
    source = (EXAMPLE / path).read_text("utf-8").partition(OUR_SAMPLES)[0]
    assert f"```{language}\n{source}```\n" in REFERENCE
