"""The profile `schema`: places as schema.org JSON-LD, in a list, under `@graph`, or alone. Pure.

Read by the names of schema.org, whatever their prefix; no context is fetched. `telephone` and `email` are left where
they are. What schema.org has no word for stands in `additionalProperty`, under names of the vocabulary, and figures are
`Observation`s about a place, as an export of ours writes them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from node.importers import days
from node.importers.candidate import Said
from node.importers.drawing import FIELDS, Sketch, address_id, drawn, name_id
from node.importers.figures import Cell
from node.importers.file import File, all_words, is_yes, json_of, words
from node.importers.refused import FileRefused
from vocab.model import breakdown_of
from vocab.terms import INDICATOR, TL

SOURCE = "schema"
PLACES = frozenset({
    "Place", "LocalBusiness", "CivicStructure", "TiersLieu", "Library", "ProfessionalService", "CoworkingSpace",
    "CafeOrCoffeeShop", "Store", "PerformingArtsTheater", "EventVenue", "MusicVenue", "Museum", "ArtGallery",
    "FoodEstablishment", "GovernmentBuilding", "CommunityCenter", "RecyclingCenter",
})  # fmt: skip
_DEPTH = 8
_LEFT_OUT = frozenset({"telephone", "email", "faxNumber", "contactPoint", "employee", "dateModified"})
_PREFIXES = ("schema:", "https://schema.org/", "http://schema.org/")
Node = Mapping[str, Any]


def read(file: File) -> Iterator[Said]:
    """The places of a document. Raises `FileRefused`."""
    nodes = [_plain(node) for node in _nodes(json_of(file))]
    places = [node for node in nodes if _types(node) & PLACES]
    if not places:
        raise FileRefused("shape", profile=file.profile, wanted=", ".join(sorted(PLACES)[:3]))
    figures: dict[str, list[Cell]] = {}
    for node in nodes:
        if "Observation" in _types(node):
            figures.setdefault(_id(node.get("observationAbout")), []).append(_cell(node))
    source = file.titled("schema.org")
    return drawn(_sketch(n, node, figures.get(_id(node), []), source) for n, node in enumerate(places, 1))


def _local(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _plain(node: Node) -> dict[str, Any]:
    return {_local(key): value for key, value in node.items()}


def _nodes(data: object, depth: int = 0) -> Iterator[Node]:
    """Every node, through lists, graphs and lists of items."""
    if depth > _DEPTH:
        return
    if isinstance(data, list):
        for each in data:
            yield from _nodes(each, depth + 1)
    elif isinstance(data, dict):
        yield data
        for key, value in data.items():
            if _local(key) in ("@graph", "itemListElement", "item", "mainEntity", "location", "containsPlace"):
                yield from _nodes(value, depth + 1)


def _types(node: Node) -> set[str]:
    named = (name.rpartition("#")[2] for name in all_words(node.get("@type") or node.get("type")))
    return {_local(name).rpartition(":")[2] for name in named}


def _id(node: object) -> str:
    return words(node.get("@id") or node.get("id")) if isinstance(node, dict) else words(node)


def _text(value: object, lang: str = "fr") -> str:
    """A text, in one language where it is given in several; what has no language is French."""
    if isinstance(value, list):
        return next(filter(None, (_text(each, lang) for each in value)), "")
    if isinstance(value, dict):
        if "@value" in value:
            return words(value["@value"]) if str(value.get("@language") or "fr").startswith(lang) else ""
        return words(value.get(lang)) or words(value.get("name"))
    return words(value) if lang == "fr" else ""


def _inside(node: Node, name: str) -> dict[str, Any]:
    value = node.get(name)
    value = value[0] if isinstance(value, list) and value else value
    return _plain(value) if isinstance(value, dict) else {}


def _properties(node: Node) -> dict[str, str]:
    """The vocabulary's own fields."""
    listed = node.get("additionalProperty")
    found = {}
    for each in listed if isinstance(listed, list) else [listed]:
        if isinstance(each, dict):
            said = _plain(each)
            found[words(said.get("propertyID")).removeprefix(TL)] = words(said.get("value"))
    return found


def _sketch(row: int, node: Node, cells: list[Cell], source: str) -> Sketch:
    address, more = _inside(node, "address"), _properties(node)
    geo = _inside(node, "geo") or dict(node)
    name = _text(node.get("name")) or _text(node.get("name"), "en")
    fields = {
        "name": name,
        "typology": " | ".join(all_words(node.get("additionalType")) + all_words(node.get("keywords"))),
        "street": _text(address.get("streetAddress")) or words(node.get("address")),
        "postcode": words(address.get("postalCode")),
        "locality": _text(address.get("addressLocality")),
        "lat": words(geo.get("latitude")),
        "lon": words(geo.get("longitude")),
        "summary_fr": _text(node.get("description")),
        "summary_en": _text(node.get("description"), "en"),
        "opened": words(node.get("foundingDate")),
        "operator": _text(_inside(node, "parentOrganization").get("name")),
        "hours": _hours(node),
        "website": words(node.get("url")),
    } | {key: value for key, value in more.items() if key in FIELDS}
    given = words(node.get("identifier")) or _id(node) or words(node.get("url"))
    return Sketch(
        row,
        address_id(given) or name_id(name, fields["postcode"] or fields["locality"]),
        fields,
        [{key: value for key, value in node.items() if key not in _LEFT_OUT}, [cell.text for cell in cells]],
        _text(node.get("isBasedOn")) or source,
        tuple(cells),
        is_yes(more.get("published", "")),
        country=_text(address.get("addressCountry")),
    )


def _hours(node: Node) -> str:
    listed = node.get("openingHoursSpecification")
    found = all_words(node.get("openingHours"))
    for each in listed if isinstance(listed, list) else [listed]:
        if isinstance(each, dict):
            span = _plain(each)
            named = ",".join(days.day(name) or name for name in all_words(span.get("dayOfWeek")))
            found.append(f"{named} {words(span.get('opens'))}-{words(span.get('closes'))}")
    return "; ".join(found)


def _cell(node: Node) -> Cell:
    more = _properties(node)
    return Cell(
        _id(node.get("variableMeasured")).removeprefix(INDICATOR),
        words(node.get("observationDate")),
        words(node.get("value")),
        more.get("obsStatus", ""),
        words(node.get("measurementMethod")),
        more.get("confStatus", ""),
        breakdown_of(more.get("breakdown", "")),
    )
