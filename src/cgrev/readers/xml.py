"""XML records: the elements that repeat, each with its values.

Two forms are read. In the first a record is an element with child elements that hold the values; in
the second a record is an element without content whose attributes are the values. Of all elements of
the document the records are those that occur most often in one place of the tree; of several that
occur equally often the outermost (a single record: the one with the most values of its own).
Elements around the records, and attributes of records of the first form, are not read; the decision
"records" says so.

Cells stand by position. Where no name repeats within a record they are lined up by name, so that a
record which leaves out an empty element does not shift the others; a name that first turns up in a
later record takes the place behind its predecessor there. Values inside nested elements are cells too.

`row` is the ordinal of the record. A file has at most one table: there is no sheet to choose.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from msgspec import Struct, field

from cgrev.errors import InputRefused
from cgrev.findings import Decision
from cgrev.limits import Limits, long_cell
from cgrev.readers.markup import declared_encoding, run
from cgrev.readers.source import Source
from cgrev.table import ROW, OpenTable, cells


class Node(Struct):
    """One place in the tree: all elements of one name below one place."""

    name: str
    parent: Node | None
    depth: int
    count: int = 0
    children: dict[str, Node] = field(default_factory=dict)
    order: list[Node] = field(default_factory=list)
    attributes: dict[str, None] = field(default_factory=dict)
    has_text: bool = False
    repeats: bool = False
    most_leaves: int = 0
    place: int = -1
    # of the element that is open now: how many values it has, its last child; of its parent: which
    leaves_now: int = 0
    last: Node | None = None
    inside: int = 0

    def leaves(self) -> Iterator[Node]:
        """The places below that hold values, in order."""
        for child in self.order:
            if child.order:
                yield from child.leaves()
            else:
                yield child

    def below(self) -> Iterator[Node]:
        for child in self.order:
            yield child
            yield from child.below()

    def path(self, top: Node | None = None) -> str:
        """The names down from `top`, joined by slashes."""
        above = self.parent
        if above is None or above is top or above.parent is None:
            return self.name
        return f"{above.path(top)}/{self.name}"


class Survey:
    """First pass: what repeats where."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.root = Node("", None, 0)
        self.places = 0
        self.node = self.root

    def start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self.node
        node = parent.children.get(name)
        if node is None:
            node = self._new(name, parent)
        elif node.inside == parent.count:
            node.repeats = True
        node.inside = parent.count
        parent.last = self.node = node
        node.count += 1
        node.leaves_now = 0
        node.last = None
        if attributes:
            node.attributes.update(dict.fromkeys(attributes))

    def _new(self, name: str, parent: Node) -> Node:
        self.places += 1
        self.limits.check_columns(self.places)
        node = Node(name, parent, parent.depth + 1)
        parent.children[name] = node
        parent.order.insert(0 if parent.last is None else parent.order.index(parent.last) + 1, node)
        return node

    def end(self, name: str) -> None:
        node, parent = self.node, self.node.parent
        assert parent is not None
        leaves = 1 if node.last is None else node.leaves_now
        node.most_leaves = max(node.most_leaves, leaves)
        parent.leaves_now += leaves
        self.node = parent

    def text(self, data: str) -> None:
        if not self.node.has_text and not data.isspace():
            self.node.has_text = True

    def records(self) -> tuple[Node, bool] | None:
        """The place of the records, and whether they are of the form with attributes."""
        nested = [node for node in self.root.below() if any(not child.order for child in node.order)]
        nested = [node for node in nested if any(leaf.has_text for leaf in node.leaves())]
        flat = [node for node in self.root.below() if not node.order and len(node.attributes) > 1]
        flat = [node for node in flat if not node.has_text]
        best = max(nested, key=_rank, default=None)
        other = max(flat, key=lambda node: node.count, default=None)
        if best is not None and (other is None or other.count <= best.count):
            return best, False
        return None if other is None else (other, True)


def _rank(node: Node) -> tuple[int, int, int]:
    if node.count > 1:
        return node.count, -node.depth, 0
    return 1, sum(1 for child in node.order if not child.order), -node.depth


class Rows:
    """Second pass: the cells of each record, in `done` until they are taken."""

    def __init__(self, survey: Survey, record: Node, attributes: bool, width: int, limits: Limits) -> None:
        self.node = survey.root
        self.record = record
        self.attributes = attributes
        self.width = width
        self.by_name = by_name(record)
        self.limits = limits
        self.done: list[list[str | None]] = []
        self.count = 0
        self.cells: list[str | None] | None = None
        self.parts: list[str] = []
        self.length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        node = self.node = self.node.children[name]
        self.parts, self.length = [], 0
        if node is self.record:
            self.count += 1
            if self.attributes:
                self.done.append([attributes.get(key, "") for key in node.attributes])
            else:
                self.cells = [""] * self.width if self.by_name else []

    def end(self, name: str) -> None:
        node = self.node
        if self.cells is not None:
            if node is self.record:
                self.cells += [None] * (self.width - len(self.cells))
                self.done.append(self.cells)
                self.cells = None
            elif not node.order:
                self._keep(node)
        self.parts, self.length = [], 0
        assert node.parent is not None
        self.node = node.parent

    def _keep(self, node: Node) -> None:
        text = "".join(self.parts)
        assert self.cells is not None
        if self.by_name:
            self.cells[node.place] = text
        else:
            self.cells.append(text)

    def text(self, data: str) -> None:
        self.parts.append(data)
        self.length += len(data)
        if self.length > self.limits.cell_length:
            raise long_cell(self.count, self.limits.cell_length)

    def take(self) -> list[list[str | None]]:
        rows, self.done = self.done, []
        return rows


def by_name(record: Node) -> bool:
    return not any(node.repeats for node in record.below())


def open_xml(source: Source, *, limits: Limits) -> OpenTable:
    """Open XML records. Raises CGR001, CGR004, CGR005 as `markup.run`, and CGR006 without records."""
    codec, skip, encoding = declared_encoding(source)
    survey = Survey(limits)
    for _ in run(source, survey, limits, codec, skip):
        pass
    found = survey.records()
    if found is None:
        raise InputRefused(
            "CGR006",
            "the file holds no records: no element with values repeats in it",
            help="each record is an element with one child element a value",
            path=source.name,
        )
    record, attributes = found
    leaves = list(record.leaves())
    for place, node in enumerate(leaves):
        node.place = place
    named: tuple[str, ...] | None
    if attributes:
        named = tuple(record.attributes)
    else:
        named = tuple(node.path(record) for node in leaves) if by_name(record) else None
    width = len(named) if named is not None else record.most_leaves
    limits.check_columns(width)

    def pieces(rows: int) -> Iterator[pl.DataFrame]:
        target = Rows(survey, record, attributes, width, limits)
        held: list[list[str | None]] = []
        given = 0
        for _ in run(source, target, limits, codec, skip):
            held += target.take()
            limits.check_rows(given + len(held))
            while len(held) >= rows:
                yield _frame(held[:rows], given + 1, width)
                given += rows
                held = held[rows:]
        if held:
            yield _frame(held, given + 1, width)

    return OpenTable(
        reader="xml",
        width=width,
        pieces=pieces,
        decisions=(encoding, _decision(survey, record, attributes)),
        ragged=named is None,
        encoding=encoding.value,
        named=named,
    )


def _frame(rows: list[list[str | None]], first: int, width: int) -> pl.DataFrame:
    numbers = pl.int_range(first, first + len(rows), dtype=pl.UInt32, eager=True).alias(ROW)
    names = cells(width)
    columns = zip(*rows, strict=True)
    series = [pl.Series(name, values, dtype=pl.String) for name, values in zip(names, columns, strict=True)]
    return pl.DataFrame([numbers, *series])


def _decision(survey: Survey, record: Node, attributes: bool) -> Decision:
    form = "attributes" if attributes else "child elements"
    times = "once" if record.count == 1 else f"{record.count:,} times"
    evidence = [f"occurs {times}, values in {form}"]
    inside = {id(record), *(id(node) for node in record.below())}
    around = [node.path() for node in survey.root.below() if id(node) not in inside and node.has_text]
    if around:
        evidence.append("not read: " + ", ".join(around[:10]))
    if not attributes and record.attributes:
        evidence.append("attributes not read: " + ", ".join(list(record.attributes)[:10]))
    return Decision("records", record.path(), "evidence", tuple(evidence))
