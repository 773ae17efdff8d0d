"""Booked amounts as an inline drawing: time from left to right, types stacked, below zero downward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal

from cgrev.pages import escape
from cgrev.timetables.text import money

_LEFT, _TOP, _HIGH, _BELOW, _WIDE = 90, 12, 260, 44, 820
_TICKS = 5


def stacked(
    caption: str, spans: Sequence[str], kinds: Sequence[str], cells: Mapping[tuple[str, str], Decimal]
) -> str:
    """The chart with its legend. `cells` holds the amount of each span and type that has one.

    Each span tells its figures on hover; the table that goes with the chart has the same for everyone.
    """
    up, down = _reach(spans, kinds, cells, 1), _reach(spans, kinds, cells, -1)
    step = _nice((up - down) / _TICKS)
    high, low = _ceil(up, step), -_ceil(-down, step)
    scale = Decimal(_HIGH) / ((high - low) or step)
    zero = _TOP + float(high * scale)
    parts = [
        f'<svg viewBox="0 0 {_LEFT + _WIDE + 10} {_TOP + _HIGH + _BELOW}" role="img" '
        f'aria-label="{escape(caption)}">'
    ]
    mark = low
    while mark <= high:
        y = zero - float(mark * scale)
        parts.append(f'<line class="axis" x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(money(mark))}</text>')
        mark += step
    wide = _WIDE / len(spans)
    every = max(1, -(-len(spans) * 62 // _WIDE))
    for place, span in enumerate(spans):
        parts.append(_span(span, kinds, cells, _LEFT + place * wide, wide, zero, scale))
        if place % every == 0:
            middle = _LEFT + (place + 0.5) * wide
            parts.append(
                f'<text x="{middle:.1f}" y="{_TOP + _HIGH + 20}" text-anchor="middle">{escape(span)}</text>'
            )
    parts.append("</svg>")
    legend = "".join(f'<li><span class="{_look(kind)}"></span>{escape(kind)}</li>' for kind in kinds)
    return (
        f'<figure><figcaption>{escape(caption)}</figcaption><div class="chart" tabindex="0" role="region" '
        f'aria-label="{escape(caption)}">{"".join(parts)}</div><ul class="legend">{legend}</ul></figure>\n'
    )


def _span(
    span: str,
    kinds: Sequence[str],
    cells: Mapping[tuple[str, str], Decimal],
    x: float,
    wide: float,
    zero: float,
    scale: Decimal,
) -> str:
    own = [(kind, cells[span, kind]) for kind in kinds if cells.get((span, kind))]
    words = "; ".join(f"{kind} {money(amount)}" for kind, amount in own) or "nothing"
    if len(own) > 1:
        words += f"; total {money(sum((amount for _, amount in own), Decimal()))}"
    parts = [
        f'<g class="span"><title>{escape(f"{span}: {words}")}</title>'
        f'<rect class="reach" x="{x:.1f}" y="{_TOP}" width="{wide:.1f}" height="{_HIGH}"/>'
    ]
    above = below = zero
    gap = min(wide * 0.15, 4)
    for kind, amount in own:
        tall = float(abs(amount) * scale)
        if amount > 0:
            above -= tall
        parts.append(
            f'<rect class="{_look(kind)}" x="{x + gap:.1f}" y="{above if amount > 0 else below:.1f}" '
            f'width="{wide - 2 * gap:.1f}" height="{tall:.1f}"/>'
        )
        if amount < 0:
            below += tall
    return "".join(parts) + "</g>"


def _look(kind: str) -> str:
    return kind.replace(" ", "")


def _reach(
    spans: Sequence[str], kinds: Sequence[str], cells: Mapping[tuple[str, str], Decimal], sign: int
) -> Decimal:
    """The furthest that a stack goes to one side."""
    sums = [
        sum(
            (amount for kind in kinds if (amount := cells.get((span, kind), Decimal())) * sign > 0), Decimal()
        )
        for span in spans
    ]
    return max((one * sign for one in sums), default=Decimal()) * sign


def _nice(step: Decimal) -> Decimal:
    """The next of 1, 2, 5 times a power of ten."""
    if step <= 0:
        return Decimal(1)
    power = Decimal(10) ** (step.adjusted())
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step)


def _ceil(amount: Decimal, step: Decimal) -> Decimal:
    return (amount / step).to_integral_value(ROUND_CEILING) * step
