"""The frame after parsing: values, flags, native cells, and what decisions do to cells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from cgrev.errors import SettingsError
from cgrev.parsing.decisions import Decisions
from cgrev.parsing.evidence import Evidence, gather
from cgrev.parsing.fields import Declared, SourceField
from cgrev.parsing.flags import AmountFlag, DateFlag, TextFlag, TypeFlag
from cgrev.parsing.parse import parse
from cgrev.table import Kind


def test_canonical_cells_are_typed_and_carry_no_flag(read, fields) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read()
    assert frame.select(field.id for field in fields).row(0) == (
        *("Acme Ltd", Decimal(5), date(2024, 1, 1), date(2024, 12, 31), "ARR", "Gold plan"),
    )
    assert all(frame[f"{field.id}.flags"].to_list() == [0] for field in fields)
    assert {field.id: frame.schema[field.id] for field in fields if field.role in ("amount", "date")} == {
        "amount": pl.Decimal(38, 18),
        "start_date": pl.Date(),
        "end_date": pl.Date(),
    }
    assert all(frame.schema[f"{field.id}.flags"] == pl.UInt32 for field in fields)


def test_a_missing_cell_is_missing_in_every_role(read, fields) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(**{field.id: [None, "", "  "] for field in fields})
    assert all(frame[field.id].null_count() == 3 for field in fields)
    assert all(frame[f"{field.id}.flags"].to_list() == [1, 1, 1] for field in fields)
    assert frame["amount.text"].to_list() == [None, "", "  "]


@pytest.mark.parametrize(
    ("cells", "values", "flags"),
    [
        (["1,234", "5"], [None, "5"], [AmountFlag.AMBIGUOUS_MARK, 0]),
        (["1,234", "1.5"], ["1234", "1.5"], [AmountFlag.SEPARATORS, AmountFlag.DECIMALS]),
        (["1,234", "1,5"], ["1.234", "1.5"], [AmountFlag.DECIMALS, AmountFlag.DECIMALS]),
        (
            ["1,5", "1.5", "1,234", "1 234", "x"],
            [None, None, None, "1234", None],
            [*[AmountFlag.CONTRADICTORY_MARK] * 3, AmountFlag.SEPARATORS, AmountFlag.NOT_A_NUMBER],
        ),
        (
            ["$5", "5 EUR", "5", "x"],
            [None] * 4,
            [*[AmountFlag.MIXED_CURRENCY] * 3, AmountFlag.NOT_A_NUMBER],
        ),
    ],
)
def test_amounts_follow_the_columns_decision(read, cells, values, flags) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(amount=cells)
    assert frame["amount"].to_list() == [value and Decimal(value) for value in values]
    assert frame["amount.flags"].to_list() == [int(flag) for flag in flags]


def test_cells_against_a_declared_mark_are_no_numbers(read) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(Declared(decimal_mark=","), amount=["1.234", "1,234.5", "1,5"])
    assert frame["amount"].to_list() == [Decimal(1234), None, Decimal("1.5")]
    assert frame["amount.flags"][1] == AmountFlag.NOT_A_NUMBER


def test_native_amounts_are_never_guessed(read) -> None:  # type: ignore[no-untyped-def]
    kinds = [
        Kind.NUMBER,
        Kind.NUMBER,
        Kind.NUMBER,
        Kind.DATE,
        Kind.BOOLEAN,
        Kind.ERROR,
        Kind.FORMULA,
        Kind.TEXT,
    ]
    frame, decisions = read(
        amount=["1.234", "0.30000000000000004", "5", "2024-01-01", "TRUE", "#N/A", "", "1,5"],
        kinds={"amount": kinds},
    )
    assert decisions.amount("amount").mark == "comma"
    assert frame["amount"].to_list() == [
        *(
            Decimal("1.234"),
            Decimal("0.30000000000000004"),
            Decimal(5),
            None,
            None,
            None,
            None,
            Decimal("1.5"),
        ),
    ]
    native = int(AmountFlag.NATIVE)
    assert frame["amount.flags"].to_list() == [
        *(native | AmountFlag.DECIMALS, native | AmountFlag.DECIMALS, native),
        *(
            native | AmountFlag.DATE_CELL,
            native | AmountFlag.BOOLEAN,
            AmountFlag.ERROR_CELL,
            AmountFlag.NO_VALUE,
        ),
        AmountFlag.DECIMALS,
    ]


def test_native_dates_are_never_guessed(read) -> None:  # type: ignore[no-untyped-def]
    kinds = [
        Kind.DATE,
        Kind.DATETIME,
        Kind.NUMBER,
        Kind.NUMBER,
        Kind.BOOLEAN,
        Kind.ERROR,
        Kind.FORMULA,
        Kind.DATE,
    ]
    frame, _ = read(
        start_date=["2024-02-01", "2024-02-01T10:00:00", "45292", "2024", "TRUE", "#N/A", "", "1899-12-31"],
        kinds={"start_date": kinds},
    )
    assert frame["start_date"].to_list() == [
        *(date(2024, 2, 1), date(2024, 2, 1), None, None, None, None, None, date(1899, 12, 31)),
    ]
    native = int(DateFlag.NATIVE)
    assert frame["start_date.flags"].to_list() == [
        *(native, native | DateFlag.HAS_TIME, native | DateFlag.SERIAL, native | DateFlag.NOT_A_DATE),
        *(
            native | DateFlag.NOT_A_DATE,
            DateFlag.ERROR_CELL,
            DateFlag.NO_VALUE,
            native | DateFlag.IMPLAUSIBLE,
        ),
    ]


def test_a_declared_format_reads_native_numbers_but_no_native_date(read) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(
        Declared(date_format="%Y-%d-%m"),
        start_date=["2024-02-01", "2024-02-01"],
        kinds={"start_date": [Kind.DATE, Kind.TEXT]},
    )
    assert frame["start_date"].to_list() == [date(2024, 2, 1), date(2024, 1, 2)]
    compact, _ = read(
        Declared(date_format="%Y%m%d"), start_date=["20240131"], kinds={"start_date": [Kind.NUMBER]}
    )
    assert compact["start_date"].to_list() == [date(2024, 1, 31)]


@pytest.mark.parametrize(
    ("cells", "values", "flags"),
    [
        (
            ["01/02/2024", "05/05/2024"],
            [None, date(2024, 5, 5)],
            [DateFlag.AMBIGUOUS_ORDER, DateFlag.NOT_ISO],
        ),
        (["01/02/2024", "31/01/2024"], [date(2024, 2, 1), date(2024, 1, 31)], [DateFlag.NOT_ISO] * 2),
        (["01/02/2024", "01/31/2024"], [date(2024, 1, 2), date(2024, 1, 31)], [DateFlag.NOT_ISO] * 2),
        (
            ["31/01/2024", "01/31/2024", "01/02/2024", "2024-01-01"],
            [None, None, None, date(2024, 1, 1)],
            [*[DateFlag.CONTRADICTORY_ORDER] * 3, 0],
        ),
    ],
)
def test_dates_follow_the_files_decision(read, cells, values, flags) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(start_date=cells)
    assert frame["start_date"].to_list() == values
    assert frame["start_date.flags"].to_list() == [int(flag) for flag in flags]


def test_dates_against_a_declared_order_are_impossible(read) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(Declared(date_order="dmy"), start_date=["01/31/2024", "02/01/2024"])
    assert frame["start_date"].to_list() == [None, date(2024, 1, 2)]
    assert frame["start_date.flags"][0] == DateFlag.IMPOSSIBLE


def test_null_tokens_are_blank_in_every_role_and_kind(read, fields) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(
        Declared(null_tokens=("#N/A", "-")),
        **{field.id: ["#N/A", " - "] for field in fields},
        kinds={"amount": [Kind.ERROR, Kind.TEXT]},
    )
    assert all(frame[f"{field.id}.flags"].to_list() == [1, 1] for field in fields)


def test_native_cells_in_text_and_type_columns(read) -> None:  # type: ignore[no-untyped-def]
    kinds = [Kind.NUMBER, Kind.BOOLEAN, Kind.ERROR, Kind.FORMULA]
    texts = ["-4711", "TRUE", "#N/A", ""]
    marks = {"account_name": kinds, "revenue_type": kinds}
    frame, _ = read(account_name=texts, amount=["5"] * 4, revenue_type=texts, kinds=marks)
    assert frame["account_name"].to_list() == ["-4711", "TRUE", None, None]
    native = int(TextFlag.NATIVE)
    assert frame["account_name.flags"].to_list() == [native, native, TextFlag.ERROR_CELL, TextFlag.NO_VALUE]
    unknown = int(TypeFlag.UNKNOWN)
    assert frame["revenue_type.flags"].to_list() == [unknown, unknown, TypeFlag.ERROR_CELL, TypeFlag.MISSING]


def test_lengths_are_counted_in_characters_after_cleaning(read) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(
        account_name=["ü" * 128, " " + "ü" * 129, "x" * 255 + " ", "x" * 256],
        description=["x" * 200, "x" * 255, "x" * 256, "x\n" * 128],
    )
    long = int(TextFlag.LONG)
    assert frame["account_name.flags"].to_list() == [
        *(0, long | TextFlag.SPACES, long | TextFlag.SPACES, int(TextFlag.TOO_LONG)),
    ]
    assert frame["account_name"].null_count() == 1
    assert frame["description.flags"].to_list() == [
        *(0, 0, int(TextFlag.TOO_LONG), TextFlag.LINE_BREAK | TextFlag.SPACES),
    ]


def test_a_declared_length_replaces_the_layouts(read) -> None:  # type: ignore[no-untyped-def]
    frame, _ = read(Declared(max_lengths={"account_name": 3}), account_name=["abc", "abcd"])
    assert frame["account_name.flags"].to_list() == [0, int(TextFlag.TOO_LONG)]


def test_other_fields_than_the_six_are_parsed_by_their_role() -> None:
    fields = [SourceField("list_price", "amount", 0), SourceField("note", "text", 1)]
    frame = pl.DataFrame(
        {"row": [2], "list_price.text": ["1.5"], "note.text": ["x" * 999]},
        schema_overrides={"row": pl.UInt32},
    )
    parsed = parse(frame, fields, Decisions(), Declared())
    assert parsed["list_price"].to_list() == [Decimal("1.5")]
    assert parsed["note.flags"].to_list() == [0]


def test_a_piece_without_rows_is_parsed(read, columns, fields) -> None:  # type: ignore[no-untyped-def]
    frame, decisions = read(**{field.id: [] for field in fields})
    assert frame.height == 0
    assert frame.schema["amount"] == pl.Decimal(38, 18)
    assert decisions.problems(fields) == ()
    assert gather(frame, (), Declared()) == Evidence()


def test_a_date_format_that_is_none_is_a_settings_error(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SettingsError):
        read(Declared(date_format="%Y"), start_date=["x"])
