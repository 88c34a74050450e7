"""A campaign from its opening to its end: what a command asks for, and what leaves on its own while it is open.

Every function raises `CampaignRefused` for what cannot be done, and then nothing was written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import update
from sqlalchemy.dialects.sqlite import insert

from node.campaigns import sending
from node.campaigns.dates import asked_period, day_of, last_day, today
from node.campaigns.sending import Planned
from node.campaigns.wording import Reader
from node.context import Node
from node.errors import CampaignRefused
from node.project import behind
from node.store import times
from node.store.schema import campaigns
from node.views import campaign as views
from node.views.campaign import Campaign

REMIND = (14, 3)
"""Days before the last one on which places that have not answered are reminded without being asked to."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many places a command wrote to (or would), of how many that are connected."""

    campaign: Campaign
    written: int
    connected: int
    changed: bool = False  # the campaign itself: opened, opened again, or with another last day


def open_(node: Node, period: str, until: str, dry_run: bool = False) -> Written:
    """Open a campaign, or change its last day, and write to every place that was not written to."""
    asked, day = asked_period(node, period), last_day(node, until)
    before = _find(node, asked)
    opened = before.opened if before else times.text(node.clock())
    campaign = Campaign(asked, day.isoformat(), opened, "")
    planned, connected = _openings(node, asked)
    if dry_run:
        return Written(campaign, len(planned), connected, campaign != before)
    row = {"period": asked, "until": campaign.until, "opened": opened, "closed": None}
    statement = insert(campaigns).values(row)
    again = statement.on_conflict_do_update(index_elements=["period"], set_={"until": campaign.until, "closed": None})
    node.store.write(lambda connection: connection.execute(again))
    return Written(campaign, sending.write(node, campaign, planned), connected, campaign != before)


def _openings(node: Node, period: str) -> tuple[list[Planned], int]:
    readers = sending.connected(node)
    return sending.missing(node, period, map(sending.opening, readers)), len(readers)


def close(node: Node, period: str) -> Campaign:
    """Nothing more is written for it, until it is opened again."""
    campaign, now = running(node, period), times.text(node.clock())
    end = update(campaigns).where(campaigns.c.period == period, campaigns.c.closed.is_(None)).values(closed=now)
    node.store.write(lambda connection: connection.execute(end))
    return Campaign(campaign.period, campaign.until, campaign.opened, now)


def remind(node: Node, period: str, to: str = "") -> Written:
    """Remind the places that have not answered, or one of them (IRI or handle); once a day each at most."""
    campaign = running(node, period)
    late = _late(node, period)
    if to:
        late = [_named(node, period, to, late)]
    planned = [sending.reminder(reader, today(node)) for reader in late]
    return Written(campaign, sending.write(node, campaign, planned), len(late))


def _late(node: Node, period: str) -> list[Reader]:
    with node.cache.public.read() as public, node.cache.restricted.read() as restricted:
        done = views.answered(public, restricted, period)
    return [reader for reader in sending.connected(node) if reader.actor not in done]


def _named(node: Node, period: str, to: str, late: Sequence[Reader]) -> Reader:
    names = {to, "@" + to.removeprefix("@")}
    known = [reader for reader in sending.connected(node) if names & {reader.actor, reader.handle}]
    if not known:
        raise CampaignRefused("campaign_place", place=to)
    if known[0] not in late:
        raise CampaignRefused("campaign_answered", place=known[0].name, period=period)
    return known[0]


def tick(node: Node) -> int:
    """What leaves on its own: the opening letter of places connected since, and the reminders whose day has come.

    Nothing while the projections are behind: an answer that waits to be read there must not bring a reminder.
    """
    if behind(node):
        return 0
    day = today(node)
    current = [each for each in views.all_of(node) if not each.closed and date.fromisoformat(each.until) >= day]
    return sum(_tick(node, campaign, day) for campaign in current)


def _tick(node: Node, campaign: Campaign, day: date) -> int:
    written = sending.write(node, campaign, _openings(node, campaign.period)[0])
    until = date.fromisoformat(campaign.until)
    due = [until - timedelta(days=days) for days in REMIND if until - timedelta(days=days) <= day]
    if not due:
        return written
    done = sending.sent(node, campaign.period)
    heard = {actor for actor, kind, _, sent in done if kind != "correction" and day_of(sent) >= max(due)}
    planned = [sending.reminder(reader, day) for reader in _late(node, campaign.period) if reader.actor not in heard]
    return written + sending.write(node, campaign, planned)


def running(node: Node, period: str) -> Campaign:
    """The open campaign of a period."""
    campaign = _find(node, asked_period(node, period))
    if campaign is None:
        raise CampaignRefused("campaign_unknown", period=period)
    if campaign.closed:
        raise CampaignRefused("campaign_closed", period=period, day=campaign.closed[:10])
    return campaign


def _find(node: Node, period: str) -> Campaign | None:
    return next((each for each in views.all_of(node) if each.period == period), None)
