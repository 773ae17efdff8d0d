"""Faults that stop a command. Faults *in data* are findings, never exceptions.

::

    CgrevError                     exit   whose fault
    +-- InputRefused                 2    your file: it cannot be read safely (a CGR0xx code)
    +-- SettingsError                2    your settings, options or profile
    |   +-- UsageError               2    the words on the command line
    +-- PluginError                  2    an installed plugin (CGR9xx)
    +-- TargetError                  4    the server or the way to it; nothing stored as far as known
        +-- AuthenticationFailed     3    credentials missing or refused; nothing sent
        +-- ServerRefused            4    the server answered no
        +-- ServerUnreachable        4    no connection, before any body was sent
        +-- OutcomeUnknown           5    a batch may or may not be stored: `cgrev uploads resume`

Each carries one clear line (`str(error)`) and `help`: what to do next. Neither ever holds a secret.
"""

from __future__ import annotations


class CgrevError(Exception):
    """Base of all faults meant for the operator; `exit_code` is what the command ends with."""

    exit_code = 2

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class InputRefused(CgrevError):
    """A file that cannot be read safely. `code` is the CGR0xx rule that says why."""

    def __init__(self, code: str, message: str, *, help: str | None = None, path: str | None = None) -> None:
        super().__init__(message, help=help)
        self.code = code
        self.path = path


class SettingsError(CgrevError):
    """A setting, option or profile that does not fit; the message names where it came from."""


class UsageError(SettingsError):
    """Words on the command line that do not fit together."""


class PluginError(CgrevError):
    """A plugin that cannot be loaded or broke its contract; names distribution and version."""

    def __init__(self, message: str, *, help: str | None = None, code: str = "CGR901") -> None:
        super().__init__(message, help=help)
        self.code = code


class TargetError(CgrevError):
    """The server, or the way to it."""

    exit_code = 4


class AuthenticationFailed(TargetError):
    exit_code = 3


class ServerRefused(TargetError):
    """The server answered no; `code` is its own number when it gave one."""

    def __init__(
        self, message: str, *, help: str | None = None, status: int | None = None, code: int | None = None
    ) -> None:
        super().__init__(message, help=help)
        self.status = status
        self.code = code


class ServerUnreachable(TargetError):
    """No connection could be made, so nothing was sent."""


class OutcomeUnknown(TargetError):
    """The batch may or may not be stored; it is never sent again blindly."""

    exit_code = 5
