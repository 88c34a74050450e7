"""Pieces that several pages show: a total with who answered, a map by département with its table, links."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from node.context import Node
from node.messages import text
from node.views import totals as view
from node.views.network import Entry
from node.views.panel import Row as Change
from node.views.totals import Row
from node.web import wording
from node.web.map import Map, drawn
from node.web.plain import link
from vocab import territory
from vocab.reference import indicators

MOST_DOTS = 300


def answering(row: Row, lang: str) -> str:
    """`4 answering of 5 connected of 5 known`."""
    answered, connected = (
        wording.counted("web.answered", row.n_reporting, lang),
        wording.counted("web.connected", row.n_connected, lang),
    )
    known = wording.counted("web.known", row.n_known, lang)
    return text(lang, "web.coverage", answered=answered, connected=connected, known=known)


def percent(share: str | None, lang: str) -> str:
    """A share from 0 to 1 in per cent, one decimal at most."""
    return (
        "–" if share is None else wording.number(Decimal(share) * 100, lang, Decimal("0.1")) + text(lang, "web.percent")
    )


def total(row: Row, lang: str, change: Change | None = None) -> dict[str, Any]:
    """A total as cards and tables show it; `change`: beside it, the change on the constant panel."""
    rule = indicators()[row.indicator]
    value, unit = said(row, lang)
    directory = rule.kind in ("count", "reference") or rule.origin in ("aggregator", "reference")
    most = max(row.n_known, row.n_connected, row.n_reporting, 1)
    return {
        "row": row,
        "id": row.indicator,
        "label": rule.label[lang],
        "href": link(lang, f"/indicators/{row.indicator}", period=row.period),
        "value": value,
        "unit": unit,
        "missing": row.value is None,
        "answering": answering(row, lang),
        "counts": {
            "n": wording.number(Decimal(row.n_reporting), lang),
            "connected": wording.number(Decimal(row.n_connected), lang),
            "known": wording.number(Decimal(row.n_known), lang),
        },
        "reporting_width": round(100 * row.n_reporting / most),
        "connected_width": round(100 * row.n_connected / most),
        "status": "" if row.value is None or row.obsStatus in ("A", "") else text(lang, f"web.status.{row.obsStatus}"),
        "uncollected": row.value is None and row.obsStatus != "M" and not (row.n_reporting or row.restricted_left_out),
        "no_method": row.value is not None and not row.methods and not directory,
        "methods": ", ".join(wording.method(code, lang) for code in row.methods),
        "withheld": row.restricted_left_out,
        "directory": directory,
        "change": changed(change, lang) if change is not None and change.difference is not None else "",
    }


def said(row: Row, lang: str) -> tuple[str, str]:
    """The value of a total and its unit, in words; or why it has none."""
    rule = indicators()[row.indicator]
    if row.value is None:
        return wording.no_value(rule, row.obsStatus, row.n_reporting, row.restricted_left_out, lang), ""
    return wording.figure(rule, Decimal(row.value), lang, total=True)


def changed(row: Change, lang: str) -> str:
    """`+12 % since 2024, over 31 that answered both years`."""
    if row.difference is None:
        return ""
    panel = wording.counted("web.panel", row.n, lang)
    return text(lang, "web.change", change=amount(row, lang), earlier=row.earlier, places=panel)


def amount(row: Change, lang: str) -> str:
    """A change that is known, in per cent; of a percentage in points, of a score as it is."""
    rule, difference = indicators()[row.indicator], Decimal(row.difference or 0)
    if rule.across_sites == "share" or rule.unit == "%":
        points = difference * 100 if rule.across_sites == "share" else difference
        return text(lang, "web.points", change=signed(points, lang, Decimal("0.1")))
    if row.percent is not None and rule.kind != "score":
        return signed(Decimal(row.percent), lang, Decimal("0.1")) + text(lang, "web.percent")
    return signed(difference, lang)


def signed(value: Decimal, lang: str, places: Decimal = Decimal("0.01")) -> str:
    """A difference with its sign."""
    shown = wording.number(abs(value), lang, places)
    return ("+" if value > 0 else "−" if value < 0 else "") + shown


def chosen_year(node: Node, query: Mapping[str, str], names: Sequence[str] = ()) -> tuple[str, tuple[str, ...]]:
    """The year asked for among those that have a figure, and the years to choose from."""
    known = view.years(node, names) or (str(node.clock().year - 1),)
    asked = query.get("period", "")
    return (asked if asked in known else view.usual(node, known)), known[:8]


def page_number(query: Mapping[str, str]) -> int:
    """The page asked for, from 1."""
    asked = query.get("page", "")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 6 else 1


def by_departement(
    rows: Sequence[Row], lang: str, places: Sequence[Entry] = (), to: str = "/territories/{code}"
) -> tuple[Map, list[dict[str, Any]]]:
    """The map of rows by département and the table beside it, which has every row of the map."""
    values = {row.area: None if row.value is None else Decimal(row.value) for row in rows}
    table = []
    for row in sorted(rows, key=lambda row: (-(values[row.area] or Decimal(-1)), row.area)):
        about = {"area": territory.name_of("departement", row.area, lang), "code": row.area}
        table.append(total(row, lang) | about | {"href": link(lang, to.format(code=row.area))})
    titles = {r["code"]: f"{r['area']} : {r['value']} {r['unit']}".strip() for r in table}
    dots = [
        (p.place.lon, p.place.lat, p.departement, p.place.name)
        for p in places[:MOST_DOTS]
        if p.place.lon is not None and p.place.lat is not None
    ]
    return drawn(values, titles, dots), table


def keys(drawing: Map, name: str, lang: str) -> list[dict[str, str]]:
    """The legend of a map of an indicator, with its unit."""
    rule = indicators()[name]
    said = []
    for key in drawing.keys:
        low, _ = wording.figure(rule, key.low, lang, total=True)
        high, unit = wording.figure(rule, key.high, lang, total=True)
        said.append({"shade": key.shade, "text": f"{low} {unit}" if low == high else f"{low} – {high} {unit}"})
    return said


def territory_link(lang: str, level: str, code: str) -> str:
    """The page of a territory; a region says its level, since most départements bear the number of some region."""
    return link(lang, f"/territories/{code}", level="region" if level == "region" else "")
