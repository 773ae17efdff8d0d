"""Checks of a converter before it has seen a file."""

from __future__ import annotations

import pickle

from pydantic import BaseModel

from cgrev.mapping.overlay import overlay
from cgrev.mapping.profile import Profile
from cgrev.plugin import ConverterOptions
from cgrev.testing.contract.subject import Broken, Subject


def says_what_it_reads(subject: Subject) -> None:
    """It says in one line what it reads."""
    title = subject.converter.title
    if not title.strip() or "\n" in title:
        raise Broken(f'title is {title!r}: state one line, such as title = "invoice list of Acme"')


def documents_its_options(subject: Subject) -> None:
    """Every option has a help text and may be left out."""
    options = subject.converter.Options
    if not issubclass(options, ConverterOptions):
        raise Broken("Options is no model: derive it from cgrev.plugin.ConverterOptions")
    silent = [name for name, field in options.model_fields.items() if not (field.description or "").strip()]
    if silent:
        raise Broken(
            f"options without a help text: {', '.join(silent)}; "
            'write Field(default=..., description="what it does")'
        )
    needed = [name for name, field in options.model_fields.items() if field.is_required()]
    if needed:
        raise Broken(
            f"options without a default: {', '.join(needed)}; what only the user can know has the default "
            "None, and the converter raises Question where it needs it"
        )
    nested = [
        name
        for name, field in options.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    ]
    if nested:
        raise Broken(f"options that no -O NAME=VALUE can give: {', '.join(nested)}; use texts and numbers")


def can_be_sent_elsewhere(subject: Subject) -> None:
    """It can be pickled and comes back with the same name."""
    try:
        copy = pickle.loads(pickle.dumps(subject.converter))
    except Exception as error:
        raise Broken(
            f"it cannot be pickled ({type(error).__name__}: {error}): keep no files, locks, lambdas or "
            "compiled things on the converter; make them where they are used"
        ) from error
    if type(copy) is not type(subject.converter) or copy.name != subject.name:
        raise Broken(f"its pickled copy is another converter: {type(copy).__name__} {copy.name!r}")


def takes_a_profile(subject: Subject) -> None:
    """A user's profile can be laid over it."""
    try:
        laid_over = overlay(subject.converter, Profile(title=""))
    except TypeError as error:
        raise Broken(
            f"a profile cannot be laid over it ({error}): its __init__ must take the profile as its only "
            "argument, as in def __init__(self, profile: Profile | None = None)"
        ) from error
    if laid_over.name != subject.name:
        raise Broken(f"with a profile laid over it, it calls itself {laid_over.name!r}")
