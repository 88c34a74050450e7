"""From JSON-LD documents to values: the strict inverse of `build`.

The context is frozen, so a document has one JSON shape: anything else in it is a mistake, never a guess. That is
what makes re-shaped JSON-LD (same RDF, other keys) harmless here.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from vocab import check, more
from vocab.build import observation_iri
from vocab.contexts import CONTEXT
from vocab.errors import Mistake, VocabError
from vocab.model import (
    LANGUAGES,
    Address,
    Breakdown,
    Description,
    Envelope,
    Hours,
    Listing,
    Observation,
    Operator,
    Place,
    Report,
)
from vocab.periods import Period
from vocab.units import read_canonical

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")
_ENVELOPE = {
    "@context", "id", "type", "attributedTo", "to", "version", "published", "updated", "license", "sharing",
    "graphDigest", "proof",
}  # fmt: skip
MAX_VERSION = 2**53 - 1
REPORTS = "/figures/"  # between the address of a listing and the period of what was found about it
_IRI = re.compile(r"https?://[^\x00-\x20<>\"{}|^`\\]{1,2000}")


class _Wrong(Exception):
    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake


def _bad(field: str, code: str = "doc.bad") -> _Wrong:
    return _Wrong(Mistake(field, code))


def _node(value: object, field: str, allowed: set[str], required: tuple[str, ...] = ()) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _bad(field)
    for key in value:
        if key not in allowed:
            raise _bad(f"{field}.{key}", "doc.unexpected")
    for key in required:
        if key not in value:
            raise _bad(f"{field}.{key}", "field.missing")
    return value


def _text(node: Mapping[str, Any], key: str, field: str) -> str:
    value = node.get(key, "")
    if not isinstance(value, str) or (key in node and not value):
        raise _bad(f"{field}.{key}")
    return value


def _texts(node: Mapping[str, Any], key: str, field: str) -> tuple[str, ...]:
    value = node.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or (key in node and not value):
        raise _bad(f"{field}.{key}")
    return tuple(value)


def _code(iri: str, scheme: str, field: str) -> str:
    prefix = f"tlc:{scheme}/"
    if iri and not iri.startswith(prefix):
        raise _bad(field)
    return iri.removeprefix(prefix)


def _codes(node: Mapping[str, Any], key: str, scheme: str, field: str) -> tuple[str, ...]:
    return tuple(_code(iri, scheme, f"{field}.{key}") for iri in _texts(node, key, field))


def _typed(node: Mapping[str, Any], kind: str, iri: str, field: str) -> None:
    if node.get("type") != kind or node.get("id") != iri:
        raise _bad(f"{field}.id")


def _number(node: Mapping[str, Any], key: str, field: str) -> Decimal:
    value = read_canonical(_text(node, key, field))
    if value is None:
        raise _bad(f"{field}.{key}", "doc.number")
    return value


def _time(doc: Mapping[str, Any], key: str) -> str:
    text = _text(doc, key, "document")
    try:
        good = bool(_TIME.fullmatch(text)) and bool(datetime.fromisoformat(text))
    except ValueError:
        good = False
    if not good:
        raise _bad(key)
    return text


def _iri(doc: Mapping[str, Any], key: str) -> str:
    text = _text(doc, key, "document")
    if not _IRI.fullmatch(text):
        raise _bad(key, "iri.bad")
    return text


def _envelope(doc: Mapping[str, Any]) -> Envelope:
    if doc.get("@context") != CONTEXT:
        raise _bad("@context", "doc.context")
    version = doc.get("version")
    if type(version) is not int or not 1 <= version <= MAX_VERSION:
        raise _bad("version")
    sharing = _text(doc, "sharing", "document")
    if sharing not in check.SHARING or sharing == "private":
        raise _bad("sharing")
    to = _texts(doc, "to", "document")
    if not all(map(_IRI.fullmatch, to)):
        raise _bad("to", "iri.bad")
    return Envelope(
        id=_iri(doc, "id"),
        actor=_iri(doc, "attributedTo"),
        version=version,
        published=_time(doc, "published"),
        updated=_time(doc, "updated"),
        license=_iri(doc, "license"),
        sharing=sharing,
        to=to,
    )


def _summary(node: Mapping[str, Any]) -> dict[str, str]:
    if "description" not in node:
        return {}
    summary = _node(node["description"], "description", set(LANGUAGES))
    if not summary:
        raise _bad("description")
    return {lang: _text(summary, lang, "description") for lang in summary}


def _address(place: Mapping[str, Any], iri: str) -> Address:
    keys = {
        "id",
        "type",
        "schema:streetAddress",
        "schema:postalCode",
        "schema:addressLocality",
        "schema:addressCountry",
    }
    node = _node(place.get("address"), "address", keys, ("id", "type"))
    _typed(node, "schema:PostalAddress", iri + "-address", "address")
    return Address(
        commune=_text(place, "commune", "about"),
        street=_text(node, "schema:streetAddress", "address"),
        postcode=_text(node, "schema:postalCode", "address"),
        locality=_text(node, "schema:addressLocality", "address"),
    )


def _operator(place: Mapping[str, Any], iri: str) -> Operator | None:
    if "operator" not in place:
        return None
    keys = {"id", "type", "schema:name", "legalForm", "tl:siren", "tl:rna"}
    node = _node(place["operator"], "operator", keys, ("id", "type"))
    operator = Operator(
        name=_text(node, "schema:name", "operator"),
        legal_form=_code(_text(node, "legalForm", "operator"), "legal_form", "operator.legalForm"),
        siren=_text(node, "tl:siren", "operator"),
        rna=_text(node, "tl:rna", "operator"),
    )
    _typed(node, "schema:Organization", operator.iri or iri + "-operator", "operator")
    return operator


def _geo(place: Mapping[str, Any], iri: str) -> tuple[Decimal | None, Decimal | None]:
    if "geo" not in place:
        return None, None
    node = _node(place["geo"], "geo", {"id", "type", "schema:latitude", "schema:longitude"})
    _typed(node, "schema:GeoCoordinates", iri + "-geo", "geo")
    return _number(node, "schema:latitude", "geo"), _number(node, "schema:longitude", "geo")


def _hours(place: Mapping[str, Any], iri: str) -> tuple[Hours, ...]:
    spans = []
    listed = place.get("hours", [])
    if not isinstance(listed, list):
        raise _bad("hours")
    for number, entry in enumerate(listed, 1):
        node = _node(entry, "hours", {"id", "type", "schema:dayOfWeek", "schema:opens", "schema:closes"})
        _typed(node, "schema:OpeningHoursSpecification", f"{iri}-hours-{number}", "hours")
        times = (_text(node, "schema:opens", "hours"), _text(node, "schema:closes", "hours"))
        spans.append(Hours(_texts(node, "schema:dayOfWeek", "hours"), *times))
    return tuple(spans)


_PLACE = {
    "id", "type", "schema:name", "description", "typology", "buildingOrigin", "programme", "status",
    "tl:opened", "tl:closed", "commune", "address", "geo", "operator", "hours", "schema:url",
}  # fmt: skip


def _place(value: object) -> Place:
    node = _node(value, "about", _PLACE | more.terms(), ("id", "type", "schema:name", "status"))
    iri = _text(node, "id", "about")
    _typed(node, "TiersLieu", iri, "about")
    lat, lon = _geo(node, iri)
    others = more.from_jsonld(node)
    if isinstance(others, str):
        raise _bad(f"about.{others}")
    return Place(
        iri=iri,
        name=_text(node, "schema:name", "about"),
        address=_address(node, iri),
        typology=_codes(node, "typology", "typology", "about"),
        building_origin=_codes(node, "buildingOrigin", "building_origin", "about"),
        programme=_codes(node, "programme", "programme", "about"),
        status=_code(_text(node, "status", "about"), "status", "about.status"),
        opened=_text(node, "tl:opened", "about"),
        closed=_text(node, "tl:closed", "about"),
        summary=_summary(node),
        lat=lat,
        lon=lon,
        operator=_operator(node, iri),
        hours=_hours(node, iri),
        website=_text(node, "schema:url", "about"),
        more=others,
    )


def _breakdown(node: Mapping[str, Any], field: str) -> Breakdown:
    pairs = []
    for iri in _texts(node, "breakdown", field):
        dimension, slash, code = iri.removeprefix("tlc:").partition("/")
        if not iri.startswith("tlc:") or not slash:
            raise _bad(f"{field}.breakdown")
        pairs.append((dimension, unquote(code)))
    return tuple(pairs)


_OBSERVATION = {
    "id", "type", "place", "indicator", "period", "value", "unit", "obsStatus", "confStatus", "method", "breakdown",
}  # fmt: skip


def _observation(value: object, field: str, document: str, place: str, period: str) -> Observation:
    required = ("id", "type", "place", "indicator", "period", "unit", "obsStatus", "confStatus")
    node = _node(value, field, _OBSERVATION, required)
    if node["place"] != place or node["period"] != period:
        raise _bad(f"{field}.place")
    indicator = _text(node, "indicator", field)
    if not indicator.startswith("tli:"):
        raise _bad(f"{field}.indicator")
    read = Observation(
        indicator=indicator.removeprefix("tli:"),
        period=period,
        value=_number(node, "value", field) if "value" in node else None,
        unit=_text(node, "unit", field),
        status=_text(node, "obsStatus", field),
        conf=_text(node, "confStatus", field),
        method=_text(node, "method", field),
        breakdown=_breakdown(node, field),
    )
    _typed(node, "Observation", observation_iri(document, read.indicator, read.breakdown), field)
    return read


def _description(doc: Mapping[str, Any], envelope: Envelope) -> Description | tuple[Mistake, ...]:
    _node(doc, "document", _ENVELOPE | {"name", "about"}, ("name", "about"))
    place = _place(doc["about"])
    if place.iri != envelope.actor + "#place":
        raise _bad("about.id", "doc.other_place")
    if doc["name"] != place.name:
        raise _bad("name")
    return check.place(place) or Description(envelope, place)


def _report(doc: Mapping[str, Any], envelope: Envelope) -> Report | tuple[Mistake, ...]:
    needed = ("about", "period", "observations")
    _node(doc, "document", _ENVELOPE | {*needed, "schema:isBasedOn"}, needed)
    place, period = _text(doc, "about", "document"), _text(doc, "period", "document")
    source = _text(doc, "schema:isBasedOn", "document")
    if place != (_listed(envelope) if source else envelope.actor) + "#place":
        raise _bad("about", "doc.other_place")
    try:
        Period.parse(period)
    except VocabError:
        raise _bad("period", "period.bad") from None
    listed = doc["observations"]
    if not isinstance(listed, list) or len(listed) > check.MAX_OBSERVATIONS:
        raise _bad("observations")
    fields = [f"observations[{number}]" for number in range(1, len(listed) + 1)]
    pairs = zip(fields, listed, strict=True)
    read = tuple(_observation(value, field, envelope.id, place, period) for field, value in pairs)
    return check.observations(read, fields) or Report(envelope, place, period, read, source)


def _listed(envelope: Envelope) -> str:
    """The listing below which a report stands: figures found elsewhere are about a place of the actor's own list."""
    listing, found, _ = envelope.id.rpartition(REPORTS)
    if not found or envelope.sharing != "public" or listing == envelope.actor:
        raise _bad("about", "doc.other_place")
    return listing


def _listing(doc: Mapping[str, Any], envelope: Envelope) -> Listing | tuple[Mistake, ...]:
    extra = ("name", "about", "schema:isBasedOn", "tl:rowId", "tl:rowDigest")
    _node(doc, "document", _ENVELOPE | set(extra), extra)
    place = _place(doc["about"])
    if place.iri != envelope.id + "#place" or doc["name"] != place.name:
        raise _bad("about.id", "doc.other_place")
    mistakes = tuple(m for m in check.place(place) if (m.field, m.code) != ("typology", "field.missing"))
    origin = (_text(doc, key, "document") for key in extra[2:])
    return mistakes or Listing(envelope, place, *origin)


_READERS: dict[str, Any] = {"Description": _description, "Report": _report, "Listing": _listing}


def kind_of(doc: Mapping[str, Any]) -> str:
    """`Description`, `Report` or `Listing`; `""` for anything else."""
    types = doc.get("type")
    if not isinstance(types, list) or len(types) != 2 or types[0] != "Document":
        return ""
    return types[1] if isinstance(types[1], str) and types[1] in _READERS else ""


def document(doc: Mapping[str, Any]) -> Description | Report | Listing | tuple[Mistake, ...]:
    """The values of a document, or everything that is wrong with it. Never raises."""
    kind = kind_of(doc)
    if not kind:
        return (Mistake("type", "doc.type"),)
    try:
        read: Description | Report | Listing | tuple[Mistake, ...] = _READERS[kind](doc, _envelope(doc))
    except _Wrong as wrong:
        return (wrong.mistake,)
    return read
