"""Files that are derived from the code: each module makes some of them, name -> text."""

from __future__ import annotations

from generated import commands, converters, decisions, hooks, profiles, rules, schemas, settings

MAKERS = (
    converters.files,
    commands.files,
    decisions.files,
    hooks.files,
    profiles.files,
    rules.files,
    schemas.files,
    settings.files,
)


def everything() -> dict[str, str]:
    """All derived files: path relative to the root of the repository -> text."""
    found: dict[str, str] = {}
    for maker in MAKERS:
        for name, text in maker().items():
            if name in found:
                raise ValueError(f"two makers write {name}")
            found[name] = text
    return found
