"""Fail when cgrev has become slow: ratios to a floor measured in the same minutes, with generous bounds.

CI runs this. A ratio holds on any machine; the bounds lie well above what docs/benchmarks.md shows, so that
only a real regression (an import that crept in, a step per row) breaks them.
"""

from __future__ import annotations

import sys

from measure import side_by_side
from workloads import Group, check, convert, startup

BOUNDS = {
    "cgrev check": 3.5,
    "cgrev convert": 6.0,
    "cgrev --help": 4.0,
    "cgrev rules": 4.0,
    "cgrev plugins list": 4.0,
}
"""Task -> how many times the wall clock of its group's first task it may take."""
RUNS = 5
ROWS = 200_000


def measured() -> list[Group]:
    """The groups that are compared."""
    return [*startup(), *check([ROWS], 0.01, []), *convert([ROWS], 0.01)]


def main() -> int:
    slow = False
    for group in measured():
        results = side_by_side(group.tasks, RUNS)
        for result in results:
            bound = BOUNDS.get(result.task.name)
            if bound is None:
                continue
            # The best run of each: what the code costs, without what the machine did beside it.
            ratio = min(run.wall for run in result.runs) / min(run.wall for run in results[0].runs)
            verdict = "ok" if ratio <= bound else "TOO SLOW"
            slow = slow or ratio > bound
            name, base = result.task.name, results[0].task.name
            print(f"{group.title}: {name} {ratio:.2f} x {base} (bound {bound}): {verdict}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
