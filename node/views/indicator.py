"""One indicator: its total of a year, its series, its spread, its parts, its territories. And what many have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select

from node.context import Node
from node.rollup import engine as rollup
from node.store.schema import observations
from node.views import panel, totals
from node.views.kept import kept
from node.views.totals import Ground, Row
from vocab.distribution import QUANTILES, Distribution, distribution
from vocab.indicators import Answers, Result, Universe, questions, result, ruled
from vocab.parts import Part, dimensions_of, parts
from vocab.periods import Period
from vocab.reference import Indicator, indicator, indicators
from vocab.resolve import Fact
from vocab.territory import COUNTRY
from vocab.units import total

SERIES = 8
_NOBODY = Universe({}, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Year:
    """One point of a series: the open total, and the change since the year before on the constant panel.

    `median`: of what does not add up from one unit to another, where ten answer at least.
    """

    row: Row
    change: panel.Row | None
    median: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Halves:
    """A ratio before it is divided, or a mean and its weights: both sums over the `n` units that report both."""

    numerator: Decimal
    denominator: Decimal
    n: int


@dataclass(frozen=True, slots=True)
class IndicatorPage:
    """Everything on an indicator's page; `spread` is None below ten answers, `components` make a ratio."""

    period: str
    total: Row | None
    halves: Halves | None
    components: tuple[Row, ...]
    years: tuple[str, ...]
    series: tuple[Year, ...]
    spread: Distribution | None
    parts: tuple[tuple[str, tuple[Part, ...]], ...]
    rows: tuple[Row, ...]


def indicator_page(node: Node, name: str, by: str, period: str) -> IndicatorPage:
    """The page for a period, its table divided by `by`. Raises `KeyError`, `BadPeriod`, `ValueError`."""
    whole = kept(node, ("indicator", name, period), lambda: _national(node, name, period))
    rows = kept(node, ("totals", name, by, period), lambda: tuple(totals.totals(node, name, by, period)))
    return replace(whole, rows=rows)


def _national(node: Node, name: str, period: str) -> IndicatorPage:
    """All but the table."""
    made_of = tuple(part for part in questions(name) if part != name)
    country = totals.table(node, (name, *made_of), "country", (period,))
    years = totals.years(node, (name,))[:SERIES]
    found, answers = _answered(node, name, period)
    return IndicatorPage(
        period=period,
        total=next(iter(country[name, period]), None),
        halves=_halves(indicator(name), found, answers),
        components=tuple(row for part in made_of for row in country[part, period]),
        years=years,
        series=kept(node, ("series", name, years), lambda: tuple(_series(node, name, years))),
        spread=_spread(indicator(name), found, answers),
        parts=_parts(node, name, period),
        rows=(),
    )


def _answered(node: Node, name: str, period: str) -> tuple[Result, Answers]:
    """What the whole country answers, and what its rule gives over it."""
    engine = rollup.of(node)
    said = engine.answers(node, name, "country", period) if engine else None
    if said is None:
        universe, figures = _whole(totals.read(node, (name,), period), name)
        return result(name, period, figures, universe)
    answers = said.get(COUNTRY, {})
    return ruled(indicator(name), answers), answers


def _parts(node: Node, name: str, period: str) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    """Its parts by each dimension of which somebody gives one."""
    o = observations.c
    with node.cache.public.read() as public:
        broken = public.execute(
            select(o.id).where(o.indicator.in_(questions(name)), o.breakdown != "").limit(1)
        ).first()
    if broken is None:
        return ()
    universe, figures = _whole(totals.read(node, (name,), period), name)
    divided = ((each, parts(name, each, period, figures, universe)) for each in dimensions_of(name))
    return tuple((each, given) for each, given in divided if given)


def _series(node: Node, name: str, years: Sequence[str]) -> Iterable[Year]:
    """From the earliest year on; each year is read once."""
    before: tuple[str, panel.Reading | Ground] | None = None
    opened = totals.table(node, (name,), "country", years)
    for year in reversed(years):
        now = year, panel.reading(node, name, "country", year) or totals.read(node, (name,), year)
        change = None if before is None else _change(node, name, before, now)
        for row in opened[name, year]:
            yield Year(row, change, _median(now, name))
        before = now


def _change(
    node: Node, name: str, before: tuple[str, panel.Reading | Ground], now: tuple[str, panel.Reading | Ground]
) -> panel.Row | None:
    """The change of the whole country, from two years read in the same way, else from both read again."""
    (earlier, past), (later, here) = before, now
    if isinstance(past, panel.Reading) and isinstance(here, panel.Reading):
        return next(panel.of_answers(name, "country", (earlier, past), (later, here)), None)
    if isinstance(past, Ground) and isinstance(here, Ground):
        return next(iter(panel.between(past, here, (name,), "country")), None)
    return next(iter(panel.changes(node, (name,), "country", earlier, later)), None)


def _median(now: tuple[str, panel.Reading | Ground], name: str) -> Decimal | None:
    if indicator(name).across_sites != "none":
        return None
    year, read = now
    if isinstance(read, Ground):
        universe, figures = _whole(read, name)
        found, answers = result(name, year, figures, universe)
    else:
        answers = read.answers.get(COUNTRY, {})
        found = ruled(indicator(name), answers)
    spread = _spread(indicator(name), found, answers)
    return None if spread is None else spread.quantiles[QUANTILES.index(Decimal("0.5"))]


def _whole(ground: Ground, name: str) -> tuple[Universe, list[Fact]]:
    return next(iter(totals.by_area(ground, name, "country").values()), (_NOBODY, []))


def _halves(rule: Indicator, found: Result, answers: Answers) -> Halves | None:
    names = {"ratio": (rule.numerator, rule.denominator), "wmean": (rule.id, rule.weight)}.get(rule.across_sites)
    if names is None or not found.used:
        return None
    pairs = [tuple(answers[unit][part].value or Decimal(0) for part in names) for unit in found.used]
    tops = [top * bottom if rule.weight else top for top, bottom in pairs]
    return Halves(total(tops), total([bottom for _, bottom in pairs]), len(pairs))


def _spread(rule: Indicator, found: Result, answers: Answers) -> Distribution | None:
    """The spread of the answers behind the total: of a ratio, of those that each unit can compute."""
    if rule.across_sites == "share":
        return None
    given = [answers[unit][rule.id].value for unit in found.used if rule.id in answers[unit]]
    return distribution([value for value in given if value is not None])


def years_of(node: Node) -> Mapping[str, tuple[str, ...]]:
    """The years for which each indicator may have a public figure, latest first: a ratio, those of both its parts."""
    o = observations.c
    with node.cache.public.read() as public:
        given = public.execute(select(o.indicator, o.period).distinct()).all()
    said: dict[str, set[str]] = {}
    for name, period in given:
        said.setdefault(name, set()).add(str(Period.parse(period).year))
    return {name: tuple(sorted(_years(name, said), reverse=True)) for name in indicators()}


def _years(name: str, said: Mapping[str, set[str]]) -> set[str]:
    parts = [part for part in questions(name) if part != name]
    computed = set.intersection(*(said.get(part, set()) for part in parts)) if parts else set()
    weighted = bool(indicator(name).weight)
    return computed & said.get(name, set()) if weighted else computed | said.get(name, set())


def national(node: Node, periods: Mapping[str, str]) -> dict[str, Row | None]:
    """The national total of each indicator for a period of its own. Raises `KeyError` and `BadPeriod`."""
    found: dict[tuple[str, str], Row | None] = {}
    for period in sorted(set(periods.values())):
        found |= countries(node, tuple(name for name, wanted in periods.items() if wanted == period), (period,))
    return {name: found[name, period] for name, period in periods.items()}


def countries(node: Node, names: tuple[str, ...], periods: tuple[str, ...]) -> Mapping[tuple[str, str], Row | None]:
    """The national total of each indicator in each period. Raises `KeyError` and `BadPeriod`."""

    def made() -> Mapping[tuple[str, str], Row | None]:
        table = totals.table(node, names, "country", periods)
        return {key: next(iter(rows), None) for key, rows in table.items()}

    return kept(node, ("countries", names, periods), made)
