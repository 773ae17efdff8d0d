"""Which runs are alive: each holds an operating-system lock on a file of its own.

The system lets go of a lock when its process ends, however it ends. A process id written down would not do:
it may belong to another program by the time it is looked at.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import filelock


class Leases:
    """The locks in a folder, and those of them that this process holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: dict[str, filelock.BaseFileLock] = {}

    def _path(self, run_id: str) -> Path:
        return self.folder / f"{run_id}.lock"

    def _lock(self, run_id: str) -> filelock.BaseFileLock:
        # A lock that is only a file would outlive its process: where there is no real one, none is taken.
        return filelock.FileLock(self._path(run_id), thread_local=False, fallback_to_soft=False)

    def take(self, run_id: str) -> None:
        """Hold a run. Raises OSError, NotImplementedError or filelock.Timeout where that is not possible."""
        lock = self._lock(run_id)
        lock.acquire(timeout=0)
        self._held[run_id] = lock

    def give_back(self, run_id: str) -> None:
        lock = self._held.pop(run_id, None)
        if lock is not None:
            lock.release()
            self._forget(run_id)

    def give_back_all(self) -> None:
        for run_id in list(self._held):
            self.give_back(run_id)

    def is_held(self, run_id: str) -> bool:
        """Whether some process, this one included, holds the run."""
        if run_id in self._held:
            return True
        if not self._path(run_id).exists():
            return False
        lock = self._lock(run_id)
        try:
            lock.acquire(timeout=0)
        except (filelock.Timeout, OSError, NotImplementedError):
            return True  # where it cannot be told, to take it for dead would be the dangerous mistake
        lock.release()
        self._forget(run_id)
        return False

    def _forget(self, run_id: str) -> None:
        with contextlib.suppress(OSError):
            self._path(run_id).unlink()
