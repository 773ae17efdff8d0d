"""The rules as SQL on duckdb: read as text, cast, one query a rule, every failing row listed."""

from __future__ import annotations

import sys

import duckdb

TYPED = """
create temp table typed as
select
    row_number() over () as row,
    "Account name" as account,
    "Revenue amount" as amount_text,
    case when regexp_full_match("Revenue amount", '-?[0-9]+')
        then try_cast("Revenue amount" as bigint) end as amount,
    "Revenue start date" as start_text,
    case when regexp_full_match("Revenue start date", '\\d{4}-\\d{2}-\\d{2}')
        then try_cast("Revenue start date" as date) end as start_date,
    "Revenue end date" as end_text,
    case when regexp_full_match("Revenue end date", '\\d{4}-\\d{2}-\\d{2}')
        then try_cast("Revenue end date" as date) end as end_date,
    "Revenue type" as type,
    "Description" as description
from read_csv(?, header = true, all_varchar = true, nullstr = '')
"""
RULES = {
    "account": "select row, account from typed where coalesce(trim(account), '') = ''",
    "amount": "select row, amount_text from typed where amount is null",
    "start": "select row, start_text from typed where start_date is null",
    "end": "select row, end_text from typed where end_date is null",
    "type": "select row, type from typed where coalesce(type, '') not in ('ARR', 'MRR', 'One Time', 'Other')",
    "order": "select row, end_text from typed where end_date < start_date",
    "duplicate": """
        select row, account from (
            select row, account, row_number() over (
                partition by account, amount_text, start_text, end_text, type, description order by row
            ) as place from typed
        ) where place > 1
    """,
}

connection = duckdb.connect()
connection.execute(TYPED, [sys.argv[1]])
print(sum(len(connection.execute(query).fetchall()) for query in RULES.values()))
