"""The sandbox: the documented Revenue file API on this machine, with a database of its own.

For trying, testing and previewing; needs the extra `server`. Nothing outside this package imports it
except the kit for tests and the commands that start it.
"""

from __future__ import annotations

from typing import Any

__all__ = ["openapi"]


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the sandbox."""
    from cgrev.server.document import openapi as document

    return document()
