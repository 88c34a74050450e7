"""The reference of the vocabulary as pages: every indicator by theme, one indicator, one code list."""

from typing import TYPE_CHECKING, Any

from node.api.vocabulary import SCHEMES, code_list
from node.messages import text
from node.web.plain import render
from vocab.reference import Indicator, dimensions, indicators, scheme, themes, version

if TYPE_CHECKING:
    from node.context import Node


def page(node: "Node", name: str, lang: str) -> str:
    """The page of one part of `/ns/`; the ontology, the shapes and the list of indicators share one."""
    family, _, rest = name.partition("/")
    if family == "indicators" and rest:
        shown = _one(indicators()[rest], lang)
    elif family == "concepts":
        shown = _list(rest, lang)
    else:
        shown = _all(lang)
    empty: dict[str, Any] = {"themes": [], "lists": [], "facts": [], "codes": []}
    return render(node, "reference.html", lang, None, **(empty | shown | {"version": version()}))


def _all(lang: str) -> dict[str, Any]:
    found = [
        {
            "id": theme,
            "label": label[lang],
            "rows": [_row(each, lang) for each in indicators().values() if each.theme == theme],
        }
        for theme, label in themes().items()
    ]
    names = [*((name, scheme(name).label) for name in SCHEMES), *((d.id, d.label) for d in dimensions().values())]
    lists = [{"id": name, "label": label[lang]} for name, label in names]
    files = ("ontology.ttl", "shapes.ttl", "indicators.ttl", "indicators.jsonld", "v1")
    links = [{"href": "/ns/" + file, "text": file} for file in files]
    return {"title": text(lang, "ns.title"), "themes": found, "lists": lists, "links": links}


def _row(value: Indicator, lang: str) -> dict[str, str]:
    return {
        "id": value.id,
        "label": value.label[lang],
        "definition": value.definition.get(lang, ""),
        "unit": value.unit,
        "kind": text(lang, "ns.kind." + value.kind),
        "across": text(lang, "ns.across." + value.across_sites),
    }


def _one(value: Indicator, lang: str) -> dict[str, Any]:
    facts = [
        ("id", value.id, ""),
        ("definition", value.definition.get(lang, ""), ""),
        ("theme", themes()[value.theme][lang], ""),
        ("unit", value.unit, ""),
        ("kind", text(lang, "ns.kind." + value.kind), ""),
        ("across", text(lang, "ns.across." + value.across_sites), ""),
        ("periods", ", ".join(value.periods), ""),
        *(("part." + part, *_other(getattr(value, part), lang)) for part in ("numerator", "denominator", "weight")),
        *(("dimension", code_list(name).label[lang], f"/ns/concepts/{name}?lang={lang}") for name in value.dimensions),
    ]
    shown = [{"name": text(lang, "ns." + key), "value": said, "href": href} for key, said, href in facts if said]
    links = [{"href": f"/ns/indicators/{value.id}.jsonld", "text": "JSON-LD"}, _back(lang)]
    return {"title": value.label[lang], "facts": shown, "links": links}


def _other(name: str, lang: str) -> tuple[str, str]:
    """What a ratio is made of, as a link when it is an indicator."""
    if name not in indicators():
        return name, ""
    return indicators()[name].label[lang], f"/ns/indicators/{name}?lang={lang}"


def _list(name: str, lang: str) -> dict[str, Any]:
    found = code_list(name)
    codes = [
        {"code": value.code, "label": value.label[lang], "definition": value.definition.get(lang, "")}
        for value in found.codes.values()
    ]
    links = [{"href": f"/ns/concepts/{name}.{end}", "text": end} for end in ("ttl", "jsonld")]
    return {"title": found.label[lang], "codes": codes, "links": [*links, _back(lang)]}


def _back(lang: str) -> dict[str, str]:
    return {"href": f"/ns/?lang={lang}", "text": text(lang, "ns.title")}
