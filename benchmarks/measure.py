"""Run whole processes in turn, and what they cost: wall clock, processor time, peak memory.

Standard library only, and small on purpose: Linux counts the memory of the process that starts another
one into the peak of the started one, so the runner must stay below everything it measures.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Task:
    """One measured process. `codes` are the exit codes that mean it did its work.

    `count` reads how many errors it found from its standard output, outside the measured time; None: not
    compared. `prepare` runs before each measured run, not measured.
    """

    name: str
    command: tuple[str, ...]
    codes: tuple[int, ...] = (0,)
    count: Callable[[str], int] | None = None
    prepare: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Wall and processor time in seconds, peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


@dataclass(slots=True)
class Result:
    """All runs of one task."""

    task: Task
    runs: list[Run] = field(default_factory=list)
    found: int | None = None

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)

    @property
    def peak(self) -> float:
        return statistics.median(run.peak for run in self.runs)


class BenchmarkFailed(Exception):
    """A measured process ended otherwise than expected, or found another number of errors."""


def once(task: Task) -> tuple[Run, str]:
    """Run the task once. Raises BenchmarkFailed when it ends with another exit code than expected."""
    if task.prepare is not None:
        task.prepare()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+") as err:
        begin = time.perf_counter()
        process = subprocess.Popen(task.command, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        output, messages = out.read(), err.read()
    if process.returncode not in task.codes:
        raise BenchmarkFailed(
            f"{task.name}: exit code {process.returncode}\n{output[-1000:]}{messages[-2000:]}"
        )
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale), output


def side_by_side(
    tasks: Sequence[Task], runs: int, *, say: Callable[[str], None] = lambda line: None
) -> list[Result]:
    """Run the tasks in turn (A B C A B C ...), after one run of each that only warms the file cache."""
    results = [Result(task) for task in tasks]
    for turn in range(runs + 1):
        for result in results:
            run, output = once(result.task)
            if turn == 0:
                result.found = result.task.count(output) if result.task.count else None
                say(f"    {result.task.name}: {run.wall:.2f} s")
            else:
                result.runs.append(run)
    return results


def python() -> str:
    """The interpreter that runs this, without resolving the link of a virtual environment."""
    return sys.executable


def console(name: str) -> str:
    """A console script of this environment."""
    return str(Path(sys.executable).with_name(name))
