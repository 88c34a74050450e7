"""`/territories` and `/territories/CODE`: a commune, an EPCI, a département, a region: its places and its totals."""

from typing import Any

from node.context import Node
from node.messages import text
from node.views import network, places
from node.views.areas import area_name, division_name
from node.views.territory import Area, TerritoryPage, areas_of, known_in, territory_page
from node.web.plain import link, render
from node.web.sheet import Asked, Sheet
from node.web.shown import chosen_year, territory_link, total
from node.web.site import entry_card
from vocab import territory

COLUMNS = (
    "level", "code", "name", "indicator", "period", "value", "unit", "obsStatus", "confStatus", "n_operators",
    "n_reporting", "n_connected", "n_known", "coverage", "coverage_known", "methods", "restricted_left_out",
)  # fmt: skip
FOUND = ("level", "code", "name", "population")


def territories(node: Node, asked: Asked) -> Sheet:
    """Search by name; regions and départements. The files hold what was found, else every region and département."""
    words = asked.query.get("q", "").strip()[:80]
    found = [*areas_of(words.upper()), *(Area(level, code) for level, code in territory.search(words))]
    listed = (
        found
        if words
        else [Area(level, code) for level in ("region", "departement") for code in territory.area_codes(level)]
    )
    rows = [_about(area) | {"population": territory.population(area.level, area.code)} for area in listed]
    return Sheet({"q": words, "territories": rows}, FOUND, rows, lambda: _index(node, asked, words, found))


def _about(area: Area) -> dict[str, Any]:
    return {"level": area.level, "code": area.code, "name": territory.name_of(area.level, area.code)}


def _named(area: Area, lang: str) -> dict[str, str]:
    name = territory.name_of(area.level, area.code, lang)
    level = text(lang, f"web.by.{area.level}")
    return {"name": name, "code": area.code, "level": level, "href": territory_link(lang, area.level, area.code)}


def _index(node: Node, asked: Asked, words: str, found: list[Area]) -> str:
    groups = [
        (level, [_named(Area(level, code), asked.lang) for code in territory.area_codes(level)])
        for level in ("region", "departement")
    ]
    shown = [_named(area, asked.lang) for area in found]
    return render(
        node, "territories.html", asked.lang, asked.query, q=words, found=shown, groups=groups, files=asked.files
    )


def of_code(node: Node, asked: Asked) -> Sheet | None:
    """A territory by its code of today or of the past; `?level=` tells a region from the département of its number."""
    code = asked.path["code"].upper()
    named = areas_of(code)
    area = next((each for each in named if each.level == asked.query.get("level")), named[0] if named else None)
    if area is None:
        return None
    period, years = chosen_year(node, asked.query, network.HEADLINES)
    page = territory_page(node, area, period)
    rows = [_about(area) | row.to_json() for row in page.totals]
    data = _about(area) | {
        "written": code,
        "period": period,
        "population": page.population,
        "within": [_about(each) for each in page.parents],
        "across": [_about(each) for each in page.across],
        "layers": {layer.name: {"class": page.classes.get(layer.name), "source": layer.source, "date": layer.date}
                   for layer in page.layers} if page.classes else {},
        "townsize": page.classes.get("townsize"),
        "places": places.records(node, known_in(node, area)) if asked.kind == "json" else [],
        "below": [_about(c.area) | {"described": c.described, "listed": c.listed} for c in page.children],
        "totals": rows,
    }  # fmt: skip
    return Sheet(data, COLUMNS, rows, lambda: _html(node, asked, page, code, years))


def _html(node: Node, asked: Asked, page: TerritoryPage, written: str, years: tuple[str, ...]) -> str:
    lang, area = asked.lang, page.area
    count, *headlines = page.totals or (None,)
    cards = [total(row, lang) for row in headlines]
    entries = page.entries.entries
    return render(
        node,
        "territory.html",
        lang,
        asked.query,
        area=_named(area, lang),
        level=area.level,
        was=_was(written, area, lang),
        same_number=[_named(other, lang) for other in page.others],
        population=page.population,
        parents=[_named(each, lang) for each in page.parents],
        across=[_named(each, lang) for each in page.across],
        children=[
            _named(child.area, lang) | {"described": child.described, "listed": child.listed} for child in page.children
        ],
        below=text(lang, f"web.territory.below.{page.children[0].area.level}") if page.children else "",
        classes=_classes(page, lang),
        period=page.period,
        years=years,
        count=total(count, lang) if count is not None else None,
        answered=[card for card in cards if not card["uncollected"]],
        unanswered=[card for card in cards if card["uncollected"]],
        found=page.entries,
        described=[entry_card(node, each, lang) for each in entries if each.kind == "description"],
        listings=[entry_card(node, each, lang) for each in entries if each.kind == "listing"],
        all_places=link(lang, "/places", **({} if area.level == "country" else {area.level: area.code})),
        files=asked.files,
    )


def _was(written: str, area: Area, lang: str) -> str:
    """What the code that was written is to the commune of today; empty when it is its own."""
    if written == area.code:
        return ""
    name = territory.name_of(area.level, area.code, lang)
    return text(lang, f"territory.was.{territory.resolve(written).reason}", was=written, name=name, code=area.code)


def _classes(page: TerritoryPage, lang: str) -> list[dict[str, str]]:
    """What the layers say of a commune, each with its source and date; its size needs none."""
    known = {layer.name: layer for layer in page.layers}
    return [
        {
            "name": division_name(name, lang, page.layers),
            "value": area_name(name, value, lang),
            "source": known[name].source if name in known else "INSEE",
            "date": known[name].date if name in known else territory.VINTAGE,
        }
        for name, value in page.classes.items()
    ]
