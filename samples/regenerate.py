"""The samples and what becomes of them: `python samples/regenerate.py` writes the expected files again.

A case is `NAME.case.json` beside its input: the words of the command behind `cgrev convert`, and what
the run must find. The expected upload file is `NAME.expected.csv`. With `check` nothing is written and
the exit code says whether anything differs.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def cases(family: str = "*") -> list[Path]:
    """The case files, of one folder or of all."""
    return sorted(HERE.glob(f"{family}/*.case.json"))


def run(case: Path) -> tuple[str, dict[str, Any]]:
    """The upload file of a case and what was found, by the command line itself."""
    from cgrev.cli.main import main

    stated = json.loads(case.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        out, report = Path(folder, "out"), Path(folder, "report.json")
        words = ["convert", *stated["arguments"], "-o", str(out), "--output-format", "json"]
        code = 0
        before = os.getcwd()
        os.chdir(case.parent)
        try:
            main([*words, "--output-file", str(report)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            os.chdir(before)
        written = "".join(path.read_text(encoding="utf-8-sig") for path in sorted(out.glob("*-of-*.csv")))
        told = json.loads(report.read_text(encoding="utf-8"))
    found = {
        "arguments": stated["arguments"],
        "exit": code,
        "rows": told["files"][0]["rows"],
        "totals": told["files"][0]["totals"],
        "findings": [[one["row"], one["column"], one["code"]] for one in told["findings"]],
    }
    return written, found


def expected_file(case: Path) -> Path:
    return case.with_name(case.name.replace(".case.json", ".expected.csv"))


def text_of(found: dict[str, Any]) -> str:
    """The JSON of a case as it is kept: one line a finding."""
    lines = ",\n".join(f"    {json.dumps(one)}" for one in found["findings"])
    shown = {key: value for key, value in found.items() if key != "findings"}
    head = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in shown.items())
    findings = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n{head},\n  "findings": {findings}\n}}\n'


def differing(case: Path, *, write: bool) -> bool:
    """Whether the expected files of a case are not what the run gives; with `write` they are made so."""
    written, found = run(case)
    pairs = ((expected_file(case), written), (case, text_of(found)))
    different = [(path, text) for path, text in pairs if not path.exists() or _read(path) != text]
    if write:
        for path, text in different:
            path.write_text(text, encoding="utf-8", newline="")
    return bool(different)


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


if __name__ == "__main__":
    checking = sys.argv[1:] == ["check"]
    changed = [case for case in cases() if differing(case, write=not checking)]
    for case in changed:
        print(f"{'differs' if checking else 'written'}: {case.relative_to(HERE)}")
    sys.exit(bool(changed) and checking)
