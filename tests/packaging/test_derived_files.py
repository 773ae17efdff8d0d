"""Files that are derived from the code have not drifted from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from constraints import problems
from regenerate import main as regenerate

ROOT = Path(__file__).parents[2]


def test_nothing_has_drifted(capsys: pytest.CaptureFixture[str]) -> None:
    assert regenerate(["check"]) == 0, capsys.readouterr().err


def test_hooks_are_what_pre_commit_accepts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_hooks_are_the_two_that_are_promised() -> None:
    hooks = {
        hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    }
    assert {name: hook["entry"] for name, hook in hooks.items()} == {
        "cgrev-check": "cgrev check",
        "cgrev-fix": "cgrev check --fix",
    }
    for hook in hooks.values():
        assert hook["require_serial"] is True
        assert hook["files"] == r"\.(csv|xlsx?|xml)$"
        assert hook["language"] == "python"


def test_constraints_are_complete() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "constraints.py"), "check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("pins", "problem"),
    [
        ("", "pluggy {} has no pin"),
        ("pluggy==0.0.1\n", "pluggy is pinned to 0.0.1 and installed as {}"),
        ("pluggy>=1\n", "not a pin: 'pluggy>=1'"),
        ("pluggy @ file:///somewhere\n", "not a pin: 'pluggy @ file:///somewhere'"),
    ],
)
def test_constraints_check_sees_what_is_wrong(pins: str, problem: str) -> None:
    import pluggy

    assert problems(pins, ["pluggy"]) == [problem.format(pluggy.__version__)]


def test_constraints_check_sees_what_is_missing() -> None:
    name = "no-such-distribution-here"
    assert problems("", [name]) == [f"{name} is required and not installed"]
