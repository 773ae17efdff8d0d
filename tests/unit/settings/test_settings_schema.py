"""The JSON Schema of cgrev.toml agrees with what is read."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
from jsonschema import Draft202012Validator

from cgrev.errors import SettingsError
from cgrev.settings import load, settings_schema
from cgrev.settings.tables import Tables

FULL = """
state-dir = "state"
disabled-plugins = ["a"]
[target]
kind = "file-v4.1"
region = "eu"
auth = "oauth2"
timeout = 30
settle = 5.5
[target.options]
anything = { goes = 1 }
[check]
fail-on = "warning"
closed-through = "2026-09"
severity = { CGR502 = "off" }
max-findings = 10
[money]
rounding = "half-even"
keep-total = "account"
[source.salesforce]
date-order = "dmy"
[[files]]
pattern = "*.csv"
select = ["CGR2"]
"""


@pytest.fixture
def validator() -> Draft202012Validator:
    schema = settings_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_a_full_file_is_valid_and_read(validator: Draft202012Validator, tmp_path: object) -> None:
    validator.validate(tomllib.loads(FULL))
    Tables.model_validate(tomllib.loads(FULL), strict=True)


@pytest.mark.parametrize(
    "text",
    [
        "[check]\nfail-onn = 1\n",
        "[check]\nfail-on = 'no'\n",
        "[target]\nattempts = 0\n",
        "[target]\nattempts = '5'\n",
        "[[files]]\nselect = []\n",
        "[check.severity]\nCGR1 = 'fatal'\n",
        "[target]\nsurplus = 1\n",
        "source = 3\n",
    ],
)
def test_what_the_schema_refuses_is_refused_when_read(
    validator: Draft202012Validator, tmp_path: object, text: str
) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    assert not validator.is_valid(tomllib.loads(text))
    (tmp_path / "cgrev.toml").write_text(text)
    with pytest.raises(SettingsError):
        load(start=tmp_path, environment={}, user_file=tmp_path / "none")


def test_every_setting_is_described() -> None:
    schema = settings_schema()
    for name, table in schema["$defs"].items():
        assert table["additionalProperties"] is False, name
        assert all("_" not in key for key in table["properties"]), name
    for name in ("TargetSettings", "CheckSettings"):
        for key, entry in schema["$defs"][name]["properties"].items():
            assert "description" in entry or "$ref" in entry, key


def test_the_profile_schema_is_taken_for_sources() -> None:
    schema = settings_schema({"type": "object", "required": ["converter"]})
    assert not Draft202012Validator(schema).is_valid({"source": {"x": {}}})


def test_reading_settings_needs_no_polars() -> None:
    code = "import sys, cgrev.settings, cgrev.selection; print('polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
