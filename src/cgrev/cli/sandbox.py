"""The `serve` command behind its options."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from cgrev.cli.ending import CLEAN, say
from cgrev.errors import SettingsError


def needs_server(missing: ImportError) -> SettingsError:
    """What to say when the extra is not installed."""
    return SettingsError(
        f"the sandbox needs packages that are not installed ({missing.name})",
        help='install them: pip install "cgrev[server]"',
    )


def secret(name: str) -> SecretStr | None:
    """A secret from the environment or the file its `_FILE` variable names."""
    value = os.environ.get(name)
    path = os.environ.get(f"{name}_FILE")
    if not value and path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{name}_FILE: '{path}' cannot be read: {(error.strerror or 'unknown').lower()}"
            ) from None
    return SecretStr(value) if value else None


def serve_sandbox(host: str, port: int, database: str, allow_remote: bool, month_count: str) -> int:
    """Serve until interrupted; credentials that were made up are printed once."""
    try:
        from cgrev.server.run import serve
        from cgrev.server.settings import SandboxSettings
    except ImportError as missing:
        raise needs_server(missing) from None
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    client_id = secret("CGREV_CLIENT_ID")
    given: dict[str, Any] = {
        "client_id": client_id.get_secret_value() if client_id else None,
        "client_secret": secret("CGREV_CLIENT_SECRET"),
        "api_key": secret("CGREV_API_KEY"),
    }
    given |= {"host": host, "port": port, "database": database}
    given |= {"allow_remote": allow_remote, "month_count": month_count}
    try:
        settings = SandboxSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SettingsError(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None
    complete = settings.with_credentials()

    def ready(url: str) -> None:
        say(f"serving on {url} (Ctrl-C stops it); booked months: {url}/")
        for name, value in (("client_secret", complete.client_secret), ("api_key", complete.api_key)):
            if given[name] is None and value is not None:
                say(f"CGREV_{name.upper()}={value.get_secret_value()}  (made up, shown once)")
        say(f"CGREV_CLIENT_ID={complete.client_id}")

    serve(complete, on_ready=ready)
    return CLEAN
