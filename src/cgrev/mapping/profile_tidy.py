"""`tidy` as a profile describes it: footers and totals out, groups down, rows that are no revenue out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cgrev.mapping.arithmetic import folded, mapped
from cgrev.mapping.profile import GroupRule, Profile, SkipRule
from cgrev.mapping.references import needed_place, place_of
from cgrev.mapping.tidy import (
    SKIPPED_SCHEMA,
    TOTAL_WORDS,
    Totals,
    is_blank,
    row_text,
    skip_rows,
    without,
)
from cgrev.plugin import Sheet, Tidied
from cgrev.table import ROW

_RESET = "\x00"


def tidy_by_profile(sheet: Sheet, profile: Profile, keys: Sequence[int], status: int | None) -> Tidied:
    """Apply the row rules of a profile.

    `keys` are the columns every record fills (dates, type), `status` the column of the status rule.
    The columns of group rules are appended at the end, so the answer's labels are longer than the input's.
    """
    labels = sheet.labels
    rule = profile.totals
    blank_keys = tuple(needed_place(one, labels, about="totals.blank-keys") for one in rule.blank_keys)
    totals = Totals(
        keys=tuple(keys),
        words=(*TOTAL_WORDS, *rule.words),
        beginnings=rule.beginnings,
        markers=rule.markers,
        blank_keys=blank_keys,
    )
    done = skip_rows(sheet, totals, footers=profile.footers)
    skipped = [done.skipped]
    if profile.groups:
        done = _group_down(done.sheet, profile.groups)
        skipped.append(done.skipped)
    sheet = _carry_down(done.sheet, profile.carry_down)
    reasons = _skip_reasons(sheet.labels, profile.skip)
    if profile.status is not None and status is not None:
        reasons.append(_status_reason(profile, f"c{status}"))
    if reasons:
        done = _skip(sheet, pl.coalesce(reasons))
        sheet = done.sheet
        skipped.append(done.skipped)
    return Tidied(sheet, pl.concat(skipped).sort("row"))


def group_labels(profile: Profile) -> tuple[str, ...]:
    """Headings of the columns that `tidy` appends for group rows."""
    return tuple(group.label for group in profile.groups)


def _skip(sheet: Sheet, reason: pl.Expr) -> Tidied:
    cells = [name for name in sheet.frame.columns if name[0] == "c"]
    skipped = (
        sheet.frame.with_columns(reason.alias("reason"))
        .filter(pl.col("reason").is_not_null())
        .select(pl.col(ROW).alias("row"), "reason", row_text(cells).alias("text"))
        .cast(SKIPPED_SCHEMA)  # type: ignore[arg-type]
    )
    return without(sheet, skipped)


def _group_down(sheet: Sheet, groups: Sequence[GroupRule]) -> Tidied:
    """Rows of one cell that name a group become a column of the rows below; an outer one ends the inner."""
    frame = sheet.frame
    cells = [name for name in frame.columns if name[0] == "c"]
    filled = pl.sum_horizontal([(~is_blank(name)).cast(pl.UInt32) for name in cells])
    names: list[pl.Expr] = []
    taken = pl.lit(False)
    for group in groups:
        place = needed_place(group.column, sheet.labels, about="groups.column")
        cell = pl.col(f"c{place}").str.replace_all(r"[\s\u00a0]+", " ").str.strip_chars()
        is_group = (filled == 1) & ~is_blank(f"c{place}") & ~taken
        name = cell
        if group.pattern is not None:
            is_group &= cell.str.contains(group.pattern)
            name = pl.coalesce(cell.str.extract(group.pattern, 1), cell)
        value = pl.when(is_group).then(name).when(taken).then(pl.lit(_RESET))
        names.append(value.forward_fill())
        taken = taken | is_group
    added = [
        pl.when(name != _RESET).then(name).alias(f"c{len(sheet.labels) + place}")
        for place, name in enumerate(names)
    ]
    labels = (*sheet.labels, *(group.label for group in groups))
    frame = _widened(frame, len(sheet.labels)).with_columns(*added, taken.alias("taken"))
    skipped = frame.filter("taken").select(
        pl.col(ROW).alias("row"),
        pl.lit("group row: its name is carried down").alias("reason"),
        row_text(cells).alias("text"),
    )
    kept = frame.filter(~pl.col("taken")).drop("taken")
    return Tidied(Sheet(kept, labels), skipped.cast(SKIPPED_SCHEMA))  # type: ignore[arg-type]


def _widened(frame: pl.DataFrame, width: int) -> pl.DataFrame:
    """Give the frame the columns its labels promise (a piece may be narrower)."""
    absent = [f"c{index}" for index in range(width) if f"c{index}" not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)


def _carry_down(sheet: Sheet, references: Sequence[str]) -> Sheet:
    columns: list[pl.Expr] = []
    for reference in references:
        place = place_of(reference, sheet.labels, about="carry-down")
        if place is None:
            continue  # one of several headings the column may have
        shown = ~is_blank(f"c{place}")
        columns.append(pl.when(shown).then(pl.col(f"c{place}")).forward_fill().alias(f"c{place}"))
        if f"k{place}" in sheet.frame.columns:
            kind = pl.when(shown).then(pl.col(f"k{place}")).forward_fill().fill_null(0)
            columns.append(kind.cast(pl.UInt8).alias(f"k{place}"))
    return Sheet(sheet.frame.with_columns(columns), sheet.labels) if columns else sheet


def _skip_reasons(labels: Sequence[str], rules: Sequence[SkipRule]) -> list[pl.Expr]:
    reasons: list[pl.Expr] = []
    for rule in rules:
        place = place_of(rule.column, labels, about="skip.column")
        if place is None:
            continue
        holds = [condition for condition in _conditions(f"c{place}", rule) if condition is not None]
        shown = pl.col(f"c{place}").str.strip_chars()
        why = (
            pl.lit(rule.reason)
            if rule.reason
            else pl.format("{} is '{}'", pl.lit(rule.column), shown.fill_null(""))
        )
        reasons.append(pl.when(pl.all_horizontal(holds)).then(why))
    return reasons


def _conditions(name: str, rule: SkipRule) -> tuple[pl.Expr | None, ...]:
    equals = [text.strip().lower() for text in rule.equals]
    return (
        folded(pl.col(name)).is_in(equals).fill_null(False) if equals else None,
        pl.col(name).str.contains(rule.pattern).fill_null(False) if rule.pattern is not None else None,
        (is_blank(name) == rule.blank) if rule.blank is not None else None,
    )


def _status_reason(profile: Profile, name: str) -> pl.Expr:
    rule = profile.status
    assert rule is not None
    shown = mapped(pl.col(name).fill_null("").str.strip_chars(), profile.values.get("status", {}))
    listed = folded(shown).is_in([word.strip().lower() for word in (*rule.keep, *rule.drop)])
    dropped = ~listed if rule.keep else listed
    return pl.when(dropped).then(pl.format("status is '{}'", shown))
