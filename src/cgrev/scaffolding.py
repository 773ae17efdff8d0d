"""`cgrev plugins new`: a project for a converter that works and passes its own tests at once."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from cgrev import __version__
from cgrev._registry import BUILTIN, FIRST_PARTY
from cgrev.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST = 40
_CORE = {*BUILTIN, "auto"}
_SUFFIX = ".in"


@dataclass(frozen=True, slots=True)
class Names:
    """What a converter and the parts of its project are called."""

    name: str
    distribution: str
    package: str
    kind: str
    title: str
    version: str


def names_of(name: str) -> Names:
    """The names of a project from the name as in `--from`. Raises UsageError for one that cannot be."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:_LONGEST].strip("-")
        raise UsageError(
            f"a converter cannot be named '{name}'",
            help="use lower case letters, digits and single hyphens, a letter first, at most "
            f"{_LONGEST} characters" + (f", such as '{near}'" if near else ""),
        )
    if name.startswith("cgrev-"):
        raise UsageError(
            f"'{name}' is the name of a package, not of a converter",
            help=f"leave the beginning out: cgrev plugins new {name.removeprefix('cgrev-')}",
        )
    distribution = f"cgrev-{name}"
    owner = FIRST_PARTY.get(name) or (distribution if distribution in FIRST_PARTY.values() else None)
    if name in _CORE or owner is not None:
        raise UsageError(f"the name '{name}' belongs to {owner or 'cgrev'}", help="choose another name")
    title = " ".join(part.capitalize() for part in name.split("-"))
    kind = f"{title.replace(' ', '')}Converter"
    return Names(name, distribution, f"cgrev_{name.replace('-', '_')}", kind, title, __version__)


def new_project(name: str, parent: Path) -> Path:
    """Write the project of a converter into a new folder of `parent`, whole or not at all.

    Raises UsageError for a name that cannot be, for a folder that is there already, or cannot be written."""
    names = names_of(name)
    target = parent / names.distribution
    if target.exists():
        raise UsageError(
            f"'{target}' is there already", help="name another folder with --directory, or move that one away"
        )
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".cgrev-new-", dir=parent))
    except OSError as error:
        raise UsageError(
            f"'{parent}' cannot be written: {error.strerror}", help="name another folder with --directory"
        ) from error
    try:
        for path, text in project_files(names):
            place = draft / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="\n")
        draft.chmod(0o755)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return target


def project_files(names: Names) -> Iterator[tuple[str, str]]:
    """Every file of a project: its path with slashes, its text."""
    words = asdict(names)
    for path, template in _templates(files("cgrev").joinpath("scaffold"), ""):
        place = path.removesuffix(_SUFFIX).replace("PACKAGE", names.package).replace("dot-", ".")
        yield place, Template(template.read_text(encoding="utf-8")).substitute(words)


def _templates(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _templates(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield above + entry.name, entry
