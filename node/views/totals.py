"""Totals of one indicator by area, from public figures only, by the indicator's own rule.

What is not public is counted (`restricted_left_out`) and never read: the count comes from another file, which
holds the figures that this module has no statement to read.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from node.context import Node
from node.rollup import engine as rollup
from node.store.schema import directory, observations, relations, restricted_observations
from node.views.areas import Divisions, divisions, family_of, order
from node.views.kept import kept
from vocab import territory
from vocab.derived import of_opening
from vocab.indicators import Aggregate, Universe, aggregate, questions
from vocab.periods import Period
from vocab.reference import indicator
from vocab.resolve import Fact
from vocab.units import canonical

_FEW = 1_000  # places that a statement may name
_OPEN = ("open", "paused", "unknown")


@dataclass(frozen=True, slots=True)
class Row:
    """One total of the answering places, named as it is published; figures are decimal strings."""

    indicator: str
    area: str
    period: str
    value: str | None
    unit: str
    obsStatus: str  # noqa: N815 - the published name
    confStatus: str  # noqa: N815 - the published name
    n_operators: int
    n_reporting: int
    n_connected: int
    n_known: int
    coverage: str | None
    coverage_known: str | None
    methods: tuple[str, ...]
    restricted_left_out: int

    def to_json(self) -> dict[str, Any]:
        """The row as `/totals.json` gives it."""
        return asdict(self) | {"methods": list(self.methods)}


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place of the directory, in its areas."""

    place: str
    actor: str
    kind: str
    name: str
    operator: str
    areas: Mapping[str, str]
    open_at: bool
    opened: str


def _is_open(row: Any, end: str) -> bool:
    """Known open at the end of the period: opened by then if a date is given, not closed by then."""
    if row.opened and row.opened[: len(end)] > end[: len(row.opened)]:
        return False
    if row.closed:
        return bool(row.closed > end[: len(row.closed)])
    return row.status in _OPEN


def known_places(public: Connection, divisions: Divisions, period: str) -> dict[str, KnownPlace]:
    """Every place of the directory by its IRI; `open_at` says whether it counts at the end of `period`."""
    end = Period.parse(period).end.isoformat()
    found = {}
    for row in public.execute(select(directory).order_by(directory.c.place, directory.c.seq)):
        areas = {
            "country": territory.COUNTRY,
            "region": row.region or "",
            "departement": row.departement or "",
            "epci": row.epci or "",
            "commune": row.commune or "",
            "typology": family_of(row.typology),
        } | divisions.of(row.commune or "")
        about = (row.place, row.actor, row.kind, row.name, row.operator, areas)
        found[row.place] = KnownPlace(*about, _is_open(row, end), row.opened or "")
    return found


def spans(period: ColumnElement[str], asked: str) -> ColumnElement[bool]:
    """Whether figures of a period may bear on the one that is asked: of its year, of its months, dates and accounting
    year, and of the years that may share days with that one."""
    year = Period.parse(asked).year
    before = period.startswith(str(year - 2)) & period.endswith("/P1Y")
    return period.startswith(str(year)) | period.startswith(str(year - 1)) | before | (period == asked)


def facts(public: Connection, names: Iterable[str], period: str, only: Collection[str] | None = None) -> list[Fact]:
    """The current public figures of some indicators that bear on `period`; `only`: of some places."""
    o = observations.c
    query = select(o.place, o.indicator, o.period, o.value, o.status, o.method, o.breakdown, o.seq).where(
        o.indicator.in_(list(names)), spans(o.period, period)
    )
    if only is not None:
        query = query.where(o.place.in_(list(only)))
    return [
        Fact(r.place, r.indicator, r.period, None if r.value is None else Decimal(r.value), *r[4:8])
        for r in public.execute(query)
    ]


def given(
    public: Connection,
    places: Mapping[str, KnownPlace],
    names: Collection[str],
    period: str,
    only: Collection[str] | None = None,
) -> list[Fact]:
    """What the places that describe themselves say, or let compute from their date of opening while they are open; what
    is said of a listing stays apart. `only`: of some places."""
    here = {iri: p for iri, p in places.items() if p.kind == "description" and (only is None or iri in only)}
    few = only if only is not None and len(only) <= _FEW else None
    said = [fact for fact in facts(public, names, period, few) if fact.place in here]
    rules = [rule for rule in map(indicator, names) if rule.formula == "age"]
    ages = (of_opening(rule, period, p.place, p.opened) for rule in rules for p in here.values() if p.open_at)
    return said + [fact for fact in ages if fact is not None]


def left_out(restricted: Connection, names: Iterable[str], period: str) -> dict[tuple[str, str], int]:
    """How many restricted figures each place gave for each indicator and `period`; no figure is read."""
    o = restricted_observations.c
    query = (
        select(o.place, o.indicator, o.period, func.count())
        .where(o.indicator.in_(list(names)))
        .group_by(o.place, o.indicator, o.period)
    )
    found: dict[tuple[str, str], int] = {}
    for place, name, given, n in restricted.execute(query):
        if bears_on(given, period):
            found[place, name] = found.get((place, name), 0) + int(n)
    return found


def bears_on(given: str, period: str) -> bool:
    """Whether a figure of the period `given` may answer for `period`: a year is answered by all that it holds."""
    asked = Period.parse(period)
    return given == period or (asked.is_whole_year and Period.parse(given).year == asked.year)


def is_asked_at(name: str, period: str) -> bool:
    """Whether a figure can be of `period`: what is counted over a year or a month is of no day. Raises `BadPeriod`."""
    return Period.parse(period).kind != "date" or "date" in indicator(name).periods


def _universe(places: Iterable[KnownPlace], connected: frozenset[str], withheld: Mapping[str, int]) -> Universe:
    here = list(places)
    return Universe(
        operators={p.place: p.operator for p in here},
        connected=frozenset(p.place for p in here if p.kind == "description" and p.actor in connected),
        known=frozenset(p.place for p in here if p.open_at),
        restricted=sum(withheld.get(p.place, 0) for p in here),
    )


def _row(name: str, area: str, period: str, total: Aggregate) -> Row:
    return Row(
        indicator=name,
        area=area,
        period=period,
        value=None if total.value is None else canonical(total.value),
        unit=total.unit,
        obsStatus=total.obs_status,
        confStatus=total.conf_status,
        n_operators=total.n_operators,
        n_reporting=total.n_reporting,
        n_connected=total.n_connected,
        n_known=total.n_known,
        coverage=None if total.coverage is None else canonical(total.coverage),
        coverage_known=None if total.coverage_known is None else canonical(total.coverage_known),
        methods=total.methods,
        restricted_left_out=total.restricted_left_out,
    )


def _with_reference(universe: Universe, people: int) -> Universe:
    """The municipal population of an area, for the ratios that need it."""
    if not people:
        return universe
    return Universe(
        universe.operators, universe.connected, universe.known, universe.restricted, {"population": Decimal(people)}
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """What the totals of one period are made from, read once: places, figures by indicator, counts of what is kept."""

    period: str
    divisions: Divisions
    places: Mapping[str, KnownPlace]
    figures: Mapping[str, tuple[Fact, ...]]
    connected: frozenset[str]
    withheld: Mapping[tuple[str, str], int]


def read(node: Node, names: Iterable[str], period: str, only: Collection[str] | None = None) -> Ground:
    """The ground for the questions `names`; `only`: with the figures of some places. Raises `KeyError`, `BadPeriod`."""
    wanted = {part for name in names for part in questions(name)}
    known = divisions(node)
    with node.cache.public.read() as public, node.cache.restricted.read() as restricted:
        places = kept(node, ("places", period), lambda: known_places(public, known, period))
        found = given(public, places, wanted, period, only)
        connected = frozenset(public.execute(select(relations.c.actor)).scalars())
        withheld = left_out(restricted, wanted, period)
    figures: dict[str, list[Fact]] = {}
    for fact in found:
        figures.setdefault(fact.indicator, []).append(fact)
    return Ground(period, known, places, {name: tuple(some) for name, some in figures.items()}, connected, withheld)


def by_area(ground: Ground, name: str, by: str) -> dict[str, tuple[Universe, list[Fact]]]:
    """Who could answer `name`, and the figures given, in each area that has a known place, in order."""
    if by not in ground.divisions.names():
        raise ValueError(by)
    names = questions(name)
    withheld: dict[str, int] = {}
    for (place, asked), n in ground.withheld.items():
        if asked in names:
            withheld[place] = withheld.get(place, 0) + n
    here: dict[str, list[KnownPlace]] = {}
    for known in ground.places.values():
        if known.areas[by]:
            here.setdefault(known.areas[by], []).append(known)
    figures: dict[str, list[Fact]] = {}
    for fact in (fact for asked in names for fact in ground.figures.get(asked, ())):
        figures.setdefault(ground.places[fact.place].areas[by], []).append(fact)
    found: dict[str, tuple[Universe, list[Fact]]] = {}
    for area, some in sorted(here.items(), key=lambda each: order(by, each[0])):
        universe = _with_reference(_universe(some, ground.connected, withheld), ground.divisions.population(by, area))
        found[area] = (universe, figures.get(area, []))
    return found


def rows(ground: Ground, name: str, by: str) -> list[Row]:
    """One row an area that has a known place, sorted by area code."""
    return [
        _row(name, area, ground.period, aggregate(name, ground.period, figures, universe))
        for area, (universe, figures) in by_area(ground, name, by).items()
    ]


def within(ground: Ground, by: str, area: str) -> Ground:
    """The ground of one area: its places and their figures alone; the whole when none is told."""
    if not area:
        return ground
    here = {iri: place for iri, place in ground.places.items() if place.areas[by] == area}
    figures = {name: tuple(fact for fact in some if fact.place in here) for name, some in ground.figures.items()}
    return replace(ground, places=here, figures=figures)


def table(
    node: Node, names: Iterable[str], by: str, periods: Iterable[str], area: str = ""
) -> dict[tuple[str, str], list[Row]]:
    """The totals of several questions and periods, by (name, period), of one area if it is told: by the engine of
    columns while its files show the present state, else from one reading a period. Both give the same rows.

    Raises `KeyError` and `BadPeriod`.
    """
    wanted, engine = tuple(dict.fromkeys(names)), rollup.of(node)
    found: dict[tuple[str, str], list[Row]] = {}
    for period in periods:
        Period.parse(period)
        said = {name: engine.aggregates(node, name, by, period) for name in wanted} if engine else {}
        left = tuple(name for name in wanted if said.get(name) is None)
        ground = within(read(node, left, period), by, area) if left else None
        for name in wanted:
            answered = said.get(name)
            if answered is not None:
                found[name, period] = [
                    _row(name, code, period, one)
                    for code, one in sorted(answered.items(), key=lambda each: order(by, each[0]))
                    if area in ("", code)
                ]
            elif ground is not None:
                found[name, period] = rows(ground, name, by)
    return found


def totals(node: Node, name: str, by: str, period: str) -> list[Row]:
    """One row an area that has a known place, sorted by area code. Raises `KeyError` and `BadPeriod`.

    `by`: a division of `node.views.areas`. The typology is the exclusive partition: the one family of a place, or
    `hybrid` where it has several; what is not known of a place puts it in `unstated`, so that rows add up.
    """
    return table(node, (name,), by, (period,))[name, period]


def years(node: Node, names: Iterable[str] = ()) -> tuple[str, ...]:
    """The years that have a public figure (for some indicators, or for any), latest first."""
    o = observations.c
    query = select(o.period).distinct()
    wanted = frozenset(part for name in names for part in questions(name))
    if wanted:
        query = query.where(o.indicator.in_(wanted))

    def found() -> tuple[str, ...]:
        with node.cache.public.read() as public:
            said = {str(Period.parse(period).year) for period in public.execute(query).scalars()}
        return tuple(sorted(said, reverse=True))

    return kept(node, ("years", wanted), found)


def latest(node: Node) -> str:
    """When the latest description known here was written (RFC 3339, UTC); empty when there is none."""
    with node.cache.public.read() as public:
        return str(public.execute(select(func.max(directory.c.updated))).scalar_one() or "")


def default_period(node: Node, *names: str) -> str:
    """The year to show of some questions when none is asked for."""
    return usual(node, years(node, names))


def usual(node: Node, known: Iterable[str]) -> str:
    """Of the years that have a figure, latest first: the latest that is over, for one that runs has few answers yet;
    else the latest; last year when there is none."""
    said, now = tuple(known), node.clock().year
    return next((year for year in said if int(year) < now), next(iter(said), str(now - 1)))
