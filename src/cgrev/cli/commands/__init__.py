"""The commands: one module each. They import nothing heavy before they run."""

from __future__ import annotations

import typer

from cgrev.cli.commands import (
    auth,
    check,
    convert,
    demo,
    diff,
    doctor,
    inspect,
    plugins,
    profile,
    rules,
    schedule,
    schema,
    serve,
    upload,
    uploads,
)


def register(app: typer.Typer) -> None:
    """Add every command to the application, in the order of `--help`."""
    app.command("demo")(demo.demo)
    app.command("inspect")(inspect.inspect)
    app.command("convert")(convert.convert)
    app.command("check")(check.check)
    app.command("schedule")(schedule.schedule)
    app.command("diff")(diff.diff)
    app.command("upload")(upload.upload)
    app.add_typer(uploads.app, name="uploads")
    app.add_typer(auth.app, name="auth")
    app.command("rules")(rules.rules)
    app.add_typer(plugins.app, name="plugins")
    app.add_typer(profile.app, name="profile")
    app.add_typer(schema.app, name="schema")
    app.command("serve")(serve.serve)
    app.command("doctor")(doctor.doctor)
