"""The one hook: a plugin hands over its converter. Afterwards all is ordinary typed methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from cgrev.plugin import Converter

PROJECT = "cgrev"
"""Name of the project for pluggy's markers."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks the function of a plugin that implements a hook."""


@hookspec
def cgrev_converter() -> Converter:  # type: ignore[empty-body]
    """Hand over the converter of this plugin: an instance, made without reading files or the network."""
