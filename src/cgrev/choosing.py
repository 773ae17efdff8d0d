"""Which converter, with which options: `--from`, `--profile`, `-O`, the settings' [source.NAME]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from cgrev._registry import Candidate, Registry
from cgrev.converteroptions import parse_options
from cgrev.errors import PluginError, SettingsError
from cgrev.mapping.profile import Profile, load_profile, merged_profiles, parse_profile
from cgrev.opening import Input, reading_of
from cgrev.plugin import Converter, ConverterOptions, Sample
from cgrev.readers import ReadOptions
from cgrev.settings import Settings

if TYPE_CHECKING:
    from cgrev.manifest import ConverterUsed


class Chosen(Struct, frozen=True):
    """A converter with its options, how it was chosen, and where it comes from."""

    converter: Converter
    options: ConverterOptions
    used: ConverterUsed
    candidates: tuple[Candidate, ...] = ()
    problems: tuple[PluginError, ...] = ()


def choose(
    name: str,
    first: Input,
    read: ReadOptions,
    *,
    settings: Settings,
    profile: str | None = None,
    words: Sequence[str] = (),
    text: Mapping[str, str | None] = {},
    registry: Registry | None = None,
) -> Chosen:
    """The converter of `--from` (for `auto` by the content of the first input) and its options.

    Raises UsageError for names and options that do not fit, PluginError for a converter that is broken."""
    from cgrev.manifest import ConverterUsed

    registry = registry or Registry(disabled=_disabled(settings))
    candidates: tuple[Candidate, ...] = ()
    problems: tuple[PluginError, ...] = ()
    laid_over = read_profile(profile)
    section = settings.source.get(name)
    if section is not None:
        own = parse_profile(section, origin=settings.origin(f"source.{name}"))
        laid_over = merged_profiles(own, laid_over) if laid_over is not None else own
        name = str(section.get("converter", "profile"))
    if name == "auto" and laid_over is None:
        table = first.open(reading_of(read, settings))
        choice = registry.choose(Sample(table.reader, table.head(), first.path, table.sheet, table.named))
        converter, candidates, problems = choice.converter, choice.candidates, choice.problems
    else:
        converter = registry.load("profile" if name == "auto" else name, laid_over)
    known = next((entry for entry in registry.listed() if entry.name == converter.name), None)
    used = ConverterUsed(
        name=converter.name,
        distribution=known.distribution if known else "cgrev",
        version=known.version if known else "",
    )
    return Chosen(converter, parse_options(converter, words, text), used, candidates, problems)


def _disabled(settings: Settings) -> list[str] | None:
    return list(settings.tables.disabled_plugins) or None


def read_profile(path: str | None) -> Profile | None:
    """The profile of `--profile`. Raises SettingsError."""
    if path is None:
        return None
    if not Path(path).exists():
        raise SettingsError(f"no profile '{path}'", help="`cgrev profile suggest FILE` writes one")
    return load_profile(Path(path))
