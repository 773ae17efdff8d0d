"""Write or check constraints.txt: the exact version of every package that development uses.

    python scripts/constraints.py write [--keep] [--python PATH]...
    python scripts/constraints.py check

`write` installs what pyproject.toml and the plugins' pyproject.toml files declare (all extras) into a fresh
environment for each interpreter named, and pins what came. `--keep` holds the versions that are pinned
already and only adds what is missing. `check` walks the requirements of the installed packages and
fails when one of them has no pin, or another version is installed; it needs no network.

The file holds names and versions only: where packages come from is everybody's own setting.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "constraints.txt"
HEADER = """\
# Versions of everything that development, tests and CI use, on Python 3.11 to 3.13.
# Written by scripts/constraints.py; `make constraints` renews it.
"""
TOOLS = {"pip", "setuptools"}
"""Come with the environment itself."""

Pins = dict[str, dict[str, str]]
"""Name -> Python version ("3.11") -> package version."""


def projects() -> list[Path]:
    """The pyproject.toml files of core and plugins."""
    return [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]


def first_party() -> set[str]:
    """Names of the distributions that live in this repository."""
    names = (tomllib.loads(path.read_text("utf-8"))["project"]["name"] for path in projects())
    return {canonicalize_name(name) for name in names}


def declared() -> list[str]:
    """Requirements of core and plugins with all their extras and build tools, first-party ones left out."""
    ours = first_party()
    found: dict[str, None] = {}
    for path in projects():
        document = tomllib.loads(path.read_text("utf-8"))
        project = document["project"]
        texts = [*document["build-system"]["requires"], *project.get("dependencies", ())]
        for extra in project.get("optional-dependencies", {}).values():
            texts += extra
        for text in texts:
            if canonicalize_name(Requirement(text).name) not in ours:
                found[text] = None
    return list(found)


def resolve(python: str, *, keep: bool) -> tuple[str, dict[str, str]]:
    """Install everything declared into a fresh environment of one interpreter; its version and the pins."""
    with tempfile.TemporaryDirectory(prefix="cgrev-constraints-") as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        inside = str(Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python"))
        # A relative file name: pip splits lists from its settings at white space, and a path may hold some.
        held = ["--constraint", FILE.name] if keep and FILE.exists() else []
        install = [
            inside,
            "-m",
            "pip",
            "install",
            "-qq",
            "--disable-pip-version-check",
            *held,
            *declared(),
        ]
        subprocess.run(install, check=True, cwd=ROOT)
        listing = [inside, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
        packages = json.loads(subprocess.run(listing, check=True, capture_output=True, text=True).stdout)
        version = [inside, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        label = subprocess.run(version, check=True, capture_output=True, text=True).stdout.strip()
    pins = {canonicalize_name(item["name"]): str(item["version"]) for item in packages}
    return label, {name: pin for name, pin in pins.items() if name not in TOOLS}


def render(pins: Mapping[str, Mapping[str, str]]) -> str:
    """One line a package; a marker only where the version depends on the Python version."""
    lines = []
    for name in sorted(pins):
        versions = pins[name]
        if len(set(versions.values())) == 1:
            lines.append(f"{name}=={next(iter(versions.values()))}")
        else:
            lines += [
                f'{name}=={versions[label]} ; python_version == "{label}"' for label in sorted(versions)
            ]
    return HEADER + "\n".join(lines) + "\n"


def write(pythons: Sequence[str], *, keep: bool) -> None:
    """Resolve for every interpreter and write the file."""
    pins: Pins = {}
    for python in pythons:
        label, found = resolve(python, keep=keep)
        print(f"python {label}: {len(found)} packages", file=sys.stderr)
        for name, version in found.items():
            pins.setdefault(name, {})[label] = version
    FILE.write_text(render(pins), "utf-8")


def pinned(text: str) -> dict[str, str]:
    """The pins that hold for the running interpreter. Raises ValueError for a line that is no plain pin."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement = Requirement(line)
        pins = list(requirement.specifier)
        if requirement.url or requirement.extras or len(pins) != 1 or pins[0].operator != "==":
            raise ValueError(f"not a pin: {line!r}")
        if requirement.marker is None or requirement.marker.evaluate():
            found[canonicalize_name(requirement.name)] = pins[0].version
    return found


def reachable(texts: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Every package the requirements lead to under this interpreter, with the installed version or None."""
    queue = [Requirement(text) for text in texts]
    seen: set[tuple[str, str]] = set()
    reported: set[str] = set()
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            yield name, None
            continue
        if name not in reported:
            reported.add(name)
            yield name, distribution.version
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for text in distribution.requires or ():
                further = Requirement(text)
                if further.marker is None or further.marker.evaluate({"extra": extra}):
                    queue.append(further)


def problems(text: str, requirements: Iterable[str]) -> list[str]:
    """What is wrong with the pins in `text` for these requirements; empty when all is well."""
    try:
        pins = pinned(text)
    except ValueError as error:
        return [str(error)]
    found = []
    for name, installed in sorted(reachable(requirements)):
        if name in TOOLS:
            continue
        if installed is None:
            found.append(f"{name} is required and not installed")
        elif name not in pins:
            found.append(f"{name} {installed} has no pin")
        elif pins[name] != installed:
            found.append(f"{name} is pinned to {pins[name]} and installed as {installed}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write", help="resolve and write constraints.txt")
    writing.add_argument("--keep", action="store_true", help="hold the versions that are pinned already")
    writing.add_argument("--python", action="append", metavar="PATH", help="an interpreter; may be repeated")
    commands.add_parser("check", help="fail when a package that is used has no pin")
    options = parser.parse_args(arguments)
    if options.command == "write":
        write(options.python or [sys.executable], keep=options.keep)
        return 0
    found = problems(FILE.read_text("utf-8"), declared())
    for line in found:
        print(f"constraints.txt: {line}", file=sys.stderr)
    if found:
        print("help: run `make constraints`, or set up .venv again from constraints.txt", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
