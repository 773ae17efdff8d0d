"""Settings files: where they are looked for, what is in them, and on which line each key stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from cgrev.errors import SettingsError

FILE_NAME = "cgrev.toml"
PYPROJECT = "pyproject.toml"
MAX_BYTES = 4_000_000

Key = tuple[str, ...]

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SECRET = re.compile(
    r"(?:^|-)(?:secret|secrets|password|passwd|passphrase|token|credential|credentials|"
    r"api-?key|private-?key|access-?key|client-?id|client-?secret|bearer)(?:$|-)"
)
SECRET_HELP = (
    "secrets are no settings: run `cgrev auth login`, or set CGREV_CLIENT_ID and CGREV_CLIENT_SECRET, or "
    "CGREV_API_KEY, in the environment"
)


class SettingsFile(Struct, frozen=True):
    """One settings file: its path, the table that is cgrev's, and the text it was read from.

    `prefix` is where that table stands in the file: () in cgrev.toml, (tool, cgrev) in pyproject.toml.
    """

    path: Path
    table: Mapping[str, Any]
    text: str
    prefix: Key = ()

    def line(self, key: Key) -> int | None:
        """The line a key (below the prefix) stands on, or the nearest table above it."""
        lines = key_lines(self.text)
        wanted = self.prefix + key
        while wanted:
            if wanted in lines:
                return lines[wanted]
            wanted = wanted[:-1]
        return None

    def place(self, key: Key) -> str:
        """`path:line`, as messages begin."""
        line = self.line(key)
        return str(self.path) if line is None else f"{self.path}:{line}"


def find_project_file(start: Path) -> SettingsFile | None:
    """The nearest cgrev.toml, or pyproject.toml with [tool.cgrev], from `start` upward."""
    for folder in (start, *start.parents):
        own = folder / FILE_NAME
        if own.is_file():
            return read(own)
        shared = folder / PYPROJECT
        if shared.is_file():
            found = read(shared)
            if found.prefix:
                return found
    return None


def read(path: Path) -> SettingsFile:
    """Read one settings file. Raises SettingsError when it cannot be read or is no TOML."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such settings file", help="check --config or CGREV_CONFIG") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SettingsError(f"{path}: the settings file cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise SettingsError(f"{path}: the settings file is larger than {MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}:{line}: not valid UTF-8", help="save the file as UTF-8") from None
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _invalid(path, str(error)) from None
    except RecursionError:
        raise SettingsError(f"{path}: tables or lists are nested too deeply") from None
    if path.name != PYPROJECT:
        return SettingsFile(path, table, text)
    tool = table.get("tool", {})
    own = tool.get("cgrev") if isinstance(tool, dict) else None
    if own is None:
        return SettingsFile(path, {}, text)
    if not isinstance(own, dict):
        raise SettingsError(f"{path}: tool.cgrev is no table", help="write [tool.cgrev]")
    return SettingsFile(path, own, text, ("tool", "cgrev"))


def _invalid(path: Path, message: str) -> SettingsError:
    at = _AT.search(message)
    place = f"{path}:{at[1]}:{at[2]}" if at and at[1] else str(path)
    reason = _AT.sub("", message)
    reason = reason[:1].lower() + reason[1:]
    return SettingsError(f"{place}: not valid TOML: {reason}", help="texts need quotes, keys a `=`")


def refuse_secrets(file: SettingsFile) -> None:
    """Raise SettingsError for a key that looks like a secret, wherever it stands; its value is not shown.

    Below `source.NAME` only the keys themselves are looked at: `columns` and `values` hold headings and
    words of the file, and a heading may well be called Token.
    """
    for key in _keys(file.table):
        if len(key) > 3 and key[0] == "source":
            continue
        if _SECRET.search(key[-1].lower().replace("_", "-")):
            raise SettingsError(
                f"{file.place(key)}: '{'.'.join(key)}' does not belong here", help=SECRET_HELP
            )


def _keys(table: Mapping[str, Any], above: Key = ()) -> Iterator[Key]:
    for name, value in table.items():
        key = (*above, str(name))
        yield key
        if isinstance(value, dict):
            yield from _keys(value, key)
        elif isinstance(value, list):
            for entry in value:
                if isinstance(entry, dict):
                    yield from _keys(entry, key)


def key_lines(text: str) -> dict[Key, int]:
    """The line of each key and table of a valid TOML text (the first one, where it repeats).

    Entries of a list of tables are numbered: the second `[[files]]` is ("files", "1").
    Works statement by statement: lines are taken together until they are TOML by themselves, so that
    what stands inside a text over several lines is never taken for a key.
    """
    lines: dict[Key, int] = {}
    import tomllib

    counts: dict[Key, int] = {}
    table: Key = ()
    held: list[str] = []
    start = 1
    for number, line in enumerate(text.split("\n"), 1):
        if not held:
            start = number
            if not line.strip() or line.lstrip().startswith("#"):
                continue
        held.append(line.rstrip("\r"))
        statement = "\n".join(held)
        try:
            parsed = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        held = []
        stripped = statement.lstrip()
        if stripped.startswith("["):
            table = _table_key(_first_path(parsed), stripped.startswith("[["), counts)
            for length in range(1, len(table) + 1):
                lines.setdefault(table[:length], start)
            continue
        for key in _keys(parsed):
            lines.setdefault(table + key, start)
    return lines


def _first_path(parsed: Mapping[str, Any]) -> Key:
    path: list[str] = []
    value: Any = parsed
    while True:
        if isinstance(value, list):
            value = value[0]
        if not isinstance(value, dict) or not value:
            return tuple(path)
        name = next(iter(value))
        path.append(name)
        value = value[name]


def _table_key(path: Key, listed: bool, counts: dict[Key, int]) -> Key:
    """The key of a table header; below a list of tables it names the entry it belongs to."""
    key: Key = ()
    for depth, name in enumerate(path, 1):
        key = (*key, name)
        last = depth == len(path)
        if last and listed:
            counts[key] = counts.get(key, -1) + 1
            key = (*key, str(counts[key]))
        elif not last and key in counts:
            key = (*key, str(counts[key]))
    return key
