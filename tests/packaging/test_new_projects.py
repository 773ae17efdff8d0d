"""Purpose: a project of `cgrev plugins new` passes its own tests at once, beside the built wheel of cgrev."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cgrev.errors import UsageError
from cgrev.scaffolding import names_of, new_project, project_files

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_new_project_passes_its_own_tests_beside_the_wheel(environment: Any) -> None:
    def run(command: str) -> str:
        done = environment.run(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return str(done.stdout)

    run(f"pip install -q '{ROOT}'")
    assert str(environment.folder) in run("python -c 'import cgrev; print(cgrev.__file__)'")
    made = run("cgrev plugins new first-report --directory plugins")
    assert made.splitlines()[0] == "plugins/cgrev-first-report"
    run("pip install -q ./plugins/cgrev-first-report")
    assert "first-report" in run("cgrev plugins list")
    assert " passed" in run("cd plugins/cgrev-first-report && python -m pytest -q -p no:cacheprovider")
    assert run("cgrev plugins check first-report").startswith("first-report: 20 of 20 checks pass")
    cases = "plugins/cgrev-first-report/src/cgrev_first_report/cases"
    assert "1 case, 0 differ" in run(f"python -m cgrev.testing.golden {cases} --check")
    again = environment.run("cgrev plugins new first-report --directory plugins")
    assert (again.returncode, "is there already" in again.stdout) == (2, True)


def test_a_new_project_is_complete_and_clean(tmp_path: Path) -> None:
    folder = new_project("acme-eu", tmp_path)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        ".github/workflows/test.yml", ".gitignore", "README.md", "pyproject.toml", "tests/test_converter.py",
        "src/cgrev_acme_eu/__init__.py", "src/cgrev_acme_eu/profile.toml", "src/cgrev_acme_eu/py.typed",
        "src/cgrev_acme_eu/cases/contracts.csv", "src/cgrev_acme_eu/cases/contracts.case.json",
        "src/cgrev_acme_eu/cases/contracts.expected.csv",
    }  # fmt: skip
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == "cgrev-acme-eu"
    assert project["entry-points"]["cgrev.converters"] == {"acme-eu": "cgrev_acme_eu"}
    for words in (
        ["check", "--select", "ALL", "--ignore", "COM,D,CPY,INP,RUF,EM,TRY,ARG,S"],
        ["format", "--check"],
    ):
        settings = ["--isolated", "--line-length", "110", "--target-version", "py311", str(folder)]
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, *settings], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
    assert [path for path in files if "$" in (folder / path).read_text("utf-8").replace("${{", "")] == []
    assert not list(tmp_path.glob(".cgrev-new-*"))


@pytest.mark.parametrize(
    "name", ["acme", "a", "none", "class", "sap2", "x-1", "converter", "profile-converter"]
)
def test_every_name_that_is_taken_makes_valid_python(name: str) -> None:
    for path, text in project_files(names_of(name)):
        if path.endswith(".py"):
            compile(text, path, "exec")


@pytest.mark.parametrize(
    ("name", "says", "helps"),
    [
        ("Acme", "a converter cannot be named 'Acme'", "such as 'acme'"),
        ("acme_x", "a converter cannot be named 'acme_x'", "such as 'acme-x'"),
        ("9", "a converter cannot be named '9'", "a letter first"),
        ("", "a converter cannot be named ''", "a letter first"),
        ("a--b", "a converter cannot be named 'a--b'", "such as 'a-b'"),
        ("../x", "a converter cannot be named '../x'", "such as 'x'"),
        ("x" * 41, "a converter cannot be named", "at most 40"),
        ("canonical", "the name 'canonical' belongs to cgrev", "another name"),
        ("auto", "the name 'auto' belongs to cgrev", "another name"),
        ("salesforce", "the name 'salesforce' belongs to cgrev-salesforce", "another name"),
        ("erp", "the name 'erp' belongs to cgrev-erp", "another name"),
        ("cgrev-acme", "the name of a package", "cgrev plugins new acme"),
    ],
)
def test_names_that_cannot_be_are_refused(name: str, says: str, helps: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        new_project(name, tmp_path)
    assert says in refused.value.message
    assert helps in (refused.value.help or "")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "cgrev-acme"
    kept.mkdir()
    with pytest.raises(UsageError, match="is there already"):
        new_project("acme", tmp_path)
    assert list(kept.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        new_project("acme", tmp_path / "file")
