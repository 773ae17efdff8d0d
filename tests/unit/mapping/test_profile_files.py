from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from cgrev.errors import SettingsError
from cgrev.mapping.profile import FIELDS, Profile, load_profile, profile_from_text


def test_keys_are_read_with_hyphens_and_with_underscores() -> None:
    one = profile_from_text('date-order = "dmy"\nterm.price = "term"', origin="p")
    other = profile_from_text('date_order = "dmy"\nterm.price = "term"', origin="p")
    assert one == other


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("foo = 1", "p.toml: foo: there is no such key"),
        ('schema = "cgrev-profile/9"', "schema: input should be 'cgrev-profile/1'"),
        ('decimal-mark = ";"', "decimal-mark: input should be '.' or ','"),
        ('values.revenue_type = { a = "Annual" }', "'a' is mapped to 'Annual', which is no revenue type"),
        ('columns = { a = "amout" }', "'a' is mapped to 'amout', which is no field"),
        ('[[skip]]\ncolumn = "x"', "a skip rule needs one of"),
        ('[status]\nkeep = ["a"]\ndrop = ["b"]', "status needs either keep or drop"),
        ('[[skip]]\ncolumn = "x"\npattern = "(?=a)"', "does not compile"),
        ("a =", "it is not TOML"),
        ('extends = "nowhere"', "there is no profile 'nowhere'"),
    ],
)
def test_a_profile_that_does_not_fit_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        profile_from_text(text, origin="p.toml")
    assert says in caught.value.message
    assert "\n" not in caught.value.message


def test_a_profile_extends_a_packaged_one_and_one_beside_it(tmp_path: Path) -> None:
    packaged = {"erp": 'date-order = "dmy"\ncolumns = { A = "amount", B = "account_name" }'}
    (tmp_path / "mid.toml").write_text('extends = "erp"\ncolumns = { C = "amount" }', encoding="utf-8")
    (tmp_path / "top.toml").write_text('extends = "mid.toml"\ndecimal-mark = ","', encoding="utf-8")
    top = load_profile(tmp_path / "top.toml", packaged=packaged.get)
    assert top.headings() == {"amount": ("C", "A"), "account_name": ("B",)}
    assert (top.date_order, top.decimal_mark) == ("dmy", ",")


def test_a_profile_that_extends_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "b.toml"', encoding="utf-8")
    (tmp_path / "b.toml").write_text('extends = "a.toml"', encoding="utf-8")
    with pytest.raises(SettingsError, match="comes round to itself"):
        load_profile(tmp_path / "a.toml")


def test_a_profile_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_profile(tmp_path / "none.toml")


def test_the_json_schema_takes_what_the_model_takes() -> None:
    schema = Profile.model_json_schema(by_alias=True)
    jsonschema.Draft202012Validator.check_schema(schema)
    good = {"schema": "cgrev-profile/1", "columns": {"A": "amount", "B": ["start_date", "end_date"]}}
    jsonschema.validate(good, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"columns": {"A": "nothing"}}, schema)


def test_every_field_of_a_profile_says_what_it_is_for() -> None:
    schema = Profile.model_json_schema(by_alias=True)
    tables = [schema, *schema["$defs"].values()]
    undescribed = [
        name
        for table in tables
        for name, field in table.get("properties", {}).items()
        if "description" not in field and "$ref" not in str(field)
    ]
    assert undescribed == []
    assert all(meaning for _, meaning in FIELDS.values())
