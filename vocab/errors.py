"""What can be wrong with what somebody wrote.

    VocabError
    ├── BlankNode        a document has a node without an identifier
    ├── BadPeriod        a text is no period
    ├── NotJsonLd        a document that no JSON-LD processor reads
    └── UnknownContext   a JSON-LD context that we do not have, and never fetch

A wrong *input* is not raised: readers return `Mistake`s, each a field, a stable code and its evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as _field
from functools import cache
from pathlib import Path

from vocab.messages import Catalogue
from vocab.reference import dimensions, indicators

WHOLE_FILE = "file"  # the field of a mistake that is about all of a file
_LONGEST = 300
_NAMED = ("indicator", "whole", "dimension")  # parameters that are identifiers of the vocabulary
_UNSAFE = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], " ")


def visible(text: str) -> str:
    """The text with a blank for each character that nobody sees and some programs obey."""
    return text.translate(_UNSAFE)


class VocabError(Exception):
    """Anything that `vocab` refuses by raising."""


class BlankNode(VocabError):
    """A node without an identifier: stores and proofs could not agree on its name."""


class BadPeriod(VocabError, ValueError):
    """A text that is no period of the vocabulary."""


class NotJsonLd(VocabError):
    """A document that is not JSON-LD 1.1."""


class UnknownContext(VocabError):
    """A JSON-LD context that is not one of ours; contexts are never fetched."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend: the field (or line) where it is, a stable code, and what the text needs to say it."""

    field: str
    code: str
    params: Mapping[str, str] = _field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        return {"field": self.field, "code": self.code, "params": dict(self.params)}


@cache
def catalogue() -> Catalogue:
    """The texts of `vocab`."""
    return Catalogue(Path(__file__).parent / "locale")


def labelled(mistake: Mistake, lang: str) -> Mistake:
    """The same with the names of what it speaks of, for a reader who sees no identifier."""
    named = {name: each.label[lang] for kind in (indicators(), dimensions()) for name, each in kind.items()}
    params = {key: named.get(value, value) if key in _NAMED else value for key, value in mistake.params.items()}
    return replace(mistake, params=params)


def beside(mistake: Mistake, lang: str) -> str:
    """The same for a reader who sees the field: without its name, in the words of forms, as a sentence."""
    mistake = labelled(mistake, lang)
    code = "field.missing" if mistake.params.get("value") == "" and mistake.code.endswith(".bad") else mistake.code
    code = "form." + code if "form." + code in catalogue().texts(lang) else code
    whole = message(replace(mistake, field="\ue000", code=code), lang)
    alone = whole.removeprefix("\ue000").lstrip(" :\u00a0\u202f").replace("\ue000", "")
    return alone[:1].upper() + alone[1:]


def message(mistake: Mistake, lang: str) -> str:
    """One readable line, in `lang`. A field that is a number is the line of a file; `WHOLE_FILE`, all of it."""
    texts, where = catalogue(), mistake.field
    if where.isdecimal():
        where = texts.text(lang, "where.line", line=where)
    elif where == WHOLE_FILE:
        where = texts.text(lang, "where.file")
    shown = {name: value[:_LONGEST] for name, value in mistake.params.items()}
    if "unit" in shown:
        shown["unit"] = texts.texts(lang).get(f"rule.unit.{shown['unit']}", shown["unit"])
    return visible(texts.text(lang, mistake.code, field=mistake.field, where=where, **shown))
