"""What is measured: groups of tasks that run side by side, each held to the first one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import Task, console, python

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
PEERS = {
    "duckdb": ("duckdb_sql.py", 10_000_000),
    "pointblank": ("pointblank_polars.py", 10_000_000),
    "dataframely": ("dataframely_polars.py", 10_000_000),
    "pandera-pandas": ("pandera_pandas.py", 10_000_000),
    "frictionless": ("frictionless_schema.py", 1_000_000),
}
"""Name -> script and the number of rows above which it is left out, because it takes minutes."""
KINDS = ("startup", "check", "share", "convert", "xlsx", "files")


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks over one input. `expected` is the number of errors in it, None where nothing is counted.

    The first task is the measure of the others.
    """

    title: str
    tasks: tuple[Task, ...]
    expected: int | None = None


def short(rows: int) -> str:
    """1000 -> 1k, 2500000 -> 2500k, 10000000 -> 10M."""
    for factor, letter in ((1_000_000, "M"), (1_000, "k")):
        if rows >= factor and rows % factor == 0:
            return f"{rows // factor}{letter}"
    return str(rows)


def make(name: str, rows: int, bad: float, *, seed: int = 20) -> tuple[Path, int]:
    """The generated file and the number of faults in it. In a process of its own, see `measure`."""
    path = DATA / name
    command = [python(), str(HERE / "generate.py"), str(path)]
    subprocess.run(
        [*command, "--rows", str(rows), "--bad", str(bad), "--seed", str(seed)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    faults = json.loads(path.with_name(path.name + ".json").read_text("utf-8"))["faults"]
    return path, sum(faults.values())


def peers_python() -> str:
    """The interpreter of the peers' environment, which is set up from requirements.txt at first use."""
    folder = DATA / "peers"
    inside = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    stamp = folder / "requirements.txt"
    wanted = HERE / "requirements.txt"
    if not stamp.exists() or stamp.read_bytes() != wanted.read_bytes():
        print(f"setting up {folder.relative_to(HERE.parent)}", file=sys.stderr)
        subprocess.run([python(), "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(inside), "-m", "pip", "install", "-qq", "-r", str(wanted)], check=True)
        shutil.copyfile(wanted, stamp)
    return str(inside)


def last_number(output: str) -> int:
    """The peers print how many errors they listed."""
    return int(output.split()[-1])


def cgrev_check(name: str, *paths: Path, counted: bool = True) -> Task:
    """`cgrev check` with the full JSON report written to a file."""
    report = DATA / "report.json"
    command = (console("cgrev"), "check", *map(str, paths))
    output = ("--output-format", "json", "--output-file", str(report))
    return Task(name, (*command, *output), (0, 1), _errors_in(report) if counted else None)


def _errors_in(report: Path) -> Callable[[str], int]:
    # The report of millions of findings is read elsewhere: this process has to stay small. The rules on size
    # of an upload (CGR6xx) say nothing about rows, and the peers have none such.
    program = (
        "import json, sys; found = json.load(open(sys.argv[1]))['summary']; "
        "print(found['errors'] - sum(n for code, n in found['by_rule'].items() if code.startswith('CGR6')))"
    )

    def count(_output: str) -> int:
        command = [python(), "-c", program, str(report)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    return count


def cgrev_convert(name: str, path: Path) -> Task:
    """`cgrev convert` of a file in the layout to batches."""
    folder = DATA / "converted"
    command = (console("cgrev"), "convert", "--from", "canonical", str(path), "-o", str(folder))
    return Task(name, command, (0, 1), prepare=lambda: shutil.rmtree(folder, ignore_errors=True))


def floor(path: Path) -> Task:
    # Its count is not held to that of the faults: it takes two broken rows that are equal for a duplicate.
    return Task("floor: read, count", (python(), str(HERE / "floor.py"), str(path)))


def statement(code: str) -> Task:
    return Task(f"python -c '{code}'", (python(), "-c", code))


def startup() -> Iterator[Group]:
    commands = ("--help", "rules", "plugins list")
    yield Group(
        "Start-up",
        (
            statement("import typer"),
            statement("pass"),
            statement("import polars"),
            *(Task(f"cgrev {words}", (console("cgrev"), *words.split())) for words in commands),
        ),
    )
    path, _ = make("1k.csv", 1_000, 0.01)
    yield Group(
        "1k rows, 1% bad",
        (statement("import pandera.polars"), cgrev_check("cgrev check", path, counted=False)),
    )


def check(sizes: Sequence[int], bad: float, peers: Sequence[str]) -> Iterator[Group]:
    for rows in sizes:
        path, faults = make(f"{short(rows)}-{bad:g}.csv", rows, bad)
        others = tuple(
            Task(name, (peers_python(), str(HERE / "peers" / PEERS[name][0]), str(path)), count=last_number)
            for name in peers
            if rows <= PEERS[name][1]
        )
        title = f"Check, CSV, {short(rows)} rows, {bad:.0%} bad"
        yield Group(title, (floor(path), cgrev_check("cgrev check", path), *others), faults)


def share() -> Iterator[Group]:
    few, _ = make("100k-0.01.csv", 100_000, 0.01)
    many, _ = make("100k-0.5.csv", 100_000, 0.5)
    tasks = (cgrev_check("1% bad", few, counted=False), cgrev_check("50% bad", many, counted=False))
    yield Group("Check, CSV, 100k rows, by share of bad rows", tasks)


def convert(sizes: Sequence[int], bad: float) -> Iterator[Group]:
    for rows in sizes:
        path, _ = make(f"{short(rows)}-{bad:g}.csv", rows, bad)
        title = f"Convert, CSV to batches, {short(rows)} rows, {bad:.0%} bad"
        yield Group(title, (floor(path), cgrev_convert("cgrev convert", path)))


def xlsx() -> Iterator[Group]:
    path, _ = make("100k.xlsx", 100_000, 0.01)
    measure = Task("calamine alone", (python(), str(HERE / "floor_xlsx.py"), str(path)))
    tasks = (measure, cgrev_check("cgrev check", path, counted=False), cgrev_convert("cgrev convert", path))
    yield Group("XLSX, 100k rows, 1% bad", tasks)


def files() -> Iterator[Group]:
    whole, _ = make("50k.csv", 50_000, 0.01)
    parts = [make(f"parts/{place:02}.csv", 1_000, 0.01, seed=place)[0] for place in range(50)]
    tasks = (
        cgrev_check("one file", whole, counted=False),
        cgrev_check("50 files", *parts, counted=False),
    )
    yield Group("Check, CSV, 50k rows in one file and in 50", tasks)


def groups(kinds: Sequence[str], sizes: Sequence[int], bad: float, peers: Sequence[str]) -> Iterator[Group]:
    """All groups of these kinds; the files are made as they are asked for."""
    makers: dict[str, Callable[[], Iterator[Group]]] = {
        "startup": startup,
        "check": lambda: check(sizes, bad, peers),
        "share": share,
        "convert": lambda: convert(sizes, bad),
        "xlsx": xlsx,
        "files": files,
    }
    for kind in kinds:
        yield from makers[kind]()
