"""Canonical rows to files of a size the server takes. Pure: nothing touches the disk.

Rows come in pieces of any size and leave in batches that do not depend on how they were cut: each batch is
as long a run of rows as fits, decided on the next `max_records` rows alone.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import accumulate, chain

import polars as pl
from msgspec import Struct, field

from cgrev.errors import SettingsError
from cgrev.layout import MAX_BYTES, MAX_RECORDS
from cgrev.table import PIECE_ROWS
from cgrev.writers import FileOptions, Framing, framing, writer
from cgrev.writers.canonical import canonical


class BatchOptions(Struct, frozen=True):
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


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """One finished file: its bytes, how many records they hold, their total in whole units, the digest."""

    data: bytes = dataclasses.field(repr=False)
    records: int
    total: int
    sha256: str


def batches(
    frames: pl.DataFrame | Iterable[pl.DataFrame], options: BatchOptions | None = None
) -> Iterator[Batch]:
    """Cut canonical rows into finished files, in order, none lost, none doubled; no rows give no batch.

    Holds the records of one piece, at most, and one batch at a time. Raises SettingsError when one record
    alone is larger than `max_bytes`, ValueError when a frame is not canonical (see `cgrev.writers`).
    """
    options = options or BatchOptions()
    given = [frames] if isinstance(frames, pl.DataFrame) else frames
    pieces = (canonical(part) for frame in given for part in frame.iter_slices(PIECE_ROWS))
    parts = framing(options.file)
    return _written(pieces, options) if parts is None else _joined(pieces, parts, options)


def _joined(pieces: Iterable[pl.DataFrame], parts: Framing, options: BatchOptions) -> Iterator[Batch]:
    """Batches put together of records that are written once, a piece at a time."""
    room = options.max_bytes - len(parts.head) - len(parts.tail)
    records: list[bytes] = []
    amounts: list[int] = []
    done = 0
    for piece in chain(pieces, [None]):
        if piece is not None:
            records += parts.records(piece)
            amounts += piece["amount"].to_list()
        least = 1 if piece is None else options.max_records
        ends = list(accumulate(map(len, records), initial=0))
        first = 0
        while len(records) - first >= least:
            fits = bisect_right(ends, ends[first] + room, first) - 1
            last = min(fits, first + options.max_records)
            if last <= first:
                size = len(parts.file(records[first : first + 1]))
                raise _too_large(done + first + 1, size, options.max_bytes)
            yield _batch(parts.file(records[first:last]), amounts[first:last])
            first = last
        done += first
        del records[:first], amounts[:first]


def _written(pieces: Iterable[pl.DataFrame], options: BatchOptions) -> Iterator[Batch]:
    """Batches of a format whose size is known only when the file is written."""
    write = writer(options.file)
    pending: list[pl.DataFrame] = []
    waiting = done = 0
    for piece in chain(pieces, [None]):
        if piece is not None:
            pending.append(piece)
            waiting += piece.height
        least = 1 if piece is None else options.max_records
        if waiting < least:
            continue
        rows = pl.concat(pending)
        while waiting >= least:
            batch = _fill(rows.tail(waiting).head(options.max_records), write, options.max_bytes, done)
            waiting -= batch.records
            done += batch.records
            yield batch
        pending = [rows.tail(waiting)]


def _fill(rows: pl.DataFrame, write: Callable[[pl.DataFrame], bytes], max_bytes: int, done: int) -> Batch:
    """The longest run of `rows` from the first whose finished file fits; at least one record."""
    rows = rows.rechunk()
    data = write(rows)
    if len(data) <= max_bytes:
        return _batch(data, rows["amount"].to_list())
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
        raise _too_large(done + 1, len(write(rows.head(1))), max_bytes)
    return _batch(best, rows["amount"].head(fits).to_list())


def _batch(data: bytes, amounts: list[int]) -> Batch:
    return Batch(data, len(amounts), sum(amounts), sha256(data).hexdigest())


def _too_large(record: int, size: int, limit: int) -> SettingsError:
    return SettingsError(
        f"record {record} alone makes a file of {size} bytes, above the limit of {limit}",
        help="raise the limit of bytes for a file, or shorten the record's texts",
    )
