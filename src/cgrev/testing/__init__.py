"""The kit for authors of plugins: a suite to inherit, golden cases, strategies, a sandbox server.

::

    from cgrev.testing import ConverterContract

    class TestAcme(ConverterContract):
        converter = "acme"

That one class holds the converter `acme` to everything the interface promises, over the golden cases the
package ships. `python -m cgrev.testing.golden FOLDER` writes the expected files of cases again. A plugin's
own rules are held by `RuleContract`, a running server is the fixture `cgrev_sandbox`, and
`cgrev.testing.strategies` draws amounts, dates and tables for tests with hypothesis.

Needs the extra `testing`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cgrev.testing.conformance import ConverterContract, RuleContract
    from cgrev.testing.sandbox import RunningSandbox, running_sandbox

__all__ = ["ConverterContract", "RuleContract", "RunningSandbox", "running_sandbox"]

_HOMES = {
    "ConverterContract": "conformance",
    "RuleContract": "conformance",
    "RunningSandbox": "sandbox",
    "running_sandbox": "sandbox",
}


def __getattr__(name: str) -> object:
    """Looked up when used: pytest imports this package in every project that has cgrev installed."""
    if name in _HOMES:
        return getattr(import_module(f"cgrev.testing.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'cgrev.testing' has no attribute {name!r}")
