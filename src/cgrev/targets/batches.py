"""A batch file on disk, held to the digest it was planned with."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from cgrev.errors import CgrevError
from cgrev.targets.canary import CannotSplit, count_records, first_amount, split_first

READ_LIMIT = 16 * 1024 * 1024
"""Bytes above which no file is taken for a batch. The server's own limit is a rule of `check`; this one
keeps memory flat whatever it is handed."""
DIGEST_DIGITS = 12
"""Hexadecimal digits of a digest that a file name carries."""


class BatchChanged(CgrevError):
    """A batch file is gone, or is not what it was when it was planned. Nothing of it is sent."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two files a batch is sent as when its first record goes ahead alone."""

    which: Literal["canary", "rest"]
    whole_sha256: str


@dataclass(frozen=True, slots=True)
class BatchFile:
    """One file for upload: `name` is what the server sees and lists, `sha256` and `size` are of what is
    sent, `total` is the sum of its amounts in whole units (None where nobody counted).

    `path` is the file on disk; with `part` set, what is sent is a part of it.
    """

    path: Path
    name: str
    sha256: str
    size: int
    records: int
    total: int | None = None
    part: Part | None = None

    def content(self) -> bytes:
        """Exactly the bytes to send, held to `sha256`. Raises `BatchChanged`.

        The digest is taken of the very bytes that are returned: a file that changes between a check and
        the sending cannot slip through. A batch is a few MiB at most, so one at a time is flat in memory.
        """
        raw = read_batch(self.path)
        if self.part is not None:
            if hashlib.sha256(raw).hexdigest() != self.part.whole_sha256:
                raise _changed(self.path)
            canary, rest = split_first(raw, self.path.suffix)
            raw = canary if self.part.which == "canary" else rest
        if hashlib.sha256(raw).hexdigest() != self.sha256:
            raise _changed(self.path)
        return raw


def _changed(path: Path) -> BatchChanged:
    return BatchChanged(
        f"the batch '{path}' is not the file that was planned: its content has changed",
        help="convert again and upload the new folder; a batch is never edited by hand",
    )


def read_batch(path: Path) -> bytes:
    """A batch file whole. Raises `BatchChanged` when it is gone, no plain file, or above the size limit."""
    try:
        if not path.is_file():
            raise BatchChanged(
                f"the batch '{path}' is not there", help="convert again, or name the right folder"
            )
        with path.open("rb") as file:
            # No more is asked for than there is: a buffer of the whole limit would be made at once.
            raw = file.read(min(os.fstat(file.fileno()).st_size, READ_LIMIT) + 1)
    except OSError as error:
        raise BatchChanged(
            f"the batch '{path}' cannot be read: {(error.strerror or 'unknown fault').lower()}",
            help="check the file and the rights on it",
        ) from None
    if len(raw) > READ_LIMIT:
        raise BatchChanged(
            f"the file '{path}' is larger than {READ_LIMIT:,} bytes: it is no batch",
            help="split it: `cgrev convert --from canonical` writes batches that fit",
        )
    return raw


def remote_name(path: Path, sha256: str, mark: str = "") -> str:
    """The name a file is sent under: its own stem in plain letters, and the digest of its content.

    The name is the only handle the server gives to what it has stored, so it must tell one content from
    another, and it must come back from the server as it was sent: no accents, no blanks.
    """
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-._")[:80] or "revenue"
    digest = sha256[:DIGEST_DIGITS]
    middle = f"-{mark}" if mark else ""
    if digest in stem and not mark:
        return f"{stem}{path.suffix.lower()}"
    return f"{stem}{middle}-{digest}{path.suffix.lower()}"


def plain_file(path: Path, *, records: int, total: int | None = None) -> BatchFile:
    """A file that no manifest speaks of, as a batch. The caller has checked it and counted its records.

    Raises `BatchChanged` when it cannot be read or is too large to be sent.
    """
    raw = read_batch(path)
    sha256 = hashlib.sha256(raw).hexdigest()
    return BatchFile(path.absolute(), remote_name(path, sha256), sha256, len(raw), records, total)


def canary_parts(batch: BatchFile) -> tuple[BatchFile, BatchFile]:
    """A batch as two: its first record alone, and the rest without it. No row is in both or in neither.

    Raises `BatchChanged` as `content` does, `CannotSplit` for a file that cannot be divided.
    """
    raw = batch.content()
    suffix = batch.path.suffix
    pieces = split_first(raw, suffix)
    found = count_records(raw, suffix)
    if found != batch.records:
        raise CannotSplit(
            f"a canary cannot be taken: '{batch.path}' holds {found} records, not {batch.records}",
            help="the count of the plan is another one; leave out --canary",
        )
    first = first_amount(raw, suffix)
    left = batch.total - first if first is not None and batch.total is not None else None
    canary = _part(batch, "canary", pieces[0], 1, first if left is not None else None)
    return canary, _part(batch, "rest", pieces[1], batch.records - 1, left)


def _part(
    batch: BatchFile, which: Literal["canary", "rest"], raw: bytes, records: int, total: int | None
) -> BatchFile:
    sha256 = hashlib.sha256(raw).hexdigest()
    return replace(
        batch,
        name=remote_name(batch.path, sha256, which),
        sha256=sha256,
        size=len(raw),
        records=records,
        total=total,
        part=Part(which, batch.sha256),
    )
