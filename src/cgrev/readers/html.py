"""HTML tables, which several CRM and ERP systems save under the name .xls.

Parsed by the standard library's `html.parser`: it needs no other package, never fetches anything and
forgives what such exports get wrong. Cells are the text as displayed: white space runs are one space, a
line break tag is a line break, entities are resolved. Of a spanned cell (rowspan, colspan) the first
place holds the text and the others are blank, as in a workbook: repeating an amount would count it
twice. Cells state no types.

The table is the one with the most filled cells. Another one with at least two rows of the same width
may be the rest of the data, so then the choice is left to the person, by number. `row` is the ordinal
of the row in the table.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import polars as pl
from msgspec import Struct, field

from cgrev.errors import InputRefused
from cgrev.findings import Decision
from cgrev.limits import MEBIBYTE, Limits, long_cell
from cgrev.readers import grid
from cgrev.readers.content import unsupported
from cgrev.readers.encoding import Encoding, decide_encoding, first_fault, text_blocks
from cgrev.readers.grid import SheetInfo, Value
from cgrev.readers.source import Source
from cgrev.table import OpenTable

META = re.compile(
    rb"""<meta[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""", re.I
)
SPACE = re.compile(r"[ \t\r\n\f]+")
UNSEEN = frozenset(("script", "style", "head", "template"))
BLOCKS = frozenset(("p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"))
MAX_SPAN = 65_534


class Table(Struct):
    """A table as it is read: rows by column; `open` are spans that reach into later rows."""

    rows: list[dict[int, str]] = field(default_factory=list)
    width: int = 0
    down: dict[int, int] = field(default_factory=dict)
    column: int = 0
    parts: list[str] | None = None
    length: int = 0
    filled: int = 0

    def start_row(self) -> None:
        self.rows.append({})
        self.column = 0

    def start_cell(self, across: int, below: int, limits: Limits) -> None:
        if not self.rows:
            self.start_row()
        number = len(self.rows)
        while self.down.get(self.column, 0) >= number:
            self.column += 1
        limits.check_columns(self.column + across)
        if below > 1:
            for column in range(self.column, self.column + across):
                self.down[column] = number + below - 1
        self.rows[-1][self.column] = ""
        self.parts, self.length = [], 0
        self.width = max(self.width, self.column + across)
        self.column += across

    def end_cell(self) -> None:
        if self.parts is None:
            return
        lines = (SPACE.sub(" ", line).strip(" ") for line in "".join(self.parts).split("\0"))
        text = "\n".join(lines).strip("\n")
        last = max(self.rows[-1], default=0)
        self.rows[-1][last] = text
        self.filled += text != ""
        self.parts = None

    def values(self) -> Iterator[list[Value]]:
        for row in self.rows:
            yield [row.get(column, "") for column in range(self.width)]


class Tables(HTMLParser):
    """All tables of a document. Text goes to the innermost open cell."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.found: list[Table] = []
        self.stack: list[Table] = []
        self.unseen = ""

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """Skip `<![if ...]>` and the like, which office programs write; the library knows few of them."""
        end = self.rawdata.find(">", i + 3)
        return end + 1 if end >= 0 else -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.unseen = ""
            table = Table()
            self.found.append(table)
            self.stack.append(table)
            if len(self.stack) > self.limits.xml_depth:
                raise InputRefused("CGR004", "tables are nested too deep", help="export it as CSV")
            return
        if tag in UNSEEN and not self.unseen:
            self.unseen = tag
        if not self.stack:
            return
        table = self.stack[-1]
        if tag == "tr":
            table.end_cell()
            table.start_row()
            self.limits.check_rows(len(table.rows))
        elif tag in ("td", "th"):
            table.end_cell()
            sizes = dict(attrs)
            table.start_cell(span(sizes.get("colspan")), span(sizes.get("rowspan")), self.limits)
        elif table.parts is not None and (tag == "br" or (tag in BLOCKS and table.length)):
            table.parts.append("\0")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.unseen:
            self.unseen = ""
        if not self.stack:
            return
        if tag in ("td", "th", "tr"):
            self.stack[-1].end_cell()
        elif tag == "table":
            self.stack.pop().end_cell()

    def handle_data(self, data: str) -> None:
        table = self.stack[-1] if self.stack else None
        if table is None or table.parts is None or self.unseen:
            return
        table.parts.append(data.replace("\0", ""))
        table.length += len(data)
        if table.length > self.limits.cell_length:
            raise long_cell(len(table.rows), self.limits.cell_length)


def span(text: str | None) -> int:
    """How many places a cell takes; what is no number is one."""
    digits = (text or "").strip()
    return (
        min(max(int(digits), 1), MAX_SPAN) if digits.isascii() and digits.isdigit() and len(digits) < 7 else 1
    )


def html_encoding(source: Source) -> Encoding:
    """By the byte-order mark, else by what the page says where that is true, else as plain text."""
    match = META.search(source.head())
    if match is None or source.head().startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decide_encoding(source)
    label = (match[1] or match[2]).decode("ascii")
    try:
        codec = codecs.lookup(label).name
        "".encode(codec)
    except (LookupError, ValueError):
        return decide_encoding(source)
    if codec in ("iso8859-1", "ascii"):  # browsers read both as Windows-1252, and exporters mean it
        codec = "cp1252"
    if codec.startswith(("utf-16", "utf-32")) or first_fault(source, codec, 0) is not None:
        return decide_encoding(source)
    return Encoding(codec, 0, Decision("encoding", label, "declared", ("the page says so",)))


def read_tables(source: Source, limits: Limits) -> tuple[list[Table], Encoding]:
    """Every table of the document. Raises CGR002 when there is none, CGR004 beyond the limits."""
    limits.check_file(source.size, document=True)
    encoding = html_encoding(source)
    parser = Tables(limits)
    decoder = codecs.getincrementaldecoder("utf-8")()
    for block in text_blocks(source, encoding, MEBIBYTE):
        parser.feed(decoder.decode(block))
    parser.close()
    for table in parser.stack:
        table.end_cell()
    if not parser.found:
        raise unsupported("HTML page without a table")
    return parser.found, encoding


def list_tables(source: Source, limits: Limits) -> tuple[SheetInfo, ...]:
    """The tables of the page, by number."""
    tables, _ = read_tables(source, limits)
    return tuple(
        SheetInfo(f"table {number}", number, True, table.filled > 0, table.filled > table.width > 1)
        for number, table in enumerate(tables, start=1)
    )


def choose_table(tables: list[Table], wanted: str | None, name: str) -> tuple[Table, Decision | None]:
    """The table that is read. Raises CGR006 (none holds data), CGR009 (a choice is left)."""
    if wanted is not None:
        digits = wanted.removeprefix("table ").strip()
        if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:9]) <= len(tables)):
            raise InputRefused(
                "CGR009", f"no table '{wanted}'", help=f"choose a number from 1 to {len(tables)}", path=name
            )
        table = tables[int(digits) - 1]
        if not table.filled:
            raise InputRefused("CGR006", f"table {digits} holds no data", help="choose another", path=name)
        return table, Decision("sheet", f"table {digits}", "declared", ("--sheet",))
    best = max(tables, key=lambda table: table.filled)
    if not best.filled:
        raise InputRefused(
            "CGR006", "the page holds no data in its tables", help="export it again", path=name
        )
    if len(tables) == 1:
        return best, None
    alike = [n for n, t in enumerate(tables, 1) if t.width == best.width and t.filled > best.width]
    if len(alike) > 1:
        names = ", ".join(f"'table {number}'" for number in alike)
        raise InputRefused(
            "CGR009", f"several tables hold data: {names}", help="choose one with --sheet NUMBER", path=name
        )
    number = tables.index(best) + 1
    evidence = (f"{len(tables)} tables, the one with the most filled cells",)
    return best, Decision("sheet", f"table {number}", "evidence", evidence)


def open_html(source: Source, *, sheet: str | None, limits: Limits) -> OpenTable:
    """Open a table of a page. Raises CGR002, CGR004, CGR005, CGR006 and CGR009."""
    tables, encoding = read_tables(source, limits)
    table, decision = choose_table(tables, sheet, source.name)
    limits.check_cells(len(table.rows), table.width)

    def pieces(rows: int) -> Iterator[pl.DataFrame]:
        return grid.pieces(table.values(), 1, table.width, rows, limits)

    return OpenTable(
        reader="html",
        width=table.width,
        pieces=pieces,
        sheet=decision.value if decision else None,
        decisions=(encoding.decision, decision) if decision else (encoding.decision,),
        notices=[encoding.notice] if encoding.notice else [],
        encoding=encoding.decision.value,
    )
