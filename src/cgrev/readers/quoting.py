"""Where the records of a block with quotes begin and end, for all its lines at once.

A line can begin in one of two states: at the start of a record, or inside a quoted cell. Two regular
expressions, which follow the semantics of `records` to the letter, tell for each line in which state
it ends if it begins in the one or in the other. So each line is one of four functions of two states,
and the state of every line follows from those before it without a loop: the last line that ends in
the same state either way decides, and the lines since that swap the state are counted.

A record is *clean* when every cell is either wholly quoted or free of quotes: polars reads it as
`records` does. Every other record is written anew with all its cells quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl
from msgspec import Struct

from cgrev.readers.records import cell_pattern, quote_all, read_record, swallowing_cell


@dataclass(frozen=True, slots=True)
class Grammar:
    """The expressions for one delimiter. `usual` is the usual number of cells of a row."""

    delimiter: bytes
    usual: int
    sign: str = field(init=False)
    clean: str = field(init=False)
    """A record whose cells are wholly quoted or free of quotes."""
    closes: str = field(init=False)
    """A line that begins at the start of a record and ends it."""
    resumes: str = field(init=False)
    """A line that begins inside a quoted cell and ends the record."""
    opening: str = field(init=False)
    """A cell that begins with a quote."""
    counted: str = field(init=False)
    """In a clean record: each pair of quotes, each delimiter outside of them."""

    def __post_init__(self) -> None:
        sign = self.delimiter.decode("ascii")
        mark = re.escape(sign)
        quoted = r'"(?:[^"]|"")*"'
        tail = rf'(?:[^"{mark}][^{mark}]*)?'
        cell = rf'(?:{quoted}{tail}|[^"{mark}][^{mark}]*)?'
        plain = rf'(?:[^"\n{mark}]*|{quoted})'
        for name, value in {
            "sign": sign,
            "clean": rf"^{plain}(?:{mark}{plain})*\r?$",
            "closes": rf"^{cell}(?:{mark}{cell})*$",
            "resumes": rf'^(?:[^"]|"")*"{tail}(?:{mark}{cell})*$',
            "opening": rf'(?:^|{mark})"',
            "counted": rf'"[^"]*"|{mark}',
        }.items():
            object.__setattr__(self, name, value)

    def count(self, records: pl.Series) -> pl.Series:
        """Cells of each clean record."""
        marks = records.str.count_matches(self.sign, literal=True)
        quotes = records.str.count_matches('"', literal=True)
        if quotes.sum() == 0:
            return marks + 1
        outside = records.str.count_matches(self.counted) - quotes // 2
        return pl.select(pl.when((quotes > 0) & (marks > 0)).then(outside).otherwise(marks)).to_series() + 1


class Swallowed(Struct, frozen=True):
    """A record in which a stray quote seems to have joined rows: the line of the cell counted from 0,
    the lines that are taken in, the start of the cell's text."""

    line: int
    lines: int
    text: str


class Records(Struct, frozen=True):
    """The complete records of a block.

    `texts` are clean; `first` is the line each starts on, counted from 0; `lines` and `used` are what
    they take of the block; `rewritten` when the block itself must not be parsed.
    """

    texts: pl.Series
    first: pl.Series
    lines: int
    used: int
    rewritten: bool
    swallowed: list[Swallowed]


def split_lines(buffer: bytes) -> pl.Series:
    """The lines of a block without their line feeds (a carriage return before it stays)."""
    text = buffer[:-1] if buffer.endswith(b"\n") else buffer
    return pl.Series("text", [text.decode("utf-8")]).str.split("\n").explode()


def find_records(buffer: bytes, grammar: Grammar, *, final: bool) -> Records:
    """The records of a block. One that is open at its end is left out unless the block is `final`."""
    lines = split_lines(buffer)
    total = len(lines)
    begins, open_at_end = _record_starts(lines, grammar)
    used = len(buffer)
    if open_at_end and not final:
        last = int(begins.arg_true()[-1])
        used = int((lines[:last].str.len_bytes().cast(pl.Int64) + 1).sum())
        total = last
        lines, begins = lines[:last], begins[:last]
    first = begins.arg_true()
    texts = lines
    swallowed: list[Swallowed] = []
    if len(first) < total:
        texts = _joined(lines, begins)
        swallowed = _swallowed(texts, lines, begins, grammar)
    texts, rewritten = _cleaned(texts, grammar, ended=buffer.endswith(b"\n") or used < len(buffer))
    return Records(texts, first, total, used, rewritten, swallowed)


def _record_starts(lines: pl.Series, grammar: Grammar) -> tuple[pl.Series, bool]:
    """For each line: does a record start on it? And is a quote open at the end of the last one?"""
    has_quote = lines.str.contains('"', literal=True)
    closes = ~has_quote | lines.str.contains(grammar.closes)
    if closes.all():
        return pl.repeat(True, len(lines), dtype=pl.Boolean, eager=True), False
    resumes = has_quote & lines.str.contains(grammar.resumes)
    swaps = ~closes & resumes
    parity = swaps.cum_sum() % 2 == 1  # of the swaps up to and with this line
    fixed = closes == resumes  # ends in the same state either way: open unless `closes`
    frame = pl.DataFrame({"parity": parity, "fixed": fixed, "closes": closes})
    # open after line i = (open after the last fixed line) xor (parity of the swaps since)
    base = pl.when("fixed").then(~pl.col("closes") ^ pl.col("parity")).forward_fill().fill_null(False)
    after = frame.select((base ^ pl.col("parity")).alias("open")).to_series()
    return ~after.shift(1, fill_value=False), bool(after[-1])


def _joined(lines: pl.Series, begins: pl.Series) -> pl.Series:
    """The records as texts. NUL parts them: a text file holds none (see `encoding`)."""
    ends = begins.shift(-1, fill_value=True)
    parts = pl.when(ends).then(pl.lit("\0")).otherwise(pl.lit("\n"))
    whole = pl.select(pl.concat_str(lines, parts)).to_series().str.join("")
    return whole.str.strip_suffix("\0").str.split("\0").explode()


def _swallowed(texts: pl.Series, lines: pl.Series, begins: pl.Series, grammar: Grammar) -> list[Swallowed]:
    """Look closely at the records over several lines that have delimiters enough for two rows, or text
    where a clean record has none."""
    wide = grammar.usual - 1
    first = begins.arg_true()
    frame = pl.DataFrame({"text": lines, "number": begins.cum_sum(), "first": begins})
    marks = pl.col("text").str.count_matches(grammar.sign, literal=True)
    continued = pl.when(~pl.col("first")).then(marks)
    summary = frame.group_by("number", maintain_order=True).agg(
        lines=pl.len(), inner=continued.max().fill_null(0), marks=marks.sum()
    )
    crowded = (summary["inner"] >= max(wide, 1)) | (summary["marks"] >= max(2 * wide, 1))
    suspects = (summary["lines"] > 1) & (crowded | ~texts.str.contains(grammar.clean))
    found: list[Swallowed] = []
    pattern = cell_pattern(grammar.delimiter)
    counts = summary["lines"]
    for index in suspects.arg_true().to_list():
        record = read_record(texts[index].encode("utf-8"), 0, pattern, final=True)
        assert record is not None  # a final record always ends
        place = swallowing_cell(record, grammar.delimiter, grammar.usual)
        if place is not None:
            before = sum(cell.count(b"\n") for cell in record.cells[:place])
            text = record.cells[place].decode("utf-8", "replace")
            found.append(Swallowed(int(first[index]) + before, int(counts[index]) - 1, text[:200]))
    return found


def _cleaned(texts: pl.Series, grammar: Grammar, *, ended: bool) -> tuple[pl.Series, bool]:
    """Write the records that are not clean anew, and say whether there were any. `ended` False: the
    text stops without a line break behind the last record."""
    odd = texts.str.contains('"', literal=True) & ~texts.str.contains(grammar.clean)
    if not odd.any():
        return texts, False
    # no cell begins with a quote: all quotes are characters, and every delimiter divides
    literal = odd & ~texts.str.contains(grammar.opening) & ~texts.str.contains("\n", literal=True)
    quoted = (
        texts.str.strip_suffix("\r")
        .str.replace_all('"', '""', literal=True)
        .str.replace_all(grammar.sign, f'"{grammar.sign}"', literal=True)
    )
    texts = pl.select(pl.when(literal).then(pl.lit('"') + quoted + pl.lit('"')).otherwise(texts)).to_series()
    others = (odd & ~literal).arg_true()
    if len(others):
        pattern = cell_pattern(grammar.delimiter)
        anew = []
        for index, text in zip(others.to_list(), texts.gather(others).to_list(), strict=True):
            end = "" if index == len(texts) - 1 and not ended else "\n"
            record = read_record(f"{text}{end}".encode(), 0, pattern, final=True)
            assert record is not None  # a final record always ends
            anew.append(quote_all(record.cells, grammar.delimiter).decode("utf-8"))
        texts = texts.scatter(others, anew)
    return texts, True
