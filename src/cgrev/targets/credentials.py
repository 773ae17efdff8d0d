"""Where credentials come from: the environment, a file named by it, or the system's keyring.

Never from a flag: a command line is seen by every user of the machine and kept in a shell's history.
Entries in the keyring belong to one authority (the host that issues tokens), so that the password of
the production server is never offered to a server on another host.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from cgrev.errors import AuthenticationFailed, SettingsError
from cgrev.targets.secrets import Secret

Scheme = Literal["oauth2", "api-key"]

CLIENT_ID = "CGREV_CLIENT_ID"
CLIENT_SECRET = "CGREV_CLIENT_SECRET"
API_KEY = "CGREV_API_KEY"
NAMES: dict[Scheme, tuple[str, ...]] = {"oauth2": (CLIENT_ID, CLIENT_SECRET), "api-key": (API_KEY,)}
ALL_NAMES = (CLIENT_ID, CLIENT_SECRET, API_KEY)

_MAX_FILE = 65_536
T = TypeVar("T")


class Keyring(Protocol):
    """The part of a keyring backend that is used; `keyring.get_keyring()` has it."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one credential comes from, in words; never what it is. None: it is not there."""

    name: str
    origin: str | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a target signs its requests with. Each is a `Secret`, so the object is safe to print."""

    client_id: Secret | None = None
    client_secret: Secret | None = None
    api_key: Secret | None = None


class KeyringUnavailable(SettingsError):
    """No keyring can be used here; the message says why in one line."""


def system_keyring() -> Keyring:
    """The system's keyring. Raises `KeyringUnavailable` when there is none to use."""
    try:
        import keyring
        import keyring.backends.fail
    except ImportError:
        raise KeyringUnavailable(
            "the keyring is not installed",
            help=f"install 'cgrev[keyring]', or set {CLIENT_ID} and {CLIENT_SECRET} in the environment",
        ) from None
    backend: Any = _guarded(keyring.get_keyring)
    if isinstance(backend, keyring.backends.fail.Keyring):
        raise KeyringUnavailable(
            "this machine has no keyring",
            help=f"set {CLIENT_ID} and {CLIENT_SECRET}, or {CLIENT_SECRET}_FILE with the path of a file",
        )
    found: Keyring = backend
    return found


def _unusable(fault: str) -> KeyringUnavailable:
    return KeyringUnavailable(
        f"the keyring cannot be used ({fault})",
        help=f"unlock it, or set {CLIENT_ID} and {CLIENT_SECRET} in the environment",
    )


def _guarded(action: Callable[[], T]) -> T:
    """Do something with a keyring backend. Its faults become one line.

    The fault is raised outside the handler: a backend's frames hold passwords, and an exception that is
    chained, even when hidden, would carry them into a report of the fault.
    """
    try:
        return action()
    except Exception as error:
        fault = type(error).__name__
    raise _unusable(fault)


def _service(authority: str) -> str:
    return f"cgrev:{authority}"


class _Variables:
    """The environment without a `repr`: a traceback that shows local names must not show its values."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None) -> None:
        self._values = os.environ if values is None else values

    def path(self, name: str) -> str | None:
        return self._values.get(f"{name}_FILE")

    def secret(self, name: str) -> Secret | None:
        value = self._values.get(name)
        return None if value is None else Secret(value.strip())


def _file_content(path: str) -> Secret | str:
    """The content of a file, or what is wrong with it. Never raises, so that no frame holds the bytes."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_MAX_FILE + 1)
        if len(raw) > _MAX_FILE:
            return "is too large for a credential"
        return Secret(raw.decode("utf-8-sig").strip())
    except OSError as error:
        return f"cannot be read: {(error.strerror or 'unknown fault').lower()}"
    except ValueError:
        return "is not text in UTF-8"


def _read_file(name: str, path: str) -> Secret:
    content = _file_content(path)
    if isinstance(content, Secret):
        return content
    raise SettingsError(
        f"the file '{path}' named by {name}_FILE {content}",
        help="give the path of a text file that holds nothing but the value",
    )


def _checked(name: str, origin: str, secret: Secret) -> Secret:
    if not secret:
        raise SettingsError(f"{name} ({origin}) is empty", help="give the value, or unset the variable")
    if not secret.reveal().isprintable():
        raise SettingsError(
            f"{name} ({origin}) holds a line break or control character",
            help="give the value alone, on one line",
        )
    return secret


def _from_environment(name: str, variables: _Variables) -> tuple[Secret, str] | None:
    plain, path = variables.secret(name), variables.path(name)
    if plain is not None and path is not None:
        raise SettingsError(
            f"both {name} and {name}_FILE are set",
            help="unset one of them: which one counts would be a guess",
        )
    if plain is not None:
        return _checked(name, "environment", plain), f"environment {name}"
    if path is not None:
        return _checked(name, f"file '{path}'", _read_file(name, path)), f"file '{path}' ({name}_FILE)"
    return None


def _from_keyring(name: str, authority: str, backend: Keyring) -> Secret | None:
    def ask() -> Secret | None:
        value = backend.get_password(_service(authority), name)
        return None if value is None else Secret(value)

    kept = _guarded(ask)
    return None if kept is None else _checked(name, "keyring", kept)


def load(
    scheme: Scheme,
    authority: str,
    *,
    environ: Mapping[str, str] | None = None,
    keyring: Keyring | None = None,
) -> Credentials:
    """The credentials a scheme needs, from the environment first, then from the keyring.

    `authority` is the host that judges them. Raises `AuthenticationFailed` naming what is missing,
    `SettingsError` for a variable that cannot be used.
    """
    variables = _Variables(environ)
    del environ
    found: dict[str, Secret] = {}
    trouble: str | None = None
    for name in NAMES[scheme]:
        given = _from_environment(name, variables)
        if given is not None:
            found[name] = given[0]
            continue
        try:
            backend = keyring if keyring is not None else system_keyring()
            kept = _from_keyring(name, authority, backend)
        except KeyringUnavailable as error:
            trouble = error.message
            continue
        if kept is not None:
            found[name] = kept
    missing = [name for name in NAMES[scheme] if name not in found]
    if missing:
        raise AuthenticationFailed(
            f"no credentials for '{authority}': {' and '.join(missing)} not set"
            + (f", and {trouble}" if trouble else ", and nothing in the keyring"),
            help=f"set {' and '.join(missing)} (or {missing[-1]}_FILE), or run `cgrev auth login`",
        )
    return Credentials(found.get(CLIENT_ID), found.get(CLIENT_SECRET), found.get(API_KEY))


def where(
    authority: str,
    *,
    environ: Mapping[str, str] | None = None,
    keyring: Keyring | None = None,
    names: tuple[str, ...] = ALL_NAMES,
) -> list[Origin]:
    """Where each credential would come from. Never raises for one that cannot be used: it says so."""
    variables = _Variables(environ)
    del environ
    origins: list[Origin] = []
    for name in names:
        try:
            given = _from_environment(name, variables)
            if given is not None:
                origins.append(Origin(name, given[1]))
                continue
            kept = _from_keyring(name, authority, keyring if keyring is not None else system_keyring())
            origins.append(Origin(name, f"keyring, entry for '{authority}'" if kept is not None else None))
        except KeyringUnavailable:
            origins.append(Origin(name, None))
        except SettingsError as error:
            origins.append(Origin(name, f"unusable: {error.message}"))
    return origins


def login(authority: str, values: Mapping[str, Secret], *, keyring: Keyring | None = None) -> list[str]:
    """Keep credentials in the keyring and read them back. Returns the names kept.

    Raises `SettingsError` for an unknown name, `KeyringUnavailable` when it fails.
    """
    unknown = [name for name in values if name not in ALL_NAMES]
    if unknown:
        raise SettingsError(
            f"'{unknown[0]}' is not the name of a credential", help=f"names are {', '.join(ALL_NAMES)}"
        )
    backend = keyring if keyring is not None else system_keyring()
    for name, secret in values.items():
        _keep(authority, name, _checked(name, "given", Secret(secret.reveal().strip())), backend)
    return list(values)


def _keep(authority: str, name: str, secret: Secret, backend: Keyring) -> None:
    _guarded(lambda: backend.set_password(_service(authority), name, secret.reveal()))
    if _from_keyring(name, authority, backend) != secret:
        raise KeyringUnavailable(
            f"the keyring did not keep {name}", help="use the environment or a _FILE variable instead"
        )


def logout(authority: str, *, keyring: Keyring | None = None) -> list[str]:
    """Remove what the keyring holds for an authority. Returns the names removed."""
    backend = keyring if keyring is not None else system_keyring()

    def remove(name: str) -> bool:
        if backend.get_password(_service(authority), name) is None:
            return False
        backend.delete_password(_service(authority), name)
        return True

    return [name for name in ALL_NAMES if _guarded(partial(remove, name))]
