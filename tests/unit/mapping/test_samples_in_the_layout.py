from __future__ import annotations

import runpy
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[3] / "samples"
regenerate = runpy.run_path(str(SAMPLES / "regenerate.py"))


@pytest.mark.parametrize("case", regenerate["cases"]("canonical"), ids=lambda path: path.name)
def test_the_sample_gives_the_expected_file_and_findings(case: Path) -> None:
    written, found = regenerate["run"](case)
    assert written == regenerate["expected_file"](case).read_text(encoding="utf-8")
    assert regenerate["text_of"](found) == case.read_text(encoding="utf-8")
