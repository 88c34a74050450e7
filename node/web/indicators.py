"""`/indicators`: every indicator by theme, with its kind, its unit, its latest national total and who answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from node.context import Node
from node.messages import text
from node.views import totals
from node.views.indicator import national, years_of
from node.views.totals import Row
from node.web.plain import link, render
from node.web.sheet import Asked, Sheet
from node.web.shown import total
from vocab import rules, territory
from vocab.reference import Indicator, indicators, themes

COLUMNS = ("theme", "tier", "kind", "label_fr", "label_en", *Row.__slots__, "years")


def catalogue(node: Node, asked: Asked) -> Sheet:
    """The latest total of each indicator; `?period=` that of one year for all, `?q=` those that have some words."""
    words = asked.query.get("q", "").strip()[:80]
    known, years = years_of(node), totals.years(node)[:8]
    period = asked.query.get("period", "") if asked.query.get("period") in years else ""
    wanted = [rule for rule in indicators().values() if _has(rule, territory.fold(words).split())]
    found = national(node, {rule.id: period or totals.usual(node, known[rule.id] or years) for rule in wanted})
    rows = [about(rule, found[rule.id]) | {"years": list(known[rule.id])} for rule in wanted]
    data = {"period": period or None, "q": words, "indicators": rows}
    return Sheet(data, COLUMNS, rows, lambda: _html(node, asked, found, known, (words, period, years)))


def _has(rule: Indicator, words: Sequence[str]) -> bool:
    said = f"{rule.id} {rule.label['fr']} {rule.label['en']} {rule.definition['fr']} {rule.definition['en']}"
    return not words or all(word in territory.fold(said) for word in words)


def about(rule: Indicator, row: Row | None) -> dict[str, Any]:
    """An indicator and its total as the files give them."""
    named = {"label_fr": rule.label["fr"], "label_en": rule.label["en"], "unit": rule.unit, "indicator": rule.id}
    described = {"theme": rule.theme, "tier": rule.tier, "kind": rule.kind} | named
    return described | ({} if row is None else row.to_json())


def line(rule: Indicator, row: Row | None, lang: str) -> dict[str, Any]:
    """An indicator and its total as a row of a table shows them."""
    return {
        "label": rule.label[lang],
        "tier": rules.tier(rule, lang),
        "kind": text(lang, f"web.kind.{rule.kind}"),
        "unit": rules.unit(rule, lang),
        "href": link(lang, f"/indicators/{rule.id}", period=row.period if row else ""),
        "total": None if row is None else total(row, lang),
    }


def _html(
    node: Node,
    asked: Asked,
    found: Mapping[str, Row | None],
    known: Mapping[str, tuple[str, ...]],
    about: tuple[str, str, tuple[str, ...]],
) -> str:
    lang, (words, period, years) = asked.lang, about
    lines = [(indicators()[name], row) for name, row in found.items()]
    groups = [
        (name, label[lang], [line(rule, row, lang) | {"years": _span(known[rule.id])}
                             for rule, row in lines if rule.theme == name])
        for name, label in themes().items()
    ]  # fmt: skip
    return render(
        node,
        "indicators.html",
        lang,
        asked.query,
        groups=[group for group in groups if group[2]],
        count=len(found),
        q=words,
        period=period,
        years=years,
        files=asked.files,
    )


def _span(years: Sequence[str]) -> str:
    """`2022–2025` for years without a gap, else a list."""
    whole = len(years) > 2 and int(years[0]) - int(years[-1]) == len(years) - 1
    return f"{years[-1]}–{years[0]}" if whole else ", ".join(reversed(years))
