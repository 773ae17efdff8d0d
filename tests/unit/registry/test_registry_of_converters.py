from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, PathDistribution
from pathlib import Path

import polars as pl
import pytest

from cgrev._registry import GROUP, Registry
from cgrev.errors import PluginError, UsageError
from cgrev.plugin import Sample

GOOD = """
from cgrev.plugin import Converter, Fit, hookimpl
class C(Converter):
    name = {name!r}
    def identify(self, sample):
        return Fit({score}, "because {name}")
@hookimpl
def cgrev_converter():
    return C()
"""

Install = Callable[..., EntryPoint]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Writes a module and the metadata of a distribution that offers it as a converter."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made: list[str] = []

    def make(name: str, source: str, distribution: str = "", version: str = "1.2") -> EntryPoint:
        module = f"registry_case_{name.replace('-', '_')}_{len(made)}"
        made.append(module)
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        info = tmp_path / f"{module}.dist-info"
        info.mkdir()
        distribution = distribution or f"cgrev-{name}"
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {module}\n", encoding="utf-8")
        return next(iter(PathDistribution(info).entry_points))

    yield make  # type: ignore[misc]
    for module in made:
        sys.modules.pop(module, None)


def good(name: str, score: float = 0.0) -> str:
    return GOOD.format(name=name, score=score)


def sample() -> Sample:
    return Sample("csv", pl.DataFrame({"row": [1], "c0": ["x"]}, schema={"row": pl.UInt32, "c0": pl.String}))


def registry(*points: EntryPoint, disabled: tuple[str, ...] = ()) -> Registry:
    return Registry(points, disabled)


def test_listing_states_origin_and_imports_nothing(install: Install) -> None:
    point = install("acme", "raise RuntimeError('imported')", version="3.1")
    listed = {one.name: one for one in registry(point).listed()}
    assert listed["acme"].origin == "cgrev-acme 3.1"
    assert listed["acme"].problem is None
    assert listed["canonical"].builtin
    assert point.value not in sys.modules


def test_loading_imports_the_named_one_only(install: Install) -> None:
    broken = install("broken", "raise RuntimeError('at import')")
    assert registry(broken, install("acme", good("acme"))).load("acme").name == "acme"
    assert broken.value not in sys.modules


def test_an_object_with_the_hook_is_a_plugin_too(install: Install) -> None:
    source = (
        good("acme")
        .replace("def cgrev_converter():", "def cgrev_converter(self):")
        .replace("@hookimpl", "class P:\n  @hookimpl")
        .replace("def cgrev", "  def cgrev")
        .replace("    return C()", "      return C()")
    )
    point = install("acme", source + "plugin = P()\n")
    named = EntryPoint(point.name, f"{point.value}:plugin", point.group)
    assert registry(named).load("acme").name == "acme"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import no_such_module_at_all", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def (", "SyntaxError"),
        ("x = 1", "it has no `cgrev_converter`"),
        ("def cgrev_converter():\n    return None", "is not marked with @hookimpl"),
        (
            "from cgrev.plugin import hookimpl\n@hookimpl\ndef cgrev_convertor():\n    return None",
            "a hook that does not exist",
        ),
        (
            "from cgrev.plugin import hookimpl\n@hookimpl\ndef cgrev_converter(config):\n    return None",
            "a hook that does not exist or with other arguments",
        ),
        (
            "from cgrev.plugin import hookimpl\n@hookimpl\ndef cgrev_converter():\n    return 'text'",
            "answers with a str",
        ),
        (
            "from cgrev.plugin import hookimpl\n@hookimpl\ndef cgrev_converter():\n    raise OSError(1)",
            "OSError: 1",
        ),
        (good("acme").replace("    name =", "    interface = 99\n    name ="), "version 99 of the converter"),
        (good("other"), "calls itself 'other'"),
    ],
)
def test_a_broken_plugin_is_named_with_its_distribution_and_the_cause(
    install: Install, source: str, says: str
) -> None:
    with pytest.raises(PluginError) as caught:
        registry(install("acme", source, version="0.9")).load("acme")
    assert "'acme' of cgrev-acme 0.9" in caught.value.message
    assert says in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.help


def test_two_distributions_of_one_name_are_both_named(install: Install) -> None:
    one = install("acme", good("acme"), "cgrev-acme", "1.0")
    two = install("acme", good("acme"), "acme-tools", "2.0")
    both = registry(one, two)
    assert [item.problem is None for item in both.listed() if item.name == "acme"] == [False, False]
    with pytest.raises(PluginError, match=r"cgrev-acme 1\.0, acme-tools 2\.0"):
        both.load("acme")
    assert registry(one, two, disabled=("Acme_Tools",)).load("acme").name == "acme"


def test_a_plugin_cannot_take_a_name_of_the_core(install: Install) -> None:
    taken = registry(install("canonical", good("canonical"), "cgrev-bold"))
    assert type(taken.load("canonical")).__module__ == "cgrev.mapping.canonical"
    assert [one.problem for one in taken.listed() if not one.builtin] == [
        "the name 'canonical' of cgrev-bold 1.2 belongs to cgrev itself"
    ]


def test_an_unknown_name_lists_what_there_is_nearest_first(install: Install) -> None:
    with pytest.raises(UsageError) as caught:
        registry(install("acme", good("acme")), install("zeta", good("zeta"))).load("acne")
    assert caught.value.message == "no converter is named 'acne'"
    assert caught.value.help is not None
    assert caught.value.help.startswith("use one of: acme, ")


def test_a_known_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        registry().load("salesforce")
    assert caught.value.help == "install it: pip install cgrev-salesforce"


def test_plugins_are_left_out_by_name_or_distribution(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [install("acme", good("acme")), install("beta", good("beta")), install("gamma", good("gamma"))]
    monkeypatch.setenv("CGREV_DISABLED_PLUGINS", "acme, cgrev_beta")
    assert [one.name for one in Registry(points).listed() if not one.builtin] == ["gamma"]


def test_auto_takes_the_best_and_says_what_the_others_thought(install: Install) -> None:
    choice = registry(
        install("acme", good("acme", 0.9)), install("beta", good("beta", 0.7)), install("bad", "1/0")
    ).choose(sample())
    assert choice.converter.name == "acme"
    assert [(one.name, one.score) for one in choice.candidates][:2] == [("acme", 0.9), ("beta", 0.7)]
    assert ["cgrev-bad 1.2" in problem.message for problem in choice.problems] == [True]


def test_auto_does_not_break_a_tie(install: Install) -> None:
    with pytest.raises(UsageError) as caught:
        registry(install("acme", good("acme", 0.9)), install("beta", good("beta", 0.85))).choose(sample())
    assert "acme (0.90: because acme); beta (0.85: because beta)" in caught.value.message
    assert caught.value.help == "name one with --from: --from acme or --from beta"


def test_auto_takes_nothing_that_is_not_certain(install: Install) -> None:
    with pytest.raises(UsageError, match="no converter knows this file well enough: acme"):
        registry(install("acme", good("acme", 0.3))).choose(sample())


@pytest.mark.parametrize("body", ["raise KeyError('c9')", "return Fit(7, 'x')", "return None"])
def test_a_converter_that_fails_to_judge_harms_nobody(install: Install, body: str) -> None:
    bad = good("bad").replace('return Fit(0.0, "because bad")', body)
    choice = registry(install("acme", good("acme", 0.9)), install("bad", bad)).choose(sample())
    assert choice.converter.name == "acme"
    assert "'bad' of cgrev-bad 1.2 fails to judge the file" in choice.problems[0].message


def test_health_looks_at_every_plugin(install: Install) -> None:
    health = registry(install("acme", good("acme")), install("bad", "1/0")).check()
    assert health["acme"] is None
    assert "ZeroDivisionError" in str(health["bad"])
