"""The composite action's own step, run by bash as a runner runs it, on files with spaces in their names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="no bash on this machine")

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"
CLEAN = HEADER + "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan\n"
BROKEN = HEADER + "Acme Ltd,twelve,2024-01-01,2024-12-31,ARR,Gold plan\n"


def step(folder: Path, files: str, arguments: str = "") -> subprocess.CompletedProcess[str]:
    """Run the last step of the action with these inputs."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert action["runs"]["using"] == "composite"
    last = action["runs"]["steps"][-1]
    inputs = {"files": files, "arguments": arguments}
    variables = {}
    for name, value in last["env"].items():
        [wanted] = [key for key in inputs if value == f"${{{{ inputs.{key} }}}}"]
        variables[name] = inputs[wanted]
    scripts = sysconfig.get_path("scripts")
    environment = os.environ | variables | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    assert BASH is not None
    command = [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", last["run"]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("north/a clean file.csv", CLEAN), ("north/deep/broken $(touch x).csv", BROKEN)):
        path = tmp_path / "revenue" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_patterns_find_files_at_any_depth_and_findings_become_annotations(folder: Path) -> None:
    done = step(folder, "revenue/**/*.csv")
    assert done.returncode == 1, done.stderr
    [annotation] = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
    assert annotation.startswith("::error file=revenue/north/deep/broken $(touch x).csv,line=2,title=CGR211 ")
    assert "a clean file.csv: 1 row read = 1 written" in done.stdout
    assert not (folder / "x").exists()


def test_further_reports_go_to_their_files_and_the_annotations_to_the_log(folder: Path) -> None:
    done = step(folder, "revenue/**/*.csv", "--output-format sarif --output-file cgrev.sarif --fail-on never")
    assert done.returncode == 0, done.stderr
    assert "::error " in done.stdout
    assert json.loads((folder / "cgrev.sarif").read_text("utf-8"))["version"] == "2.1.0"


def test_no_file_is_a_fault_and_not_a_pass(folder: Path) -> None:
    done = step(folder, "reveneu/**/*.csv")
    assert done.returncode == 2
    assert done.stderr == "no file matches: reveneu/**/*.csv\n"
