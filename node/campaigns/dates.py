"""The dates of a campaign, on the calendar of France: the last day to answer is counted to its end."""

import re
from datetime import date
from zoneinfo import ZoneInfo

from node.context import Node
from node.errors import CampaignRefused
from node.store import times
from vocab.errors import BadPeriod
from vocab.periods import Period

_FRANCE = ZoneInfo("Europe/Paris")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def today(node: Node) -> date:
    """The day that it is in France."""
    return node.clock().astimezone(_FRANCE).date()


def day_of(stored: str) -> date:
    """The day that it was in France at a time of the tables."""
    return times.read(stored).astimezone(_FRANCE).date()


def asked_period(node: Node, text: str) -> str:
    """The period of a campaign: a year, a month or an accounting year that has begun. Raises `CampaignRefused`."""
    try:
        period = Period.parse(text)
    except BadPeriod:
        raise CampaignRefused("campaign_period", period=text) from None
    if period.kind == "date":
        raise CampaignRefused("campaign_period", period=text)
    if period.start > today(node):
        raise CampaignRefused("campaign_period_future", period=text)
    return text


def last_day(node: Node, text: str) -> date:
    """The last day to answer, today or later. Raises `CampaignRefused`."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise CampaignRefused("campaign_date", date=text)
    if day < today(node):
        raise CampaignRefused("campaign_date_past", date=text)
    return day
