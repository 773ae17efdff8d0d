"""Lists of documents: invoices, bookings, orders. The base of converters for accounting systems.

Such lists say who, when and how much, and leave open what only the user knows: which of two amounts, which
documents count, what revenue type they are, how long a period is. One candidate is taken; several are a
question that shows them; none is a question too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct, field
from pydantic import Field

from cgrev.layout import BY_ID, RevenueType
from cgrev.mapping.header import find_header
from cgrev.mapping.headings import fold, listing, numbered
from cgrev.mapping.profile import Profile, merged_profiles, profile_from_text
from cgrev.mapping.profile_converter import ProfileConverter
from cgrev.mapping.references import alternatives, places_of
from cgrev.plugin import ConverterOptions, Fit, Join, Question, Reading, Sample, Sheet, Tidied

if TYPE_CHECKING:
    import polars as pl

ALL = "all"
BLANK = "(blank)"
"""How rows whose word is missing are listed, and kept."""
_TYPES = tuple(kind.value for kind in RevenueType)
_SHOWN = 20
_LENGTHS = (
    "0: the day of the document alone",
    "1: one month from that day",
    "12: a year from that day",
)


class LineOptions(ConverterOptions):
    """What only the user knows about a list of documents. Each option is asked for when the file leaves it
    open."""

    revenue_type: str | None = Field(
        default=None,
        description="ARR, MRR, One Time or Other for every row that does not say it, or the heading of a "
        "column that does",
    )
    months: int | None = Field(
        default=None,
        ge=0,
        le=1200,
        description="length of a period in months, where no column says it; 0: the day of the document alone",
    )
    currency: str | None = Field(default=None, description="the currency whose rows are kept, e.g. EUR")


class AmountColumns(Struct, frozen=True):
    """One of the amounts a list may show: its headings, those of its currency, and what it is."""

    headings: tuple[str, ...]
    currencies: tuple[str, ...] = ()
    meaning: str = ""


class RowChoice(Struct, frozen=True):
    """Which documents count, by the words of a column.

    `option` holds the words, separated by commas, or `all`. A file whose words are all among `certain` is
    not asked about; `notes` say what a word usually means. `called` is what skipped rows are called by.
    With `signs` a minus before a word turns the sign of its rows: a list that shows credits as positive.
    `credits` are the words of credits: where such a row is positive, the list is asked about.
    """

    option: str
    question: str
    headings: tuple[str, ...]
    called: str
    certain: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    signs: bool = False
    credits: tuple[str, ...] = ()


class LineConverter(ProfileConverter):
    """A converter of a list whose profile lies in its package as `profiles/<name>.toml`.

    `telling` are the headings that tell this list from others, each with its spellings: all of them make
    the fit certain. `amounts` are the amounts to choose from by the option `amount`, `choice` the documents.
    `asks_sign` asks by the option `sign`, keep or flip, which sign revenue has: ledgers book it negative.
    """

    Options = LineOptions
    telling: ClassVar[tuple[tuple[str, ...], ...]] = ()
    amounts: ClassVar[Mapping[str, AmountColumns]] = MappingProxyType({})
    choice: ClassVar[RowChoice | None] = None
    asks_sign: ClassVar[bool] = False

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile or self.packaged())
        self.piecewise = False  # what is asked is counted over the whole file

    @classmethod
    def packaged(cls) -> Profile:
        """The profile the package ships for this converter."""
        package = cls.__module__.partition(".")[0]
        text = files(package).joinpath("profiles", f"{cls.name}.toml").read_text(encoding="utf-8")
        return profile_from_text(text, origin=f"{package} {cls.name}.toml")

    # -- recognising ------------------------------------------------------------------------------

    def identify(self, sample: Sample) -> Fit:
        """By the headings that tell this list from others."""
        return self.told(find_header(sample.head, self._words(), sample.named).labels)

    def told(self, labels: Sequence[str]) -> Fit:
        """The share of the telling headings among the labels."""
        keys = {fold(label) for label in labels}
        there = [spellings[0] for spellings in self.telling if any(fold(word) in keys for word in spellings)]
        if not there:
            return Fit(0.0, f"no heading that tells a {self.title}")
        score = round(0.95 * len(there) / len(self.telling), 3)
        return Fit(
            score, f"{len(there)} of {len(self.telling)} headings that tell a {self.title}: {listing(there)}"
        )

    def _words(self) -> list[str]:
        words = [word for spellings in self.telling for word in spellings] + super()._words()
        words += [word for one in self.amounts.values() for word in (*one.headings, *one.currencies)]
        return [*words, *(self.choice.headings if self.choice else ())]

    # -- what the options say ---------------------------------------------------------------------

    def mine(self, options: ConverterOptions) -> Any:
        """The options as this converter's own, so that general ones will do."""
        if isinstance(options, self.Options):
            return options
        return self.Options.model_validate(options.model_dump())

    def said(self, labels: Sequence[str], options: ConverterOptions) -> dict[str, Any]:
        """What options say, as the tables of a profile; a converter with more options says more.

        Only columns may depend on `labels`: `convert` asks without them."""
        mine = self.mine(options)
        said: dict[str, Any] = {"columns": {}}
        if mine.months is not None:
            said["end"] = {"months": mine.months}
        if mine.currency is not None:
            said["currency"] = {"keep": mine.currency}
        if self.asks_sign and mine.sign == "flip":
            said["amount"] = {"flip-sign": True}
        if mine.revenue_type is not None:
            if fold(mine.revenue_type) in map(fold, _TYPES) and not places_of(mine.revenue_type, labels):
                stated = next(one for one in _TYPES if fold(one) == fold(mine.revenue_type))
                said["constants"] = {"revenue_type": stated}
                said["default-type"] = stated
            else:
                said["columns"][mine.revenue_type] = "revenue_type"
        kind = self._amount_kind(labels, mine)
        if kind is not None:
            said["columns"] |= dict.fromkeys(self.amounts[kind].headings, "amount")
            said["columns"] |= dict.fromkeys(self.amounts[kind].currencies, "currency")
        words = self._words_that_count(mine)
        if self.choice is not None and words is not None:
            turned = [word[1:].strip() for word in words if self.choice.signs and word.startswith("-")]
            kept = [word.removeprefix("-").strip() if self.choice.signs else word for word in words]
            fields = ["status", "sign"] if turned else ["status"]
            said["columns"] |= dict.fromkeys(self.choice.headings, fields)
            said["status"] = {"keep": kept, "called": self.choice.called}
            if turned:
                said["sign"] = {"negative": turned}
        return said

    def effective(self, labels: Sequence[str], options: ConverterOptions) -> Profile:
        """The profile with what the options and the headings of this file say."""
        return merged_profiles(self.profile, Profile.model_validate(self.said(labels, options)))

    def _amount_kind(self, labels: Sequence[str], options: Any) -> str | None:
        stated: str | None = getattr(options, "amount", None)
        if stated is not None:
            return stated if stated in self.amounts else None
        there = self._amounts_in(labels)
        return next(iter(there)) if len(there) == 1 else None

    def _amounts_in(self, labels: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for kind, one in self.amounts.items():
            places = [place for word in one.headings for place in places_of(word, labels)[:1]]
            if places:
                found[kind] = places[0]
        return found

    def _words_that_count(self, options: Any) -> list[str] | None:
        """The words the user listed; None where every row counts, or nothing was said."""
        if self.choice is None:
            return None
        text: str | None = getattr(options, self.choice.option)
        if text is None or fold(text) == ALL:
            return None
        words = [word.strip() for word in text.split(",") if word.strip()]
        return ["" if fold(word) == fold(BLANK) else word for word in words]

    # -- what is asked ----------------------------------------------------------------------------

    def joins(self, labels: Sequence[str], options: ConverterOptions) -> tuple[Join, ...]:
        """Further files for what the list has not: none for a name that stands in it."""
        profile = self.effective(labels, options)
        needed = []
        for join in super().joins(labels, options):
            keys = (join.key,) if isinstance(join.key, str) else join.key
            fed = [
                name
                for name, refs in profile.headings().items()
                if any(ref.startswith(f"{join.name}.") for ref in refs)
            ]
            must = [name for name in fed if name in BY_ID and BY_ID[name].required] or fed
            own = all(any(places_of(ref, labels) for ref in profile.headings()[name]) for name in must)
            there = all(
                any(places_of(one, labels) or "." in one for one in alternatives(key)) for key in keys
            )
            if there and not (fed and own):
                needed.append(join)
        return tuple(needed)

    def fields(self, labels: Sequence[str], options: ConverterOptions) -> Reading:
        """The columns of the profile. Raises `Question` for what the list leaves open."""
        self.ask(labels, options, self.effective(labels, options))
        return super().fields(labels, options)

    def ask(self, labels: Sequence[str], options: ConverterOptions, profile: Profile) -> None:
        """Raise `Question` where the file and the options do not settle something."""
        known = profile.headings()
        if self.amounts and not any(places_of(one, labels) for one in known.get("amount", ())):
            self._ask_amount(labels)
        if self.choice is not None and getattr(self.mine(options), self.choice.option) is None:
            self._ask_joined(labels, self.choice)
        if self.asks_sign and self.mine(options).sign is None and "amount" not in profile.model_fields_set:
            raise Question(
                "which sign has revenue in this list?",
                option="sign",
                readings=[
                    "flip: revenue is negative, as a ledger books it: every sign is turned round",
                    "keep: revenue is positive already",
                ],
            )
        typed = any(places_of(one, labels) for one in known.get("revenue_type", ()))
        constant = profile.constants.get("revenue_type")
        if not typed and constant is None and profile.default_type is None and profile.interval is None:
            raise Question(
                "nothing in the file says what revenue type the rows are",
                option="revenue_type",
                readings=[f"{kind}: every row is {kind}" for kind in reversed(_TYPES)]
                + ["HEADING: the column with that heading says it (words by values.revenue_type)"],
            )
        lasting = [one for name in ("end_date", "end_before", "term") for one in known.get(name, ())]
        if (
            profile.end.months is None
            and constant != RevenueType.ONE_TIME.value
            and not any(places_of(one, labels) for one in lasting)
        ):
            raise Question(
                "nothing in the file says how long a period is",
                option="months",
                readings=_LENGTHS,
            )

    def _ask_amount(self, labels: Sequence[str]) -> None:
        there = self._amounts_in(labels)
        if len(there) > 1:
            meanings = {kind: self.amounts[kind].meaning for kind in there}
            raise Question(
                "which amount is the revenue?",
                option="amount",
                readings=[
                    f"{kind}: {numbered(place, labels[place])}" + f", {meanings[kind]}" * bool(meanings[kind])
                    for kind, place in there.items()
                ],
                columns=list(there.values()),
            )

    def _ask_joined(self, labels: Sequence[str], choice: RowChoice) -> None:
        """A choice by the column of a further file: its words cannot be shown beforehand."""
        joined = [word for word in choice.headings if "." in word and places_of(word, labels)]
        if joined and not any(places_of(word, labels) for word in choice.headings if "." not in word):
            raise Question(
                choice.question,
                option=choice.option,
                readings=[
                    f"{','.join(choice.certain)}: what '{joined[0]}' usually calls them",
                    f"{ALL}: every document",
                ],
            )

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Rows out as the profile says. Raises `Question` where the cells leave something open: which
        documents count, how long a period without an end is."""
        done = super().tidy(sheet, options)
        if self.choice is not None and getattr(self.mine(options), self.choice.option) is None:
            self._ask_words(done.sheet, self.choice, self._amount_place(sheet.labels, options))
        self.ask_ends(done.sheet, options)
        return done

    def ask_ends(self, sheet: Sheet, options: ConverterOptions) -> None:
        """Raise `Question` where the column of the ends has blank cells: it says nothing of those rows."""
        from cgrev.mapping.tidy import is_blank

        profile = self.effective(sheet.labels, options)
        one_time = profile.constants.get("revenue_type") == RevenueType.ONE_TIME.value
        if profile.end.months is not None or one_time or profile.headings().keys() & {"term", "end_before"}:
            return
        places = [
            p for ref in profile.headings().get("end_date", ()) for p in places_of(ref, sheet.labels)[:1]
        ]
        if not places or f"c{places[0]}" not in sheet.frame.columns:
            return
        blank = sheet.frame.filter(is_blank(f"c{places[0]}"))
        if blank.height:
            raise Question(
                f"{numbered(places[0], sheet.labels[places[0]])} is blank in {blank.height} of "
                f"{sheet.frame.height} rows, the first is row {blank['row'][0]}: how long are their periods?",
                option="months",
                readings=_LENGTHS,
            )

    def _amount_place(self, labels: Sequence[str], options: ConverterOptions) -> int | None:
        headings = self.effective(labels, options).headings()
        amounts = (*headings.get("amount", ()), *headings.get("price", ()))
        return next((place for one in amounts for place in places_of(one, labels)[:1]), None)

    def _ask_words(self, sheet: Sheet, choice: RowChoice, amount: int | None) -> None:
        place = next((place for word in choice.headings for place in places_of(word, sheet.labels)[:1]), None)
        if place is None or f"c{place}" not in sheet.frame.columns or self.profile.status is not None:
            return
        counts = words_of(sheet.frame, place)
        positive = _positive(sheet.frame, place, amount, choice.credits)
        certain = {fold(word) for word in choice.certain} - {fold(word) for word in positive}
        if all(fold(word) in certain for word in counts["word"]):
            return
        notes = {fold(word): note for word, note in choice.notes.items()}
        for word, row in positive.items():
            note = f"{notes.get(fold(word), 'a credit')}, yet positive in row {row}"
            notes[fold(word)] = f"{note}: -{word} makes it negative"
        readings = []
        for word, rows, first in counts.head(_SHOWN).iter_rows():
            note = f", {notes[fold(word)]}" if word and fold(word) in notes else ""
            readings.append(f"{word or BLANK}: {rows} row{'s' * (rows > 1)}, the first is row {first}{note}")
        if counts.height > _SHOWN:
            readings.append(f"and {counts.height - _SHOWN} more")
        signs = "; a minus before one turns its sign" if choice.signs else ""
        raise Question(
            f"{choice.question} (list them, separated by commas{signs}; or say {ALL})",
            option=choice.option,
            readings=readings,
        )


def _positive(frame: pl.DataFrame, place: int, amount: int | None, words: Sequence[str]) -> dict[str, int]:
    """Words of credits with the first row in which such a row is above zero."""
    import polars as pl

    from cgrev.table import ROW

    if not words or f"c{amount}" not in frame.columns:
        return {}
    text = pl.col(f"c{amount}").fill_null("").str.strip_chars()
    above = text.str.contains(r"[1-9]") & ~text.str.contains(r"^\D*[-(\u2212]|[-\u2212]$")
    word = pl.col(f"c{place}").fill_null("").str.strip_chars()
    shown = frame.filter(above & word.str.to_lowercase().is_in([one.lower() for one in words]))
    found = shown.group_by(word.alias("word"), maintain_order=True).agg(pl.col(ROW).first())
    return dict(found.iter_rows())


def words_of(frame: pl.DataFrame, place: int) -> pl.DataFrame:
    """The words of a column with how often each stands there, and where first: word, rows, first.

    Rows without a word come last, as ""."""
    import polars as pl

    from cgrev.mapping.tidy import is_blank
    from cgrev.table import ROW

    word = pl.when(~is_blank(f"c{place}")).then(pl.col(f"c{place}").str.strip_chars()).otherwise(pl.lit(""))
    return (
        frame.group_by(word.alias("word"), maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col(ROW).first().alias("first"))
        .sort(pl.col("word") == "", maintain_order=True)
    )
