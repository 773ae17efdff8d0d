"""The fixture for tests that need a server: `cgrev_sandbox`, a fresh sandbox for each test.

Registered with pytest by the distribution. A test changes the settings with a marker::

    @pytest.mark.cgrev_sandbox(reject_status=400, faults=[{"on": "token", "kind": "status"}])
    def test_something(cgrev_sandbox): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cgrev.testing.sandbox import RunningSandbox


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "cgrev_sandbox(**settings): settings of the cgrev_sandbox fixture, as of running_sandbox"
    )


@pytest.fixture
def cgrev_sandbox(request: pytest.FixtureRequest) -> Iterator[RunningSandbox]:
    """A running sandbox with a database that is thrown away after the test."""
    # Imported here: pytest loads this module in every project that has the distribution installed.
    from cgrev.testing.sandbox import running_sandbox

    marker = request.node.get_closest_marker("cgrev_sandbox")
    with running_sandbox(**(marker.kwargs if marker is not None else {})) as box:
        yield box
