"""How far a campaign is: who answers, of the places connected, of the places known, by territory and by day.

A place answered when a report of its own counts for the period, public or not: only that it did is read, of the
restricted ones too. Places that are late are named to the one who runs the campaign, and on `/quality`, not here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, select

from node.context import Node
from node.store.schema import answers, campaigns, relations, restricted_answers
from node.views.areas import Divisions
from node.views.totals import KnownPlace, known_places
from vocab import territory
from vocab.periods import Period

LEVELS = ("region", "departement")


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign: the period it asks for and the last day to answer (`until`); `closed` is empty while it is open."""

    period: str
    until: str
    opened: str
    closed: str

    def days_left(self, today: date) -> int | None:
        """Days to the end of the last one, today not counted; negative once it is over, None when it is closed."""
        return None if self.closed else (date.fromisoformat(self.until) - today).days


@dataclass(frozen=True, slots=True)
class Asked:
    """A connected place; `answered`: when its answer came, empty while it has not."""

    actor: str
    name: str
    region: str
    departement: str
    answered: str


@dataclass(frozen=True, slots=True)
class Area:
    """How many places of a territory answer, of those connected, of those known open at the end of the period."""

    level: str
    code: str
    answered: int
    connected: int
    known: int

    def to_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Progress:
    """The whole, each territory that has a connected place, and how many answers came each day."""

    period: str
    whole: Area
    areas: tuple[Area, ...]
    days: tuple[tuple[str, int], ...]
    asked: tuple[Asked, ...]

    @property
    def late(self) -> tuple[Asked, ...]:
        return tuple(each for each in self.asked if not each.answered)


def all_of(node: Node) -> tuple[Campaign, ...]:
    """Every campaign: those that are open first, then the latest period."""
    with node.store.read() as connection:
        rows = connection.execute(select(campaigns).order_by(campaigns.c.period.desc())).all()
    found = (Campaign(row.period, row.until, row.opened, row.closed or "") for row in rows)
    return tuple(sorted(found, key=lambda each: bool(each.closed)))


def progress(node: Node, period: str) -> Progress:
    """Who answers for a period. Raises `BadPeriod`."""
    with node.cache.public.read() as public, node.cache.restricted.read() as restricted:
        places = list(known_places(public, Divisions({}), period).values())
        connected = frozenset(public.execute(select(relations.c.actor)).scalars())
        came = answered(public, restricted, period)
    asked = tuple(
        Asked(p.actor, p.name, p.areas["region"], p.areas["departement"], came.get(p.actor, ""))
        for p in sorted(places, key=lambda p: (p.name, p.actor))
        if p.kind == "description" and p.actor in connected
    )
    areas = [area for level in LEVELS for area in _areas(level, asked, places)]
    days = Counter(each.answered[:10] for each in asked if each.answered)
    whole = _area("country", territory.COUNTRY, asked, places)
    return Progress(period, whole, tuple(areas), tuple(sorted(days.items())), asked)


def answered(public: Connection, restricted: Connection, period: str) -> dict[str, str]:
    """When each actor answered for a period. A year is answered for by a report of the year, of an accounting year
    or a date that belongs to it, or by its twelve months."""
    asked, found = Period.parse(period), dict[str, dict[str, str]]()
    for connection, table in ((public, answers), (restricted, restricted_answers)):
        for row in connection.execute(select(table.c.actor, table.c.period, table.c.first)):
            given = found.setdefault(row.actor, {})
            given[row.period] = min(row.first, given.get(row.period, row.first))
    done = {actor: _since(asked, given) for actor, given in found.items()}
    return {actor: since for actor, since in done.items() if since}


def _since(asked: Period, given: Mapping[str, str]) -> str:
    """When the reports that were given, by period, made a whole answer; empty if they do not."""
    if asked.kind != "year":
        return given.get(asked.text, "")
    inside = [(Period.parse(name), first) for name, first in given.items()]
    of_year = [(each.kind, first) for each, first in inside if each.year == asked.year]
    whole = [first for kind, first in of_year if kind != "month"]
    months = [first for kind, first in of_year if kind == "month"]
    return min(whole, default="") or (max(months) if len(months) == 12 else "")


def _areas(level: str, asked: Sequence[Asked], places: Sequence[KnownPlace]) -> Iterator[Area]:
    """The territories of a level that have a connected place."""
    codes = sorted({getattr(each, level) for each in asked} - {""})
    for code in codes:
        here = [each for each in asked if getattr(each, level) == code]
        yield _area(level, code, here, [place for place in places if place.areas[level] == code])


def _area(level: str, code: str, asked: Sequence[Asked], places: Iterable[KnownPlace]) -> Area:
    known = {place.place for place in places if place.open_at}
    return Area(level, code, sum(bool(each.answered) for each in asked), len(asked), len(known))
