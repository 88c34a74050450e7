"""What the figures of a year are worth: who answered, how old what is known is, how figures were made, what is apart.

Of what is not public, that a place answered is read, and how many figures and documents there are: never what they say.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from node.context import Node
from node.store.schema import answers, directory, observations, quarantine, relations, restricted_quarantine
from node.views.areas import UNSTATED, Divisions
from node.views.campaign import answered
from node.views.kept import kept
from node.views.totals import KnownPlace, known_places, left_out
from vocab import territory
from vocab.errors import Mistake
from vocab.periods import Period
from vocab.reference import indicators

AGES = (90, 365, 730)
"""Upper bounds of the classes of age, days; older is a class, never another."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many places of an area are known (open at the end of the period), of which only listed; how many are
    connected, of which answered."""

    level: str
    area: str
    known: int
    listed: int
    connected: int
    answered: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A connected place, open at the end of the period, that has not answered; its last public report, if any."""

    place: str
    name: str
    actor: str
    commune: str
    departement: str
    region: str
    last_period: str | None
    last_received: str | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ages:
    """How many of a thing are of each age: a count for each bound of `AGES`, then older, then never."""

    of: str  # description | listing | report
    counts: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return {"of": self.of, "counts": list(self.counts)}


@dataclass(frozen=True, slots=True)
class Made:
    """How the public figures of an indicator were obtained: how many places by observation status (SDMX) and by
    method, which is named with its version; how many figures are not public."""

    indicator: str
    places: int
    statuses: Mapping[str, int]
    methods: Mapping[str, int]
    restricted_left_out: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Apart:
    """An authentic public document that is not valid: it counts nowhere until its author mends it."""

    document: str
    actor: str
    name: str
    place: str
    region: str
    mistakes: tuple[Mistake, ...]

    def to_json(self) -> dict[str, Any]:
        about = {"document": self.document, "actor": self.actor, "name": self.name, "place": self.place}
        return about | {"mistakes": [each.to_json() for each in self.mistakes]}


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything on the page of quality. `not_open`: connected, but not open at the end of the period."""

    period: str
    whole: Reach
    areas: tuple[Reach, ...]
    awaited: tuple[Awaited, ...]
    not_open: int
    ages: tuple[Ages, ...]
    made: tuple[Made, ...]
    apart: tuple[Apart, ...]
    apart_restricted: int
    left_out: int
    left_out_places: int
    regions: Mapping[str, str]  # of each actor that describes itself


def quality(node: Node, period: str, region: str = "") -> Quality:
    """The whole network, or a region and its départements, as of today. Raises `BadPeriod`."""
    now = node.clock()
    return kept(node, ("quality", period, region, now.date()), lambda: _quality(node, period, region, now))


def _quality(node: Node, period: str, region: str, now: datetime) -> Quality:
    with node.cache.public.read() as public, node.cache.restricted.read() as restricted:
        known = known_places(public, Divisions({}), period)
        actors = frozenset(public.execute(select(relations.c.actor)).scalars())
        came = answered(public, restricted, period)
        hidden = left_out(restricted, indicators(), period)
        here = [place for place in known.values() if not region or place.areas["region"] == region]
        connected = [place for place in here if place.kind == "description" and place.actor in actors]
        late = [place for place in connected if place.open_at and place.actor not in came]
        places = {place.place for place in here}
        withheld = {key: n for key, n in hidden.items() if key[0] in places}
        return Quality(
            period=period,
            whole=_reach("region" if region else "country", region or territory.COUNTRY, here, connected, came),
            areas=tuple(_areas("departement" if region else "region", here, connected, came)),
            awaited=_awaited(public, late),
            not_open=sum(not place.open_at for place in connected),
            ages=_ages(public, now, {place.actor for place in connected}, region),
            made=tuple(_made(public, period, region, withheld)),
            apart=_apart(public, known.values(), region),
            apart_restricted=_count(restricted, region, known.values()),
            left_out=sum(withheld.values()),
            left_out_places=len({place for place, _ in withheld}),
            regions={place.actor: place.areas["region"] for place in known.values() if place.kind == "description"},
        )


def _reach(
    level: str, area: str, here: Sequence[KnownPlace], connected: Sequence[KnownPlace], came: Mapping[str, str]
) -> Reach:
    still = [place for place in here if place.open_at]
    return Reach(
        level=level,
        area=area,
        known=len({place.place for place in still}),
        listed=sum(place.kind == "listing" for place in still),
        connected=len(connected),
        answered=sum(place.actor in came for place in connected),
    )


def _areas(
    level: str, here: Sequence[KnownPlace], connected: Sequence[KnownPlace], came: Mapping[str, str]
) -> Iterable[Reach]:
    """Each area that has a known place; those that say none of it are together, last."""
    by_area: dict[str, tuple[list[KnownPlace], list[KnownPlace]]] = {}
    for at, places in enumerate((here, connected)):
        for place in places:
            by_area.setdefault(place.areas[level] or UNSTATED, ([], []))[at].append(place)
    for area in sorted(by_area, key=lambda code: (code == UNSTATED, territory.fold(territory.name_of(level, code)))):
        yield _reach(level, area, *by_area[area], came)


def _awaited(public: Connection, late: Sequence[KnownPlace]) -> tuple[Awaited, ...]:
    """By region, département and name, with the last public report of each: by its period, then by when it came."""
    a = answers.c
    last: dict[str, tuple[str, str]] = {}
    for row in public.execute(select(a.actor, a.period, a.first)):
        said = (row.period, row.first)
        last[row.actor] = max(said, last.get(row.actor, said), key=lambda pair: (Period.parse(pair[0]).end, pair[1]))
    found = [
        Awaited(
            place.place, place.name, place.actor,
            place.areas["commune"], place.areas["departement"], place.areas["region"],
            *last.get(place.actor, (None, None)),
        )
        for place in late
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (_named("region", each.region), each.departement, each.name)))


def _named(level: str, code: str) -> tuple[bool, str]:
    return not code, territory.fold(territory.name_of(level, code))


def _ages(public: Connection, now: datetime, connected: set[str], region: str) -> tuple[Ages, ...]:
    d, a = directory.c, answers.c
    query = select(d.kind, d.actor, d.updated).where(*_in(region))
    rows = public.execute(query).all()
    last = public.execute(select(a.actor, func.max(a.first)).group_by(a.actor))
    reported = {actor: str(first) for actor, first in last}
    dates = {
        "description": [row.updated for row in rows if row.kind == "description" and row.actor in connected],
        "report": [reported.get(actor, "") for actor in connected],
        "listing": [row.updated for row in rows if row.kind == "listing"],
    }
    return tuple(Ages(of, _by_age(some, now)) for of, some in dates.items())


def _in(region: str) -> tuple[ColumnElement[bool], ...]:
    return (directory.c.region == region,) if region else ()


def _by_age(dates: Iterable[str], now: datetime) -> tuple[int, ...]:
    classes = Counter(_class(date, now) for date in dates)
    return tuple(classes[n] for n in range(len(AGES) + 2))


def _class(date: str, now: datetime) -> int:
    if not date:
        return len(AGES) + 1
    days = (now - datetime.fromisoformat(date)).days
    return sum(days > bound for bound in AGES)


def _made(public: Connection, period: str, region: str, withheld: Mapping[tuple[str, str], int]) -> Iterable[Made]:
    """The indicators that have a public figure, or one that is not public, in the vocabulary's order."""
    o = observations.c
    year = Period.parse(period).year
    given = public.execute(select(o.period).distinct()).scalars()
    places = select(directory.c.place).where(*_in(region))
    of_year = [each for each in given if Period.parse(each).year == year]
    where = (o.period.in_(of_year), o.breakdown == "", o.value.is_not(None), o.place.in_(places))
    by_status, by_method = _counted(public, o.status, where), _counted(public, o.method, where)
    whole = _counted(public, o.breakdown, where)
    hidden: Counter[str] = Counter()
    for (_, name), n in withheld.items():
        hidden[name] += n
    for name in indicators():
        if name in whole or name in hidden:
            methods = {method: n for method, n in by_method.get(name, {}).items() if method}
            yield Made(name, whole.get(name, {}).get("", 0), by_status.get(name, {}), methods, hidden[name])


def _counted(
    public: Connection, column: ColumnElement[str], where: Iterable[ColumnElement[bool]]
) -> dict[str, dict[str, int]]:
    """How many places gave a figure of each indicator, by what the column says of it; most first."""
    o = observations.c
    n = func.count(o.place.distinct())
    query = select(o.indicator, column, n).where(*where).group_by(o.indicator, column).order_by(n.desc(), column)
    found: dict[str, dict[str, int]] = {}
    for name, said, count in public.execute(query):
        found.setdefault(name, {})[said] = count
    return found


def _apart(public: Connection, known: Iterable[KnownPlace], region: str) -> tuple[Apart, ...]:
    by_actor = {place.actor: place for place in known if place.kind == "description"}
    found = []
    for row in public.execute(select(quarantine).order_by(quarantine.c.actor, quarantine.c.document)):
        place = by_actor.get(row.actor)
        at = place.areas["region"] if place else ""
        if region and at != region:
            continue
        mistakes = tuple(Mistake(**each) for each in json.loads(row.errors))
        name, iri = (place.name, place.place) if place else (row.actor, "")
        found.append(Apart(row.document, row.actor, name, iri, at, mistakes))
    return tuple(found)


def _count(restricted: Connection, region: str, known: Iterable[KnownPlace]) -> int:
    """How many documents that are not public are not valid; nothing of them is read but their author."""
    regions = {place.actor: place.areas["region"] for place in known if place.kind == "description"}
    authors = restricted.execute(select(restricted_quarantine.c.actor)).scalars()
    return sum(not region or regions.get(author) == region for author in authors)
