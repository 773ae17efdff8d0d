"""Canonical rows to files of a size the server takes. Pure: nothing touches the disk.

Rows come in pieces of any size and leave in batches that do not depend on how they were cut: each batch is
as long a run of rows as fits, decided on the next `max_records` rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import polars as pl

from cgrev.errors import SettingsError
from cgrev.layout import MAX_BYTES, MAX_RECORDS
from cgrev.writers import FileOptions, writer
from cgrev.writers.canonical import canonical


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """`file` says how a batch is written, the limits how large the finished file may be (both inclusive).

    Raises SettingsError for a limit below one.
    """

    file: FileOptions = field(default_factory=FileOptions)
    max_records: int = MAX_RECORDS
    max_bytes: int = MAX_BYTES

    def __post_init__(self) -> None:
        for name, limit in (("records", self.max_records), ("bytes", self.max_bytes)):
            if limit < 1:
                raise SettingsError(
                    f"a batch of at most {limit} {name} holds nothing", help="give a limit above zero"
                )


@dataclass(frozen=True, slots=True)
class Batch:
    """One finished file: its bytes, how many records they hold, their total in whole units, the digest."""

    data: bytes = field(repr=False)
    records: int
    total: int
    sha256: str


def batches(
    frames: pl.DataFrame | Iterable[pl.DataFrame], options: BatchOptions | None = None
) -> Iterator[Batch]:
    """Cut canonical rows into finished files, in order, none lost, none doubled; no rows give no batch.

    Holds one piece and one batch at a time. Raises SettingsError when one record alone is larger than
    `max_bytes`, ValueError when a frame is not canonical (see `cgrev.writers`).
    """
    options = options or BatchOptions()
    write = writer(options.file, checked=True)
    pending: list[pl.DataFrame] = []
    waiting = done = 0
    for piece in [frames] if isinstance(frames, pl.DataFrame) else frames:
        pending.append(canonical(piece))
        waiting += piece.height
        if waiting < options.max_records:
            continue
        rows = pl.concat(pending)
        while waiting >= options.max_records:
            batch = _fill(rows.tail(waiting).head(options.max_records), write, options.max_bytes, done)
            waiting -= batch.records
            done += batch.records
            yield batch
        pending = [rows.tail(waiting)]
    rows = pl.concat(pending) if pending else pl.DataFrame()
    while waiting:
        batch = _fill(rows.tail(waiting), write, options.max_bytes, done)
        waiting -= batch.records
        done += batch.records
        yield batch


def _fill(rows: pl.DataFrame, write: Callable[[pl.DataFrame], bytes], max_bytes: int, done: int) -> Batch:
    """The longest run of `rows` from the first whose finished file fits; at least one record."""
    rows = rows.rechunk()
    data = write(rows)
    if len(data) <= max_bytes:
        return _batch(rows, data)
    # Sizes are measured on finished files, never estimated; the first guess only saves attempts.
    fits, too_many = 0, rows.height
    guess = rows.height * max_bytes // len(data)
    best = b""
    while too_many - fits > 1:
        count = min(max(guess, fits + 1), too_many - 1)
        data = write(rows.head(count))
        if len(data) <= max_bytes:
            fits, best = count, data
        else:
            too_many = count
        guess = (fits + too_many) // 2
    if not fits:
        size = len(write(rows.head(1)))
        raise SettingsError(
            f"record {done + 1} alone makes a file of {size} bytes, above the limit of {max_bytes}",
            help="raise the limit of bytes for a file, or shorten the record's texts",
        )
    return _batch(rows.head(fits), best)


def _batch(rows: pl.DataFrame, data: bytes) -> Batch:
    # Python's integers: exact, and sooner done for a thousand than a plan of polars
    return Batch(data, rows.height, sum(rows["amount"].to_list()), sha256(data).hexdigest())
