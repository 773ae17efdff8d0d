"""Where in a file the findings are: columns downward, rows from left to right, as inline SVG."""

from __future__ import annotations

import math

import polars as pl

from cgrev.findings import Severity
from cgrev.layout import HEADINGS
from cgrev.reporters.page.markup import cell, escape, table

BINS = 40
_LEFT, _TOP, _ACROSS, _HEIGHT, _GAP = 150, 18, 680, 22, 2
_WHOLE = "whole row"
_LEGEND = (
    '<span class="legend error">error</span> <span class="legend warning">warning</span> '
    '<span class="legend info">info</span>; the more findings, the stronger.'
)


def heat(path: str, frame: pl.DataFrame, number: int) -> str:
    """The chart of one file and the same numbers as a table. `frame` holds findings that have a row."""
    last = int(frame["row"].max() or 1)  # type: ignore[arg-type]
    step = max(1, math.ceil(last / BINS))
    ranks = {severity.value: severity.rank for severity in Severity}
    counted = (
        frame.select(
            pl.col("column").fill_null(_WHOLE),
            ((pl.col("row") - 1) // step).alias("bin"),
            pl.col("severity").replace_strict(ranks, return_dtype=pl.UInt8).alias("rank"),
        )
        .group_by("column", "bin")
        .agg(pl.len().alias("number"), pl.col("rank").min())
        .sort("column", "bin")
    )
    known = [heading for heading in (*HEADINGS, _WHOLE) if heading in counted["column"]]
    lanes = known + sorted(set(counted["column"]) - set(known))
    bins = math.ceil(last / step)
    most = int(counted["number"].max() or 1)  # type: ignore[arg-type]
    wide = _ACROSS / bins
    width, height = _LEFT + _ACROSS + 10, _TOP + len(lanes) * _HEIGHT + 22
    name = f"Findings of {path} by column and row, {frame.height:,} in rows 1 to {last:,}"
    parts = [
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="chart-{number}">',
        f'<title id="chart-{number}">{escape(name)}</title>',
    ]
    for lane, column in enumerate(lanes):
        y = _TOP + lane * _HEIGHT
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(column[:24])}</text>')
        parts.append(
            f'<rect class="ground" x="{_LEFT}" y="{y}" width="{_ACROSS}" height="{_HEIGHT - _GAP}"/>'
        )
    rows = []
    levels = tuple(Severity)
    for column, place, found, rank in counted.iter_rows():
        first, end = place * step + 1, min((place + 1) * step, last)
        span = f"row {first:,}" if first == end else f"rows {first:,} to {end:,}"
        level = levels[rank].value
        strength = 0.35 + 0.65 * math.log1p(found) / math.log1p(most)
        x, y = _LEFT + place * wide, _TOP + lanes.index(column) * _HEIGHT
        parts.append(
            f'<rect class="{level}" x="{x:.1f}" y="{y}" '
            f'width="{wide - _GAP:.1f}" height="{_HEIGHT - _GAP}" opacity="{strength:.2f}">'
            f"<title>{escape(f'{column}, {span}: {found:,}, worst {level}')}</title></rect>"
        )
        rows.append(f"<tr>{cell(column)}{cell(span)}{cell(f'{found:,}', 'number')}{cell(level)}</tr>")
    bottom = height - 6
    parts.append(f'<text x="{_LEFT}" y="{bottom}">row 1</text>')
    if last > 1:
        parts.append(f'<text x="{_LEFT + _ACROSS}" y="{bottom}" text-anchor="end">row {last:,}</text>')
    parts.append("</svg>")
    numbers = table(f"Numbers of the chart of {path}", ("column", "rows", "#findings", "worst"), rows)
    return (
        f"<figure><figcaption>{escape(path)}: findings by column, from the first row to the last. "
        f"{_LEGEND}</figcaption>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(f"Chart of {path}")}">'
        f"{''.join(parts)}</div>"
        f"<details><summary>The same as a table</summary>{numbers}</details></figure>\n"
    )
