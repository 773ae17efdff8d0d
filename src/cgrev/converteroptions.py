"""Options of a converter from the words of a command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from cgrev.errors import UsageError
from cgrev.plugin import Converter, ConverterOptions


def parse_options(
    converter: Converter, words: Sequence[str], text: Mapping[str, str | None]
) -> ConverterOptions:
    """Options from `NAME=VALUE` words; hyphens and underscores are one. Raises UsageError."""
    given: dict[str, Any] = {name: value for name, value in text.items() if value is not None}
    for word in words:
        name, found, value = word.partition("=")
        if not found:
            raise UsageError(f"-O {word} states no value", help="write it as -O NAME=VALUE")
        given[name.strip().replace("-", "_")] = value
    try:
        return converter.Options.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"]).replace("_", "-") or "options"
        if first["type"] == "extra_forbidden":
            known = ", ".join(field.replace("_", "-") for field in converter.Options.model_fields)
            raise UsageError(
                f"converter '{converter.name}' has no option '{name}'", help=f"it has: {known}"
            ) from None
        raise UsageError(
            f"option {name}: {first['msg'][:1].lower()}{first['msg'][1:]} (value '{first['input']}')",
            help=f"`cgrev plugins show {converter.name}` explains its options",
        ) from None
