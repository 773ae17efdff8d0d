"""The page of everything a profile can say: docs/profiles.md."""

from __future__ import annotations

from cgrev.mapping.profile import FIELDS, Profile
from generated.settings import tables

HEAD = """\
# Profiles

A profile says what a person knows about one kind of export, as TOML: which heading is which field, which
words mean what, which rows are no revenue. `--profile FILE` uses one, a section `[source.NAME]` of the
settings is one, and most converters are one with a few lines around it.

```toml
schema = "cgrev-profile/1"
title = "subscription list of the billing team"
decimal-mark = ","
date-order = "dmy"

[columns]
"Kunde" = "account_name"
"Betrag" = "amount"
"Beginn" = "start_date"
"Ende" = "end_date"
"Art" = "revenue_type"

[values.revenue_type]
Lizenz = "ARR"
Beratung = "One Time"

[[skip]]
column = "Status"
equals = ["storniert"]
reason = "cancelled"
```

`cgrev profile suggest FILE` writes a first one from the headings of a file: what is certain as lines, what
is not as questions. `cgrev profile check PROFILE FILE` proves it on the file; `cgrev profile show PROFILE`
prints it with all it rests on. A column is named by its heading, by its place (`#3`), or by both where a
heading comes twice (`Amount @2`).

<!-- what follows is written by scripts/regenerate.py from the model -->
"""


def files() -> dict[str, str]:
    rows = ["## Fields", "", "| field | read as | is |", "|---|---|---|"]
    rows += [f"| `{name}` | {role} | {what} |" for name, (role, what) in FIELDS.items()]
    lines = [
        HEAD,
        *rows,
        "",
        *tables(Profile.model_json_schema(by_alias=True), loose_title="Keys of the profile itself"),
    ]
    return {"docs/profiles.md": "\n".join(lines).rstrip() + "\n"}
