"""Commands that read no data start fast: they import neither polars nor pandera nor pydantic."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "polars",
    "pandera",
    "pydantic",
    "httpx2",
    "authlib",
    "sqlalchemy",
    "starlette",
    "fastapi",
    "rapidfuzz",
)
PROGRAM = """
import json, sys
sys.argv = ["cgrev", *sys.argv[1:]]
from cgrev.cli import main
try:
    main()
except SystemExit as done:
    code = done.code or 0
else:
    code = 0
print()
print(json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def loaded(*words: str) -> set[str]:
    """The top-level modules that one call of `cgrev` leaves in the interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True, timeout=60
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["code"] == 0, done.stderr
    return set(answer["modules"])


@pytest.mark.parametrize(
    "words",
    [("--help",), ("--version",), ("check", "--help"), ("rules",), ("rules", "CGR211"), ("plugins", "list")],
    ids=" ".join,
)
def test_commands_without_data_stay_light(words: tuple[str, ...]) -> None:
    assert loaded(*words).isdisjoint(HEAVY)


def test_importing_the_package_is_light() -> None:
    program = "import sys, cgrev; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({*HEAVY, "typer", "rich"})


def test_core_works_without_pandas() -> None:
    """pandas in the environment doubles the start; core must never need it."""
    program = "import sys; sys.modules['pandas'] = None; import cgrev.schema; assert 'pandera' in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
