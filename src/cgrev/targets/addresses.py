"""Addresses of servers: which are safe to send credentials to, and how they are shown."""

from __future__ import annotations

import urllib.parse
from ipaddress import ip_address

from cgrev.errors import SettingsError
from cgrev.targets.secrets import server_text


def is_loopback(host: str) -> bool:
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def checked_url(url: str, setting: str) -> str:
    """A base address without its trailing slash. `setting` names where it came from.

    Raises `SettingsError`: https is required except to loopback; user names, queries and fragments in
    an address are refused (an address is shown, logged and kept).
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urllib.parse.urlsplit(""), "", None
    if "@" in parts.netloc:
        raise SettingsError(
            f"the {setting} holds a user name or password",
            help="give the address alone; credentials come from the environment or the keyring",
        )
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise SettingsError(
            f"the {setting} '{server_text(url, 100)}' is not an http address",
            help="write it as https://host or https://host/path",
        )
    if parts.query or parts.fragment:
        raise SettingsError(
            f"the {setting} '{server_text(url, 100)}' holds a query or fragment",
            help="leave out what follows ? or #",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingsError(
            f"the {setting} '{url}' would send credentials in the clear",
            help="use https; plain http is accepted to this machine only (127.0.0.1, ::1, localhost)",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port is not None else ''}{parts.path.rstrip('/')}"


def authority(url: str) -> str:
    """Host and, where it is not the usual one, port."""
    return urllib.parse.urlsplit(url).netloc
