"""The output folder of `convert`: batches, manifest, rejected rows, report; all of it or nothing.

Everything is written to a hidden sibling folder and moved in place at the end, so that a killed run leaves
the old state or the new one. The same input and settings give the same bytes and names.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
import unicodedata
from collections import Counter
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from msgspec import Struct

from cgrev.errors import CgrevError, SettingsError
from cgrev.files import lock_folder, recover_folder, replace_folder, writing
from cgrev.manifest import (
    FILE_NAME,
    BatchEntry,
    Manifest,
    OtherFile,
    RunFacts,
    accounting,
    batch_name,
    content_digest,
    read_manifest,
)
from cgrev.rejects import REJECTED, RejectedRows

if TYPE_CHECKING:
    import polars as pl

    from cgrev.batching import Batch
    from cgrev.writers import Format

REPORT = "report.json"
_LEFT_BY_DESKTOPS = {".DS_Store", "Thumbs.db", "desktop.ini"}
_LOCK_ATTEMPTS = 10
_ANOTHER = "choose another folder with -o, or move what is in this one away"


class _Part(Struct, frozen=True):
    """A batch as it lies in the temporary folder; its final name needs the count and all digests."""

    path: Path
    format: str
    sha256: str
    records: int
    bytes: int
    total: int


def safe_stem(text: str) -> str:
    """A file-name stem from any text: ASCII letters, digits, `.`, `_`, `-`, at most 60 of them.

    It travels in the upload request and comes back as the server's only handle for a batch.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-._")[:60].strip("-._") or "revenue"


class FolderWriter:
    """Context manager that collects the files of one run and moves them in place on `commit`::

        with FolderWriter("out", "march") as folder:
            for batch in batches(...):
                folder.add(batch, "csv")
            folder.add_file(REPORT, report)
            manifest = folder.commit(facts)

    Leaving it without `commit` (an error, an interrupt) removes what was written; the target folder is
    then as it was. A folder with content is replaced only when cgrev made all of it.

    Raises SettingsError when the target is not a folder, holds other files, or cannot be written.
    """

    def __init__(self, target: Path | str, stem: str) -> None:
        self.shown = str(target)
        self.target = Path(os.path.realpath(target))
        self.stem = safe_stem(stem)
        self._parts: list[_Part] = []
        self._others: dict[str, OtherFile] = {}
        self._place: Path | None = None
        self._lock: int | None = None
        self._rejects: RejectedRows | None = None

    def __enter__(self) -> FolderWriter:
        with writing(self.shown):
            self.target.parent.mkdir(parents=True, exist_ok=True)
            recover_folder(self.target)
            self._require_replaceable()
            self._remove_left_over()
            self._make_place()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rejects is not None:
            self._rejects.close()
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)
            self._place = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def add(self, batch: Batch, format: Format) -> None:
        """Write one batch; batches of one format are numbered in the order they come."""
        path = self._open_place / f"part-{len(self._parts) + 1:09d}"
        with writing(self.shown):
            path.write_bytes(batch.data)
        self._parts.append(_Part(path, format, batch.sha256, batch.records, len(batch.data), batch.total))

    def add_rejected(self, rows: pl.DataFrame) -> None:
        """Append rejected rows to `rejected.csv`; see `RejectedRows` for the columns of the frame."""
        if rows.is_empty():
            return
        with writing(self.shown):
            if self._rejects is None:
                self._rejects = RejectedRows(self._open_place / REJECTED)
            self._rejects.add(rows)

    def add_file(self, name: str, data: bytes | str) -> None:
        """Write one more file (the report). The manifest states its digest."""
        content = data.encode() if isinstance(data, str) else data
        path = self._open_place / name
        if path.parent != self._open_place or name in (FILE_NAME, REJECTED):
            raise ValueError(f"{name!r} is no name for a further file of the folder")
        with writing(self.shown):
            path.write_bytes(content)
        self._others[name] = OtherFile(file=name, sha256=sha256(content).hexdigest(), bytes=len(content))

    def commit(self, facts: RunFacts) -> Manifest:
        """Name the batches, write the manifest and move the folder in place.

        Raises CgrevError when the rows of `facts` do not add up or are not those in the batches: then
        nothing is written.
        """
        if self._rejects is not None:
            with writing(self.shown):
                size, digest = self._rejects.close()
            self._others[REJECTED] = OtherFile(file=REJECTED, sha256=digest, bytes=size)
        with writing(self.shown):
            manifest = Manifest(
                **{name: getattr(facts, name) for name in RunFacts.model_fields},
                stem=self.stem,
                batches=self._name_batches(),
                files=tuple(self._others[name] for name in sorted(self._others)),
            )
            if faults := accounting(manifest):
                raise CgrevError(
                    f"{faults[0]}; nothing is written", help="report this: it is a fault of cgrev"
                )
            (self._open_place / FILE_NAME).write_bytes(manifest.to_json())
            self._require_replaceable()
            replace_folder(self._open_place, self.target)
        self._place = None
        return manifest

    @property
    def _open_place(self) -> Path:
        if self._place is None:
            raise RuntimeError("the folder is not open: use it in a with block, before commit")
        return self._place

    def _name_batches(self) -> tuple[BatchEntry, ...]:
        entries: list[BatchEntry] = []
        counts = Counter(part.format for part in self._parts)
        for format, count in counts.items():
            parts = [part for part in self._parts if part.format == format]
            digest = content_digest(self.stem, [part.sha256 for part in parts])
            for number, part in enumerate(parts, 1):
                name = batch_name(self.stem, digest, number, count, format)
                part.path.rename(self._open_place / name)
                entries.append(
                    BatchEntry(
                        file=name,
                        sha256=part.sha256,
                        records=part.records,
                        bytes=part.bytes,
                        total=part.total,
                    )
                )
        return tuple(entries)

    def _require_replaceable(self) -> None:
        """Never destroy what cgrev did not make, nor the ground under the user's feet."""
        target = self.target
        if not target.exists():
            return
        if not target.is_dir():
            raise SettingsError(f"'{self.shown}' is a file, not a folder", help="choose another name with -o")
        if os.path.ismount(target):
            raise SettingsError(
                f"'{self.shown}' is where a volume is mounted and cannot be replaced as a whole",
                help="choose a folder below it with -o",
            )
        here = Path(os.path.realpath(os.curdir))
        if here == target or target in here.parents:
            raise SettingsError(
                f"'{self.shown}' holds the current folder and cannot be replaced as a whole",
                help="choose a folder below it with -o",
            )
        names = {path.name for path in target.iterdir()} - _LEFT_BY_DESKTOPS
        if not names:
            return
        if FILE_NAME not in names:
            raise SettingsError(
                f"folder '{self.shown}' holds files that cgrev did not write, such as '{min(names)}'",
                help=_ANOTHER,
            )
        made = read_manifest(target)
        own = {FILE_NAME, *(batch.file for batch in made.batches), *(other.file for other in made.files)}
        if foreign := names - own:
            raise SettingsError(
                f"folder '{self.shown}' would be replaced, but '{min(foreign)}' in it is not from cgrev",
                help=_ANOTHER,
            )

    def _remove_left_over(self) -> None:
        """Remove what killed runs left beside the target; runs that live hold theirs."""
        for path in self.target.parent.glob(f".{_escape(self.target.name)}.cgrev-new-*"):
            number = lock_folder(path)
            if number is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(number)

    def _make_place(self) -> None:
        while True:
            place = self.target.with_name(f".{self.target.name}.cgrev-new-{secrets.token_hex(6)}")
            place.mkdir()
            for _ in range(_LOCK_ATTEMPTS):
                self._lock = lock_folder(place)
                if self._lock is not None:
                    self._place = place
                    return
                # another run may have taken it for a left-over before the lock was there
                if not place.is_dir():
                    break
                time.sleep(0.02)
            else:  # a file system without locks: left-overs are never removed there, so it is safe
                self._place = place
                return


def _escape(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
