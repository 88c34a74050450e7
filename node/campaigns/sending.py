"""Writing to the places that accepted our Follow: each letter once, for its row in `campaign_notes` says that it left.

A letter and its row are one transaction. So what is asked twice is sent once, what was cut short goes on where it
stopped, and a place that is connected later is written to then.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from node import letters
from node.campaigns import wording
from node.campaigns.dates import today
from node.campaigns.wording import Reader, Subject
from node.context import Node
from node.store import times
from node.store.schema import campaign_notes as notes
from node.store.schema import following, peers
from node.views.campaign import Campaign
from vocab.letter import Letter

_AT_ONCE = 100  # letters a transaction: others write in between
_NO_PLACE = ("Application", "Service")


@dataclass(frozen=True, slots=True)
class Planned:
    """One letter to write: to whom, of what kind and about what, and its words by language."""

    reader: Reader
    kind: str  # open | reminder | correction
    about: str
    words: Callable[[Subject, Reader], dict[str, str]]


def subject(node: Node, campaign: Campaign) -> Subject:
    """What all letters of a campaign say today."""
    until = date.fromisoformat(campaign.until)
    return Subject(node.config.name, node.config.url, campaign.period, until, today(node))


def connected(node: Node) -> list[Reader]:
    """The places that accepted our Follow and can be reached, by actor."""
    query = select(peers).join(following, following.c.target == peers.c.actor)
    query = query.where(following.c.state == "accepted", peers.c.gone.is_(None), peers.c.inbox.is_not(None))
    with node.store.read() as connection:
        rows = connection.execute(query.order_by(peers.c.actor)).all()
    return [_reader(row) for row in rows if json.loads(row.document).get("type") not in _NO_PLACE]


def _reader(row: Row[Any]) -> Reader:
    return Reader.of(row.actor, row.handle or "", row.name or "", row.implements)


def sent(node: Node, period: str) -> set[tuple[str, str, str, str]]:
    """What was written for a period: actor, kind, what about, and the moment."""
    query = select(notes.c.actor, notes.c.kind, notes.c.about, notes.c.sent).where(notes.c.period == period)
    with node.store.read() as connection:
        return {(row.actor, row.kind, row.about, row.sent) for row in connection.execute(query)}


def missing(node: Node, period: str, planned: Iterable[Planned]) -> list[Planned]:
    """Those of the planned letters that were not written yet."""
    done = {(actor, kind, about) for actor, kind, about, _ in sent(node, period)}
    return [each for each in planned if (each.reader.actor, each.kind, each.about) not in done]


def write(node: Node, campaign: Campaign, planned: Sequence[Planned]) -> int:
    """Write those that were not written yet; how many."""
    about, parts = subject(node, campaign), range(0, len(planned), _AT_ONCE)
    return sum(
        node.store.write(partial(_write, node=node, about=about, planned=planned[n : n + _AT_ONCE])) for n in parts
    )


def _write(connection: Connection, node: Node, about: Subject, planned: Sequence[Planned]) -> int:
    return sum(_write_one(connection, node, about, each) for each in planned)


def _write_one(connection: Connection, node: Node, about: Subject, planned: Planned) -> bool:
    """Whether it was not written yet: another process may be at it, and only one of the two makes the row."""
    reader, now = planned.reader, times.text(node.clock())
    row = {"period": about.period, "actor": reader.actor, "kind": planned.kind, "about": planned.about}
    row |= {"document": "", "sent": now}
    key = [notes.c[name] for name in ("period", "actor", "kind", "about")]
    made = connection.execute(insert(notes).values(row).on_conflict_do_nothing(index_elements=key)).rowcount
    if not made:
        return False
    letter = Letter(reader.actor, reader.handle, planned.words(about, reader))
    iri = letters.send(connection, node, letter)
    same = [column == row[column.name] for column in key]
    connection.execute(notes.update().where(*same).values(document=iri))
    return True


def opening(reader: Reader) -> Planned:
    return Planned(reader, "open", "", wording.opening)


def reminder(reader: Reader, day: date) -> Planned:
    """About its day: a place is reminded once a day at most, by whomever."""
    return Planned(reader, "reminder", day.isoformat(), wording.reminder)
