"""The forms that people fill in, as the shapes of the vocabulary say them: what is asked, in what order, and how.

Read from `data/compiled.json`. A property added to the shapes is asked here with no code. The value of a field of a
row, as `hours[2].opens`, is described by the field `hours.opens`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from vocab.model import LANGUAGES
from vocab.reference import Labels, compiled, scheme

Pairs = Sequence[tuple[str, str]]
_ROW = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Choice:
    """One code that can be chosen, with those that it is made of."""

    code: str
    label: Labels
    help: Labels
    narrower: "tuple[Choice, ...]" = ()


_YES_OR_NO = (
    Choice("true", {"fr": "oui", "en": "yes"}, {}),
    Choice("false", {"fr": "non", "en": "no"}, {}),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One question. kind: text, long, texts (one a language), web, day, time, number, whole, flag, commune, choice,
    choices, node (its `fields` together) or rows (its `fields`, several times).

    `longest` 0, `least` or `most` empty: no limit.
    """

    name: str
    path: str
    kind: str
    label: Labels
    help: Labels
    message: Labels
    required: bool
    pattern: str
    shortest: int
    longest: int
    least: str
    most: str
    scheme: str
    omits: tuple[str, ...]
    codes: tuple[Choice, ...]
    fields: "tuple[Field, ...]"

    def choices(self) -> tuple[Choice, ...]:
        """The codes that are offered, the broadest first, each with its narrower ones."""
        if self.kind == "flag":
            return _YES_OR_NO
        return self.codes or (_narrower(self.scheme, "", self.omits) if self.scheme else ())

    def every_choice(self) -> "tuple[Choice, ...]":
        """The same in one row, the narrower ones after theirs."""
        return tuple(each for choice in self.choices() for each in (choice, *choice.narrower))

    def called(self, lang: str) -> str:
        """Its label as a title."""
        return self.label[lang][:1].upper() + self.label[lang][1:]


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that belong together."""

    id: str
    label: Labels
    fields: tuple[Field, ...]


@cache
def _narrower(name: str, above: str, omits: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(each.code, each.label, each.definition, _narrower(name, each.code, omits))
        for each in scheme(name).codes.values()
        if each.broader == above and each.code not in omits
    )


def _field(said: Mapping[str, Any]) -> Field:
    codes = tuple(Choice(each["code"], each["label"], {}) for each in said["codes"])
    inner = tuple(_field(each) for each in said["fields"])
    return Field(**{**said, "omits": tuple(said["omits"]), "codes": codes, "fields": inner})


@cache
def form(name: str = "Place") -> tuple[Group, ...]:
    """The groups of a form, in order. Raises `KeyError`."""
    return tuple(
        Group(each["id"], each["label"], tuple(_field(said) for said in each["fields"]))
        for each in compiled()["forms"][name]
    )


def _all(fields: Sequence[Field]) -> Iterator[Field]:
    for each in fields:
        yield each
        yield from _all(each.fields)


@cache
def fields(name: str = "Place") -> Mapping[str, Field]:
    """Every question of a form by its name, in order, those inside others too."""
    return MappingProxyType({each.name: each for group in form(name) for each in _all(group.fields)})


def field(name: str, of: str = "Place") -> Field | None:
    """The question that a field of a filled form, or of a mistake, is about: `hours[2].opens`, `summary.fr`."""
    plain = _ROW.sub("", name)
    above, _, lang = plain.rpartition(".")
    found = fields(of).get(above) if lang in LANGUAGES else None
    return found if found is not None and found.kind == "texts" else fields(of).get(plain)


def pairs(values: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """What is kept, as the fields of a form that is filled in: a list of texts is the same field several times."""
    found: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{above}.{key}" if above else key
        if isinstance(value, Mapping):
            found += pairs(value, name)
        elif isinstance(value, list):
            for number, each in enumerate(value, 1):
                found += pairs(each, f"{name}[{number}]") if isinstance(each, Mapping) else [(name, str(each))]
        elif value not in (None, ""):
            found.append((name, str(value)))
    return found
