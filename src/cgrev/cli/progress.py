"""A bar on a terminal while batches go up; nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cgrev.targets.batches import BatchFile
from cgrev.targets.plan import UploadPlan
from cgrev.targets.summary import BatchResult


class Bar:
    """A `Progress` of `cgrev.uploading` as a bar on stderr, with a line for each batch that is not stored."""

    def __init__(self, upload: UploadPlan | None = None) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        self._progress.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def begin(self, batches: Sequence[BatchFile]) -> None:
        self._task = self._progress.add_task("sending", total=len(batches))

    def sending(self, batch: BatchFile) -> None:
        self._describe(batch.name)

    def waiting(self, seconds: float, why: str) -> None:
        self._describe(f"waiting {seconds:.0f} s: {why}")

    def done(self, result: BatchResult) -> None:
        if self._task is not None:
            self._progress.advance(self._task)
        if not result.is_stored:
            self._progress.console.print(
                f"{result.name}: {result.state.value}: {result.message}", markup=False, highlight=False
            )

    def _describe(self, text: str) -> None:
        if self._task is not None:
            self._progress.update(self._task, description=text)
