"""The page of all commands: docs/cli.md, from the application itself."""

from __future__ import annotations

from collections.abc import Iterator

import typer.main
from typer.testing import CliRunner

HEAD = """\
# Commands

Data goes to standard output, messages to standard error; prompts and progress appear on a terminal only. `-`
is standard input or output. `NO_COLOR` and `FORCE_COLOR` are obeyed.

| exit code | meaning |
|---|---|
| 0 | clean |
| 1 | findings at or above `--fail-on` (error by default) |
| 2 | usage, settings, plugin, or input that cannot be read safely; nothing was sent |
| 3 | authentication; nothing was sent |
| 4 | the server refused or could not be reached; nothing is stored as far as known |
| 5 | partly stored or unknown: run `cgrev uploads resume` |
| 130 | interrupted; the ledger is consistent |

<!-- what follows is written by scripts/regenerate.py from the application -->
"""


def walk(command: object, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and group, the application itself first."""
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from walk(inner, (*words, name))


def command_lines() -> list[tuple[str, ...]]:
    """The words of every command, without `cgrev`."""
    from cgrev.cli.main import app

    return list(walk(typer.main.get_command(app)))


def options() -> Iterator[tuple[tuple[str, ...], str]]:
    """Every option of every command: the command's words and the option's long name."""
    from cgrev.cli.main import app

    for words in command_lines():
        command: object = typer.main.get_command(app)
        for word in words:
            command = getattr(command, "commands")[word]  # noqa: B009 - groups have it, plain commands do not
        for parameter in getattr(command, "params", ()):
            for name in (*parameter.opts, *parameter.secondary_opts):
                if name.startswith("--"):
                    yield words, name


def help_of(words: tuple[str, ...]) -> str:
    """What `cgrev WORDS --help` prints, at a fixed width."""
    from cgrev.cli.main import app

    environment = {"COLUMNS": "80", "TERMINAL_WIDTH": "80", "NO_COLOR": "1"}
    result = CliRunner().invoke(app, [*words, "--help"], env=environment, prog_name="cgrev")
    if result.exit_code != 0:
        raise RuntimeError(f"cgrev {' '.join(words)} --help ends with {result.exit_code}: {result.output}")
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())


def files() -> dict[str, str]:
    lines = [HEAD]
    for words in command_lines():
        title = " ".join(("cgrev", *words))
        lines += [f"## {title}", "", "```text", help_of(words), "```", ""]
    return {"docs/cli.md": "\n".join(lines).rstrip() + "\n"}
