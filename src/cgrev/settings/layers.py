"""One layer of settings: a file, the environment or the flags, checked by itself.

A fault is told where it stands: `cgrev.toml:12: check.fail-on 'eror' is not one of ...`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from msgspec import Struct, field
from pydantic import BaseModel, ValidationError

from cgrev.errors import SettingsError
from cgrev.settings.file import Key, SettingsFile, refuse_secrets
from cgrev.settings.tables import Tables, kebab

VARIABLES: Mapping[str, str] = {
    "CGREV_TARGET": "target.kind",
    "CGREV_REGION": "target.region",
    "CGREV_API_URL": "target.api-url",
    "CGREV_AUTH_URL": "target.auth-url",
    "CGREV_OUTPUT_FORMAT": "check.output-format",
    "CGREV_STATE_DIR": "state-dir",
    "CGREV_DISABLED_PLUGINS": "disabled-plugins",
}
"""Environment variables that are settings. CGREV_CONFIG names the file; credentials are no settings."""
CONFIG_VARIABLE = "CGREV_CONFIG"
_PATHS = frozenset({("state-dir",), ("check", "baseline")})


class Layer(Struct, frozen=True):
    """One source of settings: `words` says what it is, `file` where it is a file."""

    words: str
    values: Mapping[str, Any]
    file: SettingsFile | None = None
    names: Mapping[Key, str] = field(default_factory=dict)

    def origin(self, key: Key) -> str:
        if self.file is not None:
            return self.file.place(key)
        named = next((name for known, name in self.names.items() if key[: len(known)] == known), None)
        return f"{self.words} {named}" if named else self.words


def file_layer(file: SettingsFile) -> Layer:
    refuse_secrets(file)
    values = _normal(file.table, Tables, (), file)
    for key in _PATHS:
        _anchor(values, key, file.path.absolute().parent)
    return Layer("file", values, file)


def environment_layer(variables: Mapping[str, str]) -> Layer:
    values: dict[str, Any] = {}
    names: dict[Key, str] = {}
    for variable, dotted in VARIABLES.items():
        text = variables.get(variable, "").strip()
        if not text:
            continue
        key = tuple(dotted.split("."))
        value: Any = text
        if dotted == "disabled-plugins":
            value = [name.strip() for name in text.split(",") if name.strip()]
        _put(values, key, value)
        names[key] = variable
    return Layer("environment", values, None, names)


def flag_layer(flags: Mapping[str, Any]) -> Layer:
    values: dict[str, Any] = {}
    names: dict[Key, str] = {}
    for dotted, value in flags.items():
        if value is None:
            continue
        key = tuple(dotted.split("."))
        _put(values, key, value)
        names[key] = "--target" if dotted == "target.kind" else "--" + key[-1]
    _normal(values, Tables, (), None)
    return Layer("flag", values, None, names)


def _normal(
    table: Mapping[str, Any], model: type[BaseModel], above: Key, file: SettingsFile | None
) -> dict[str, Any]:
    """Keys in kebab case; raises SettingsError for one that does not exist, with the nearest that does."""
    fields = {kebab(name): info for name, info in model.model_fields.items()}
    values: dict[str, Any] = {}
    for name, value in table.items():
        key = (*above, name)
        known = kebab(name)
        if known not in fields:
            raise _unknown(key, list(fields), file)
        if known in values:
            raise SettingsError(f"{_place(file, key)}'{'.'.join(key)}' is given twice")
        inner = _model(fields[known].annotation)
        if inner is not None and isinstance(value, dict):
            value = _normal(value, inner, (*above, known), file)
        elif inner is not None and isinstance(value, list):
            value = [
                _normal(entry, inner, (*above, known, str(index)), file) if isinstance(entry, dict) else entry
                for index, entry in enumerate(value)
            ]
        values[known] = value
    return values


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model of a table, or of the entries of a list of tables."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _unknown(key: Key, known: list[str], file: SettingsFile | None) -> SettingsError:
    near = get_close_matches(kebab(key[-1]), known, 1, 0.6)
    table = ".".join(part for part in key[:-1] if not part.isdecimal())
    where = f" in [{table}]" if table else ""
    help = f"did you mean '{near[0]}'?" if near else f"keys{where} are: {', '.join(known)}"
    return SettingsError(f"{_place(file, key)}no setting '{key[-1]}'{where}", help=help)


def _place(file: SettingsFile | None, key: Key) -> str:
    return "" if file is None else f"{file.place(key)}: "


def check(layer: Layer) -> None:
    """Check one layer by itself; files keep to TOML's types, texts of the environment are converted."""
    try:
        Tables.model_validate(layer.values, strict=layer.file is not None)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = tuple(str(part) for part in first["loc"] if part != "[key]")
        value = _get(layer.values, key)
        fault = _fault(first["type"], first["msg"], first.get("ctx", {}), value)
        raise SettingsError(f"{layer.origin(key)}: {_dotted(key)} {fault}", help=_help(key)) from None


def _dotted(key: Key) -> str:
    """A key as a person reads it; entries of a list count from 1: `files[2].pattern`."""
    out = ""
    for part in key:
        out += f"[{int(part) + 1}]" if part.isdecimal() and out else f".{part}" if out else part
    return out


_FAULTS = {
    "int_type": "is no whole number",
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "float_type": "is no number",
    "float_parsing": "is no number",
    "finite_number": "is no finite number",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "string_type": "is no text",
    "string_too_short": "is empty",
    "list_type": "is no list",
    "dict_type": "is no table",
    "model_type": "is no table",
    "missing": "is missing",
}


def _fault(kind: str, message: str, context: Mapping[str, Any], value: Any) -> str:
    shown = f"'{value}' " if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if kind == "literal_error":
        words = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        return f"{shown}is not one of {words}"
    if kind == "value_error":
        reason = str(context.get("error", message))
        return reason if "credentials" in reason else f"{shown}{reason}"
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        bound = next((context[name] for name in ("ge", "le", "gt", "lt") if name in context), "")
        words = {"greater_than_equal": "less than", "less_than_equal": "more than"}.get(kind, "not above")
        return f"{shown}is {words} {bound}"
    if kind in ("too_short", "too_long"):
        return f"has not the {context.get('min_length') or context.get('max_length')} entries it needs"
    return shown + _FAULTS.get(kind, message[:1].lower() + message[1:])


def _help(key: Key) -> str | None:
    model: type[BaseModel] | None = Tables
    described = None
    for part in key:
        if model is None or part.isdecimal():
            continue
        info = next((info for name, info in model.model_fields.items() if kebab(name) == part), None)
        if info is None:
            break
        described = info.description
        model = _model(info.annotation)
    return f"{key[-1]}: {described}" if described else None


def merged(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables as one, key by key; where both say something the upper one holds."""
    both = dict(lower)
    for name, value in upper.items():
        known = both.get(name)
        both[name] = merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return both


def _put(values: dict[str, Any], key: Key, value: Any) -> None:
    for part in key[:-1]:
        values = values.setdefault(part, {})
    values[key[-1]] = value


def _get(values: Any, key: Key) -> Any:
    for part in key:
        if isinstance(values, list) and part.isdecimal() and int(part) < len(values):
            values = values[int(part)]
        elif isinstance(values, dict) and part in values:
            values = values[part]
        else:
            return None
    return values


def has(values: Any, key: Key) -> bool:
    for part in key:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True


def flat(table: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, Any]]:
    for name, value in table.items():
        key = (*above, name)
        if isinstance(value, dict) and value:
            yield from flat(value, key)
        else:
            yield key, value


def _anchor(values: dict[str, Any], key: Key, folder: Path) -> None:
    """Make a path of a settings file relative to that file, wherever the command runs."""
    value = _get(values, key)
    if isinstance(value, str) and value:
        _put(values, key, str(folder / Path(value).expanduser()))
