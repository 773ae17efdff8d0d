"""The rules as a pandera schema on pandas, validated lazily: every failure case is listed."""

from __future__ import annotations

import sys

import pandas as pd
import pandera.pandas as pa

TYPES = ["ARR", "MRR", "One Time", "Other"]
COLUMNS = [
    "Account name",
    "Revenue amount",
    "Revenue start date",
    "Revenue end date",
    "Revenue type",
    "Description",
]

raw = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
frame = pd.DataFrame(
    {
        "account": raw["Account name"],
        "amount": pd.to_numeric(
            raw["Revenue amount"].where(raw["Revenue amount"].str.fullmatch(r"-?[0-9]+")), errors="coerce"
        ),
        "start": pd.to_datetime(raw["Revenue start date"], format="%Y-%m-%d", errors="coerce"),
        "end": pd.to_datetime(raw["Revenue end date"], format="%Y-%m-%d", errors="coerce"),
        "type": raw["Revenue type"],
        "description": raw["Description"],
        "again": raw.duplicated(COLUMNS, keep="first"),
    }
)
frame["order"] = ~(frame["end"] < frame["start"])
schema = pa.DataFrameSchema(
    {
        "account": pa.Column(str, pa.Check(lambda cells: cells.str.strip() != "")),
        "amount": pa.Column("float64", nullable=False),
        "start": pa.Column(nullable=False),
        "end": pa.Column(nullable=False),
        "type": pa.Column(str, pa.Check.isin(TYPES)),
        "description": pa.Column(str),
        "order": pa.Column(bool, pa.Check(lambda cells: cells)),
        "again": pa.Column(bool, pa.Check(lambda cells: ~cells)),
    }
)
try:
    schema.validate(frame, lazy=True)
except pa.errors.SchemaErrors as errors:
    print(len(errors.failure_cases))
else:
    print(0)
