"""Commands that read no data start fast: they import neither polars nor pandera nor pydantic."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cgrev.layout import HEADINGS

HEAVY = (
    "polars",
    "pandera",
    "pydantic",
    "httpx2",
    "authlib",
    "sqlalchemy",
    "starlette",
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


MADE = """
import pkgutil, sys
from cgrev.cli import commands, main
modules = {module.name for module in pkgutil.iter_modules(commands.__path__)}
try:
    main(["rules", "CGR211"])
except SystemExit:
    made = sorted(name for name in modules if f"cgrev.cli.commands.{name}" in sys.modules)
    print(modules == set(commands.NAMES), made)
"""


def test_every_command_is_named_and_a_call_makes_only_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", MADE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True ['rules']"


def test_importing_the_package_is_light() -> None:
    program = "import sys, cgrev; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({*HEAVY, "typer", "rich"})


CHECKED = """
import sys
sys.modules['pandas'] = None
import cgrev
from cgrev.layout import HEADINGS
row = 'Acme Ltd,{amount},2024-01-01,2024-12-31,ARR,Gold plan'
report = cgrev.check((','.join(HEADINGS) + chr(10) + row + chr(10)).encode())
print([finding.code for finding in report], 'pandera' in sys.modules)
"""


@pytest.mark.parametrize(("amount", "said"), [("12000", "[] False"), ("n/a", "['CGR211'] True")])
def test_core_works_without_pandas_and_a_clean_file_without_pandera(amount: str, said: str) -> None:
    """pandas in the environment doubles the start of pandera; core must never need it."""
    program = CHECKED.replace("{amount}", amount)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == said


RECORDS = """
from dataclasses import is_dataclass
homes = [vars(module) for name, module in list(sys.modules.items()) if name.startswith('cgrev')]
classes = {one for home in homes for one in home.values() if isinstance(one, type) and is_dataclass(one)}
print(sorted(one.__name__ for one in classes if one.__module__.startswith('cgrev')))
"""


def test_records_of_a_check_are_structs() -> None:
    """A dataclass takes twenty times as long to make; it is for what hides or computes a field."""
    program = CHECKED.replace("{amount}", "n/a") + RECORDS
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['Grammar', 'Report', '_Run']"


def test_a_command_lists_breaches_without_what_draws_data(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(",".join(HEADINGS) + "\nAcme,x,2024-01-01,2024-12-31,ARR,\n")
    program = (
        "import sys\nfrom cgrev.cli import main\n"
        "try:\n    main(['check', sys.argv[1]])\n"
        "except SystemExit as done:\n"
        "    print(done.code, 'pandera' in sys.modules, 'hypothesis' in sys.modules)\n"
        "import hypothesis"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(bad)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "1 True False"
