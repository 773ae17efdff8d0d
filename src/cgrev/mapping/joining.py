"""Looking up columns of a further file by a key: accounts by their id, contracts by their number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from cgrev.errors import SettingsError
from cgrev.mapping.header import find_header
from cgrev.mapping.references import alternatives, needed_alternative, places_of
from cgrev.mapping.tidy import is_blank
from cgrev.plugin import Converter, ConverterOptions, Header, Join
from cgrev.table import ROW

Further = Mapping[str, tuple[pl.DataFrame, Sequence[str]]]
"""Further files by the name they were handed in under: (frame below its header, labels)."""


def join_header(head: pl.DataFrame, spec: Join, named: Sequence[str] | None = None) -> Header:
    """Where the header of a further file stands: the row that names its key and its columns."""
    words = [*_columns(spec.other_key), *spec.columns]
    return find_header(head, [one for word in words for one in alternatives(word)], named)


def labels_after(
    converter: Converter, labels: Sequence[str], options: ConverterOptions, further: Collection[str]
) -> tuple[str, ...]:
    """The headings that `fields` is asked with: the file's, those `tidy` appends, those of the joins."""
    added = converter.appended(labels, options)
    joined = [join for join in converter.joins(labels, options) if join.required or join.name in further]
    return (*labels, *added, *(label for join in joined for label in join.labels))


def join_all(
    frame: pl.DataFrame, labels: Sequence[str], further: Further, specs: Sequence[Join]
) -> tuple[pl.DataFrame, tuple[str, ...], pl.DataFrame]:
    """Apply every join of a converter in turn: (frame, labels, unmatched).

    `unmatched` has row UInt32, name, key String: rows whose key is in no row of the further file.
    Raises `SettingsError` for a file that is needed and not given, and for one that is not wanted.
    """
    known = {spec.name for spec in specs}
    for name in further:
        if name not in known:
            wanted = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise SettingsError(f"no further file is called {name!r} here: {wanted}", help="leave --with out")
    nothing = pl.DataFrame(schema={"row": pl.UInt32, "name": pl.String, "key": pl.String})
    unmatched = [nothing]
    for spec in specs:
        if spec.name not in further:
            if spec.required:
                raise SettingsError(
                    f"the columns {_shown(spec.columns, ())} stand in a further file, "
                    f"looked up by {_shown(_columns(spec.key), labels)}",
                    help=f"hand it in: --with {spec.name}=FILE",
                )
            continue
        other, other_labels = further[spec.name]
        frame, labels, missing = join(frame, labels, other, other_labels, spec)
        unmatched.append(missing.select("row", pl.lit(spec.name).alias("name"), "key"))
    return frame, tuple(labels), pl.concat(unmatched)


def join(
    frame: pl.DataFrame,
    labels: Sequence[str],
    other_frame: pl.DataFrame,
    other_labels: Sequence[str],
    spec: Join,
) -> tuple[pl.DataFrame, tuple[str, ...], pl.DataFrame]:
    """Append the columns of `spec` from the further file, by the text of the key: (frame, labels, unmatched).

    Both frames are as in `cgrev.table`. Rows keep their number and order; a row without a partner has no
    cell there, and is in `unmatched` (row UInt32, key String) unless its key is blank. A key that stands
    twice in the further file with different cells is a `SettingsError`: which one is meant is unknown.
    """
    about = f"join {spec.name}"
    own = [needed_alternative(one, labels, about=about) for one in _columns(spec.key)]
    theirs = [needed_alternative(one, other_labels, about=about) for one in _columns(spec.other_key)]
    if len(own) != len(theirs):
        raise SettingsError(f"{about}: key and other-key do not name equally many columns")
    places = {
        len(labels) + n: _looked_up(column, other_labels, spec) for n, column in enumerate(spec.columns)
    }
    wanted = {place: source for place, source in places.items() if source is not None}
    absent = [pl.lit(None, dtype=pl.String).alias(f"c{place}") for place in places if place not in wanted]
    partners = _partners(other_frame, theirs, list(wanted.values()), spec)
    renamed = partners.rename(
        {f"c{source}": f"c{place}" for place, source in wanted.items()}
        | {f"k{source}": f"k{place}" for place, source in wanted.items() if f"k{source}" in partners.columns}
    ).with_columns(absent)
    keyed = frame.with_columns(_key(own, spec).alias("key"))
    joined = keyed.join(renamed, on="key", how="left", maintain_order="left")
    missing = joined.filter(pl.col("found").is_null() & ~is_blank("key")).select(
        pl.col(ROW).cast(pl.UInt32).alias("row"), "key"
    )
    marks = [name for name in joined.columns if name[0] == "k" and name[1:].isdigit()]
    joined = joined.drop("key", "found").with_columns(pl.col(marks).fill_null(0))
    return joined, (*labels, *spec.labels), missing


def _shown(references: Sequence[str], labels: Sequence[str]) -> str:
    """References for a message: of several spellings the one that is there, else the first."""
    shown = []
    for reference in references:
        spellings = alternatives(reference)
        shown.append(next((one for one in spellings if places_of(one, labels)), spellings[0]))
    return ", ".join(map(repr, shown))


def _columns(key: str | tuple[str, ...]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else tuple(key)


def _key(places: Sequence[int], spec: Join) -> pl.Expr:
    """The text that is looked up; null where all its cells are blank, so that it is no key."""
    parts = [pl.col(f"c{place}").fill_null("").str.strip_chars() for place in places]
    if spec.nulls:
        nothing = [token.strip().lower() for token in spec.nulls]
        parts = [
            pl.when(~part.str.to_lowercase().is_in(nothing)).then(part).otherwise(pl.lit(""))
            for part in parts
        ]
    if spec.numbers:
        parts = [part.str.replace(r"^0+([0-9])", "${1}") for part in parts]
    whole = pl.concat_str(parts, separator=" / ")
    return pl.when(pl.any_horizontal(part != "" for part in parts)).then(whole)


def _looked_up(column: str, labels: Sequence[str], spec: Join) -> int | None:
    """The place of a column in the further file; None for one that may be absent, and is."""
    if column in spec.optional and not any(places_of(one, labels) for one in alternatives(column)):
        return None
    return needed_alternative(column, labels, about=f"join {spec.name}")


def _partners(other: pl.DataFrame, keys: Sequence[int], wanted: Sequence[int], spec: Join) -> pl.DataFrame:
    """One row a key: `key`, `found`, and the wanted cells with their native marks."""
    if len(set(wanted)) != len(wanted):
        raise SettingsError(f"join {spec.name}: a column is named twice", help="correct the list of columns")
    cells = [f"c{index}" for index in wanted]
    cells += [f"k{index}" for index in wanted if f"k{index}" in other.columns]
    rows = (
        other.with_columns(_key(keys, spec).alias("key"))
        .filter(~is_blank("key"))
        .select("key", pl.lit(True).alias("found"), *cells, pl.col(ROW).alias("other_row"))
    )
    once = rows.unique(["key", *cells], keep="first", maintain_order=True)
    twice = once.filter(pl.col("key").is_duplicated()).sort("other_row")
    if not twice.is_empty():
        name = twice["key"][0]
        places = twice.filter(pl.col("key") == name)["other_row"].head(2).to_list()
        raise SettingsError(
            f"the key {name!r} stands in rows {places[0]} and {places[1]} of {spec.name!r}, "
            "with different cells",
            help="keep one row a key in that file",
        )
    return once.drop("other_row")
