"""The calls of the vendor's page, typed as they stand there, with the real curl."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")


def curl(*words: str) -> str:
    done = subprocess.run(
        [CURL or "curl", "-sS", *words], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


@pytest.fixture
def revenue(tmp_path: Path) -> Path:
    path = tmp_path / "file_name.csv"
    path.write_text(
        "Account name,Revenue amount,Revenue start date,Revenue end date,Revenue type,Description\n"
        "Acme,12000,2016-01-01,2016-12-31,ARR,subscription\n"
    )
    return path


def acquired_token(box: Any) -> str:
    answer = curl(
        *("-X", "POST", "-H", "Content-Type: application/x-www-form-urlencoded"),
        *("-d", f"grant_type=client_credentials&client_id={box.client_id}&client_secret={box.client_secret}"),
        f"{box.auth_url}/oauth2/token",
    )
    token = json.loads(answer)
    assert token["token_type"] == "Bearer" and token["expires_in"] == 3600
    return str(token["access_token"])


def test_token_then_upload_with_bearer(caller: Any, revenue: Path) -> None:
    box = caller.box
    url = f"{box.api_url}/v4.1/company/revenue_file_automate.json"
    header = f"Authorization: Bearer {acquired_token(box)}"
    assert json.loads(curl("-H", header, "-F", f"file=@{revenue}", url)) == {"Data": {"data": 1}}
    assert [upload["source_filename"] for upload in box.uploads()] == ["file_name.csv"]
    assert {entry["amount"] for entry in box.booked("ACME")} == {"1000.00"}


def test_answers_in_xml_when_asked_by_suffix(caller: Any, revenue: Path) -> None:
    box = caller.box
    url = f"{box.api_url}/v4.1/company/revenue_file_automate.xml"
    header = f"Authorization: api_key {box.api_key}"
    assert curl("-H", header, "-F", f"file=@{revenue}", url) == "<Data><data>1</data></Data>"
    revenue.write_text("no revenue at all")
    assert curl("-H", header, "-F", f"file=@{revenue}", url) == "<Data>false</Data>"


def test_a_large_file_waits_for_the_go_ahead(caller: Any, tmp_path: Path) -> None:
    """Above 1 MiB curl asks first (Expect: 100-continue): it is told no without sending the body."""
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 6_000_000)
    answer = curl(
        *("-H", f"Authorization: api_key {caller.box.api_key}", "-F", f"file=@{path}"),
        *("-w", "\n%{http_code} %{size_upload}"),
        f"{caller.box.api_url}/v4.1/company/revenue_file_automate.json",
    )
    body, _, numbers = answer.partition("\n")
    assert json.loads(body)["Error"]["Code"] == 413
    assert numbers == "413 0"


def test_list_and_delete(caller: Any, revenue: Path) -> None:
    box, key = caller.box, ("-H", f"Authorization: api_key {caller.box.api_key}")
    curl(*key, "-F", f"file=@{revenue}", f"{box.api_url}/v4.1/company/revenue_file_automate.json")
    (entry,) = json.loads(curl(*key, f"{box.api_url}/v4.1/file/company-revenue.json?start=0&limit=10"))[
        "Data"
    ]
    assert entry["successful_records"] == "1"
    curl(*key, "-X", "DELETE", f"{box.api_url}/v4.1/file.json?id={entry['id']}")
    assert box.uploads() == [] and box.booked() == [] and box.accounts() == ["Acme"]


def test_basic_authentication_at_the_token_endpoint(start: Callable[..., Any]) -> None:
    box = start(client_id="an id", client_secret="p@ss:word%").box
    answer = curl(
        "-u", "an+id:p%40ss%3Aword%25", "-d", "grant_type=client_credentials", f"{box.auth_url}/oauth2/token"
    )
    assert json.loads(answer)["access_token"]
