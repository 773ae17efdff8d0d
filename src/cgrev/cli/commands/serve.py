"""`cgrev serve`: the sandbox server."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8080,
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="sqlite:///FILE, or a PostgreSQL URL.")
    ] = "sqlite:///cgrev-sandbox.db",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Allow an address other machines can reach (plain http).")
    ] = False,
    month_count: Annotated[
        str, typer.Option("--month-count", help="calendar or anniversary: how a period's months are counted.")
    ] = "calendar",
) -> None:
    """Serve the documented revenue API on this machine, with a database of its own.

    The client's id and secret come from CGREV_CLIENT_ID and CGREV_CLIENT_SECRET (or _FILE), the API key from
    CGREV_API_KEY; what is missing is made up and printed once.

    Example: cgrev serve --port 0 --database sqlite://
    """
    from cgrev.cli.sandbox import serve_sandbox

    raise typer.Exit(serve_sandbox(host, port, database, allow_remote, month_count))
