"""The hooks as people use them: a repository of revenue files, and the real pre-commit installing this one.

Installing takes the packages of the core from the package index that pip is set to; where none can be
reached, the tests are skipped, for that reason only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

HEADER = "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"
CLEAN = HEADER + "Acme Ltd,12000,2024-01-01,2024-12-31,ARR,Gold plan\n"
BROKEN = HEADER + "Acme Ltd,twelve,2024-01-01,2024-12-31,ARR,Gold plan\n"
FIXABLE = HEADER + "Acme Ltd,12000,2024-01-01,2024-12-31,arr,Gold plan\n"


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", *settings, *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True, slots=True)
class Hooks:
    """A copy of this repository as it stands, committed, and an environment for pre-commit."""

    source: Path
    revision: str
    environment: dict[str, str]

    def run(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pre_commit", *words]
        return subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=540
        )

    def repository(self, folder: Path, *hooks: str) -> Path:
        """A new repository that uses the hooks."""
        folder.mkdir(parents=True)
        git(folder, "init", "-q")
        lines = "".join(f"      - id: {hook}\n" for hook in hooks)
        (folder / ".pre-commit-config.yaml").write_text(
            f"repos:\n  - repo: '{self.source}'\n    rev: {self.revision}\n    hooks:\n{lines}", "utf-8"
        )
        return folder


def index_is_reachable(environment: dict[str, str], folder: Path) -> bool:
    command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "-d", str(folder), "hatchling"]
    return subprocess.run(command, env=environment, capture_output=True, timeout=120).returncode == 0


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Hooks:
    """Commit the files of the working tree to a new repository and let pre-commit install its hooks."""
    source = tmp_path_factory.mktemp("source")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, os.fsdecode(names).split("\0")):
        # Only what an installation needs: tests and plugins of this repository do not reach a hook's users.
        if (ROOT / name).is_file() and not name.startswith(("tests/", "plugins/", "docs/", "benchmarks/")):
            place = source / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place)
    git(source, "init", "-q")
    git(source, "add", "-A")
    git(source, "commit", "-q", "-m", "as it stands")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CGREV_"))},
        "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit")),
        # Relative to the clone that pre-commit installs from. pip splits this variable at white space.
        "PIP_CONSTRAINT": "constraints.txt",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "NO_COLOR": "1",
    }
    prepared = Hooks(source, git(source, "rev-parse", "HEAD").strip(), environment)
    folder = prepared.repository(
        tmp_path_factory.mktemp("install") / "repository", "cgrev-check", "cgrev-fix"
    )
    done = prepared.run(folder, "install-hooks")
    if done.returncode and not index_is_reachable(environment, tmp_path_factory.mktemp("download")):
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stdout + done.stderr
    return prepared


def commit_files(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    git(folder, "add", "-A")


def test_clean_files_pass(hooks: Hooks, tmp_path: Path) -> None:
    folder = hooks.repository(tmp_path / "repository", "cgrev-check")
    commit_files(folder, {"revenue.csv": CLEAN, "notes.txt": "not a revenue file"})
    done = hooks.run(folder, "run", "--all-files")
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout


def test_broken_files_fail_and_say_where(hooks: Hooks, tmp_path: Path) -> None:
    folder = hooks.repository(tmp_path / "repository", "cgrev-check")
    commit_files(folder, {"revenue.csv": CLEAN, "data/broken revenue.csv": BROKEN})
    done = hooks.run(folder, "run", "--all-files")
    assert done.returncode == 1
    assert "exit code: 1" in done.stdout
    assert "data/broken revenue.csv" in done.stdout
    assert "CGR211" in done.stdout
    assert "twelve" in done.stdout


def test_fix_changes_the_file_and_passes_the_second_time(hooks: Hooks, tmp_path: Path) -> None:
    folder = hooks.repository(tmp_path / "repository", "cgrev-fix")
    commit_files(folder, {"a revenue file.csv": FIXABLE, "clean.csv": CLEAN})
    done = hooks.run(folder, "run", "--all-files")
    assert done.returncode == 1, done.stdout
    assert "files were modified by this hook" in done.stdout
    assert (folder / "a revenue file.csv").read_text("utf-8") == CLEAN
    assert (folder / "clean.csv").read_text("utf-8") == CLEAN
    git(folder, "add", "-A")
    again = hooks.run(folder, "run", "--all-files")
    assert again.returncode == 0, again.stdout


def test_many_files_are_all_checked(hooks: Hooks, tmp_path: Path) -> None:
    """More files than fit into one call: pre-commit splits them, and none is left out."""
    folder = hooks.repository(tmp_path / "repository", "cgrev-check")
    filler = "x" * 120
    names = [f"{place:04} {filler}.csv" for place in range(600)]
    commit_files(folder, {name: BROKEN if place % 300 == 299 else CLEAN for place, name in enumerate(names)})
    done = hooks.run(folder, "run", "--all-files")
    assert done.returncode == 1
    assert names[299] in done.stdout
    assert names[599] in done.stdout
    assert done.stdout.count("CGR211") >= 2


def test_a_commit_is_held_up_by_a_broken_file(hooks: Hooks, tmp_path: Path) -> None:
    folder = hooks.repository(tmp_path / "repository", "cgrev-check")
    assert hooks.run(folder, "install").returncode == 0
    commit_files(folder, {"revenue.csv": BROKEN})
    settings = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    command = ["git", *settings, "commit", "-q", "-m", "add revenue"]
    done = subprocess.run(command, cwd=folder, env=hooks.environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "CGR211" in done.stdout + done.stderr
    commit_files(folder, {"revenue.csv": CLEAN})
    done = subprocess.run(command, cwd=folder, env=hooks.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
