"""`/places`: every known place, sought by words, territory, family or programme; on a map and as a list."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from node.context import Node
from node.messages import text
from node.views import network
from node.views.network import Filter
from node.web import wording
from node.web.map import drawn
from node.web.plain import link, render
from node.web.sheet import Asked, Sheet
from node.web.shown import page_number
from node.web.site import entry_card
from vocab import territory
from vocab.reference import scheme

COLUMNS = (
    "id", "name", "kind", "connected", "status", "typology", "programme", "commune", "epci", "departement", "region",
    "street", "postcode", "locality", "lat", "lon", "website", "actor", "document", "version", "updated", "license",
)  # fmt: skip
_LONGEST = 80
_CHOICES = ("typology", "programme")


def places(node: Node, asked: Asked) -> Sheet:
    """One page of the list for people; every place that is sought in the files."""
    wanted = sought(asked.query)
    rows = network.records(node, wanted)
    data = {"filter": {name: getattr(wanted, name) for name in Filter.__slots__}, "count": len(rows), "places": rows}
    return Sheet(data, COLUMNS, rows, lambda: _html(node, asked, wanted, rows))


def sought(query: Mapping[str, str]) -> Filter:
    """The filter of a query: `q` are the words; what is no code of anything finds nothing."""
    said = {field.name: query.get(field.name, "").strip()[:_LONGEST] for field in fields(Filter)}
    said |= {"words": query.get("q", "").strip()[:_LONGEST]}
    return Filter(**(said | {"kind": said["kind"] if said["kind"] in ("description", "listing") else ""}))


def _html(node: Node, asked: Asked, wanted: Filter, rows: list[dict[str, Any]]) -> str:
    lang = asked.lang
    found = network.listed(node, wanted, page_number(asked.query))
    kept = {name: getattr(wanted, name) for name in Filter.__slots__ if name != "words"} | {"q": wanted.words}
    counts = Counter(row["departement"] for row in rows if row["departement"])
    titles = {code: f"{territory.name_of('departement', code, lang)} : {n}" for code, n in counts.items()}
    drawing = drawn({code: Decimal(n) for code, n in counts.items()}, titles, ())
    table = [
        {"code": code, "area": territory.name_of("departement", code, lang), "n": n,
         "href": link(lang, "/places", **(kept | {"departement": code}))}
        for code, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]  # fmt: skip
    return render(
        node,
        "places.html",
        lang,
        asked.query,
        found=found,
        described=[entry_card(node, entry, lang) for entry in found.entries if entry.kind == "description"],
        listings=[entry_card(node, entry, lang) for entry in found.entries if entry.kind == "listing"],
        choices=_choices(lang),
        regions=_areas("region", lang),
        departements=_areas("departement", lang),
        narrowed=_narrowed(wanted, lang),
        asked=kept,
        map_drawing=drawing,
        keys=[{"shade": k.shade, "text": _range(k.low, k.high, lang)} for k in drawing.keys],
        table=table,
        before=link(lang, "/places", **kept, page=found.page - 1) if found.page > 1 else "",
        after=link(lang, "/places", **kept, page=found.page + 1) if found.page < found.pages else "",
        files=asked.files,
    )


def _range(low: Decimal, high: Decimal, lang: str) -> str:
    return wording.counted("web.places.found", int(low), lang) if low == high else f"{low} – {high}"


def _choices(lang: str) -> list[dict[str, Any]]:
    """The families and the programmes to choose from."""
    return [
        {
            "name": name,
            "label": text(lang, f"web.places.{name}"),
            "codes": [(c.code, c.label[lang]) for c in scheme(name).codes.values() if not c.broader],
        }
        for name in _CHOICES
    ]


def _areas(level: str, lang: str) -> list[tuple[str, str]]:
    named = [(code, territory.name_of(level, code, lang)) for code in territory.area_codes(level)]
    return sorted(named, key=lambda pair: territory.fold(pair[1])) if level == "region" else named


def _narrowed(wanted: Filter, lang: str) -> str:
    """The commune or the EPCI that a link from its page asked for."""
    level = "commune" if wanted.commune else "epci" if wanted.epci else ""
    return territory.name_of(level, getattr(wanted, level), lang) if level else ""
