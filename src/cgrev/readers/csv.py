"""Delimited text, streamed: bytes in blocks, cut at record boundaries, parsed by polars where that is
provably exact; `records` is the reading that both agree with.

What makes the fast path exact. A block without a quote has one record a line, and polars splits it at
every delimiter. In a block with quotes each line is matched against the form "cells that are either
wholly quoted or free of quotes"; such a line is a complete record that can be read in one way only.
Where other lines occur, `quoting` finds the records and writes those anew that polars would misread.

polars fills up short rows with "", so they cannot be told from empty cells, but it refuses a row with
too many cells (that is asked for). If it does not, and either no last cell is empty or the delimiters
outside of quotes are exactly (width - 1) a row, no row is short; else the cells of each line are
counted, and those that are not there are set to null.

A blank line is a row: c0 is "", the other cells are null. The line break at the end of the file
starts no row. `width` is one more than the widest of the first rows: a later row that is longer still
shows as longer than the header by that one cell, and what lies beyond is not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl
from polars.exceptions import ComputeError, SchemaError

from cgrev.errors import InputRefused
from cgrev.limits import MEBIBYTE, Limits, long_cell
from cgrev.readers.encoding import Encoding, decide_encoding, line_feeds, text_blocks, utf8_blocks
from cgrev.readers.quoting import Grammar, Swallowed, find_records, split_lines
from cgrev.readers.sniff import UNDELIMITED, Layout, line_ends, sniff
from cgrev.readers.source import Source
from cgrev.table import ROW, Notice, OpenTable, cells

SAMPLE_BYTES = 256 * 1024
SMALLEST_BLOCK = 64 * 1024
LARGEST_BLOCK = 32 * MEBIBYTE
SCANNED_BLOCK = 8 * MEBIBYTE
"""Where a few rows are sought: memory of this size is used again, not asked for anew for each block."""
FEW_LINES, BYTES_A_LINE = 64, 1024
"""Lines with quotes are few where there are no more than these, and one in so many bytes."""


def open_csv(
    source: Source,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits,
    block_bytes: int | None = None,
) -> OpenTable:
    """Open delimited text. `block_bytes` fixes the size of the blocks read (tests); None derives it
    from the number of rows a piece shall have.

    Raises `InputRefused` CGR004, CGR005, CGR006, and while iterating CGR004 for rows, records or cells
    beyond the limits; `UsageError` for an unusable `encoding` or `delimiter`.
    """
    decided = decide_encoding(source, encoding)
    sample, final = read_sample(source, decided, limits)
    ends = line_ends(sample)
    sample = line_feeds(sample)
    layout = sniff(sample, final=final, declared=delimiter)
    if not sample[layout.skip :].strip():
        raise nothing(source)
    limits.check_columns(layout.widest)
    base = [decided.notice] if decided.notice else []
    notices = list(base)
    rows_seen = max(1, sample.count(b"\n"))
    row_bytes = max(1, len(sample) // rows_seen)

    def pieces(rows: int) -> Iterator[pl.DataFrame]:
        notices[:] = base
        size = block_bytes or min(max(rows * row_bytes, SMALLEST_BLOCK), LARGEST_BLOCK)
        run = _Run(layout, limits, notices)
        frames = run.frames(utf8_blocks(source, decided, size))
        for frame in frames:
            yield from sliced(frame, rows)

    def at(rows: pl.Series) -> Iterator[pl.DataFrame]:
        run = _Run(layout, limits, [], wanted=rows)
        yield from run.frames(utf8_blocks(source, decided, block_bytes or SCANNED_BLOCK))

    return OpenTable(
        reader="csv",
        width=layout.widest + 1,
        pieces=pieces,
        decisions=(decided.decision, layout.decision, ends),
        notices=notices,
        ragged=True,
        delimiter=layout.delimiter_text,
        encoding=decided.decision.value,
        at=at,
    )


def read_sample(source: Source, encoding: Encoding, limits: Limits) -> tuple[bytes, bool]:
    """The start of the text up to a line break, line ends as in the file, and whether that is all.

    Raises CGR006 when there is nothing but white space in the whole file.
    """
    sample = b""
    for block in text_blocks(source, encoding, SAMPLE_BYTES):
        end = max(sample.rfind(b"\n"), sample.rfind(b"\r")) + 1
        if len(sample) >= SAMPLE_BYTES and sample[:end].strip():
            return sample[:end], False
        if len(sample) > limits.record_bytes:
            raise long_cell(1, limits.cell_length, open_quote=b'"' in sample)
        sample += block
    if not sample.strip():
        raise nothing(source)
    return sample, True


def nothing(source: Source) -> InputRefused:
    return InputRefused(
        "CGR006", "the file is empty: it holds no rows", help="export it again", path=source.name
    )


def sliced(frame: pl.DataFrame, rows: int) -> Iterator[pl.DataFrame]:
    """A frame in pieces of about `rows` rows: one that is only a little larger stays whole."""
    if frame.height <= rows + rows // 2:
        yield frame
        return
    yield from frame.iter_slices(rows)


@dataclass(slots=True)
class _Run:
    """One pass over a file: the state that goes from block to block.

    `wanted` are the numbers of the rows that are asked for, sorted; None asks for all."""

    layout: Layout
    limits: Limits
    notices: list[Notice]
    wanted: pl.Series | None = None
    line: int = 1
    rows: int = 0
    grammar: Grammar = field(init=False)

    def __post_init__(self) -> None:
        self.grammar = Grammar(self.layout.delimiter, self.layout.usual)

    @property
    def width(self) -> int:
        return self.layout.widest + 1

    def frames(self, blocks: Iterator[bytes]) -> Iterator[pl.DataFrame]:
        """Parse all blocks. A frame per block; what is left behind the last whole record goes on."""
        rest = b""
        wanted = 0  # bytes that must be there before an open record is tried again
        skip = self.layout.skip
        self.line = 1 + self.layout.skipped_lines
        for block in blocks:
            start, skip = min(skip, len(block)), max(0, skip - len(block))
            end = block.rfind(b"\n", start) + 1
            if end and len(rest) + end >= wanted:
                whole = not rest and start == 0 and end == len(block)
                buffer = block if whole else b"".join((rest, memoryview(block)[start:end]))
                frame, used = self._parse(buffer, final=False)
                rest = buffer[used:] + block[end:]
                wanted = 2 * len(rest)
                if frame is not None:
                    yield frame
            else:
                rest += block[start:]
            if len(rest) > self.limits.record_bytes:
                raise long_cell(self.line, self.limits.cell_length, open_quote=b'"' in rest)
        if rest:
            frame, _ = self._parse(rest, final=True)
            if frame is not None:
                yield frame

    def _parse(self, buffer: bytes, *, final: bool) -> tuple[pl.DataFrame | None, int]:
        """The records of whole lines as a frame, and how many bytes they take. When the last record
        is open (a quote runs on), it is left for the next block."""
        if self.wanted is not None:
            return self._asked(buffer, final=final)
        return self._all(buffer, final=final)

    def _all(self, buffer: bytes, *, final: bool) -> tuple[pl.DataFrame | None, int]:
        if b'"' in buffer:
            frame, used = self._quoted(buffer, final=final)
        else:
            frame, used = self._unquoted(buffer), len(buffer)
        if frame is None:
            return None, used
        self.rows += frame.height
        self.limits.check_rows(self.rows)
        self._check_cells(frame)
        return frame, used

    def _asked(self, buffer: bytes, *, final: bool) -> tuple[pl.DataFrame | None, int]:
        """The rows asked for. Where every line is a record, only their lines are parsed."""
        assert self.wanted is not None
        quoted = b'"' in buffer
        lines = quick_lines(buffer)
        if not quoted or self._one_a_line(lines_with_quotes(buffer, lines)):
            numbers = self.wanted.filter(self.wanted.is_between(self.line, self.line + len(lines) - 1))
            asked = lines.gather(numbers - self.line)
            if not (asked == "").any():
                self.line += len(lines)
                return (self._few(asked, numbers, quoted=quoted) if len(asked) else None), len(buffer)
        frame, used = self._all(buffer, final=final)
        return (None if frame is None else frame.filter(pl.col(ROW).is_in(self.wanted.implode()))), used

    def _one_a_line(self, lines: pl.Series) -> bool:
        """Whether lines with quotes are records that can be read in one way only."""
        return bool(lines.str.contains(self.grammar.clean).all())

    def _few(self, lines: pl.Series, numbers: pl.Series, *, quoted: bool) -> pl.DataFrame:
        block = lines.str.join("\n")[0].encode("utf-8") + b"\n"
        frame = self._regular(block, quoted=quoted)
        if frame is None:
            frame = self._ragged(block, self.grammar.count(lines), quoted=quoted)
        return frame.insert_column(0, numbers.alias(ROW))

    def _check_cells(self, frame: pl.DataFrame) -> None:
        limit = self.limits.cell_length
        names = cells(self.width)
        longest = frame.select(pl.col(names).str.len_bytes().max()).row(0)
        for name in (name for name, length in zip(names, longest, strict=True) if (length or 0) > limit):
            long = frame.filter(pl.col(name).str.len_chars() > limit)
            if long.height:
                row = int(long[ROW][0])
                raise long_cell(row, limit, open_quote="\n" in str(long[name][0]))

    def _unquoted(self, buffer: bytes) -> pl.DataFrame:
        frame = self._regular(buffer, quoted=False)
        if frame is None:
            frame = self._ragged(buffer, self.grammar.count(split_lines(buffer)), quoted=False)
        return self._numbered(frame)

    def _quoted(self, buffer: bytes, *, final: bool) -> tuple[pl.DataFrame | None, int]:
        if self._one_a_line(lines_with_quotes(buffer)):
            frame = self._regular(buffer, quoted=True)
            if frame is None:
                frame = self._ragged(buffer, self.grammar.count(quick_lines(buffer)), quoted=True)
            return self._numbered(frame), len(buffer)
        found = find_records(buffer, self.grammar, final=final)
        if len(found.texts) == 0:
            return None, found.used
        if found.rewritten:
            block = found.texts.str.join("\n")[0].encode("utf-8") + b"\n"
        else:
            block = buffer[: found.used]
        frame = self._regular(block, quoted=True)
        if frame is None:
            frame = self._ragged(block, self.grammar.count(found.texts), quoted=True)
        for swallowed in found.swallowed:
            self._note(swallowed)
        numbers = (found.first + self.line).cast(pl.UInt32)
        self.line += found.lines
        return frame.insert_column(0, numbers.alias(ROW)), found.used

    def _numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows of which each is one line."""
        numbers = pl.int_range(self.line, self.line + frame.height, dtype=pl.UInt32, eager=True)
        self.line += frame.height
        return frame.insert_column(0, numbers.alias(ROW))

    def _note(self, swallowed: Swallowed) -> None:
        more = f"{swallowed.lines:,} more line{'s' if swallowed.lines > 1 else ''}"
        message = f"a quoted cell runs over {more} and takes in what look like other rows"
        self.notices.append(Notice("CGR008", message, self.line + swallowed.line, swallowed.text))

    def _regular(self, buffer: bytes, *, quoted: bool) -> pl.DataFrame | None:
        """The block as a frame if every row has the usual number of cells, else None."""
        usual = self.layout.usual
        try:
            frame = parse(buffer, self.layout.delimiter, usual, quoted=quoted, extra="raise")
        except (ComputeError, SchemaError):
            return None
        last = frame.to_series(usual - 1)
        if usual > 1 and (last == "").any() and not self._same_count(buffer, frame, quoted=quoted):
            return None
        absent = [pl.lit(None, dtype=pl.String).alias(name) for name in cells(self.width)[usual:]]
        return frame.with_columns(absent)

    def _same_count(self, buffer: bytes, frame: pl.DataFrame, *, quoted: bool) -> bool:
        """Where a last cell is empty: are there as many delimiters as (width - 1) a row?"""
        delimiter = self.layout.delimiter
        wanted = (self.layout.usual - 1) * frame.height
        outside = buffer.count(delimiter)
        if quoted and outside >= wanted:  # some may stand inside quotes
            sign = delimiter.decode("ascii")
            inside = frame.select(pl.all().str.count_matches(sign, literal=True).sum()).sum_horizontal()
            outside -= int(inside[0])
        return outside == wanted

    def _ragged(self, buffer: bytes, count: pl.Series, *, quoted: bool) -> pl.DataFrame:
        """The block as a frame where row i has `count[i]` cells; those that are not there are null."""
        widest = count.max()
        if isinstance(widest, int):
            self.limits.check_columns(widest)
        frame = parse(buffer, self.layout.delimiter, self.width, quoted=quoted, extra="ignore")
        present = [
            pl.when(count > index).then(pl.col(name).fill_null("")).alias(name)
            for index, name in enumerate(cells(self.width))
        ]
        return frame.with_columns(present)


def quick_lines(buffer: bytes) -> pl.Series:
    """The lines of a block without their line ends."""
    if UNDELIMITED in buffer:
        return split_lines(buffer).str.strip_suffix("\r")
    return parse(buffer, UNDELIMITED, 1, quoted=False, extra="raise").to_series()


def lines_with_quotes(buffer: bytes, lines: pl.Series | None = None) -> pl.Series:
    """The lines of a block that hold a quote, one by one where they are few. `lines` are all of them, where
    they are known."""
    found: list[str] = []
    most = FEW_LINES + len(buffer) // BYTES_A_LINE
    at = buffer.find(b'"')
    while at >= 0 and len(found) <= most:
        end = buffer.find(b"\n", at)
        end = len(buffer) if end < 0 else end
        found.append(buffer[buffer.rfind(b"\n", 0, at) + 1 : end].decode("utf-8"))
        at = buffer.find(b'"', end)
    if at < 0:
        return pl.Series("text", found, dtype=pl.String)
    every = quick_lines(buffer) if lines is None else lines
    return every.filter(every.str.contains('"', literal=True))


def parse(buffer: bytes, delimiter: bytes, width: int, *, quoted: bool, extra: str) -> pl.DataFrame:
    """A block by polars, all text, `width` columns."""
    return pl.read_csv(
        buffer,
        has_header=False,
        separator=delimiter.decode("ascii"),
        quote_char='"' if quoted else None,
        infer_schema=False,
        schema=dict.fromkeys(cells(width), pl.String),
        extra_columns="raise" if extra == "raise" else "ignore",
        missing_columns="insert",
        empty_string_is_null=False,
    )
