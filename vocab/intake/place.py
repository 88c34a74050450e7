"""`place.toml` and `place.jsonld`, as a person writes them, read into a `Place` or into what to mend."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from vocab import check, more
from vocab.build import description
from vocab.errors import Mistake
from vocab.intake import toml
from vocab.model import Address, Description, Envelope, Hours, Operator, Place
from vocab.parse import document
from vocab.terms import LICENCE_OUVERTE, PUBLIC
from vocab.units import decimal

_TOP = {
    "name": str, "typology": list, "building_origin": list, "programme": list, "opened": str, "closed": str,
    "status": str, "website": str, "summary": dict, "address": dict, "geo": dict, "operator": dict, "hours": list,
}  # fmt: skip
_INSIDE: Mapping[str, Mapping[str, type]] = {
    "summary": {"fr": str, "en": str},
    "address": {"street": str, "postcode": str, "commune": str, "locality": str},
    "geo": {"lat": str, "lon": str},
    "operator": {"name": str, "legal_form": str, "siren": str, "rna": str},
}
_SPAN: Mapping[str, type] = {"days": list, "opens": str, "closes": str}
_WORDS: Mapping[type, str] = {str: "kind.text", list: "kind.list", dict: "kind.table"}


def _keys(table: Mapping[str, Any], allowed: Mapping[str, type], where: str, found: list[Mistake]) -> dict[str, Any]:
    """The members that can be read; unknown keys and values of the wrong kind are mistakes."""
    kept = {}
    for key, value in table.items():
        field = f"{where}.{key}" if where else key
        if key not in allowed:
            found.append(check.unknown(field, "field.unknown", key, allowed))
        elif not isinstance(value, allowed[key]):
            found.append(Mistake(field, "kind.tables" if field == "hours" else _WORDS[allowed[key]]))
        elif isinstance(value, list) and field != "hours" and not all(isinstance(item, str) for item in value):
            found.append(Mistake(field, "kind.texts"))
        else:
            kept[key] = value
    return kept


def _shape(data: Mapping[str, Any], found: list[Mistake]) -> dict[str, Any]:
    """The file without what cannot be read."""
    others = {name: list if field.kind == "choices" else str for name, field in more.fields().items()}
    kept = _keys(data, {**_TOP, **others}, "", found)
    for name, allowed in _INSIDE.items():
        if isinstance(kept.get(name), dict):
            kept[name] = _keys(kept[name], allowed, name, found)
    spans = []
    for number, span in enumerate(kept.get("hours", ()), 1):
        if isinstance(span, dict):
            spans.append(_keys(span, _SPAN, f"hours[{number}]", found))
        else:
            found.append(Mistake("hours", "kind.tables", {}))
    return kept | {"hours": spans}


def _coordinate(geo: Mapping[str, str], key: str, found: list[Mistake]) -> Decimal | None:
    text = geo.get(key, "")
    if not text:
        return None
    value = decimal(text)
    if value is None:
        found.append(Mistake(f"geo.{key}", "number.bad", {"value": text}))
    return value


def _operator(data: Mapping[str, str] | None) -> Operator | None:
    if data is None:
        return None
    siren = data.get("siren", "").replace(" ", "")
    return Operator(data.get("name", "").strip(), data.get("legal_form", ""), siren, data.get("rna", "").strip())


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value.strip(),) if isinstance(value, str) else tuple(value)


def _place(data: Mapping[str, Any], iri: str, found: list[Mistake]) -> Place:
    geo, address = data.get("geo", {}), data.get("address", {})
    return Place(
        iri=iri,
        name=data.get("name", "").strip(),
        address=Address(**{"commune": "", **{key: value.strip() for key, value in address.items()}}),
        typology=tuple(data.get("typology", ())),
        building_origin=tuple(data.get("building_origin", ())),
        programme=tuple(data.get("programme", ())),
        status=data.get("status", "open"),
        opened=data.get("opened", ""),
        closed=data.get("closed", ""),
        summary={lang: text.strip() for lang, text in data.get("summary", {}).items() if text.strip()},
        lat=_coordinate(geo, "lat", found),
        lon=_coordinate(geo, "lon", found),
        operator=_operator(data.get("operator")),
        hours=tuple(
            Hours(tuple(h.get("days", ())), h.get("opens", ""), h.get("closes", "")) for h in data.get("hours", ())
        ),
        website=data.get("website", "").strip(),
        more={name: _texts(data[name]) for name in more.fields() if data.get(name)},
    )


def _still_wrong(place: Place, found: list[Mistake]) -> Iterator[Mistake]:
    """What else is wrong, leaving out what a mistake already found explains: one mistake a field."""
    said = {mistake.field for mistake in found}
    half = {"geo.lat", "geo.lon"} & said
    for mistake in check.place(place):
        above = {mistake.field, mistake.field.partition(".")[0], mistake.field.partition("[")[0]}
        if not above & said and not (mistake.field == "geo" and half):
            yield mistake


def place_toml(text: str, iri: str) -> Place | tuple[Mistake, ...]:
    """Read a `place.toml`; every mistake is reported at once."""
    data = toml.table(text, "place.toml")
    return (data,) if isinstance(data, Mistake) else place_table(data, iri)


def place_table(data: Mapping[str, Any], iri: str) -> Place | tuple[Mistake, ...]:
    """Read the table of a `place.toml`, or what a form made of it."""
    found: list[Mistake] = []
    place = _place(_shape(data, found), iri, found)
    return (*found, *_still_wrong(place, found)) or place


def place_jsonld(text: str, iri: str) -> Place | tuple[Mistake, ...]:
    """Read the place inside a Description written as JSON-LD (whole, or its `about` alone)."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        return (Mistake("place.jsonld", "json.bad", {"line": str(error.lineno), "column": str(error.colno)}),)
    except (ValueError, RecursionError):
        return (Mistake("place.jsonld", "json.bad", {"line": "1", "column": "1"}),)
    about = data.get("about", data) if isinstance(data, dict) else None
    if not isinstance(about, dict):
        return (Mistake("about", "field.missing"),)
    read = document(_wrapped(about, iri))
    return read.place if isinstance(read, Description) else read if isinstance(read, tuple) else ()


def _wrapped(about: Mapping[str, Any], iri: str) -> dict[str, Any]:
    """`about` inside an envelope, its own identifiers renamed to this node's, so that one strict reader serves."""
    old = str(about.get("id", ""))
    renamed = json.loads(json.dumps(about).replace(f'"{old}', f'"{iri}')) if old else {"id": iri, **about}
    actor = iri.removesuffix("#place")
    envelope = Envelope(
        actor + "/documents/description", actor, 1, "2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z", LICENCE_OUVERTE,
        "public", (PUBLIC,),
    )  # fmt: skip
    blank = description(Place(iri, "-", Address("")), envelope)
    return blank | {"name": renamed.get("schema:name", ""), "about": renamed}
