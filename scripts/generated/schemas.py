"""The published schemas: schemas/v1/, and the page that lists them."""

from __future__ import annotations

from cgrev.schemas import SCHEMAS, text

FOLDER = "schemas/v1"
HEAD = f"""\
# Published schemas

`{FOLDER}/` in the repository holds what others consume without installing cgrev. `cgrev schema show NAME`
prints one, `cgrev schema export DIR` writes them all, and with `--check` it only says which have drifted.

A schema's number changes when something is taken away or means something else; additions keep it.

<!-- what follows is written by scripts/regenerate.py -->
"""


def files() -> dict[str, str]:
    made = {f"{FOLDER}/{file}": text(name) for name, (file, _, _) in SCHEMAS.items()}
    rows = ["| name | file | describes |", "|---|---|---|"]
    rows += [
        f"| `{name}` | [{file}](../{FOLDER}/{file}) | {what} |" for name, (file, what, _) in SCHEMAS.items()
    ]
    made["docs/schemas.md"] = "\n".join([HEAD, *rows]) + "\n"
    return made
