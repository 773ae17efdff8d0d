"""The reference shows the smallest converter in full: what it shows is what is installed and tested."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "plugin-reference.md").read_text("utf-8")
EXAMPLE = ROOT / "plugins" / "cgrev-example"


@pytest.mark.parametrize(
    ("language", "path"), [("python", "src/cgrev_example/__init__.py"), ("toml", "pyproject.toml")]
)
def test_the_reference_quotes_the_source(language: str, path: str) -> None:
    assert f"```{language}\n{(EXAMPLE / path).read_text('utf-8')}```\n" in REFERENCE
