"""From a kind to a target, with and without plugins."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from cgrev.errors import PluginError, SettingsError
from cgrev.targets.directory import DirectoryTarget
from cgrev.targets.file_v41 import FileApiTarget
from cgrev.targets.protocol import Target
from cgrev.targets.registry import GROUP, create, kinds


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    module = ModuleType("invented_target_plugin")
    module.__dict__["make"] = lambda settings: DirectoryTarget(tmp_path, name=str(settings["label"]))
    module.__dict__["wrong"] = lambda settings: object()
    monkeypatch.setitem(sys.modules, "invented_target_plugin", module)
    return module


def _point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_built_in_kinds_make_targets_without_a_request_or_a_credential(tmp_path: Path) -> None:
    api = create("file-v4.1", {"region": "eu", "auth": "oauth2", "max-wait": 5.0, "settle": None})
    assert isinstance(api, FileApiTarget) and isinstance(api, Target)
    assert api.identity == "file-v4.1 https://api.eu.customergauge.com"
    assert api.describe()["tokens"] == "https://auth.eu.customergauge.com"
    assert api.authority() == "auth.eu.customergauge.com"
    sandbox = create("sandbox", {})
    assert sandbox.identity == "file-v4.1 http://127.0.0.1:8080"
    folder = create("directory", {"path": str(tmp_path)})
    assert isinstance(folder, Target)
    for target in (api, sandbox, folder):
        target.close()


def test_a_tenant_tells_two_customers_on_one_host_apart() -> None:
    one = create("file-v4.1", {"region": "eu", "tenant": "north"})
    two = create("file-v4.1", {"region": "eu", "tenant": "south"})
    assert one.identity != two.identity
    one.close()
    two.close()


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("file-v4.1", {"region": "eu", "colour": "red"}, "colour"),
        ("file-v4.1", {}, "no region"),
        ("directory", {}, "no path"),
        ("directory", {"path": "x", "region": "eu"}, "region"),
        ("sandbox", {"api_url": "https://api.example.com"}, "not this machine"),
        (
            "sandbox",
            {"api_url": "http://127.0.0.1:8080", "auth_url": "https://x.example.com"},
            "not this machine",
        ),
        ("sandbx", {}, "not installed"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(kind: str, settings: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        create(kind, settings, [])
    assert says in caught.value.message and caught.value.help


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(SettingsError) as caught:
        create("sandbx", {}, [])
    assert "did you mean 'sandbox'?" in (caught.value.help or "")


def test_a_plugin_is_listed_unimported_and_made_when_named(plugin: ModuleType) -> None:
    group = [_point("acme", "invented_target_plugin:make"), _point("broken", "no_such_module:make")]
    assert [kind.name for kind in kinds(group)] == ["file-v4.1", "sandbox", "directory", "acme", "broken"]
    assert create("acme", {"label": "acme target"}, group).name == "acme target"
    with pytest.raises(PluginError) as caught:
        create("broken", {}, group)
    assert "'broken'" in caught.value.message and "ModuleNotFoundError" in caught.value.message


def test_a_plugin_must_be_a_target_under_a_name_of_its_own(plugin: ModuleType) -> None:
    with pytest.raises(PluginError, match="is not a target"):
        create("acme", {}, [_point("acme", "invented_target_plugin:wrong")])
    with pytest.raises(PluginError, match="name of a built-in"):
        create("directory", {}, [_point("directory", "invented_target_plugin:make")])
    twice = [_point("acme", "invented_target_plugin:make"), _point("acme", "invented_target_plugin:wrong")]
    with pytest.raises(PluginError, match="and from"):
        create("acme", {}, twice)
