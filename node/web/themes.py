"""`/themes/ID`: the indicators of a theme over the years, what nobody answers yet, and the questions behind."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from node.context import Node
from node.messages import text
from node.views import totals
from node.views.indicator import countries
from node.views.totals import Row
from node.web import charts
from node.web.indicators import COLUMNS as _COLUMNS
from node.web.indicators import about, line
from node.web.plain import link, render
from node.web.sheet import Asked, Sheet
from node.web.shown import total
from vocab import rules
from vocab.reference import Indicator, indicators, themes
from vocab.sharing import proposed

COLUMNS = _COLUMNS[:-1]  # one row an indicator and year
_YEARS = 5
_TIERS = ("core", "standard", "component")

Rows = Mapping[str, Sequence[tuple[str, Row | None]]]  # indicator → (year, total), earliest first


def theme(node: Node, asked: Asked) -> Sheet | None:
    """One theme over five years, the last of which is `?period=`."""
    name = asked.path["id"]
    if name not in themes():
        return None
    wanted = [rule for rule in indicators().values() if rule.theme == name]
    known = totals.years(node, [rule.id for rule in wanted]) or (totals.default_period(node),)
    last = asked.query.get("period", "") if asked.query.get("period") in known else known[0]
    years = sorted(year for year in known if year <= last)[-_YEARS:]
    table = countries(node, tuple(rule.id for rule in wanted), tuple(years))
    rows = {rule.id: [(year, table[rule.id, year]) for year in years] for rule in wanted}
    lines = [about(rule, row) for rule in wanted for _, row in rows[rule.id] if row is not None]
    return Sheet(
        _data(name, last, wanted, rows), COLUMNS, lines, lambda: _html(node, asked, name, wanted, rows, (last, known))
    )


def _is_collected(series: Sequence[tuple[str, Row | None]]) -> bool:
    return any(row is not None and (row.value is not None or row.n_reporting) for _, row in series)


def questions(wanted: Sequence[Indicator]) -> list[Indicator]:
    """What is asked of places and operators, the core first."""
    return sorted((rule for rule in wanted if rule.origin == "entered"), key=lambda rule: _TIERS.index(rule.tier))


def _data(name: str, last: str, wanted: Sequence[Indicator], rows: Rows) -> dict[str, Any]:
    series = {rule.id: [row.to_json() for _, row in rows[rule.id] if row is not None] for rule in wanted}
    return {
        "theme": name,
        "label": dict(themes()[name]),
        "period": last,
        "years": [year for year, _ in next(iter(rows.values()), ())],
        "indicators": [about(rule, rows[rule.id][-1][1]) | {"series": series[rule.id]} for rule in wanted],
        "collected": [rule.id for rule in wanted if _is_collected(rows[rule.id])],
        "not_collected": [rule.id for rule in wanted if not _is_collected(rows[rule.id])],
        "questions": [_question(rule) for rule in questions(wanted)],
    }


def _question(rule: Indicator) -> dict[str, Any]:
    said = {name: getattr(rule, name) for name in ("id", "tier", "asked_of", "unit", "confidentiality")}
    texts = {"label": dict(rule.label), "definition": dict(rule.definition), "periods": list(rule.periods)}
    return said | texts | {"sharing": proposed(rule.id)}


def _html(
    node: Node, asked: Asked, name: str, wanted: Sequence[Indicator], rows: Rows, when: tuple[str, Sequence[str]]
) -> str:
    lang, (last, known) = asked.lang, when
    shown = [_series(rule, rows[rule.id], lang) for rule in wanted]
    collected = [each for each in shown if each["collected"]]
    return render(
        node,
        "theme.html",
        lang,
        asked.query,
        theme=themes()[name][lang],
        path=f"/themes/{name}",
        period=last,
        years=known[:8],
        columns=[year for year, _ in next(iter(rows.values()), ())],
        collected=collected,
        missing=[each for each in shown if not each["collected"]],
        count=len(wanted),
        questions=[_asked(rule, lang) for rule in questions(wanted)],
        other_themes=[
            (label[lang], link(lang, f"/themes/{other}")) for other, label in themes().items() if other != name
        ],
        files=asked.files,
    )


def _series(rule: Indicator, series: Sequence[tuple[str, Row | None]], lang: str) -> dict[str, Any]:
    values = [None if row is None or row.value is None else Decimal(row.value) for _, row in series]
    cells = [None if row is None else total(row, lang) for _, row in series]
    said = line(rule, series[-1][1] if series else None, lang)
    title = text(lang, "web.theme.spark", label=rule.label[lang])
    drawn = charts.line(values)
    if rule.across_sites == "share":
        said["unit"] = text(lang, "web.share")
    return said | {"cells": cells, "spark": drawn, "spark_title": title, "collected": _is_collected(series)}


def _asked(rule: Indicator, lang: str) -> dict[str, str]:
    return {
        "label": rule.label[lang],
        "definition": rule.definition[lang],
        "href": link(lang, f"/indicators/{rule.id}"),
        "tier": rules.tier(rule, lang),
        "who": rules.asked_of(rule, lang),
        "period": rules.periods(rule, lang),
        "sharing": rules.confidentiality(rule, lang),
    }
