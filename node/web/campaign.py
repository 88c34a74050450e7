"""The page of the campaigns: how many answer, by territory and by day. Counts only: no late place is named here."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from node.campaigns.dates import today
from node.context import Node
from node.messages import text
from node.views import campaign as views
from node.views.campaign import Area, Campaign, Progress
from node.web import map as drawing
from node.web import wording
from node.web.plain import render
from node.web.sheet import Asked, Sheet, Wrong
from vocab.territory import name_of

COLUMNS = ("period", "until", "closed", "days_left", "level", "area", "answered", "connected", "known")


def page(node: Node, asked: Asked) -> Sheet | Wrong | None:
    """One campaign: the one of `?period=`, else the first that is open; the files hold all of those that are asked."""
    known = views.all_of(node)
    period = asked.query.get("period", "")
    chosen = [each for each in known if each.period == period] if period else list(known)
    if period and not chosen:
        return Wrong(text(asked.lang, "campaign.page.title"), text(asked.lang, "node.campaign_unknown", period=period))
    shown = [(each, views.progress(node, each.period)) for each in chosen]
    data = {"campaigns": [_data(node, *each) for each in shown]}
    rows = [_line(node, each, area) for each, progress in shown for area in (progress.whole, *progress.areas)]
    return Sheet(data, COLUMNS, rows, lambda: _html(node, asked, known, shown))


def _data(node: Node, campaign: Campaign, progress: Progress) -> dict[str, Any]:
    about = _about(node, campaign) | {"opened": campaign.opened, "whole": progress.whole.to_json()}
    days = [{"day": day, "answered": n} for day, n in progress.days]
    return about | {"areas": [area.to_json() for area in progress.areas], "days": days}


def _about(node: Node, campaign: Campaign) -> dict[str, Any]:
    left = campaign.days_left(today(node))
    return {"period": campaign.period, "until": campaign.until, "closed": campaign.closed or None, "days_left": left}


def _line(node: Node, campaign: Campaign, area: Area) -> dict[str, Any]:
    counts = {"answered": area.answered, "connected": area.connected, "known": area.known}
    return _about(node, campaign) | {"level": area.level, "area": area.code} | counts


def _html(node: Node, asked: Asked, known: Sequence[Campaign], shown: Sequence[tuple[Campaign, Progress]]) -> str:
    lang = asked.lang
    values: dict[str, Any] = {"files": asked.files, "campaign": None, "others_known": []}
    if shown:
        campaign, progress = shown[0]
        values |= _values(node, campaign, progress, lang)
        values["others_known"] = [each for each in known if each.period != campaign.period]
    return render(node, "campaign.html", lang, asked.query, **values)


def _values(node: Node, campaign: Campaign, progress: Progress, lang: str) -> dict[str, Any]:
    left = campaign.days_left(today(node))
    shares = {
        area.code: Decimal(area.answered) / area.connected for area in progress.areas if area.level == "departement"
    }
    drawn = drawing.drawn(shares, {area.code: _title(area, lang) for area in progress.areas})
    most = max((n for _, n in progress.days), default=1)
    return {
        "campaign": campaign,
        "left": _left(campaign, left, lang),
        "whole": _area(progress.whole, lang),
        "levels": [(level, [_area(a, lang) for a in progress.areas if a.level == level]) for level in views.LEVELS],
        "map_drawing": drawn if shares else None,
        "keys": [{"shade": key.shade, "text": _share(key, lang)} for key in drawn.keys],
        "days": [{"day": wording.day(day, lang), "n": n, "width": 100 * n // most} for day, n in progress.days],
    }


def _left(campaign: Campaign, left: int | None, lang: str) -> str:
    if left is None:
        return text(lang, "campaign.page.closed", day=wording.day(campaign.closed, lang))
    if left < 0:
        return text(lang, "campaign.page.over")
    return wording.counted("campaign.left", left, lang) if left else text(lang, "campaign.left.none")


def _area(area: Area, lang: str) -> dict[str, Any]:
    widest = max(area.known, area.connected, 1)
    bar = {"connected_width": 100 * area.connected // widest, "reporting_width": 100 * area.answered // widest}
    share = {"connected_width": 0, "reporting_width": 100 * area.answered // max(area.connected, 1)}
    name = name_of(area.level, area.code, lang)
    return {"area": area, "name": name, "bar": bar, "share_bar": share, "share": _percent(area, lang)}


def _percent(area: Area, lang: str) -> str:
    return wording.number(Decimal(100 * area.answered) / area.connected, lang, Decimal(1)) if area.connected else ""


def _title(area: Area, lang: str) -> str:
    name = name_of(area.level, area.code, lang)
    return text(lang, "campaign.page.of", name=name, answered=area.answered, connected=area.connected)


def _share(key: drawing.Key, lang: str) -> str:
    ends = [wording.number(100 * end, lang, Decimal(1)) for end in (key.low, key.high)]
    return " – ".join(dict.fromkeys(ends)) + text(lang, "campaign.page.percent")
