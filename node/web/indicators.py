"""`/indicators`, `/indicators/ID`, `/themes/ID`: what a figure means, its total with who answered, how it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from node.context import Node
from node.messages import text
from node.views import totals
from node.views.areas import area_name, division_name, divisions
from node.views.indicator import IndicatorPage, indicator_page, inputs
from node.views.totals import Row
from node.web import charts, wording
from node.web.plain import link, render
from node.web.sheet import Asked, Sheet, Wrong
from node.web.shown import by_departement, changed, chosen_year, keys, page_number, percent, territory_link, total
from vocab import rules, territory
from vocab.distribution import QUANTILES, Distribution
from vocab.errors import VocabError
from vocab.parts import Part
from vocab.periods import Period
from vocab.reference import Indicator, Limits, dimensions, indicators, themes
from vocab.units import canonical

COLUMNS = ("theme", "tier", "kind", "label_fr", "label_en", *Row.__slots__)
_ROWS = 110


def catalogue(node: Node, asked: Asked) -> Sheet:
    """Every indicator by theme, with its latest total."""
    return _some(node, asked, list(indicators().values()), "")


def theme(node: Node, asked: Asked) -> Sheet | None:
    """The indicators of one theme."""
    name = asked.path["id"]
    if name not in themes():
        return None
    return _some(node, asked, [rule for rule in indicators().values() if rule.theme == name], name)


def _some(node: Node, asked: Asked, wanted: Sequence[Indicator], theme_id: str) -> Sheet:
    words = asked.query.get("q", "").strip()[:80]
    said = territory.fold(words).split()
    wanted = [rule for rule in wanted if all(word in territory.fold(_words(rule)) for word in said)] if said else wanted
    period, years = chosen_year(node, asked.query)
    national = totals.table(node, [rule.id for rule in wanted], "country", (period,))
    found = {rule.id: next(iter(national[rule.id, period]), None) for rule in wanted}
    rows = [_about(rule) | (_plain(found[rule.id])) for rule in wanted]
    data = {"period": period, "theme": theme_id or None, "indicators": rows}
    return Sheet(data, COLUMNS, rows, lambda: _index(node, asked, wanted, found, (theme_id, words, period, years)))


def _words(rule: Indicator) -> str:
    return f"{rule.id} {rule.label['fr']} {rule.label['en']} {rule.definition['fr']} {rule.definition['en']}"


def _about(rule: Indicator) -> dict[str, Any]:
    about = {"theme": rule.theme, "tier": rule.tier, "kind": rule.kind, "unit": rule.unit, "indicator": rule.id}
    return about | {"label_fr": rule.label["fr"], "label_en": rule.label["en"]}


def _plain(row: Row | None) -> dict[str, Any]:
    return {} if row is None else row.to_json()


def _index(
    node: Node,
    asked: Asked,
    wanted: Sequence[Indicator],
    found: Mapping[str, Row | None],
    about: tuple[str, str, str, tuple[str, ...]],
) -> str:
    theme_id, words, period, years = about
    groups = [
        (
            name,
            label[asked.lang],
            [_line(rule, found[rule.id], period, asked.lang) for rule in wanted if rule.theme == name],
        )
        for name, label in themes().items()
    ]
    name = themes()[theme_id][asked.lang] if theme_id else ""
    groups = [group for group in groups if group[2]]
    return render(
        node,
        "indicators.html",
        asked.lang,
        asked.query,
        theme=name,
        path=f"/themes/{theme_id}" if name else "/indicators",
        groups=groups,
        q=words,
        period=period,
        years=years,
        files=asked.files,
    )


def _line(rule: Indicator, row: Row | None, period: str, lang: str) -> dict[str, Any]:
    return {
        "label": rule.label[lang],
        "tier": rules.tier(rule, lang),
        "href": link(lang, f"/indicators/{rule.id}", period=period),
        "total": None if row is None else total(row, lang),
    }


def one(node: Node, asked: Asked) -> Sheet | Wrong | None:
    """One indicator, whole: its rule, total, spread, series, parts, territories, and the figures it is made from."""
    name, lang = asked.path["id"], asked.lang
    rule = indicators().get(name)
    if rule is None:
        near = get_close_matches(name, list(indicators()), n=3)
        title = text(lang, "web.indicator.unknown", name=name[:40])
        return Wrong(title, text(lang, "web.indicator.near", near=", ".join(near)), 404) if near else None
    by = asked.query.get("by", "") or "departement"
    known = divisions(node)
    if by not in known.names():
        return Wrong(text(lang, "web.indicator.by", by=by[:40]), ", ".join(known.names()))
    period = asked.query.get("period", "").strip() or totals.default_period(node, name)
    try:
        Period.parse(period)
    except VocabError:
        return Wrong(text(lang, "web.indicator.period", period=period[:40]), text(lang, "web.indicator.period_form"))
    page = indicator_page(node, name, by, period)
    rows = [row.to_json() for row in page.rows]
    return Sheet(_data(node, rule, by, page), Row.__slots__, rows, lambda: _html(node, asked, rule, by, page))


def _data(node: Node, rule: Indicator, by: str, page: IndicatorPage) -> dict[str, Any]:
    definition: dict[str, Any] = {name: getattr(rule, name) for name in Indicator.__slots__ if name != "scale"}
    definition |= {"scale": None if rule.scale is None else canonical(rule.scale), "plausible": _limits(rule.plausible)}
    spread = page.spread
    return {
        "indicator": definition | {"label": dict(rule.label), "definition": dict(rule.definition)},
        "rule": {lang: rules.sentence(rule, lang) for lang in ("fr", "en")},
        "period": page.period,
        "total": _plain(page.total) or None,
        "components": [row.to_json() for row in page.components],
        "series": [
            _plain(year.row) | {"panel": year.change.to_json() if year.change else None} for year in page.series
        ],
        "distribution": _spread_data(spread) if spread else None,
        "parts": {dimension: [_part_data(part) for part in found] for dimension, found in page.parts},
        "by": by,
        "rows": [row.to_json() for row in page.rows],
        "inputs": inputs(node, rule.id, page.period),
    }


def _spread_data(spread: Distribution) -> dict[str, Any]:
    quantiles = {canonical(share): canonical(value) for share, value in zip(QUANTILES, spread.quantiles, strict=True)}
    bins = [{"low": _or_none(each.low), "high": _or_none(each.high), "n": each.n} for each in spread.bins]
    return {"n": spread.n, "quantiles": quantiles, "bins": bins}


def _or_none(value: Decimal | None) -> str | None:
    return None if value is None else canonical(value)


def _limits(limits: Limits | None) -> dict[str, Any] | None:
    """What is plausible for one place and one year, as the vocabulary gives it."""
    if limits is None:
        return None
    return {"min": canonical(limits.low), "max": canonical(limits.high), "zero": limits.zero}


def _part_data(part: Part) -> dict[str, Any]:
    made = {name: value for name, value in asdict(part.aggregate).items() if not isinstance(value, Decimal)}
    numbers = {name: _or_none(getattr(part.aggregate, name)) for name in ("value", "coverage", "coverage_known")}
    return {"code": part.code, "share": _or_none(part.share)} | made | numbers


def _html(node: Node, asked: Asked, rule: Indicator, by: str, page: IndicatorPage) -> str:
    lang, known = asked.lang, divisions(node)
    layers = [classes.layer for classes in known.layers.values()]
    drawing, table = by_departement(_of_somebody(rule, page.rows), lang) if by == "departement" else (None, [])
    if by != "departement":
        table = [total(row, lang) | _area(by, row.area, lang) for row in _of_somebody(rule, page.rows)]
    pages = max(1, -(-len(table) // _ROWS))
    at = min(page_number(asked.query), pages)
    return render(
        node,
        "indicator.html",
        lang,
        asked.query,
        rule=rule,
        facts=rules.facts(rule, lang),
        theme=themes()[rule.theme][lang],
        period=page.period,
        years=totals.years(node, (rule.id,))[:8],
        total=total(page.total, lang) if page.total else None,
        coverages=_coverages(page.total, lang),
        components=[total(row, lang) for row in page.components],
        series=_series(rule, page, lang),
        spread=_spread(rule, page.spread, lang),
        parts=[_parts(rule, dimension, found, lang) for dimension, found in page.parts],
        by=by,
        by_name=division_name(by, lang, layers),
        areas=[(each, division_name(each, lang, layers)) for each in known.names()],
        map_drawing=drawing,
        keys=keys(drawing, rule.id, lang) if drawing else [],
        table=table[(at - 1) * _ROWS : at * _ROWS],
        page=at,
        pages=pages,
        path=f"/indicators/{rule.id}",
        unit=wording.figure(rule, Decimal(1000), lang, total=True)[1],
        files=asked.files,
    )


def _of_somebody(rule: Indicator, rows: Sequence[Row]) -> Sequence[Row]:
    """A table of figures leaves out the territories where nobody is connected; the files have them."""
    if rule.origin in ("aggregator", "reference"):
        return rows
    return [row for row in rows if row.n_connected or row.n_reporting] or rows[:_ROWS]


def _area(by: str, area: str, lang: str) -> dict[str, str]:
    href = territory_link(lang, by, area) if by in territory.LEVELS else ""
    return {"area": area_name(by, area, lang), "code": area if by in territory.LEVELS else "", "href": href}


def _coverages(row: Row | None, lang: str) -> tuple[str, str] | None:
    return None if row is None else (percent(row.coverage, lang), percent(row.coverage_known, lang))


def _series(rule: Indicator, page: IndicatorPage, lang: str) -> dict[str, Any] | None:
    if len(page.series) < 2:
        return None
    rows = [
        total(year.row, lang) | {"since": changed(year.change, lang) if year.change else ""} for year in page.series
    ]
    points = [(each["row"].period, _number(each["row"]), each["value"]) for each in rows]
    return {"chart": charts.columns(points), "rows": rows}


def _number(row: Row) -> Decimal | None:
    return None if row.value is None else Decimal(row.value)


def _spread(rule: Indicator, spread: Distribution | None, lang: str) -> dict[str, Any] | None:
    if spread is None:
        return None
    bins = [(_bounds(each.low, each.high, lang), Decimal(each.n), str(each.n)) for each in spread.bins]
    quantiles = [
        (text(lang, f"web.quantile.{canonical(share)}"), *wording.figure(rule, value, lang))
        for share, value in zip(QUANTILES, spread.quantiles, strict=True)
    ]
    return {"n": spread.n, "chart": charts.columns(bins), "quantiles": quantiles, "bins": bins}


def _bounds(low: Decimal | None, high: Decimal | None, lang: str) -> str:
    if low is not None and high is not None:
        return f"{wording.number(low, lang)} – {wording.number(high, lang)}"
    if low is not None:
        return "≥ " + wording.number(low, lang)
    return "=" if high is None else "< " + wording.number(high, lang)


def _parts(rule: Indicator, dimension: str, found: Sequence[Part], lang: str) -> dict[str, Any]:
    known = dimensions()[dimension]
    lines = []
    for part in found:
        value, unit = wording.figure(rule, part.aggregate.value, lang, total=True)
        share = None if part.share is None else canonical(part.share)
        lines.append({
            "label": known.codes[part.code].label[lang] if part.code in known.codes else part.code,
            "value": value,
            "unit": unit,
            "n": part.aggregate.n_reporting,
            "share": percent(share, lang) if share else "",
            "width": f"{Decimal(share) * 100:.1f}" if share else "0",
        })  # fmt: skip
    return {"id": dimension, "label": known.label[lang], "rule": rules.breakdown(known, lang), "lines": lines}
