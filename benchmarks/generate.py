"""Make upload-ready revenue files of any size, the same bytes for the same parameters.

    python benchmarks/generate.py data/1M.csv --rows 1M --bad 0.01

Rows are about 65 bytes. A share of them is broken, one fault a row, by the kinds in `FAULTS`; beside the file
lies `<file>.json` with how often each kind occurs, so that every measured tool can be held to the count.
The random numbers are our own (a few rounds of arithmetic modulo a prime), so that no release of any library
changes the data.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import polars as pl

CHUNK = 500_000
PRIME = 2**31 - 1

HEADINGS = {
    "account_name": "Account name",
    "amount": "Revenue amount",
    "start_date": "Revenue start date",
    "end_date": "Revenue end date",
    "revenue_type": "Revenue type",
    "description": "Description",
}
FAULTS = (
    "amount-not-a-number",
    "amount-with-decimals",
    "date-not-iso",
    "date-impossible",
    "unknown-type",
    "blank-account",
    "end-before-start",
    "duplicate-row",
)
FIRST = "Amber Birch Cedar Delta Ember Fjord Granite Harbor Indigo Juniper Kestrel Lumen Meadow Nimbus Onyx"
SECOND = (
    "Analytics Bakery Chemicals Dynamics Energy Freight Glassworks Hospitality Instruments Joinery Labs Mills"
)
FORMS = "Ltd GmbH Inc SA BV AB Oy plc"
ITEMS = ("Platform", "Support plan", "Seats", "Onboarding", "Data pack", "Training", "Add-on", "Renewal")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the bytes of a file."""

    rows: int
    bad: float = 0.01
    faults: tuple[str, ...] = FAULTS
    seed: int = 20
    columns: tuple[str, ...] = tuple(HEADINGS)
    delimiter: str = ","
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        unknown = set(self.faults) - set(FAULTS)
        if unknown:
            raise ValueError(f"unknown faults: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
        if sorted(self.columns) != sorted(HEADINGS):
            raise ValueError(f"columns must name each of {', '.join(HEADINGS)} once")


def number(salt: int, *, rows: str = "i") -> pl.Expr:
    """A pseudo-random number from 0 to PRIME - 1 for each row, of the row's number and the salt alone."""
    x = (pl.col(rows).cast(pl.UInt64) * 48_271 + salt * 69_621 + 1) % PRIME
    x = (x * x + 16_807 * (salt + 1)) % PRIME
    x = (x * 39_373 + salt) % PRIME
    return (x * x + x) % PRIME


def choice(options: Sequence[str], by: pl.Expr) -> pl.Expr:
    """The option at the place `by` (modulo their number)."""
    places = by % len(options)
    return places.replace_strict(range(len(options)), options, return_dtype=pl.String)


def sound(recipe: Recipe, first: int, count: int) -> pl.DataFrame:
    """Rows that no rule has anything to say about: each account has at most one row a calendar year, so no
    periods overlap, and pays much the same a month under every type, so none looks like another one."""
    accounts = max(1, recipe.rows // 20)
    salt = recipe.seed * 1_000
    years = (2004 + pl.col("i") // accounts).clip(None, 2060)
    kind = number(salt + 1) % 8
    month = 1 + number(salt + 2) % 6
    start = pl.date(years, pl.when(kind < 4).then(1).otherwise(month), 1)
    last = pl.date(years, pl.when(kind < 4).then(12).otherwise(month + 5), 1).dt.month_end()
    one_time = kind == 6
    account = pl.col("i") % accounts
    monthly = 200 + number(salt + 8, rows="account") % 5_000
    monthly = monthly * (80 + number(salt + 6) % 41) // 100
    return (
        pl.select(i=pl.int_range(first, first + count, dtype=pl.UInt64))
        .with_columns(account=account)
        .select(
            "i",
            account_name=pl.concat_str(
                choice(FIRST.split(), number(salt + 3, rows="account")),
                pl.lit(" "),
                choice(SECOND.split(), number(salt + 4, rows="account")),
                pl.lit(" "),
                pl.col("account").cast(pl.String),
                pl.lit(" "),
                choice(FORMS.split(), number(salt + 5, rows="account")),
            ),
            amount=pl.when(kind < 4).then(monthly * 12).otherwise(monthly).cast(pl.String),
            start_date=start.dt.strftime("%Y-%m-%d"),
            end_date=pl.when(one_time).then(start).otherwise(last).dt.strftime("%Y-%m-%d"),
            revenue_type=choice(("ARR", "ARR", "ARR", "ARR", "MRR", "MRR", "One Time", "Other"), kind),
            description=choice(ITEMS, number(salt + 7)),
        )
    )


def faults(recipe: Recipe, first: int, count: int) -> pl.Series:
    """The fault of each row, or null. A duplicate needs a sound row before it, else it is another fault."""
    salt = recipe.seed * 1_000 + 500
    # One row earlier than asked, so that a chunk's first row knows the row before it.
    begin = max(0, first - 1)
    limit = round(recipe.bad * PRIME)
    kinds = [*recipe.faults]
    table = (
        pl.select(i=pl.int_range(begin, first + count, dtype=pl.UInt64))
        .select("i", broken=number(salt) < limit, kind=choice(kinds, number(salt + 1)))
        .with_columns(alone=~pl.col("broken").shift(1, fill_value=True))
    )
    others = [kind for kind in kinds if kind != "duplicate-row"]
    spare = choice(others, number(salt + 2)) if others else pl.lit(None, pl.String)
    kind = (
        pl.when((pl.col("kind") == "duplicate-row") & ~pl.col("alone")).then(spare).otherwise(pl.col("kind"))
    )
    return table.select(fault=pl.when("broken").then(kind))["fault"].tail(count)


def break_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Put each row's fault (column `fault`) into its cells."""
    fault = pl.col("fault")
    before = {name: pl.col(name).shift(1) for name in HEADINGS}

    def cell(name: str, **when: pl.Expr | str) -> pl.Expr:
        expression = pl.when(fault == "duplicate-row").then(before[name]).otherwise(pl.col(name))
        for kind, value in when.items():
            text = pl.lit(value) if isinstance(value, str) else value
            expression = pl.when(fault == kind.replace("_", "-")).then(text).otherwise(expression)
        return expression.alias(name)

    dotted = pl.col("start_date").str.replace(r"(\d{4})-(\d\d)-(\d\d)", "$3.$2.$1")
    return frame.with_columns(
        cell("account_name", blank_account=""),
        cell("amount", amount_not_a_number="n/a", amount_with_decimals=pl.col("amount") + ".50"),
        cell("start_date", date_not_iso=dotted, end_before_start="2062-05-01"),
        cell("end_date", date_impossible="2023-02-30"),
        cell("revenue_type", unknown_type="Annual"),
        cell("description"),
    )


def chunks(recipe: Recipe) -> Iterator[pl.DataFrame]:
    """The rows of the file in pieces, with the column `fault`."""
    for first in range(0, recipe.rows, CHUNK):
        count = min(CHUNK, recipe.rows - first)
        # A duplicate copies the sound row before it, which may lie in the piece before.
        begin = max(0, first - 1)
        rows = sound(recipe, begin, first + count - begin)
        fault = faults(recipe, first, count)
        if begin < first:
            fault = pl.concat([pl.Series("fault", [None], pl.String), fault])
        yield break_rows(rows.with_columns(fault)).tail(count)


def write_csv(recipe: Recipe, stream: IO[bytes]) -> dict[str, int]:
    """Write the file and count its faults by kind."""
    found = dict.fromkeys(recipe.faults, 0)
    for number_, chunk in enumerate(chunks(recipe)):
        table = chunk.select(pl.col(name).alias(HEADINGS[name]) for name in recipe.columns)
        text = table.write_csv(separator=recipe.delimiter, include_header=number_ == 0)
        assert isinstance(text, str)
        # A byte-order mark belongs in front of the first piece only.
        encoding = (
            recipe.encoding
            if number_ == 0
            else {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(recipe.encoding, recipe.encoding)
        )
        stream.write(text.encode(encoding))
        for kind, count in chunk["fault"].drop_nulls().value_counts().iter_rows():
            found[kind] += count
    return found


def write_xlsx(recipe: Recipe, path: Path) -> dict[str, int]:
    """The same rows as a workbook, amounts that are numbers as numbers. Row by row, in constant memory."""
    import xlsxwriter

    found = dict.fromkeys(recipe.faults, 0)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Revenue")
        sheet.write_row(0, 0, [HEADINGS[name] for name in recipe.columns])
        row = 0
        for chunk in chunks(recipe):
            for values in chunk.select(recipe.columns).iter_rows():
                row += 1
                for place, value in enumerate(values):
                    if recipe.columns[place] == "amount" and value.isdigit():
                        sheet.write_number(row, place, int(value))
                    else:
                        sheet.write_string(row, place, value)
            for kind, count in chunk["fault"].drop_nulls().value_counts().iter_rows():
                found[kind] += count
    return found


def make(recipe: Recipe, path: Path) -> dict[str, int]:
    """Write the file, unless it lies there already from the same recipe; the faults in it by kind."""
    side = path.with_name(path.name + ".json")
    stated = json.loads(json.dumps(asdict(recipe)))
    if path.exists() and side.exists():
        known = json.loads(side.read_text("utf-8"))
        if known["recipe"] == stated:
            return dict(known["faults"])
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    if path.suffix == ".xlsx":
        found = write_xlsx(recipe, unfinished)
    else:
        with unfinished.open("wb") as stream:
            found = write_csv(recipe, stream)
    unfinished.replace(path)
    side.write_text(json.dumps({"recipe": stated, "faults": found}, indent=1) + "\n", "utf-8")
    return found


def amount_of(text: str) -> int:
    """A number of rows: 1000, 100k, 10M."""
    factor = {"k": 1_000, "M": 1_000_000}.get(text[-1:], 1)
    return int(text.rstrip("kM")) * factor


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path, help="a .csv or .xlsx file")
    parser.add_argument("--rows", type=amount_of, default=100_000, help="1000, 100k, 10M (default: 100k)")
    parser.add_argument("--bad", type=float, default=0.01, help="share of broken rows (default: 0.01)")
    parser.add_argument(
        "--faults", type=lambda text: tuple(text.split(",")), default=FAULTS, help="kinds, by comma"
    )
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--columns", type=lambda text: tuple(text.split(",")), default=tuple(HEADINGS))
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--encoding", default="utf-8", help="utf-8, utf-8-sig, utf-16, cp1252")
    options = vars(parser.parse_args())
    path = options.pop("path")
    for kind, count in make(Recipe(**options), path).items():
        print(f"{count:>10,} {kind}")


if __name__ == "__main__":
    main()
