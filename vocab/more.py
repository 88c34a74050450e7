"""Properties of a place that the shapes have and no code knows by name: asked, checked, said and read as they say.

A value is a text, or several; on the wire it is a concept, a typed literal or a plain one, by the kind of its field.
Properties with properties of their own, or one text a language, still need code.
"""

import dataclasses
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from vocab.errors import Mistake
from vocab.forms import Field, form
from vocab.model import Place
from vocab.reference import scheme
from vocab.terms import SCHEMA, TL
from vocab.units import canonical, decimal

Said = Mapping[str, tuple[str, ...]]
_BY_NAME = {"geo", "address.commune", *(each.name for each in dataclasses.fields(Place))}
_NEEDS_CODE = ("node", "rows", "texts", "commune")
_TYPES = {"whole": "xsd:integer", "number": "xsd:decimal", "flag": "xsd:boolean"}
_PREFIXES = {TL: "tl:", SCHEMA: "schema:"}
_LONGEST, _MOST = 2_000, 50


@cache
def fields() -> Mapping[str, Field]:
    """Those properties by the name of their field, in the order of the form."""
    asked = (each for group in form() for each in group.fields)
    return MappingProxyType({f.name: f for f in asked if f.name not in _BY_NAME and f.kind not in _NEEDS_CODE})


def term(field: Field) -> str:
    """What the property is called in a document: `tl:benches`."""
    for namespace, prefix in _PREFIXES.items():
        if field.path.startswith(namespace):
            return prefix + field.path.removeprefix(namespace)
    return field.path


def check(said: Said) -> list[Mistake]:
    """Everything to mend, as the constraints of the shapes say it."""
    found = [Mistake(name, "field.missing") for name, f in fields().items() if f.required and not said.get(name)]
    for name, values in said.items():
        field = fields().get(name)
        if field is None:
            found.append(Mistake(name, "field.unknown"))
        elif not all(_is_good(field, value) for value in values) or len(values) > _MOST:
            found.append(Mistake(name, "shape", dict(field.message)))
    return found


def _is_good(field: Field, value: str) -> bool:
    if field.scheme:
        return value in scheme(field.scheme).codes
    if field.codes:
        return value in {choice.code for choice in field.codes}
    if field.kind in ("whole", "number"):
        return _is_number(field, value)
    if field.kind == "flag":
        return value in ("true", "false")
    fits = field.shortest <= len(value) <= (field.longest or _LONGEST)
    return fits and bool(re.search(field.pattern, value)) if field.pattern else fits


def _is_number(field: Field, value: str) -> bool:
    read = decimal(value)
    if read is None or canonical(read) != value or (field.kind == "whole" and read != int(read)):
        return False
    return not (field.least and read < Decimal(field.least)) and not (field.most and read > Decimal(field.most))


def shown(name: str, values: tuple[str, ...], lang: str) -> str:
    """What is said, as people read it."""
    words = {choice.code: choice.label[lang] for choice in fields()[name].every_choice()}
    return ", ".join(words.get(value, value) for value in values)


def lines(said: Said, lang: str) -> list[tuple[str, str]]:
    """(label, value) of each, as people read them."""
    return [(f.called(lang), shown(name, said[name], lang)) for name, f in fields().items() if said.get(name)]


def to_jsonld(said: Said) -> dict[str, Any]:
    """The members of a document."""
    made: dict[str, Any] = {}
    for name, field in fields().items():
        values = [_object(field, value) for value in said.get(name, ())]
        if values:
            made[term(field)] = values if field.kind == "choices" else values[0]
    return made


def _object(field: Field, value: str) -> Any:
    if field.scheme:
        return {"id": f"tlc:{field.scheme}/{value}"}
    return {"@value": value, "type": _TYPES[field.kind]} if field.kind in _TYPES else value


def terms() -> set[str]:
    """What these members are called."""
    return {term(field) for field in fields().values()}


def from_jsonld(node: Mapping[str, Any]) -> dict[str, tuple[str, ...]] | str:
    """The inverse of `to_jsonld`; the name of a member that has not its one form."""
    said: dict[str, tuple[str, ...]] = {}
    for name, field in fields().items():
        value = node.get(term(field))
        if value is None:
            continue
        given = value if isinstance(value, list) else [value]
        said[name] = tuple(map(_text, given))
        if to_jsonld({name: said[name]}) != {term(field): value}:
            return term(field)
    return said


def _text(value: object) -> str:
    if isinstance(value, dict):
        value = value["@value"] if "@value" in value else str(value.get("id", "")).rpartition("/")[2]
    return value if isinstance(value, str) else ""
