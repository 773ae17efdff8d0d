"""The OpenAPI document describes the server truly: examples are made from it and sent, both ways."""

from __future__ import annotations

from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase

from cgrev.server import openapi
from cgrev.server.app import create_app
from cgrev.server.settings import SandboxSettings

EXAMPLES = 25
KEY = "key-of-the-test"
SETTINGS = SandboxSettings(
    api_key=KEY,
    database="sqlite://",
    allowed_hosts=("testserver", "schemathesis.local"),
    failures_allowed=10**9,  # the examples guess a lot
)


app = create_app(SETTINGS)
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_operation_answers_as_described(case: Any) -> None:
    case.call_and_validate(headers={"Authorization": f"api_key {KEY}"})


def test_the_document_is_valid_openapi() -> None:
    document = openapi()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/",
        "/oauth2/token",
        "/sandbox/booked",
        "/v4.1/company/revenue_file_automate.json",
        "/v4.1/company/revenue_file_automate.xml",
        "/v4.1/file/company-revenue.json",
        "/v4.1/file/company-revenue.xml",
        "/v4.1/file.json",
        "/v4.1/file.xml",
    }
    operations = [
        operation["operationId"] for path in document["paths"].values() for operation in path.values()
    ]
    assert len(set(operations)) == len(operations)
    document["paths"].clear()
    assert openapi()["paths"], "each call gives a document of its own"
