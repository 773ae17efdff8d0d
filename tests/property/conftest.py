"""What several property tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

from cgrev.parsing import cell_columns


@pytest.fixture(params=[0, cell_columns.FEW], ids=["by columns", "one by one"], scope="module")
def either_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Few cells are read one by one, many by columns: whatever holds, holds of both."""
    with mock.patch.object(cell_columns, "FEW", request.param):
        yield
