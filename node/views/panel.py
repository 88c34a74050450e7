"""A change between two years on the constant panel, area by area: only the units that report both, with their number.

Beside it stand the two open totals: a total that grows because more places answer is no change.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from node.context import Node
from node.rollup import engine as rollup
from node.views import totals
from node.views.areas import order
from node.views.kept import kept
from node.views.totals import Ground
from vocab.indicators import Aggregate, Answers, Universe, finished, result, ruled
from vocab.panel import Change
from vocab.panel import between as change
from vocab.reference import indicator
from vocab.units import canonical


@dataclass(frozen=True, slots=True)
class Row:
    """One change, named as it is published; figures are decimal strings. `before` and `after` are those of the panel
    of `n` units, `open_*` those of all who answered that year; `comparable` is false where method versions differ."""

    indicator: str
    area: str
    earlier: str
    later: str
    unit: str
    before: str | None
    after: str | None
    difference: str | None
    percent: str | None
    n: int
    comparable: bool
    open_before: str | None
    open_after: str | None
    n_reporting_before: int
    n_reporting_after: int
    n_connected: int
    n_known: int
    methods: tuple[str, ...]
    restricted_left_out: int

    def to_json(self) -> dict[str, Any]:
        """The row as files give it."""
        return asdict(self) | {"methods": list(self.methods)}


def _row(name: str, area: str, opened: tuple[Aggregate, Aggregate], both: Change) -> Row:
    before, after = opened
    return Row(
        indicator=name,
        area=area,
        earlier=both.earlier,
        later=both.later,
        unit=indicator(name).unit,
        before=_text(both.before.value),
        after=_text(both.after.value),
        difference=_text(both.difference),
        percent=_text(both.percent),
        n=both.n,
        comparable=both.comparable,
        open_before=_text(before.value),
        open_after=_text(after.value),
        n_reporting_before=before.n_reporting,
        n_reporting_after=after.n_reporting,
        n_connected=after.n_connected,
        n_known=after.n_known,
        methods=tuple(sorted({*both.before.methods, *both.after.methods})),
        restricted_left_out=after.restricted_left_out,
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else canonical(value)


def changes(node: Node, names: Iterable[str], by: str, earlier: str, later: str) -> list[Row]:
    """One row an indicator and area that has a known place, in that order. Raises `KeyError` and `BadPeriod`."""
    wanted = tuple(names)
    return kept(node, ("panel", wanted, by, earlier, later), lambda: _changes(node, wanted, by, earlier, later))


def _changes(node: Node, names: tuple[str, ...], by: str, earlier: str, later: str) -> list[Row]:
    read = [[reading(node, name, by, year) for year in (earlier, later)] for name in names]
    left = tuple(name for name, both in zip(names, read, strict=True) if None in both)
    grounds = [totals.read(node, left, year) for year in (earlier, later)] if left else []
    found = {name: between(grounds[0], grounds[1], (name,), by) for name in left}
    for name, both in zip(names, read, strict=True):
        if both[0] is not None and both[1] is not None:
            found[name] = list(of_answers(name, by, (earlier, both[0]), (later, both[1])))
    return [row for name in names for row in found[name]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the engine of columns says of one year, area by area: the totals, and every answer."""

    opened: Mapping[str, Aggregate]
    answers: Mapping[str, Answers]


def reading(node: Node, name: str, by: str, year: str) -> Reading | None:
    """One year of one question; None where the engine cannot say it. Raises as `node.rollup.engine`."""
    engine = rollup.of(node)
    if engine is None:
        return None
    opened, answers = engine.aggregates(node, name, by, year), engine.answers(node, name, by, year)
    return None if opened is None or answers is None else Reading(opened, answers)


def of_answers(name: str, by: str, before: tuple[str, Reading], after: tuple[str, Reading]) -> Iterator[Row]:
    """The same rows from what the engine of columns says of each year."""
    (earlier, past), (later, now) = before, after
    for area in sorted(now.opened, key=lambda code: order(by, code)):
        each_year = (past.answers.get(area, {}), now.answers.get(area, {}))
        given = [(ruled(indicator(name), each), each) for each in each_year]
        units = {unit: unit for _, each in given for unit in each}
        everyone = Universe(units, frozenset(units), frozenset(units))
        opened = past.opened[area], now.opened[area]
        yield _row(name, area, opened, change(name, (earlier, given[0]), (later, given[1]), everyone))


def between(before: Ground, after: Ground, names: Iterable[str], by: str) -> list[Row]:
    """The same rows from two periods that were read already."""
    return [row for name in names for row in _rows(before, after, name, by)]


def _rows(before: Ground, after: Ground, name: str, by: str) -> list[Row]:
    earlier, later = totals.by_area(before, name, by), totals.by_area(after, name, by)
    made = []
    for area, (universe, figures) in later.items():
        past, had = earlier[area]
        given = result(name, before.period, had, past), result(name, after.period, figures, universe)
        both = change(name, (before.period, given[0]), (after.period, given[1]), universe)
        opened = finished(name, given[0], past), finished(name, given[1], universe)
        made.append(_row(name, area, opened, both))
    return made
