"""The page of all settings: docs/settings.md, from the models that check them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cgrev.settings import CONFIG_VARIABLE, VARIABLES, settings_schema

HEAD = """\
# Settings

`cgrev.toml` is searched from the working folder upward; a `[tool.cgrev]` table in `pyproject.toml` does the
same. Below it lies the user's own file (`cgrev.toml` in the configuration folder of the system). What is said
in several places is decided in this order:

1. flags
2. environment variables
3. the project's file (`--config FILE` or `CGREV_CONFIG` names another one)
4. the user's file
5. defaults

`cgrev doctor` prints where each value comes from. A key that does not exist is an error that names the
nearest one that does. Secrets have no place in these files; they are refused there. The JSON Schema of the
file is published: see [Published schemas](schemas.md).

```toml
[target]
region = "eu"
auth = "oauth2"

[check]
fail-on = "warning"
closed-through = "2026-09"
severity = { CGR502 = "warning" }

[money]
rounding = "half-up"
keep-total = "account"

[source.crm]
converter = "salesforce"
date-order = "dmy"
decimal-mark = ","

[[files]]
pattern = "archive/**/*.csv"
ignore = ["CGR403"]
```

<!-- what follows is written by scripts/regenerate.py from the models -->
"""

ENVIRONMENT = {
    CONFIG_VARIABLE: "the settings file, instead of the one that is found",
    "CGREV_CLIENT_ID": "the client id of the connected app",
    "CGREV_CLIENT_SECRET": "its secret",
    "CGREV_CLIENT_ID_FILE": "a file that holds the client id",
    "CGREV_CLIENT_SECRET_FILE": "a file that holds the secret",
    "CGREV_API_KEY": 'the key, with `auth = "api-key"`',
    "CGREV_API_KEY_FILE": "a file that holds the key",
    "CGREV_DEBUG": "1: show where an unexpected fault happened",
    "NO_COLOR": "no colour, whatever the terminal",
    "FORCE_COLOR": "colour, also where output is no terminal",
}
"""Variables that are no settings."""


def resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what it refers to; of a node that may be null, what it is otherwise."""
    others = [part for part in node.get("anyOf", ()) if part.get("type") != "null"]
    if len(others) == 1:
        return resolved(others[0], schema)
    if "$ref" in node:
        return dict(schema["$defs"][node["$ref"].rpartition("/")[2]])
    return node


def kinds(node: dict[str, Any]) -> str:
    """The values a setting takes, in words."""
    if "enum" in node:
        return ", ".join(f"`{word}`" for word in node["enum"])
    if "const" in node:
        return f"`{node['const']}`"
    if "anyOf" in node:
        return " or ".join(kinds(part) for part in node["anyOf"] if part.get("type") != "null")
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    if node.get("type") == "array":
        return "list"
    if node.get("type") == "object":
        return "table"
    return words.get(str(node.get("type")), "any")


def shown(default: object) -> str:
    """A default as TOML has it."""
    return "" if default in (None, "", [], {}) else f"`{json.dumps(default)}`"


def rows(node: dict[str, Any], schema: dict[str, Any], above: str = "") -> Iterator[str]:
    """One row a setting; tables within the table by dotted keys."""
    for name, raw in node.get("properties", {}).items():
        inner = resolved(raw, schema)
        if inner.get("type") == "object" and "properties" in inner:
            yield from rows(inner, schema, f"{above}{name}.")
            continue
        meaning = raw.get("description", "").replace("|", "\\|")
        yield f"| `{above}{name}` | {kinds(inner)} | {shown(raw.get('default'))} | {meaning} |"


def tables(schema: dict[str, Any], *, loose_title: str = "Above all tables") -> Iterator[str]:
    """A section a table, then the keys that stand above all tables."""
    head = ("| key | value | default | meaning |", "|---|---|---|---|")
    loose: dict[str, Any] = {"properties": {}}
    for name, raw in schema["properties"].items():
        inner = resolved(raw, schema)
        listed = resolved(inner.get("items", {}), schema)
        if inner.get("type") == "array" and "properties" in listed:
            yield from (f"## [[{name}]]", "", listed.get("description", ""), "", *head)
            yield from rows(listed, schema)
        elif "properties" in inner:
            yield from (f"## [{name}]", "", inner.get("description", ""), "", *head)
            yield from rows(inner, schema)
        elif inner.get("type") == "object":
            inner = resolved(inner.get("additionalProperties") or {}, schema)
            title = f"{name}.NAME" if inner.get("type") == "object" else name
            yield from (f"## [{title}]", "", sentence(raw.get("description", "")))
        else:
            loose["properties"][name] = raw
            continue
        yield ""
    if loose["properties"]:
        yield from (f"## {loose_title}", "", *head, *rows(loose, schema), "")


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def environment() -> Iterator[str]:
    yield from ("## Environment", "", "| variable | means |", "|---|---|")
    for variable, key in VARIABLES.items():
        yield f"| `{variable}` | the setting `{key}` |"
    for variable, meaning in ENVIRONMENT.items():
        yield f"| `{variable}` | {meaning} |"
    yield ""
    yield "Proxies and certificates: the usual variables (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`)."


def files() -> dict[str, str]:
    lines = [HEAD, *tables(settings_schema()), *environment()]
    return {"docs/settings.md": "\n".join(lines).rstrip() + "\n"}
