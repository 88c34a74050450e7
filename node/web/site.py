"""A site's home and the page of one place, wherever it was said: what is on them, in the reader's words."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from node.context import Node
from node.views import network
from node.views.place import Cell, Line, PlacePage
from node.views.place import of_actor as page_of_actor
from node.views.place import of_document as page_of_document
from node.views.place import of_place as page_of_place
from node.web import markup, wording, years
from node.web.plain import link, render
from node.web.posts import Recent, recent
from vocab import more, territory
from vocab.model import Place
from vocab.reference import label, themes
from vocab.units import canonical

_LICENCES = {"https://spdx.org/licenses/etalab-2.0": "Licence Ouverte 2.0"}
_MOST_PERIODS = 6
_NO_VALUE = {"": "web.not_public", "L": "web.missing", "M": "web.status.M"}


def home(node: Node, lang: str, query: Mapping[str, str]) -> str:
    """The places of this node."""
    entries = [entry_card(node, entry, lang) for entry in network.own(node)]
    return render(node, "site.html", lang, query, cards=entries, handle=f"@{node.config.authority}")


def of_actor(node: Node, lang: str, actor: str, query: Mapping[str, str]) -> str | None:
    return _shown(node, lang, page_of_actor(node, actor), query)


def of_document(node: Node, lang: str, document: str, query: Mapping[str, str]) -> str | None:
    return _shown(node, lang, page_of_document(node, document), query)


def of_place(node: Node, lang: str, place: str, query: Mapping[str, str]) -> str | None:
    return _shown(node, lang, page_of_place(node, place), query)


def page_link(node: Node, lang: str, entry: network.Entry) -> str:
    """Where the page of a place is on this node."""
    if entry.document.startswith(node.config.url + "/"):
        address = entry.actor if entry.kind == "description" else entry.document
        return link(lang, urlsplit(address).path)
    return link(lang, "/network/place", id=entry.place.iri)


def entry_card(node: Node, entry: network.Entry, lang: str) -> dict[str, Any]:
    """A place in a list."""
    place = entry.place
    return {
        "name": place.name,
        "href": page_link(node, lang, entry),
        "where": where(place, entry.departement, lang),
        "summary": summary(place, lang),
        "tags": [label("typology", code, lang) for code in place.typology],
        "kind": entry.kind,
        "answers": entry.answers,
        "status": "" if place.status in ("open", "unknown") else label("status", place.status, lang),
    }


def summary(place: Place, lang: str) -> str:
    """In the reader's language, else in the other one."""
    return place.summary.get(lang) or next(iter(place.summary.values()), "")


def where(place: Place, departement: str, lang: str) -> str:
    """`Guéret (Creuse)`."""
    code = place.address.commune
    town = territory.name_of("commune", code) if code else ""
    town = place.address.locality if town == code else town
    name = territory.name_of("departement", departement, lang) if departement else ""
    return f"{town} ({name})" if town and name and town != name else town or name


def _address(place: Place) -> list[str]:
    town = territory.name_of("commune", place.address.commune)
    town = place.address.locality or town
    return [part for part in (place.address.street, f"{place.address.postcode} {town}".strip()) if part]


def _areas(place: Place, lang: str) -> list[str]:
    commune = territory.commune(place.address.commune)
    if commune is None:
        return []
    named = (("epci", commune.epci), ("departement", commune.departement), ("region", commune.region))
    return [territory.name_of(level, code, lang) for level, code in named if code]


def _on_map(place: Place) -> str:
    """Where the way there is found: a map of the world that everybody can correct."""
    if place.lat is None or place.lon is None:
        return ""
    lat, lon = canonical(place.lat), canonical(place.lon)
    return f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}"


def _tags(place: Place, lang: str) -> list[tuple[str, list[str]]]:
    kinds = (("typology", place.typology), ("building_origin", place.building_origin), ("programme", place.programme))
    return [(name, [label(name, code, lang) for code in codes]) for name, codes in kinds if codes]


def _cell(line: Line, cell: Cell, lang: str) -> dict[str, Any]:
    if cell.value is None:
        said = "" if cell.computed and cell.status == "L" else cell.status  # a part of it may be kept from the public
        return {"value": "", "note": _text(lang, _NO_VALUE[said]), "missing": True, "method": ""}
    shown, _ = wording.figure(line.indicator, cell.value, lang)
    key = "" if cell.status == "A" else f"web.status.{cell.status}"
    note = _text(lang, "web.computed") if cell.computed else _text(lang, key) if key else ""
    return {"value": shown, "note": note, "missing": False, "method": wording.method(cell.method, lang)}


def _text(lang: str, key: str) -> str:
    from node.messages import catalogue

    return catalogue().texts(lang).get(key, key.rpartition(".")[2])


def _line(line: Line, lang: str, totals: Collection[str]) -> dict[str, Any]:
    """A row of the table; a part stands below its total, or says itself what it is a part of."""
    cells = [_cell(line, cell, lang) for cell in line.cells[:_MOST_PERIODS]]
    methods = dict.fromkeys(cell["method"] for cell in cells if cell["method"])
    is_part = bool(line.breakdown) and line.indicator.id in totals
    return {
        "id": line.indicator.id,
        "label": wording.part(line.breakdown, lang) if is_part else line.indicator.label[lang],
        "part": wording.part(line.breakdown, lang) if line.breakdown and not is_part else "",
        "unit": wording.figure(line.indicator, Decimal(1000), lang)[1],
        "is_part": is_part,
        "cells": cells,
        "methods": ", ".join(methods),
        "is_said": any(cell.value is not None and not cell.computed for cell in line.cells[:_MOST_PERIODS]),
        "course": years.course(line) if not is_part else None,
        "course_of": _text(lang, "public.course_of").format(label=line.indicator.label[lang]),
    }


def _tables(page: PlacePage, lang: str) -> list[dict[str, Any]]:
    order = list(themes())
    totals = {line.indicator.id for line in page.lines if not line.breakdown}
    lines = sorted(page.lines, key=lambda line: order.index(line.indicator.theme))
    return [
        {"id": theme, "label": themes()[theme][lang], "lines": [_line(line, lang, totals) for line in some]}
        for theme, some in groupby(lines, key=lambda line: line.indicator.theme)
    ]


def _shown(node: Node, lang: str, page: PlacePage | None, query: Mapping[str, str]) -> str | None:
    if page is None:
        return None
    place, here = page.place, page.actor.startswith(node.config.url + "/")
    own = here and page.kind == "description"  # what is listed is no place of ours: nobody can follow it here
    said = recent(node, lang, page.actor) if own else Recent([], [], [])
    hours = [(wording.pieces(span.days, lang), f"{span.opens} – {span.closes}") for span in place.hours]
    form = label("legal_form", place.operator.legal_form, lang) if place.operator and place.operator.legal_form else ""
    return render(
        node,
        "place.html",
        lang,
        query,
        page=page,
        place=place,
        own=own,
        here=here,
        summary=summary(place, lang),
        status="" if place.status == "unknown" else label("status", place.status, lang),
        proof="listing" if page.kind == "listing" else "own" if own else "received",
        address=_address(place),
        areas=_areas(place, lang),
        map_href=_on_map(place),
        tags=_tags(place, lang),
        hours=hours,
        legal_form=form,
        periods=page.periods[:_MOST_PERIODS],
        tables=_tables(page, lang),
        drawn=years.drawn(page.lines, lang),
        more=more.lines(place.more, lang),
        website=place.website if place.website.startswith(("https://", "http://")) else "",
        licence=_LICENCES.get(page.license, page.license),
        posts=said.groups,
        markup=markup.schema_org(place, page.actor, summary(place, lang), said.pictures, said.coming) if own else "",
        graph=markup.open_graph(place.name, page.actor, summary(place, lang), said.pictures, lang) if own else [],
        follow=link(lang, urlsplit(page.actor).path + "/follow") if own else "",
        feed=page.actor + "/feed.atom" if own else "",
        posts_href=link(lang, urlsplit(page.actor).path + "/posts"),
        json_ld=page.actor + ".jsonld" if page.kind == "description" else page.document.id,
    )
