"""Which names are near: typing errors, legal forms and punctuation are; numbers and other words are not."""

from __future__ import annotations

import random
import string

import pytest

from cgrev.accounts import KnownAccounts, core, likeness
from cgrev.parsing.names import fold_name


def nearest(known: list[str], name: str) -> str | None:
    found = KnownAccounts.of(known).nearest([fold_name(name)])
    return next(iter(found.values())).name if found else None


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ("Acme Ltd", "Acme Limited"),
        ("Acme Ltd", "Acme, Ltd."),
        ("Acme Ltd", "Amce Ltd"),
        ("Globex Corporation", "Globx Corporation"),
        ("Société Générale S.A.", "Societe Generale"),
        ("Smith & Sons", "Sons and Smith"),
        ("Nordwind Maschinenbau GmbH", "Nordwint Maschinenbua GmbH"),
        ("DataWorks Inc", "Data Works Inc"),
    ],
)
def test_near(known: str, name: str) -> None:
    assert nearest([known, "Quite Another One"], name) == known


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ("Store 12", "Store 13"),
        ("Omega A", "Omega B"),
        ("Northern Bank", "Southern Bank"),
        ("Nike", "Bike"),
        ("Acme Ltd", "ACME LTD"),
        ("Acme Ltd", "Zenith Ltd"),
    ],
)
def test_not_near(known: str, name: str) -> None:
    assert nearest([known], name) is None


def test_likeness_is_the_same_both_ways() -> None:
    chance = random.Random(7)
    names = ["".join(chance.choices("abc 1", k=chance.randrange(1, 12))) for _ in range(300)]
    for _ in range(2_000):
        one, other = core(chance.choice(names)), core(chance.choice(names))
        assert likeness(one, other) == likeness(other, one)


def test_one_wrong_letter_is_found_among_thousands_whatever_the_place() -> None:
    chance = random.Random(5)

    def word() -> str:
        return "".join(chance.choices(string.ascii_lowercase, k=chance.randrange(5, 9)))

    known = [f"{word()} {word()} {chance.choice(['Ltd', 'GmbH', 'Inc'])}" for _ in range(5_000)]
    accounts = KnownAccounts.of(known)
    spelt_wrong: list[tuple[str, str, str]] = []
    for name in chance.sample(known, 500):
        place = chance.randrange(len(name.rsplit(" ", 1)[0]))
        wrong = {
            "lost": name[:place] + name[place + 1 :],
            "added": name[:place] + "x" + name[place:],
            "changed": name[:place] + "q" + name[place + 1 :],
        }
        for what, spelt in wrong.items():
            key = fold_name(spelt)
            if key in accounts.names:
                continue
            spelt_wrong.append((key, name, what))
    near = accounts.nearest([key for key, *_ in spelt_wrong])
    lost = [one for one in spelt_wrong if one[0] not in near or near[one[0]].name != one[1]]
    assert len(spelt_wrong) > 1_400 and lost == []


def test_the_order_of_the_known_names_does_not_matter() -> None:
    known = ["Beta GmbH", "Beta AG", "Beta SA"]
    first = KnownAccounts.of(known).nearest(["beta"])
    assert KnownAccounts.of(known[::-1]).nearest(["beta"]) == first
    assert first["beta"].rival is not None
