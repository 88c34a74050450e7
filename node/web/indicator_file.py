"""`/indicators/ID.json`: the page of an indicator, and enough for a stranger to compute its total again."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from yarl import URL

from node.context import Node
from node.views import inputs, totals
from node.views.indicator import Halves, IndicatorPage
from node.web.sheet import Asked
from vocab import rules
from vocab.distribution import QUANTILES, Distribution
from vocab.parts import Part, dimensions_of
from vocab.reference import Dimension, Indicator, Limits, dimensions
from vocab.units import canonical

MOST = 5_000


def data(node: Node, rule: Indicator, by: str, page: IndicatorPage, asked: Asked) -> dict[str, Any]:
    """Codes, decimal strings and IRIs. `?inputs=2` is the second page of the figures that the total is made from."""
    ground = totals.read(node, (rule.id,), page.period)
    return {
        "indicator": _plain(asdict(rule)) | {"plausible": _limits(rule.plausible)},
        "rule": {lang: rules.sentence(rule, lang) for lang in ("fr", "en")},
        "dimensions": [_dimension(dimensions()[name]) for name in dimensions_of(rule.id)],
        "period": page.period,
        "total": None if page.total is None else page.total.to_json(),
        "halves": _halves(page.halves),
        "components": [row.to_json() for row in page.components],
        "series": [
            year.row.to_json()
            | {"panel": year.change.to_json() if year.change else None, "median": _plain(year.median)}
            for year in page.series
        ],
        "distribution": _spread(page.spread),
        "parts": {dimension: [_part(part) for part in found] for dimension, found in page.parts},
        "by": by,
        "rows": [row.to_json() for row in page.rows],
        "answers": inputs.answers(ground, rule.id),
    } | _inputs(inputs.figures(node, ground, rule.id, by), asked)


def _plain(value: Any) -> Any:
    """Decimals as strings, tuples as lists, all through."""
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _limits(limits: Limits | None) -> dict[str, Any] | None:
    """What is plausible for one place and one year, as the vocabulary names it."""
    if limits is None:
        return None
    return {"min": canonical(limits.low), "max": canonical(limits.high), "zero": limits.zero}


def _inputs(figures: list[dict[str, Any]], asked: Asked) -> dict[str, Any]:
    number = asked.query.get("inputs", "")
    at = int(number) if number.isascii() and number.isdecimal() and 0 < len(number) < 6 else 1
    after = URL(asked.files["json"], encoded=True).update_query(inputs=at + 1) if len(figures) > at * MOST else None
    shown = figures[max(0, at - 1) * MOST : max(1, at) * MOST]
    return {"inputs_count": len(figures), "inputs_next": str(after) if after else None, "inputs": shown}


def _dimension(dimension: Dimension) -> dict[str, Any]:
    codes = [{"code": each.code, "label": dict(each.label)} for each in dimension.codes.values()]
    about = {name: getattr(dimension, name) for name in ("id", "partition", "numerator_only", "open", "of_persons")}
    return about | {"label": dict(dimension.label), "codes": codes}


def _halves(halves: Halves | None) -> dict[str, Any] | None:
    return None if halves is None else _plain(asdict(halves))


def _spread(spread: Distribution | None) -> dict[str, Any] | None:
    if spread is None:
        return None
    quantiles = {canonical(share): canonical(value) for share, value in zip(QUANTILES, spread.quantiles, strict=True)}
    return {"n": spread.n, "quantiles": quantiles, "bins": _plain([asdict(each) for each in spread.bins])}


def _part(part: Part) -> dict[str, Any]:
    published = {"obs_status": "obsStatus", "conf_status": "confStatus"}
    said = {published.get(name, name): _plain(value) for name, value in asdict(part.aggregate).items()}
    return {"code": part.code, "share": None if part.share is None else canonical(part.share)} | said
