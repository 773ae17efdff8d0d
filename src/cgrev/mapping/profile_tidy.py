"""`tidy` as a profile describes it: footers and totals out, groups down, rows that are no revenue out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cgrev.errors import SettingsError
from cgrev.mapping.arithmetic import folded, mapped
from cgrev.mapping.profile import Profile
from cgrev.mapping.profile_tables import GroupRule, LatestRule, SkipRule
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
from cgrev.mapping.totals import Money, last_total, stated_totals
from cgrev.plugin import Sheet, Stated, Tidied
from cgrev.table import ROW

_RESET = "\x00"


def tidy_by_profile(
    sheet: Sheet, profile: Profile, keys: Sequence[int], status: int | None, money: Money | None = None
) -> Tidied:
    """Apply the row rules of a profile.

    `keys` are the columns every record fills (dates, type), `status` the column of the status rule, `money`
    where the amounts stand: then the totals of the file are stated. The columns of group rows are appended
    at the end, so the answer's labels are longer than the input's.
    """
    whole, labels = sheet.frame, sheet.labels
    rule = profile.totals
    totals = Totals(
        keys=tuple(keys),
        words=(*TOTAL_WORDS, *rule.words),
        beginnings=rule.beginnings,
        markers=rule.markers,
        blank_keys=_blank_keys(profile, labels),
    )
    done = skip_rows(sheet, totals, footers=profile.footers)
    skipped = [done.skipped]
    totalled = done.skipped.filter(pl.col("reason").str.starts_with("total row"))[ROW]
    groups: list[tuple[int, str]] = []
    if profile.groups:
        done, groups = _group_down(done.sheet, profile.groups)
        skipped.append(done.skipped)
    sheet = _carry_down(done.sheet, profile)
    records = sheet.frame
    reasons = skip_reasons(sheet.labels, profile.skip)
    if profile.status is not None and status is not None:
        reasons.append(status_reason(profile, pl.col(f"c{status}")))
    left_out = None
    if profile.latest is not None:
        reasons.append(_superseded(sheet, profile.latest))
    if reasons:
        done = _skip(sheet, pl.coalesce(reasons))
        left_out = records.filter(pl.col(ROW).is_in(done.skipped[ROW].implode()))
        sheet = done.sheet
        skipped.append(done.skipped)
    stated: tuple[Stated, ...] = ()
    if money is not None and len(totalled):
        if profile.piecewise:
            stated = last_total(whole, totalled, records, money)
        else:
            more = {"groups": groups, "beginnings": rule.beginnings}
            stated = stated_totals(whole, totalled, records, money, **more)  # type: ignore[arg-type]
    return Tidied(sheet, pl.concat(skipped).sort("row"), stated, left_out)


def _blank_keys(profile: Profile, labels: Sequence[str]) -> tuple[int, ...]:
    """The key columns that the file has. Raises `SettingsError` when it has none of them."""
    wanted = profile.totals.blank_keys
    places = [place_of(one, labels, about="totals.blank-keys") for one in wanted]
    found = tuple(place for place in places if place is not None)
    if wanted and not found:
        needed_place(wanted[0], labels, about="totals.blank-keys")
    return found


def _skip(sheet: Sheet, reason: pl.Expr) -> Tidied:
    cells = [name for name in sheet.frame.columns if name[0] == "c"]
    skipped = (
        sheet.frame.with_columns(reason.alias("reason"))
        .filter(pl.col("reason").is_not_null())
        .select(pl.col(ROW).alias("row"), "reason", row_text(cells).alias("text"))
        .cast(SKIPPED_SCHEMA)  # type: ignore[arg-type]
    )
    return without(sheet, skipped)


def _group_down(sheet: Sheet, groups: Sequence[GroupRule]) -> tuple[Tidied, list[tuple[int, str]]]:
    """Rows of one cell that name a group become a column of the rows below; an outer one ends the inner.

    Also gives the row and the name of each group."""
    frame = sheet.frame
    cells = [name for name in frame.columns if name[0] == "c"]
    filled = pl.sum_horizontal([(~is_blank(name)).cast(pl.UInt32) for name in cells])
    names: list[pl.Expr] = []
    called: list[pl.Expr] = []
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
        called.append(pl.when(is_group).then(name))
        taken = taken | is_group
    added = [
        pl.when(name != _RESET).then(name).alias(f"c{len(sheet.labels) + place}")
        for place, name in enumerate(names)
    ]
    labels = (*sheet.labels, *(group.label for group in groups))
    frame = _widened(frame, len(sheet.labels)).with_columns(
        *added, taken.alias("taken"), pl.coalesce(called).alias("named")
    )
    skipped = frame.filter("taken").select(
        pl.col(ROW).alias("row"),
        pl.lit("group row: its name is carried down").alias("reason"),
        row_text(cells).alias("text"),
    )
    found = frame.filter("taken").select(ROW, "named").rows()
    kept = frame.filter(~pl.col("taken")).drop("taken", "named")
    return Tidied(Sheet(kept, labels), skipped.cast(SKIPPED_SCHEMA)), found  # type: ignore[arg-type]


def _widened(frame: pl.DataFrame, width: int) -> pl.DataFrame:
    """Give the frame the columns its labels promise (a piece may be narrower)."""
    absent = [f"c{index}" for index in range(width) if f"c{index}" not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)


def _carry_down(sheet: Sheet, profile: Profile) -> Sheet:
    """Cells that are shown once for several rows, in each of them. With a key, only into rows without one."""
    columns: list[pl.Expr] = []
    carried: set[int] = set()
    frame, key = sheet.frame, "group"
    if profile.carry_key is not None:
        place = needed_place(profile.carry_key, sheet.labels, about="carry-key")
        frame = frame.with_columns((~is_blank(f"c{place}")).cast(pl.UInt32).cum_sum().alias(key))

    def down(values: pl.Expr) -> pl.Expr:
        return values.forward_fill().over(key) if profile.carry_key is not None else values.forward_fill()

    for reference in profile.carry_down:
        place_or_none = place_of(reference, sheet.labels, about="carry-down")
        if place_or_none is None or place_or_none in carried:
            continue  # one of several headings the column may have
        carried.add(place_or_none)
        name, mark = f"c{place_or_none}", f"k{place_or_none}"
        shown = ~is_blank(name)
        columns.append(down(pl.when(shown).then(pl.col(name))).alias(name))
        if mark in frame.columns:
            kind = down(pl.when(shown).then(pl.col(mark))).fill_null(0)
            columns.append(kind.cast(pl.UInt8).alias(mark))
    if not columns:
        return sheet
    return Sheet(frame.with_columns(columns).drop(key, strict=False), sheet.labels)


def _superseded(sheet: Sheet, rule: LatestRule) -> pl.Expr:
    """Why a row is an older version of another; null for the newest, and for rows without a key.

    Raises `SettingsError` when the versions can be put in no order."""
    keys = [needed_place(one, sheet.labels, about="latest.key") for one in rule.key]
    place = needed_place(rule.by, sheet.labels, about="latest.by")
    text = pl.col(f"c{place}").str.strip_chars()
    stated = sheet.frame.filter(~is_blank(f"c{place}")).select(ROW, text.alias("text"))
    order: pl.Expr = text.cast(pl.Int64, strict=False)
    numbers = stated["text"].str.contains(r"^\d{1,18}$")
    if not numbers.all():
        strange = stated.filter(~stated["text"].str.contains(r"^\d{4}-\d\d-\d\d(?:[T ]|$)") & ~numbers)
        mixed = strange if strange.height else stated.filter(~numbers) if numbers.any() else strange
        if mixed.height:
            raise SettingsError(
                f"latest.by: {mixed['text'][0]!r} in row {mixed[ROW][0]} is no whole number or date "
                "such as 2024-01-31 like the others: which version is the last is unknown",
                help="name the column that numbers or dates the versions",
            )
        order = pl.when(~is_blank(f"c{place}")).then(text.str.replace("T", " ", literal=True))
    own = [pl.col(f"c{key}").fill_null("").str.strip_chars() for key in keys]
    older = (order.is_null() & order.max().over(own).is_not_null()) | (order < order.max().over(own))
    known = pl.any_horizontal(cell != "" for cell in own)
    newest = text.filter(order == order.max()).first().over(own)
    return pl.when(known & older.fill_null(False)).then(
        pl.format("superseded: {} '{}' is the last", pl.lit(rule.by), newest)
    )


def skip_reasons(labels: Sequence[str], rules: Sequence[SkipRule]) -> list[pl.Expr]:
    """Why a row is no revenue, by each rule whose column is in the file; null where it does not say so."""
    reasons: list[pl.Expr] = []
    for rule in rules:
        place = place_of(rule.column, labels, about="skip.column")
        if place is None:
            continue
        reasons.append(skip_reason(rule, f"c{place}"))
    return reasons


def skip_reason(rule: SkipRule, name: str) -> pl.Expr:
    """The reason of one rule for the text column `name`; null where its conditions do not hold."""
    holds = [condition for condition in _conditions(name, rule) if condition is not None]
    shown = pl.col(name).str.strip_chars().fill_null("")
    why = pl.lit(rule.reason) if rule.reason else pl.format("{} is '{}'", pl.lit(rule.column), shown)
    return pl.when(pl.all_horizontal(holds)).then(why)


def _conditions(name: str, rule: SkipRule) -> tuple[pl.Expr | None, ...]:
    equals = [text.strip().lower() for text in rule.equals]
    return (
        folded(pl.col(name)).is_in(equals).fill_null(False) if equals else None,
        pl.col(name).str.contains(rule.pattern).fill_null(False) if rule.pattern is not None else None,
        (is_blank(name) == rule.blank) if rule.blank is not None else None,
    )


def status_reason(profile: Profile, text: pl.Expr) -> pl.Expr:
    """Why the status of a row keeps it out; null where it counts."""
    rule = profile.status
    assert rule is not None
    shown = mapped(text.fill_null("").str.strip_chars(), profile.values.get("status", {}))
    listed = folded(shown).is_in([word.strip().lower() for word in (*rule.keep, *rule.drop)])
    dropped = ~listed if rule.keep else listed
    return pl.when(dropped).then(pl.format("{} is '{}'", pl.lit(rule.called), shown))
