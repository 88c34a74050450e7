"""What a place says of itself and its figures, in the words of a page: a label, a value, what is wrong. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from node.messages import catalogue, text
from node.rejections import spoken
from node.views.publication import Line
from node.web import wording
from vocab import more, territory
from vocab.errors import Mistake, labelled
from vocab.model import Operator
from vocab.reference import indicators, label, scheme

_LISTS = ("typology", "building_origin", "programme")
_UNFIT = re.compile(r"[^A-Za-z0-9_]+")
_NO_VALUE = {"L": "web.missing", "M": "web.status.M"}


@dataclass(frozen=True, slots=True)
class Said:
    """A line as it is read; `before` and `after` are empty for what is not said. `lang`: of a text of the place."""

    key: str
    label: str
    before: str
    after: str
    mistakes: tuple[str, ...]
    lang: str = ""

    @property
    def is_changed(self) -> bool:
        return self.before != self.after

    @property
    def anchor(self) -> str:
        """Its key, as a part of an id."""
        return _UNFIT.sub("-", self.key)


def said(line: Line, lang: str) -> Said:
    """One line in `lang`."""
    name = named(line.key, lang)
    of_text = line.key.partition(".")[2] if line.key.startswith("summary.") else ""
    before, after = (_value(line.key, value, lang) for value in (line.before, line.after))
    return Said(line.key, name, before, after, tuple(wrong(each, name, lang) for each in line.mistakes), of_text)


def named(key: str, lang: str) -> str:
    """The label of a line; the key itself for a member that nobody named."""
    if key.partition("|")[0] in indicators():
        name, _, breakdown = key.partition("|")
        found = indicators()[name].label[lang]
        return f"{found} · {wording.part(breakdown, lang)}" if breakdown else found
    asked = more.fields().get(key)
    return asked.called(lang) if asked else catalogue().texts(lang).get(f"manage.field.{key}", key)


def wrong(mistake: Mistake, name: str, lang: str) -> str:
    """What is wrong, of a field that has a name for people."""
    return spoken(labelled(Mistake(name or mistake.field, mistake.code, mistake.params), lang), lang)


def _value(key: str, value: Any, lang: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping) and "indicator" in value:
        return figure(value, lang)
    if key == "address":
        return _address(value)
    if key == "operator":
        return _operator(Operator(**value), lang)
    if key == "hours":
        return "\n".join(f"{wording.pieces(tuple(h['days']), lang)} : {h['opens']} – {h['closes']}" for h in value)
    if key in more.fields():
        return more.shown(key, value, lang)
    if key in _LISTS:
        return ", ".join(_concept(key, code, lang) for code in value)
    if key == "status":
        return _concept(key, value, lang)
    return wording.day(value, lang) if key in ("opened", "closed") else _plain(value)


def _concept(name: str, code: str, lang: str) -> str:
    return label(name, code, lang) if code in scheme(name).codes else code


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(_plain(each) for each in value.values() if each not in (None, ""))
    return ", ".join(map(_plain, value)) if isinstance(value, list | tuple) else str(value)


def _address(value: Mapping[str, str]) -> str:
    town = value.get("locality") or territory.name_of("commune", value["commune"])
    return ", ".join(filter(None, (value.get("street"), f"{value.get('postcode', '')} {town}".strip())))


def _operator(value: Operator, lang: str) -> str:
    form = _concept("legal_form", value.legal_form, lang) if value.legal_form else ""
    number = f"SIREN {value.siren}" if value.siren else f"RNA {value.rna}" if value.rna else ""
    return ", ".join(filter(None, (value.name, form, number)))


def figure(value: Mapping[str, Any], lang: str) -> str:
    """`4 210 passages (estimé, comptage)`; what is not there is said, never 0."""
    if value["value"] is None:
        return text(lang, _NO_VALUE.get(value["status"], "web.missing"))
    rule = indicators().get(value["indicator"])
    number = Decimal(value["value"])
    shown, unit = wording.figure(rule, number, lang) if rule else (wording.number(number, lang), value["unit"])
    status = "" if value["status"] == "A" else catalogue().texts(lang).get(f"web.status.{value['status']}", "")
    method = catalogue().texts(lang).get(f"figures.method.{value['method']}", value["method"])
    about = ", ".join(dict.fromkeys(filter(None, (status, method))))
    return f"{shown} {unit}".strip() + (f" ({about})" if about else "")
