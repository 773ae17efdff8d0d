"""Findings already known: written once, left out afterwards, so that only new ones count.

A known finding is remembered by what it is about and never by where it stands: the rule, the column and
a digest of the row's content. Rows may move; a row that changes is looked at anew. Numbers are exact: a
finding known twice that is there three times is new once.

The file holds digests only, no names and no amounts.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from msgspec import Struct, field

from cgrev.errors import SettingsError
from cgrev.findings import FINDING_FIELDS

SCHEMA = "cgrev-baseline/1"
ROW_KEY = "row_key"
MAX_BYTES = 1_000_000_000

Entry = tuple[str, str, str]
"""Rule code, canonical column ("" for the whole row), row key ("" for the whole file)."""


class Baseline(Struct, frozen=True):
    """How many findings are known, by entry."""

    counts: Mapping[Entry, int] = field(default_factory=dict)

    @classmethod
    def of(cls, findings: pl.DataFrame) -> Baseline:
        """The baseline of a findings frame with the column `row_key`.

        `row_key` is the caller's digest of the row's folded content (String), null for findings about a
        file as a whole. Two rows of one content have one key, and count twice.
        """
        counted = _keyed(findings).group_by(_KEYS).len()
        return cls({(code, column, key): number for code, column, key, number in counted.iter_rows()})

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read a baseline file. Raises SettingsError when it is none."""
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise SettingsError(f"{path}: no such baseline", help="make it with --write-baseline") from None
        except OSError as error:
            raise SettingsError(f"{path}: the baseline cannot be read: {_reason(error)}") from None
        if len(data) > MAX_BYTES:
            raise SettingsError(f"{path}: the baseline is larger than {MAX_BYTES:,} bytes")
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            raise _broken(path, "it is not valid JSON") from None
        return cls(_entries(path, content))

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all; the same findings give the same bytes."""
        lines = [
            json.dumps([code, column, key, number], ensure_ascii=False)
            for (code, column, key), number in sorted(self.counts.items())
        ]
        body = "\n" + ",\n".join(lines) + "\n" if lines else ""
        text = f'{{"schema": "{SCHEMA}",\n "known": [{body}]}}\n'
        try:
            _replace(path, text.encode())
        except OSError as error:
            raise SettingsError(f"{path}: the baseline cannot be written: {_reason(error)}") from None

    def new(self, findings: pl.DataFrame) -> pl.DataFrame:
        """The findings that are not known, without the column `row_key`, in their order.

        Of findings with one entry the first ones are taken for the known ones; the rest is new.
        """
        if not self.counts or findings.is_empty():
            return findings.select(FINDING_FIELDS)
        known = pl.DataFrame(
            [(*entry, number) for entry, number in self.counts.items()],
            schema={**dict.fromkeys(_KEYS, pl.String), "known": pl.UInt32},
            orient="row",
        )
        numbered = _keyed(findings).with_columns(
            pl.int_range(pl.len(), dtype=pl.UInt32).over(_KEYS).alias("nth")
        )
        joined = numbered.join(known, on=_KEYS, how="left", maintain_order="left")
        kept = joined.select((pl.col("nth") >= pl.col("known").fill_null(0)).alias("new"))["new"]
        return findings.select(FINDING_FIELDS).filter(kept)

    def gone(self, findings: pl.DataFrame) -> int:
        """How many known findings are not there any more: the baseline could be written anew."""
        there = Baseline.of(findings).counts
        return sum(max(number - there.get(entry, 0), 0) for entry, number in self.counts.items())


_KEYS = ["entry_code", "entry_column", "entry_row"]


def _keyed(findings: pl.DataFrame) -> pl.DataFrame:
    if ROW_KEY not in findings.columns:
        raise ValueError(f"the findings need a column {ROW_KEY}")
    return findings.select(
        pl.col("code").alias(_KEYS[0]),
        pl.col("column").fill_null("").alias(_KEYS[1]),
        pl.col(ROW_KEY).fill_null("").alias(_KEYS[2]),
    )


def _entries(path: Path, content: Any) -> dict[Entry, int]:
    if not isinstance(content, dict) or not isinstance(content.get("schema"), str):
        raise _broken(path, "it has no schema")
    if content["schema"] != SCHEMA:
        raise SettingsError(
            f"{path}: the baseline is of '{content['schema']}', this version reads {SCHEMA}",
            help="make it again with --write-baseline",
        )
    known = content.get("known")
    if not isinstance(known, list):
        raise _broken(path, "it has no list 'known'")
    entries: dict[Entry, int] = {}
    for place, entry in enumerate(known, 1):
        match entry:
            case [str(code), str(column), str(key), int(number)] if number > 0 and not isinstance(
                number, bool
            ):
                entries[code, column, key] = entries.get((code, column, key), 0) + number
            case _:
                raise _broken(path, f"entry {place} is not [code, column, row key, number]")
    return entries


def _broken(path: Path, why: str) -> SettingsError:
    return SettingsError(f"{path}: no baseline: {why}", help="make it again with --write-baseline")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
