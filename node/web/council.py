"""The council's pages: headline totals with their coverage, the map, the list of places, any total by area."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from node.context import Node
from node.messages import text
from node.views import network
from node.views import totals as view
from node.views.areas import area_name, division_name, divisions
from node.views.totals import Row
from node.web import wording
from node.web.map import Map, drawn
from node.web.plain import link, render
from node.web.site import entry_card
from vocab import territory
from vocab.errors import VocabError
from vocab.periods import Period
from vocab.reference import indicators, themes

_CARDS = 12
_ROWS = 110
_MOST_DOTS = 300


def answering(row: Row, lang: str) -> str:
    """`4 answering of 5 connected of 5 known`."""
    answered, connected = (
        wording.counted("web.answered", row.n_reporting, lang),
        wording.counted("web.connected", row.n_connected, lang),
    )
    return text(
        lang,
        "web.coverage",
        answered=answered,
        connected=connected,
        known=wording.counted("web.known", row.n_known, lang),
    )


def _total(row: Row, lang: str) -> dict[str, Any]:
    rule = indicators()[row.indicator]
    value, unit = wording.figure(rule, None if row.value is None else Decimal(row.value), lang, total=True)
    most = max(row.n_known, row.n_connected, row.n_reporting, 1)
    return {
        "row": row,
        "id": row.indicator,
        "label": rule.label[lang],
        "value": value,
        "unit": unit,
        "missing": row.value is None,
        "answering": answering(row, lang),
        "reporting_width": round(100 * row.n_reporting / most),
        "connected_width": round(100 * row.n_connected / most),
        "status": "" if row.obsStatus in ("A", "L", "") else text(lang, f"web.status.{row.obsStatus}"),
        "methods": ", ".join(row.methods),
        "withheld": row.restricted_left_out,
        "directory": rule.kind in ("count", "reference") or rule.origin in ("aggregator", "reference"),
    }


def _chosen_year(node: Node, query: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The year asked for, among those that have a figure."""
    known = view.years(node) or (str(node.clock().year - 1),)
    asked = query.get("period", "")
    return (asked if asked in known else known[0]), known[:8]


def _map(rows: Sequence[Row], lang: str, places: Sequence[network.Entry] = ()) -> tuple[Map, list[dict[str, Any]]]:
    """The map of rows by département and the table beside it, which has every row of the map."""
    values = {row.area: None if row.value is None else Decimal(row.value) for row in rows}
    table = []
    for row in sorted(rows, key=lambda row: (-(values[row.area] or Decimal(-1)), row.area)):
        shown = _total(row, lang)
        href = link(lang, "/network/places", departement=row.area)
        table.append(shown | {"area": territory.name_of("departement", row.area, lang), "code": row.area, "href": href})
    titles = {r["code"]: f"{r['area']} : {r['value']} {r['unit']}".strip() for r in table}
    dots = [
        (p.place.lon, p.place.lat, p.departement, p.place.name)
        for p in places[:_MOST_DOTS]
        if p.place.lon is not None and p.place.lat is not None
    ]
    return drawn(values, titles, dots), table


def home(node: Node, lang: str, query: Mapping[str, str]) -> str:
    """Headline totals, map, places."""
    period, years = _chosen_year(node, query)
    found = network.headline(node, period)
    described = network.described(node)
    known = [row for row in found.by_departement if row.value not in (None, "0")]
    drawing, table = _map(known, lang, described)
    cards = [_total(row, lang) for row in found.totals]
    return render(
        node,
        "council.html",
        lang,
        query,
        period=period,
        years=years,
        answered=[card for card in cards if not card["missing"]],
        unanswered=[card for card in cards if card["missing"]],
        count=found.places,
        map_drawing=drawing,
        keys=_keys(drawing, "placesCount", lang),
        table=table,
        places=[entry_card(node, entry, lang) for entry in described[:_CARDS]],
        n_described=len(described),
        n_listed=network.count(node, "listing"),
    )


def _keys(drawing: Map, name: str, lang: str) -> list[dict[str, str]]:
    rule = indicators()[name]
    said = []
    for key in drawing.keys:
        low, _ = wording.figure(rule, key.low, lang, total=True)
        high, unit = wording.figure(rule, key.high, lang, total=True)
        said.append({"shade": key.shade, "text": f"{low} {unit}" if low == high else f"{low} – {high} {unit}"})
    return said


def places(node: Node, lang: str, query: Mapping[str, str]) -> str:
    """Every known place, page by page, by département, by name."""
    departement, words, kind = (query.get(name, "")[:80] for name in ("departement", "q", "kind"))
    kind = kind if kind in ("description", "listing") else ""
    page = int(query["page"]) if query.get("page", "").isdecimal() and len(query["page"]) < 6 else 1
    found = network.listed(node, departement, words, kind, page)
    asked = {"departement": departement, "q": words, "kind": kind}
    codes = [(code, territory.name_of("departement", code, lang)) for code in territory.area_codes("departement")]
    return render(
        node,
        "places.html",
        lang,
        query,
        found=found,
        places=[entry_card(node, entry, lang) for entry in found.entries],
        departements=codes,
        asked=asked,
        before=link(lang, "/network/places", **asked, page=found.page - 1) if found.page > 1 else "",
        after=link(lang, "/network/places", **asked, page=found.page + 1) if found.page < found.pages else "",
    )


def _asked(node: Node, query: Mapping[str, str]) -> tuple[str, str, str]:
    """The indicator, the division and the period of a page of totals; what is wrong is replaced by what is usual."""
    name = query.get("indicator", "")
    name = name if name in indicators() else "visits"
    by = query.get("by", "")
    period = query.get("period", "").strip()
    try:
        Period.parse(period)
    except VocabError:
        period = view.default_period(node, name)
    return name, by if by in divisions(node).names() else "departement", period


def totals(node: Node, lang: str, query: Mapping[str, str]) -> str | None:
    """One indicator by area: form, map where there is one, table, files."""
    name, by, period = _asked(node, query)
    rows, divided = view.totals(node, name, by, period), divisions(node)
    known = [classes.layer for classes in divided.layers.values()]
    if name != "placesCount" and indicators()[name].origin != "aggregator":
        rows = [row for row in rows if row.n_connected or row.n_reporting] or rows[:_ROWS]
    drawing, table = _map(rows, lang) if by == "departement" else (None, [])
    if by != "departement":
        table = [
            _total(row, lang) | {"area": area_name(by, row.area, lang), "code": row.area, "href": ""} for row in rows
        ]
    page = int(query["page"]) if query.get("page", "").isdecimal() and len(query["page"]) < 6 else 1
    pages = max(1, -(-len(table) // _ROWS))
    page = min(max(1, page), pages)
    asked = {"indicator": name, "by": by, "period": period}
    return render(
        node,
        "totals.html",
        lang,
        query,
        rule=indicators()[name],
        by=by,
        by_name=division_name(by, lang, known),
        period=period,
        areas=[(each, division_name(each, lang, known)) for each in divided.names()],
        themes=[
            (label[lang], [i for i in indicators().values() if i.theme == theme]) for theme, label in themes().items()
        ],
        years=view.years(node)[:8],
        map_drawing=drawing,
        keys=_keys(drawing, name, lang) if drawing else [],
        table=table[(page - 1) * _ROWS : page * _ROWS],
        page=page,
        pages=pages,
        asked=asked,
        unit=wording.figure(indicators()[name], Decimal(1000), lang, total=True)[1],
        is_directory=any(row["directory"] for row in table),
        withheld=sum(row.restricted_left_out for row in rows),
    )
