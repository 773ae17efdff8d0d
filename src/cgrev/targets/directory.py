"""A folder as target: batches are put there whole, for a transfer that picks them up (SFTP, a share).

A batch appears under its name at once and complete, or not at all, and never takes the place of another
file. Whoever empties the folder makes absence mean nothing, so an unknown copy stays unknown unless the
file is seen there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from cgrev.errors import ServerUnreachable, SettingsError
from cgrev.targets.batches import BatchFile
from cgrev.targets.protocol import (
    Capabilities,
    Listing,
    Outcome,
    OutcomeKind,
    Reachability,
    RemoteFile,
)


class DirectoryTarget:
    """The `Target` for a folder."""

    capabilities = Capabilities(can_list=True, can_delete=False, absence_counts=False)

    def __init__(self, path: Path | str, *, name: str = "directory") -> None:
        if not str(path):
            raise SettingsError("the target has no path", help="set path to the folder that batches go to")
        self.path = Path(path).expanduser().absolute()
        self.name = name
        self.identity = f"directory {self.path}"
        self.settle: float | None = None
        self._halt = threading.Event()

    def describe(self) -> dict[str, str]:
        return {"kind": self.name, "path": str(self.path)}

    def check(self) -> Reachability:
        if not self.path.is_dir():
            return Reachability(
                False, None, False, f"the folder '{self.path}' is not there", "make it, or set another path"
            )
        if not os.access(self.path, os.W_OK | os.X_OK):
            return Reachability(
                False, None, False, f"the folder '{self.path}' cannot be written to", "check the rights on it"
            )
        return Reachability(True, None, True, f"the folder '{self.path}' can be written to")

    def on_wait(self, tell: Callable[[float, str], None] | None) -> None:
        """A folder never asks anyone to wait."""

    def abort(self) -> None:
        self._halt.set()

    def close(self) -> None:
        return None

    def send(self, batch: BatchFile) -> Outcome:
        content = batch.content()
        if self._halt.is_set():
            return Outcome(OutcomeKind.NOT_SENT, "interrupted before it was copied", "interrupted")
        final = self.path / batch.name
        # The process id keeps two runs from writing into one temporary file.
        part = self.path / f".{batch.name}.{os.getpid()}.part"
        placed = False
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            placed = _place(part, final)
            if placed:
                _sync_folder(self.path)
        except OSError as error:
            return Outcome(
                OutcomeKind.NOT_SENT,
                f"the folder '{self.path}' cannot be written to: {(error.strerror or 'fault').lower()}",
                "unreachable",
                "check that it is there, that it has room, and the rights on it",
            )
        finally:
            with contextlib.suppress(OSError):
                part.unlink()
        return self._verdict(batch, final, placed)

    def _verdict(self, batch: BatchFile, final: Path, placed: bool) -> Outcome:
        try:
            found = hashlib.sha256(final.read_bytes()).hexdigest()
        except FileNotFoundError:
            if placed:
                return Outcome(OutcomeKind.ACKNOWLEDGED, "copied, and picked up at once")
            found = ""
        except OSError:
            found = ""
        if found == batch.sha256:
            how = "copied and read back" if placed else "was there already, read back"
            return Outcome(OutcomeKind.ACKNOWLEDGED, how)
        if placed:
            return Outcome(
                OutcomeKind.UNKNOWN,
                f"'{final}' does not read back as what was written",
                "broken",
                "look at the file: another program has changed it",
            )
        return Outcome(
            OutcomeKind.REFUSED,
            f"another file is there under the name '{final.name}'; it is left alone",
            "answer",
            "move it away, then upload again",
        )

    def listing(self, since: date | None = None) -> Listing:
        """Files in the folder with the digest of each; hidden ones are copies under way."""
        found: list[RemoteFile] = []
        try:
            for path in sorted(self.path.iterdir()):
                if path.name.startswith(".") or not path.is_file():
                    continue
                with contextlib.suppress(FileNotFoundError):
                    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    digest = hashlib.sha256(path.read_bytes()).hexdigest()
                    found.append(
                        RemoteFile(
                            id=path.name,
                            name=path.name,
                            status="there",
                            uploaded=moment.isoformat(timespec="seconds"),
                            sha256=digest,
                        )
                    )
        except OSError as error:
            raise ServerUnreachable(
                f"the folder '{self.path}' cannot be read: {(error.strerror or 'unknown fault').lower()}",
                help="check that it is there and the rights on it",
            ) from None
        return Listing(tuple(found))


def _place(part: Path, final: Path) -> bool:
    """Give a written file its name. False when the name is taken; nothing is ever overwritten."""
    try:
        os.link(part, final)
        return True
    except FileExistsError:
        return False
    except OSError:
        # A file system without hard links (FAT, some shares): claim the name first, then move over it.
        try:
            os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            return False
        try:
            os.replace(part, final)
        except OSError:
            with contextlib.suppress(OSError):
                final.unlink()
            raise
        return True


def _sync_folder(path: Path) -> None:
    """Make the new name survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
