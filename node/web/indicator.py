"""`/indicators/ID`: what a figure means, its total with who answered, how it is made, and all that it is made from."""

from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from node.context import Node
from node.messages import text
from node.views import totals
from node.views.areas import area_name, division_name, divisions
from node.views.indicator import Halves, IndicatorPage, Year, indicator_page
from node.views.totals import Row
from node.web import charts, wording
from node.web.indicator_file import data
from node.web.plain import link, render
from node.web.sheet import Asked, Sheet, Wrong
from node.web.shown import by_departement, changed, keys, page_number, percent, territory_link, total
from vocab import rules, territory
from vocab.distribution import QUANTILES, Bin, Distribution
from vocab.errors import VocabError
from vocab.parts import Part
from vocab.periods import Period
from vocab.reference import Indicator, dimensions, indicators, themes
from vocab.units import canonical, divide

_ROWS = 110
_FACTS = ("rule", "unit", "asked", "period", "plausible", "confidentiality", "tier", "source")


def one(node: Node, asked: Asked) -> Sheet | Wrong | None:
    """One indicator by its id; `?period=`, and `?by=` for the division of its table."""
    name, lang = asked.path["id"], asked.lang
    rule = indicators().get(name)
    if rule is None:
        return _unknown(name, lang)
    by, known = asked.query.get("by", "") or "departement", divisions(node).names()
    if by not in known:
        return Wrong(text(lang, "web.indicator.by", by=by[:40]), ", ".join(known))
    period = asked.query.get("period", "").strip() or totals.default_period(node, name)
    try:
        Period.parse(period)
    except VocabError:
        return Wrong(text(lang, "web.indicator.period", period=period[:40]), text(lang, "web.indicator.period_form"))
    if not totals.is_asked_at(name, period):
        return Wrong(text(lang, "web.indicator.no_day", name=rule.label[lang]), rules.periods(rule, lang))
    page = indicator_page(node, name, by, period)
    said = data(node, rule, by, page, asked) if asked.kind == "json" else {}
    rows = [row.to_json() | {"by": by} for row in page.rows]
    return Sheet(said, (*Row.__slots__, "by"), rows, lambda: _html(node, asked, rule, by, page))


def _unknown(name: str, lang: str) -> Wrong | None:
    folded = {known.casefold(): known for known in indicators()}
    near = [folded[each] for each in get_close_matches(name.casefold(), list(folded), n=3)]
    if not near:
        return None
    said = ", ".join(f"{each} ({indicators()[each].label[lang]})" for each in near)
    return Wrong(text(lang, "web.indicator.unknown", name=name[:40]), text(lang, "web.indicator.near", near=said), 404)


def _html(node: Node, asked: Asked, rule: Indicator, by: str, page: IndicatorPage) -> str:
    lang, known, period = asked.lang, divisions(node), page.period
    layers = [classes.layer for classes in known.layers.values()]
    return render(
        node,
        "indicator.html",
        lang,
        asked.query,
        rule=rule,
        facts=_facts(rule, lang),
        used_in=[_named(name, period, lang) for name in rules.used_in(rule)],
        theme=themes()[rule.theme][lang],
        period=period,
        years=page.years,
        total=total(page.total, lang) if page.total else None,
        coverages=(percent(page.total.coverage, lang), percent(page.total.coverage_known, lang)) if page.total else (),
        halves=_halves(rule, page.halves, lang),
        components=[total(row, lang) for row in page.components],
        series=_series(rule, page, lang),
        spread=_spread(rule, page.spread, lang),
        parts=[_parts(rule, dimension, found, page.total, lang) for dimension, found in page.parts],
        by=by,
        by_name=division_name(by, lang, layers),
        areas=[(each, division_name(each, lang, layers)) for each in known.names()],
        path=f"/indicators/{rule.id}",
        unit=wording.figure(rule, Decimal(1000), lang, total=True)[1],
        files=asked.files,
        **_table(asked, rule, by, page),
    )


def _facts(rule: Indicator, lang: str) -> list[tuple[str, str]]:
    said = dict(rules.facts(rule, lang))
    names = [name for name in _FACTS if name in said]
    return [(rules.say(lang, f"name.{name}").capitalize(), wording.typeset(said[name], lang)) for name in names]


def _named(name: str, period: str, lang: str) -> dict[str, str]:
    return {"label": indicators()[name].label[lang], "href": link(lang, f"/indicators/{name}", period=period)}


def _table(asked: Asked, rule: Indicator, by: str, page: IndicatorPage) -> dict[str, Any]:
    """The territories: a map of départements beside them, and as many a page as can be read."""
    lang, shown = asked.lang, _of_somebody(rule, page.rows)
    drawing, table = by_departement(shown, lang) if by == "departement" else (None, [])
    if by != "departement":
        table = [total(row, lang) | _area(by, row.area, lang) for row in shown]
    pages = max(1, -(-len(table) // _ROWS))
    at = min(page_number(asked.query), pages)
    return {
        "map_drawing": drawing if drawing and drawing.keys else None,
        "keys": keys(drawing, rule.id, lang) if drawing else [],
        "table": table[(at - 1) * _ROWS : at * _ROWS],
        "page": at,
        "pages": pages,
    }


def _of_somebody(rule: Indicator, rows: Sequence[Row]) -> Sequence[Row]:
    """A table of figures leaves out the territories where nobody is connected; the files have them."""
    if rule.origin in ("aggregator", "reference"):
        return rows
    return [row for row in rows if row.n_connected or row.n_reporting] or rows[:_ROWS]


def _area(by: str, area: str, lang: str) -> dict[str, str]:
    href = territory_link(lang, by, area) if by in territory.LEVELS else ""
    return {"area": area_name(by, area, lang), "code": area if by in territory.LEVELS else "", "href": href}


def _halves(rule: Indicator, halves: Halves | None, lang: str) -> dict[str, Any] | None:
    """`Σ numerator ÷ Σ denominator × scale`, with the sums of those that report both."""
    if halves is None:
        return None
    names = (rule.numerator, rule.denominator) if rule.across_sites == "ratio" else (rule.id, rule.weight)
    top, bottom = (wording.number(value, lang) for value in (halves.numerator, halves.denominator))
    scale = "" if rule.scale in (None, Decimal(1)) else " × " + wording.number(rule.scale or Decimal(1), lang)
    labels = [indicators()[name].label[lang] for name in names]
    about = text(lang, f"web.indicator.{rule.across_sites}", top=labels[0], bottom=labels[1])
    return {"sum": f"{top} ÷ {bottom}{scale}", "n": halves.n, "about": about}


def _series(rule: Indicator, page: IndicatorPage, lang: str) -> dict[str, Any] | None:
    if len(page.series) < 2:
        return None
    values = [_of_year(year) for year in page.series]
    rows = [
        total(year.row, lang)
        | {"since": changed(year.change, lang) if year.change else ""}
        | ({} if rule.across_sites != "none" or value is None else _said(rule, value, lang))
        for year, value in zip(page.series, values, strict=True)
    ]
    points = [(year.row.period, value) for year, value in zip(page.series, values, strict=True)]
    known = any(value is not None for _, value in points)
    drawing = charts.series(points, lambda value: wording.figure(rule, value, lang, total=True)[0]) if known else None
    return {"chart": drawing, "rows": rows}


def _of_year(year: Year) -> Decimal | None:
    """The median of what has no total."""
    return Decimal(year.row.value) if year.row.value is not None else year.median


def _said(rule: Indicator, value: Decimal, lang: str) -> dict[str, Any]:
    shown, unit = wording.figure(rule, value, lang)
    return {"value": shown, "unit": unit, "missing": False}


def _spread(rule: Indicator, spread: Distribution | None, lang: str) -> dict[str, Any] | None:
    if spread is None:
        return None
    edges = [wording.number(each.high, lang) for each in spread.bins if each.high is not None]
    quantiles = [
        (text(lang, f"web.quantile.{canonical(share)}"), *wording.figure(rule, value, lang))
        for share, value in zip(QUANTILES, spread.quantiles, strict=True)
    ]
    drawing = charts.histogram([each.n for each in spread.bins], edges, lambda value: wording.number(value, lang))
    bins = [(_bounds(each, lang), wording.number(Decimal(each.n), lang)) for each in spread.bins]
    return {"n": spread.n, "chart": drawing if edges else None, "quantiles": quantiles, "bins": bins}


def _bounds(each: Bin, lang: str) -> str:
    low, high = ("" if edge is None else wording.number(edge, lang) for edge in (each.low, each.high))
    if low and high:
        return text(lang, "web.indicator.between", low=low, high=high)
    if low or high:
        return text(lang, f"web.indicator.{'from' if low else 'below'}", edge=low or high)
    return text(lang, "web.indicator.all_equal")


def _parts(rule: Indicator, dimension: str, found: Sequence[Part], whole: Row | None, lang: str) -> dict[str, Any]:
    known = dimensions()[dimension]
    answering = Decimal(whole.n_reporting) if whole else Decimal(0)
    lines = []
    for part in found:
        value, unit = wording.figure(rule, part.aggregate.value, lang, total=True)
        share, n = part.share, Decimal(part.aggregate.n_reporting)
        lines.append({
            "label": known.codes[part.code].label[lang] if part.code in known.codes else part.code,
            "value": value,
            "unit": unit,
            "spread": rule.across_sites == "none",
            "n": wording.number(n, lang),
            "answering": percent(canonical(divide(n, answering)), lang) if answering else "",
            "share": "" if share is None else percent(canonical(share), lang),
            "width": "0" if share is None else f"{share * 100:.1f}",
        })  # fmt: skip
    return {
        "id": dimension,
        "label": known.label[lang],
        "rule": rules.breakdown(known, lang),
        "lines": lines,
        "shared": any(line["share"] for line in lines),
    }
