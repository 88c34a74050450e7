"""`/quality`: what the figures of a year are worth, said to help those who answer: nobody is ranked or blamed."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from node.context import Node
from node.messages import text
from node.views import quality as view
from node.views.quality import AGES, Apart, Awaited, Made, Quality, Reach
from node.views.warnings import Row as Warned
from node.views.warnings import warnings
from node.web import wording
from node.web.plain import link, render
from node.web.sheet import Asked, Sheet, Wrong
from node.web.shown import chosen_year
from vocab import territory
from vocab.errors import message
from vocab.reference import indicators

COLUMNS = (
    "section", "period", "area", "place", "name", "indicator", "document", "field", "code", "date",
    "known", "listed", "connected", "answered", "n",
)  # fmt: skip
_PAGE = 100  # places awaited on one page
_MOST = 100  # warnings, and documents put apart; the files have them all


def page(node: Node, asked: Asked) -> Sheet | Wrong:
    """A year, for the whole network or for `?region=`."""
    period, years = chosen_year(node, asked.query)
    region, number = asked.query.get("region", "").strip(), asked.query.get("page", "1")
    if region and region not in territory.area_codes("region"):
        return _wrong(asked.lang, "region", region)
    if not (number.isdecimal() and number.isascii() and len(number) < 6):
        return _wrong(asked.lang, "page", number)
    found = view.quality(node, period, region)
    odd = [row for row in warnings(node, period) if not region or found.regions.get(row.actor) == region]
    data = _data(found, odd) | {"region": region or None}
    return Sheet(
        data, COLUMNS, [*_rows(found, odd)], lambda: _html(node, asked, found, odd, years, region, int(number))
    )


def _wrong(lang: str, name: str, value: str) -> Wrong:
    return Wrong(text(lang, "quality.wrong"), text(lang, f"places.wrong.{name}", value=value[:80]))


def _data(found: Quality, odd: Sequence[Warned]) -> dict[str, Any]:
    """Everything, as codes and counts."""
    return {
        "period": found.period,
        "whole": found.whole.to_json(),
        "connected_not_open": found.not_open,
        "age_bounds_days": list(AGES),
        "areas": [each.to_json() for each in found.areas],
        "awaited": [each.to_json() for each in found.awaited],
        "ages": [each.to_json() for each in found.ages],
        "methods": [each.to_json() for each in found.made],
        "warnings": [each.to_json() for each in odd],
        "quarantine": [each.to_json() for each in found.apart],
        "restricted": {
            "figures_left_out": found.left_out,
            "places": found.left_out_places,
            "quarantine": found.apart_restricted,
        },
    }


def _rows(found: Quality, odd: Sequence[Warned]) -> list[dict[str, Any]]:
    """One fact a line; `section` says what it is about, `n` counts."""
    rows: list[dict[str, Any]] = [{"section": "coverage"} | each.to_json() for each in (found.whole, *found.areas)]
    rows += [
        {"section": "awaited", "area": each.departement, "place": each.place, "name": each.name,
         "code": each.last_period, "date": each.last_received}
        for each in found.awaited
    ]  # fmt: skip
    for ages in found.ages:
        bounds = [*(f"<={days}d" for days in AGES), f">{AGES[-1]}d", "never"]
        rows += [
            {"section": f"age-{ages.of}", "code": code, "n": n} for code, n in zip(bounds, ages.counts, strict=True)
        ]
    for made in found.made:
        about = {"indicator": made.indicator}
        rows += [{"section": "status", "code": code, "n": n} | about for code, n in made.statuses.items()]
        rows += [{"section": "method", "code": code, "n": n} | about for code, n in made.methods.items()]
        rows += [{"section": "restricted", "n": made.restricted_left_out} | about] if made.restricted_left_out else []
    rows += [{"section": "warning"} | _warned(each) for each in odd]
    rows += [
        {"section": "quarantine", "place": each.place, "name": each.name, "document": each.document,
         "field": mistake.field, "code": mistake.code}
        for each in found.apart
        for mistake in each.mistakes
    ]  # fmt: skip
    rows += [{"section": "quarantine-restricted", "n": found.apart_restricted}]
    return [{"period": found.period} | row for row in rows]


def _warned(row: Warned) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("place", "name", "indicator", "document", "period", "code")} | {
        "field": row.breakdown
    }


def _html(
    node: Node, asked: Asked, found: Quality, odd: Sequence[Warned], years: tuple[str, ...], region: str, number: int
) -> str:
    lang = asked.lang
    pages = max(1, -(-len(found.awaited) // _PAGE))
    number = min(max(number, 1), pages)
    kept = {"period": found.period, "region": region}
    return render(
        node,
        "quality.html",
        lang,
        asked.query,
        found=found,
        years=years,
        region=region,
        regions=sorted(
            ((code, territory.name_of("region", code, lang)) for code in territory.area_codes("region")),
            key=lambda pair: territory.fold(pair[1]),
        ),
        areas=[_reach(each, found.period, lang) for each in found.areas],
        awaited=[_awaited(each, lang) for each in found.awaited[(number - 1) * _PAGE : number * _PAGE]],
        page=number,
        pages=pages,
        before=link(lang, "/quality", **kept, page=number - 1) if number > 1 else "",
        after=link(lang, "/quality", **kept, page=number + 1) if number < pages else "",
        ages=[(ages.of, [wording.number(Decimal(n), lang) for n in ages.counts]) for ages in found.ages],
        made=[_made(each, found.period, lang) for each in found.made],
        warned=[_odd(each, lang) for each in odd[:_MOST]],
        warned_count=len(odd),
        apart=[_apart(each, lang) for each in found.apart[:_MOST]],
        apart_count=len(found.apart),
        files=asked.files,
    )


def _reach(reach: Reach, period: str, lang: str) -> dict[str, Any]:
    most = max(reach.known, reach.connected, 1)
    is_known = reach.area in territory.area_codes(reach.level)
    name = territory.name_of(reach.level, reach.area, lang) if is_known else text(lang, "areas.unstated")
    href = link(lang, "/quality", period=period, region=reach.area) if is_known and reach.level == "region" else ""
    return {
        "reach": reach,
        "name": name,
        "href": href,
        "reporting_width": round(100 * reach.answered / most),
        "connected_width": round(100 * reach.connected / most),
    }


def _awaited(each: Awaited, lang: str) -> dict[str, str]:
    town, departement = (territory.name_of(level, getattr(each, level), lang) for level in ("commune", "departement"))
    last = text(lang, "quality.last.never")
    if each.last_period and each.last_received:
        period, day = wording.period(each.last_period, lang), wording.day(each.last_received, lang)
        last = text(lang, "quality.last", period=period, day=day)
    where = f"{town} ({departement})" if town and departement and town != departement else town or departement
    return {"name": each.name, "href": link(lang, "/network/place", id=each.place), "where": where, "last": last}


def _made(made: Made, period: str, lang: str) -> dict[str, Any]:
    """Shares are of places: one that estimates a month and measures another is in both."""
    estimated = made.statuses.get("E", 0)
    share = wording.number(Decimal(100 * estimated) / made.places, lang, Decimal(1)) if made.places else ""
    return {
        "label": indicators()[made.indicator].label[lang],
        "href": link(lang, f"/indicators/{made.indicator}", period=period),
        "places": wording.number(Decimal(made.places), lang),
        "estimated": share + text(lang, "web.percent") if share else "–",
        "width": round(100 * estimated / made.places) if made.places else 0,
        "methods": [f"{wording.method(code, lang)} ({n})" for code, n in list(made.methods.items())[:4]],
        "more": max(0, len(made.methods) - 4),
        "withheld": made.restricted_left_out,
    }


def _odd(row: Warned, lang: str) -> dict[str, str]:
    return {
        "name": row.name,
        "href": link(lang, "/network/place", id=row.place),
        "about": row.about(lang),
        "period": wording.period(row.period, lang),
        "sentence": row.sentence(lang),
    }


def _apart(each: Apart, lang: str) -> dict[str, Any]:
    short = (replace(mistake, field=mistake.field[:80]) for mistake in each.mistakes[:5])
    shown = [wording.typeset(message(mistake, lang), lang) for mistake in short]
    return {
        "name": each.name,
        "href": link(lang, "/network/place", id=each.place) if each.place else "",
        "document": each.document,
        "mistakes": shown,
        "more": max(0, len(each.mistakes) - 5),
    }
