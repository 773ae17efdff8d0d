"""Nothing that is committed names a package index, a local path or a machine."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Put together from halves, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a package index": [
        "index" + "-url",
        "find" + "-links",
        "trusted" + "-host",
        "py" + "pi.org",
        "python" + "hosted",
    ],
    "a local path": [r"(?<![\w.:/-])/(?:work|root|opt|home|Users)" + r"/[\w.-]+", r"[A-Z]:\\\\" + "Users"],
}
TEXT = {
    ".py",
    ".toml",
    ".txt",
    ".md",
    ".yaml",
    ".yml",
    ".json",
    ".cfg",
    ".ini",
    ".csv",
    ".xml",
    ".html",
    ".xsd",
    ".sh",
    "",
}
ALLOWED = re.compile(r"/home" + r"/(?:user|you)\b")
"""Paths of examples."""


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [path for name in listing.split(b"\0") if name and (path := ROOT / os.fsdecode(name)).is_file()]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return {
        str(path.relative_to(ROOT)): path.read_text("utf-8", errors="replace")
        for path in tracked()
        if path.suffix in TEXT
    }


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_forbidden_strings(texts: dict[str, str], what: str) -> None:
    found = [
        f"{name}: {match.group()}"
        for name, text in texts.items()
        for pattern in FORBIDDEN[what]
        for match in re.finditer(pattern, text)
        if not ALLOWED.match(match.group())
    ]
    assert found == []


def test_constraints_are_plain_pins(texts: dict[str, str]) -> None:
    lines = [line for line in texts["constraints.txt"].splitlines() if not line.startswith("#")]
    assert lines
    pin = re.compile(r'[a-z0-9-]+==[\w.+!]+( ; python_version == "3\.\d+")?')
    assert [line for line in lines if not pin.fullmatch(line)] == []


def test_no_large_files() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert [str(path) for path in tracked() if path.stat().st_size > 1_000_000] == []
