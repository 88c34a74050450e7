"""The profile `gogocarto`: elements of a GoGoCarto map, or of Communecter, with their taxonomy. Pure.

Elements stand under `data` or `elements`, in a list, or by identifier under `entities`. Their categories are names, or
numbers that the file's own `taxonomy` names. E-mails and telephones are left where they are. Attributes that begin with
`tl_` are the vocabulary's own fields, as an export of ours writes them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from node.importers import days
from node.importers.attached import PREFIX, cells_of, fields_in
from node.importers.candidate import Said
from node.importers.drawing import Sketch, address_id, drawn, name_id
from node.importers.file import File, all_words, is_yes, json_of, member, words
from node.importers.refused import FileRefused

SOURCE = "gogocarto"
_DEPTH = 12
_LEFT_OUT = frozenset({"email", "telephone", "phone", "mail", "createdAt", "updatedAt", "updated", "stamps", "links"})


def read(file: File) -> Iterator[Said]:
    """The places of a map. Raises `FileRefused`."""
    data = json_of(file)
    elements = _elements(data)
    if elements is None:
        raise FileRefused("shape", profile=file.profile, wanted="data, elements, entities")
    if not elements:
        raise FileRefused("empty")
    names = _taxonomy(member(data, "taxonomy"))
    source = file.titled("GoGoCarto")
    return drawn(_sketch(n, key, each, names, source) for n, (key, each) in enumerate(elements, 1))


def _elements(data: object) -> list[tuple[str, dict[str, Any]]] | None:
    found = next((member(data, key) for key in ("data", "elements", "entities") if member(data, key) is not None), data)
    if isinstance(found, dict) and found is not data:
        return [(str(key), each) for key, each in found.items() if isinstance(each, dict)]
    return [("", each) for each in found if isinstance(each, dict)] if isinstance(found, list) else None


def _taxonomy(node: object, depth: int = 0) -> dict[str, str]:
    """The name of each option by its identifier, through categories and suboptions."""
    found: dict[str, str] = {}
    if depth > _DEPTH:
        return found
    for each in node if isinstance(node, list) else [node]:
        if isinstance(each, dict):
            name, key = words(each.get("name")), words(each.get("id"))
            found |= {key: name} if name and key else {}
            for inside in ("options", "suboptions", "subcategories", "categories", "children"):
                found |= _taxonomy(each[inside], depth + 1) if inside in each else {}
    return found


def _categories(element: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The categories in words, full ones first; tags say more where there are no categories."""
    listed = element.get("categoriesFull")
    full = [words(member(each, "name")) for each in (listed if isinstance(listed, list) else ())]
    plain = [name for key in ("categories", "taxonomy", "optionValues") for name in all_words(element.get(key))]
    said = [*filter(None, full), *(names.get(name, name) for name in plain)] or all_words(element.get("tags"))
    return " | ".join(dict.fromkeys(name for name in said if not name.isdecimal()))


def _sketch(row: int, key: str, element: Mapping[str, Any], names: Mapping[str, str], source: str) -> Sketch:
    address = element.get("address")
    address = address if isinstance(address, dict) else {"streetAddress": words(address)}
    name = words(element.get("name")) or words(element.get("title"))
    urls = element.get("url")
    fields = {
        "name": name,
        "typology": _categories(element, names),
        "street": words(address.get("streetAddress")),
        "postcode": words(address.get("postalCode")),
        "locality": words(address.get("addressLocality")),
        "commune": words(address.get("codeInsee")),
        "lat": _coordinate(element, "latitude", "lat"),
        "lon": _coordinate(element, "longitude", "lng", "lon", "long"),
        "summary_fr": next(filter(None, (words(element.get(key)) for key in
            ("description", "abstract", "shortDescription", "descriptionMore", "longDescription"))), ""),
        "hours": _hours(element.get("openHours")),
        "website": words(element.get("website")) or words(member(urls, "website")) or words(urls),
    } | fields_in(element)  # fmt: skip
    content = {key: value for key, value in element.items() if key not in _LEFT_OUT}
    told = words(element.get(PREFIX + "source")) or " – ".join(filter(None, (source, words(element.get("sourceKey")))))
    row_id = address_id(words(element.get("id")) or key) or name_id(name, fields["postcode"] or fields["locality"])
    country = words(address.get("addressCountry"))
    cells, published = cells_of(element.get(PREFIX + "figures")), is_yes(words(element.get(PREFIX + "published")))
    return Sketch(row, row_id, fields, content, told, cells, published, country=country)


def _coordinate(element: Mapping[str, Any], *names: str) -> str:
    return next(
        (text for where in (member(element, "geo"), element) for name in names if (text := words(member(where, name)))),
        "",
    )


def _hours(spans: object) -> str:
    """`{"Mo": "09:00-12:00, 14:00-18:00"}` as one text."""
    if not isinstance(spans, dict):
        return ""
    each = ((days.day(str(name)), words(value)) for name, value in spans.items())
    return "; ".join(f"{day} {part.strip()}" for day, value in each if day and value for part in value.split(","))
