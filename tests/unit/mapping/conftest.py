from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
import pytest

from cgrev.findings import plain
from cgrev.mapping.joining import join_all, labels_after
from cgrev.parsing.decisions import decide
from cgrev.parsing.evidence import gather
from cgrev.parsing.parse import parse
from cgrev.plugin import Converter, ConverterOptions, Sample, Sheet

Table = Callable[..., pl.DataFrame]


@pytest.fixture
def table() -> Table:
    """Makes a frame as readers hand it on: `table([["a", "1"], ["b"]], first=1)`; short rows are null."""

    def make(rows: Sequence[Sequence[str | None]], first: int = 1) -> pl.DataFrame:
        width = max((len(row) for row in rows), default=0)
        cells = {f"c{i}": [row[i] if i < len(row) else None for row in rows] for i in range(width)}
        schema = {"row": pl.UInt32(), **{name: pl.String() for name in cells}}
        return pl.DataFrame({"row": range(first, first + len(rows)), **cells}, schema=schema)

    return make


Run = Callable[..., "Outcome"]


@dataclass
class Outcome:
    """A source after header, tidy, joins, fields, parsing and convert."""

    rows: pl.DataFrame
    skipped: list[tuple[int, str]]
    labels: tuple[str, ...]

    def column(self, name: str) -> list[object]:
        return self.rows[name].to_list()

    def amounts(self) -> list[str | None]:
        return [None if one is None else plain(one) for one in self.column("amount")]

    def faults(self) -> list[str | None]:
        names = [name for name in self.rows.columns if name.startswith("fault.")]
        return self.rows.select(x=pl.coalesce(names) if names else pl.lit(None))["x"].to_list()


@pytest.fixture
def run(table: Table) -> Run:
    """Runs rows through a converter as core does: `run(converter, [[..headings], [..cells]])`."""

    def go(
        converter: Converter,
        rows: Sequence[Sequence[str | None]],
        options: ConverterOptions | None = None,
        further: dict[str, Sequence[Sequence[str | None]]] | None = None,
    ) -> Outcome:
        converter = pickle.loads(pickle.dumps(converter))
        options = options or converter.Options()
        frame = table(rows)
        header = converter.header(Sample("csv", frame), options)
        body = frame.filter(pl.col("row") >= header.first)
        tidied = converter.tidy(Sheet(body, header.labels), options)
        assert tidied.sheet.frame.height + tidied.skipped.height == body.height
        others = {
            name: (table(cells).filter(pl.col("row") > 1), list(map(str, cells[0])))
            for name, cells in (further or {}).items()
        }
        specs = converter.joins(header.labels, options)
        joined, labels, _ = join_all(tidied.sheet.frame, tidied.sheet.labels, others, specs)
        assert labels == labels_after(converter, header.labels, options, others)
        reading = converter.fields(labels, options)
        texts = joined.select(
            "row",
            *(
                (
                    pl.lit(one.constant, dtype=pl.String) if one.index is None else pl.col(f"c{one.index}")
                ).alias(f"{one.id}.text")
                for one in reading.fields
            ),
        )
        decisions = decide(gather(texts, reading.fields, reading.declared), reading.fields, reading.declared)
        parsed = parse(texts, reading.fields, decisions, reading.declared)
        converted = converter.convert(parsed.lazy(), options).collect()
        assert converted["row"].to_list() == texts["row"].to_list()
        skipped = tidied.skipped.select("row", "reason").rows()
        if "skip" in converted.columns:
            dropped = converted.filter(pl.col("skip").is_not_null())
            skipped = sorted([*skipped, *dropped.select("row", "skip").rows()])
            converted = converted.filter(pl.col("skip").is_null())
        return Outcome(converted, skipped, labels)

    return go
