"""Settings: layers, origins, and faults told where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cgrev.errors import SettingsError
from cgrev.settings import FileSettings, Settings, load


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def read(
    project: Path,
    text: str | None = None,
    *,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
    name: str = "cgrev.toml",
    config: Path | None = None,
) -> Settings:
    if text is not None:
        (project / name).write_text(text, "utf-8")
    user_file = project.parent / "user.toml"
    if user is not None:
        user_file.write_text(user, "utf-8")
    return load(flags, config=config, start=project, environment=environment or {}, user_file=user_file)


def fault(project: Path, text: str, **more: Any) -> str:
    with pytest.raises(SettingsError) as raised:
        read(project, text, **more)
    return str(raised.value).replace(str(project / "cgrev.toml"), "P")


def test_defaults_are_those_of_the_layout(project: Path) -> None:
    settings = read(project)
    assert (settings.target.kind, settings.target.auth, settings.target.region) == (
        "file-v4.1",
        "oauth2",
        None,
    )
    assert (settings.target.max_records, settings.target.max_bytes) == (1_000, 2_000_000)
    assert (settings.check.fail_on, settings.money.rounding, settings.money.keep_total) == (
        "error", "half-up", "none",
    )  # fmt: skip
    assert {origin.origin for origin in settings.origins()} == {"default"}


def test_flag_beats_environment_beats_project_beats_user_beats_default(project: Path) -> None:
    everything: dict[str, Any] = {
        "user": '[target]\nregion = "us"\n',
        "text": '[target]\nregion = "eu"\n',
        "environment": {"CGREV_REGION": "au"},
        "flags": {"target.region": "xx"},
    }
    expected = [
        ("xx", "flag --region"),
        ("au", "environment CGREV_REGION"),
        ("eu", f"{project / 'cgrev.toml'}:2"),
        ("us", f"{project.parent / 'user.toml'}:2"),
        (None, "default"),
    ]
    for (region, origin), layer in zip(expected, ["flags", "environment", "text", "user", ""], strict=True):
        settings = read(project, **everything)
        assert (settings.target.region, settings.origin("target.region")) == (region, origin)
        if layer in ("text", "user"):
            everything[layer] = ""
        else:
            everything.pop(layer, None)


def test_tables_are_merged_key_by_key_and_lists_replaced(project: Path) -> None:
    settings = read(
        project,
        '[check]\nignore = ["CGR3"]\n[check.severity]\nCGR502 = "warning"\n'
        '[source.crm]\ndate-order = "dmy"\n',
        user='[check]\nignore = ["CGR2"]\n[check.severity]\nCGR302 = "info"\n[source.crm]\nconverter = "x"\n',
        flags={"check.severity": {"CGR502": "error"}},
    )
    assert settings.check.ignore == ["CGR3"]
    assert settings.check.severity == {"CGR302": "info", "CGR502": "error"}
    assert settings.source == {"crm": {"converter": "x", "date-order": "dmy"}}
    assert settings.origin("check.severity.CGR302") == f"{project.parent / 'user.toml'}:4"
    assert [path.name for path in settings.files_read] == ["user.toml", "cgrev.toml"]


def test_the_project_file_is_searched_upward(project: Path) -> None:
    (project / "cgrev.toml").write_text("[check]\nshow-info = true\n")
    deep = project / "a" / "b"
    deep.mkdir(parents=True)
    (project / "a" / "pyproject.toml").write_text('[project]\nname = "other"\n')
    settings = load(start=deep, environment={}, user_file=project / "none")
    assert settings.check.show_info
    assert settings.root == project


def test_pyproject_has_the_same_tables(project: Path) -> None:
    text = '[project]\nname = "x"\n\n[tool.cgrev.money]\nrounding = "down"\n'
    settings = read(project, text, name="pyproject.toml")
    assert settings.money.rounding == "down"
    assert settings.origin("money.rounding") == f"{project / 'pyproject.toml'}:5"


def test_cgrev_toml_beats_pyproject_beside_it(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.cgrev.money]\nrounding = "down"\n')
    assert read(project, '[money]\nrounding = "half-even"\n').money.rounding == "half-even"


def test_a_named_file_takes_the_place_of_the_search(project: Path) -> None:
    other = project.parent / "other.toml"
    other.write_text('[money]\nrounding = "down"\n')
    assert read(project, "", environment={"CGREV_CONFIG": str(other)}).money.rounding == "down"
    assert read(project, "", config=other).money.rounding == "down"
    with pytest.raises(SettingsError, match="no such settings file"):
        read(project, "", config=project / "missing.toml")


def test_the_environment_sets_what_it_is_documented_to(project: Path) -> None:
    settings = read(
        project,
        environment={
            "CGREV_TARGET": "sandbox",
            "CGREV_API_URL": "http://localhost:1",
            "CGREV_AUTH_URL": "http://localhost:2",
            "CGREV_OUTPUT_FORMAT": "json",
            "CGREV_STATE_DIR": "/s",
            "CGREV_DISABLED_PLUGINS": "a, b,",
            "CGREV_REGION": " ",
            "CGREV_API_KEY": "hush",
        },
    )
    assert (settings.target.kind, settings.target.api_url, settings.target.auth_url) == (
        "sandbox", "http://localhost:1", "http://localhost:2",
    )  # fmt: skip
    assert settings.check.output_format == "json"
    assert (settings.tables.state_dir, settings.tables.disabled_plugins) == ("/s", ["a", "b"])
    assert settings.target.region is None
    assert "hush" not in repr(settings.origins())


def test_paths_of_a_file_are_relative_to_it(project: Path) -> None:
    settings = read(project, 'state-dir = "state"\n[check]\nbaseline = "known.json"\n')
    assert settings.tables.state_dir == str(project / "state")
    assert settings.check.baseline == str(project / "known.json")


def test_underscores_are_read_too_but_not_both(project: Path) -> None:
    assert read(project, '[check]\nfail_on = "info"\n').check.fail_on == "info"
    assert "'check.fail_on' is given twice" in fault(
        project, '[check]\nfail-on = "error"\nfail_on = "info"\n'
    ) or "'check.fail-on' is given twice" in fault(project, '[check]\nfail-on = "error"\nfail_on = "info"\n')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[check]\n\nfail-onn = "error"\n', "P:3: no setting 'fail-onn' in [check]"),
        ("chek = 1\n", "P:1: no setting 'chek'"),
        ('[[files]]\npattern = "a"\n\n[[files]]\npatern = "b"\n', "P:5: no setting 'patern' in [files]"),
        ('[check]\nfail-on = "eror"\n', "P:2: check.fail-on 'eror' is not one of error, warning, info"),
        ("[target]\nattempts = 2.5\n", "P:2: target.attempts '2.5' is no whole number"),
        ("[target]\nattempts = true\n", "P:2: target.attempts is no whole number"),
        ("[target]\nattempts = '5'\n", "P:2: target.attempts '5' is no whole number"),
        ("[target]\ntimeout = 0\n", "P:2: target.timeout '0' is not above 0"),
        ("[target]\ntimeout = inf\n", "P:2: target.timeout 'inf' is no finite number"),
        ("[target]\nheader = 'yes'\n", "P:2: target.header 'yes' is neither true nor false"),
        ("[check]\nselect = 'CGR2'\n", "P:2: check.select 'CGR2' is no list"),
        ("[check]\nclosed-through = '2026-13'\n", "P:2: check.closed-through '2026-13' is no month"),
        ("[check.severity]\n# x\nCGR502 = 'warn'\n", "P:3: check.severity.CGR502 'warn' is not one of"),
        ("target = 'eu'\n", "P:1: target 'eu' is no table"),
        ("[target]\napi-url = 'ftp://x'\n", "P:2: target.api-url 'ftp://x' is no address"),
        ("[target]\nxml.elements = ['A']\n", "P:2: target.xml.elements has not the 6 entries it needs"),
        ("[[files]]\nignore = []\n", "files[1].pattern is missing"),
        ("[check\n", "P"),
        ("a = [\n1,\n", "not valid TOML"),
        ("x = 1\nx = 2\n", "P:2:"),
    ],
)  # fmt: skip
def test_faults_name_file_and_line(project: Path, text: str, message: str) -> None:
    assert message in fault(project, text)


def test_an_unknown_key_gets_the_nearest_name(project: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        read(project, '[money]\nroundin = "down"\n')
    assert raised.value.help == "did you mean 'rounding'?"
    with pytest.raises(SettingsError) as raised:
        read(project, "[money]\nqqq = 1\n")
    assert raised.value.help == "keys in [money] are: rounding, keep-total"


def test_faults_of_flags_and_environment_name_them(project: Path) -> None:
    assert fault(project, "", flags={"money.rounding": "up"}).startswith(
        "flag --rounding: money.rounding 'up'"
    )
    assert fault(project, "", environment={"CGREV_API_URL": "nope"}).startswith(
        "environment CGREV_API_URL: target.api-url 'nope' is no address"
    )


def test_lines_are_right_below_texts_over_several_lines(project: Path) -> None:
    text = 'state-dir = """\n[check]\nfail-on = 3\n"""\n[source."a.b"]\nx = [\n  1,\n]\n'
    text += '[money]\nrounding = "no"\n'
    assert fault(project, text).startswith("P:10: money.rounding 'no'")


@pytest.mark.parametrize(
    "text",
    [
        "[target]\nclient-secret = 'hunter2'\n",
        "[target]\nclient_id = 'hunter2'\n",
        "[target]\napi-key = 'hunter2'\n",
        "[target.options]\nToken = 'hunter2'\n",
        "password = 'hunter2'\n",
        "[source.crm]\nsecret = 'hunter2'\n",
        "[[files]]\npattern = 'x'\napikey = 'hunter2'\n",
    ],
)
def test_secrets_are_refused_without_being_shown(project: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="does not belong here") as raised:
        read(project, text)
    assert "CGREV_CLIENT_SECRET" in (raised.value.help or "")
    assert "hunter2" not in f"{raised.value} {raised.value.help} {raised.value!r}"


def test_credentials_in_an_address_are_refused_without_being_shown(project: Path) -> None:
    said = fault(project, "[target]\napi-url = 'https://me:hunter2@host/'\n")
    assert "holds credentials" in said
    assert "hunter2" not in said


def test_a_heading_may_be_called_token(project: Path) -> None:
    settings = read(
        project, '[source.crm]\ncolumns = { Token = "amount" }\nvalues.revenue_type = { Secret = "ARR" }\n'
    )
    assert settings.source["crm"]["columns"] == {"Token": "amount"}


def test_files_get_settings_of_their_own(project: Path) -> None:
    settings = read(
        project,
        """
[check]
ignore = ["CGR3"]
severity = { CGR502 = "warning" }
closed-through = "2026-01"
[[files]]
pattern = "old/**/*.csv"
ignore = ["CGR2"]
severity = { CGR502 = "off" }
[[files]]
pattern = "*.xml"
select = ["CGR1"]
closed-through = "2020-12"
""",
        flags={"check.closed-through": None},
    )
    plain = settings.check_for(project / "new.csv")
    assert plain == settings.check
    for path in ("old/a.csv", "old/deep/er/b.csv"):
        assert settings.check_for(project / path).ignore == ["CGR3", "CGR2"]
        assert settings.check_for(project / path).severity == {"CGR502": "off"}
    assert settings.check_for(project / "older/a.csv") == settings.check
    other = settings.check_for(project / "any" / "where.xml")
    assert (other.select, other.closed_through) == (["CGR1"], "2020-12")
    assert settings.check_for(project.parent / "elsewhere.xml").select == ["CGR1"]


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        ("**/x.csv", ["x.csv", "a/x.csv", "a/b/x.csv"], ["ax.csv", "a/ax.csv"]),
        ("a/*.csv", ["a/x.csv"], ["a/b/x.csv", "x.csv"]),
        ("*.csv", ["x.csv", "a/b/x.csv"], ["x.csv2", "xcsv"]),
        ("./a/?.csv", ["a/x.csv"], ["a/xy.csv", "a/.csv"]),
        ("a/**", ["a/x", "a/b/x"], ["b/a/x"]),
        ("[a].csv", ["[a].csv"], ["a.csv"]),
    ],
)
def test_patterns(pattern: str, fits: list[str], fails: list[str]) -> None:
    entry = FileSettings(pattern=pattern)
    assert [path for path in [*fits, *fails] if entry.fits(path)] == fits


def test_flags_beat_the_settings_of_a_file(project: Path) -> None:
    settings = read(
        project,
        '[[files]]\npattern = "*"\nselect = ["CGR1"]\nseverity = { CGR502 = "off" }\n',
        flags={"check.select": ["CGR2"], "check.severity": {"CGR502": "error"}},
    )
    check = settings.check_for(project / "in.csv")
    assert (check.select, check.severity) == (["CGR2"], {"CGR502": "error"})


def test_files_that_are_no_text_are_refused(project: Path) -> None:
    (project / "cgrev.toml").write_bytes(b"[check]\n# \xff\n")
    with pytest.raises(SettingsError, match=r"cgrev\.toml:2: not valid UTF-8"):
        read(project)
