"""`--from auto` over the samples of every family: each is taken for what it is, or the tie is said, and no
converter takes the samples of another for its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cgrev._registry import CERTAIN, FIRST_PARTY, Registry
from cgrev.errors import UsageError
from cgrev.opening import Input
from cgrev.plugin import Sample
from cgrev.readers import ReadOptions

SAMPLES = Path(__file__).parents[3] / "samples"


def stated(case: Path) -> tuple[str, Path]:
    """The converter a case names, and its input."""
    words = json.loads(case.read_text(encoding="utf-8"))["arguments"]
    valued = {place + 1 for place, word in enumerate(words) if word.startswith("-")}
    inputs = [word for place, word in enumerate(words) if place not in valued and not word.startswith("-")]
    return words[words.index("--from") + 1], case.parent / inputs[-1]


CASES = [
    (name, path)
    for case in sorted(SAMPLES.glob("*/*.case.json"))
    if "--from" in json.loads(case.read_text(encoding="utf-8"))["arguments"]
    for name, path in [stated(case)]
    if name not in ("auto", "profile")
]


@pytest.mark.parametrize(
    ("name", "path"), CASES, ids=[f"{path.parent.name}/{path.name}" for _, path in CASES]
)
def test_a_sample_is_taken_for_what_it_is_or_the_tie_is_said(name: str, path: Path) -> None:
    table = Input.of(path).open(ReadOptions())
    sample = Sample(table.reader, table.head(), path.name, table.sheet, table.named)
    registry = Registry()
    candidates, problems = registry.rank(sample)
    assert problems == ()
    scores = {candidate.name: candidate.score for candidate in candidates}
    assert scores[name] == max(scores.values()), candidates[:3]
    assert scores[name] >= CERTAIN, candidates[:3]
    try:
        assert registry.choose(sample).converter.name == name
    except UsageError as tie:
        assert "equally well" in tie.message and f"{name} (" in tie.message


@pytest.mark.parametrize("package", ["cgrev-erp", "cgrev-sap"])
def test_every_accounting_system_has_two_samples(package: str) -> None:
    names = [name for name, origin in FIRST_PARTY.items() if origin == package]
    assert [name for name in names if [one for one, _ in CASES].count(name) < 2] == []
