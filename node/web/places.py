"""`/places`: the known places on a map and in a list; those that describe themselves, then those that are listed."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any

from node.context import Node
from node.messages import text
from node.views import network
from node.views import places as view
from node.views.places import COLUMNS, KINDS, Known, Wanted
from node.web import wording
from node.web.map import Map, drawn
from node.web.plain import link, render
from node.web.sheet import Asked, Sheet, Wrong
from node.web.site import entry_card
from vocab import territory
from vocab.reference import label, scheme

_LONGEST = 80
_MOST_DOTS = 300
_MOST_CHOICES = 250  # territories in one menu


def places(node: Node, asked: Asked) -> Sheet | Wrong:
    """The page, and files of all the matching places, whatever the page."""
    wanted = _wanted(asked)
    if isinstance(wanted, Wrong):
        return wanted
    page = asked.query.get("page", "1")
    if not (page.isdecimal() and page.isascii() and len(page) < 6):
        return _wrong(asked.lang, "page", page)
    found = view.found(node, wanted)
    rows = view.records(node, found) if asked.kind != "html" else []
    data = {"asked": wanted.to_json(), "count": len(found), "kinds": _kinds(found), "places": rows}
    return Sheet(data, COLUMNS, rows, lambda: _html(node, asked, wanted, found, int(page)))


def _kinds(found: Sequence[Known]) -> dict[str, int]:
    return {kind: sum(place.kind == kind for place in found) for kind in KINDS}


def _wrong(lang: str, name: str, value: str) -> Wrong:
    return Wrong(text(lang, "places.wrong"), text(lang, f"places.wrong.{name}", value=value[:_LONGEST]))


def _is_known(name: str, code: str) -> bool:
    if name == "kind":
        return code in KINDS
    if name in ("typology", "programme"):
        return code in scheme(name).codes
    return territory.commune(code) is not None if name == "commune" else code in territory.area_codes(name)


def _wanted(asked: Asked) -> Wanted | Wrong:
    """The question, or the first member of it that names nothing. A former commune stands for the present one."""
    values = {field.name: asked.query.get(field.name, "").strip() for field in fields(Wanted)}
    if values["commune"] and (now := territory.resolve(values["commune"]).commune):
        values["commune"] = now.code
    for name, value in values.items():
        if name != "q" and value and not _is_known(name, value):
            return _wrong(asked.lang, name, value)
    return Wanted(**values | {"q": values["q"][:_LONGEST]})


def _html(node: Node, asked: Asked, wanted: Wanted, found: Sequence[Known], page: int) -> str:
    here = view.page_of(node, found, page)
    kinds, kept = _kinds(found), wanted.to_json()
    drawing, table = _map(found, wanted, asked.lang)
    turn = partial(link, asked.lang, "/places", **kept)
    return render(
        node,
        "places.html",
        asked.lang,
        asked.query,
        wanted=wanted,
        count=len(found),
        groups=[
            {"kind": kind, "count": kinds[kind], "cards": _cards(node, here.entries, kind, asked.lang)}
            for kind in KINDS
            if any(entry.kind == kind for entry in here.entries)
        ],
        menus=_menus(node, wanted, asked.lang),
        map_drawing=drawing,
        map_url=lambda path: _within(path.rpartition("/")[2], wanted, asked.lang),
        table=table,
        page=here.page,
        pages=here.pages,
        before=turn(page=here.page - 1) if here.page > 1 else "",
        after=turn(page=here.page + 1) if here.page < here.pages else "",
        files=asked.files,
        filtered=bool(kept),
    )


def _cards(node: Node, here: Sequence[network.Entry], kind: str, lang: str) -> list[dict[str, Any]]:
    return [entry_card(node, entry, lang) for entry in here if entry.kind == kind]


def _map(found: Sequence[Known], wanted: Wanted, lang: str) -> tuple[Map, list[dict[str, str]]]:
    """The places by département; a dot each where they are few enough, else for those that describe themselves."""
    counts = view.by_departement(found)
    names = {code: territory.name_of("departement", code, lang) for code in counts}
    dots = found if len(found) <= _MOST_DOTS else [place for place in found if place.kind == "description"]
    placed = [
        (p.lon, p.lat, p.departement, p.name) for p in dots[:_MOST_DOTS] if p.lon is not None and p.lat is not None
    ]
    is_part = any(getattr(wanted, level) for level in view.LEVELS)
    drawing = drawn(
        counts, {code: f"{names[code]} : {n}" for code, n in counts.items()}, placed, counts if is_part else ()
    )
    table = [
        {
            "code": code,
            "name": names[code],
            "n": wording.number(n, lang),
            "href": _within(code, wanted, lang),
        }
        for code, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return drawing, table


def _within(departement: str, wanted: Wanted, lang: str) -> str:
    """The same question, asked of one département."""
    return link(lang, "/places", **wanted.to_json() | {"departement": departement})


def _menus(node: Node, wanted: Wanted, lang: str) -> list[dict[str, Any]]:
    """The choices of each list of codes; EPCI and communes once there are few enough of them to choose from."""
    menus = [_menu(name, {code: label(name, code, lang) for code in scheme(name).codes}, wanted) for name in _SCHEMES]
    menus += [
        _menu(level, _named(level, territory.area_codes(level), lang), wanted) for level in ("region", "departement")
    ]
    for level in ("epci", "commune"):
        codes = view.areas_of(node, replace(wanted, **{level: ""}), level)
        if 0 < len(codes) <= _MOST_CHOICES:
            menus.append(_menu(level, _named(level, codes, lang), wanted))
    return menus


_SCHEMES = ("typology", "programme")


def _named(level: str, codes: Sequence[str], lang: str) -> dict[str, str]:
    names = {code: territory.name_of(level, code, lang) for code in codes}
    if level == "departement":
        return {code: f"{code} – {name}" for code, name in names.items()}
    return dict(sorted(names.items(), key=lambda pair: territory.fold(pair[1])))


def _menu(name: str, choices: Mapping[str, str], wanted: Wanted) -> dict[str, Any]:
    return {"name": name, "choices": choices, "chosen": getattr(wanted, name)}
