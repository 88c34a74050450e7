"""The council's first page: six headline totals with who answered, the change since, the map, and doors to the rest."""

from typing import Any

from node.context import Node
from node.views import network, panel, totals
from node.views.network import FIRST
from node.web.plain import render
from node.web.sheet import Asked, Sheet
from node.web.shown import MOST_DOTS, by_departement, chosen_year, keys, total
from node.web.site import entry_card

COLUMNS = (
    "indicator", "area", "period", "value", "unit", "obsStatus", "confStatus", "n_operators", "n_reporting",
    "n_connected", "n_known", "coverage", "coverage_known", "methods", "restricted_left_out",
    "panel_earlier", "panel_before", "panel_after", "panel_difference", "panel_n",
)  # fmt: skip
_CARDS = 6


def home(node: Node, asked: Asked) -> Sheet:
    """The six totals of a year for the whole country, each beside its change on the constant panel."""
    period, years = chosen_year(node, asked.query, FIRST)
    found = network.headline(node, period, next((year for year in years if year < period), ""))
    since = {row.indicator: row for row in found.changes}
    rows = [row.to_json() | _since(since.get(row.indicator)) for row in found.totals]
    by = [row.to_json() for row in found.by_departement]
    data = {"period": period, "totals": rows, "places": by}
    return Sheet(data, COLUMNS, rows, lambda: _html(node, asked, found, since, years))


def _since(change: panel.Row | None) -> dict[str, Any]:
    if change is None:
        return {}
    names = ("earlier", "before", "after", "difference", "n")
    return {f"panel_{name}": getattr(change, name) for name in names}


def _html(
    node: Node, asked: Asked, found: network.Headline, since: dict[str, panel.Row], years: tuple[str, ...]
) -> str:
    lang = asked.lang
    described = network.described(node, MOST_DOTS)
    known = [row for row in found.by_departement if row.value not in (None, "0")]
    drawing, table = by_departement(known, lang, described)
    return render(
        node,
        "council.html",
        lang,
        asked.query,
        period=found.period,
        years=years,
        cards=[total(row, lang, since.get(row.indicator)) for row in found.totals],
        count=found.places,
        map_drawing=drawing,
        keys=keys(drawing, "placesCount", lang),
        table=table,
        places=[entry_card(node, entry, lang) for entry in described[:_CARDS]],
        n_described=network.count(node, "description"),
        n_listed=network.count(node, "listing"),
        fresh=totals.latest(node),
        files=asked.files,
    )
