"""The least work any tool on polars does: read the file as text and count. `python floor.py FILE`"""

from __future__ import annotations

import sys

import polars as pl

frame = pl.read_csv(sys.argv[1], infer_schema=False)
print(frame.height, sum(frame.null_count().row(0)))
