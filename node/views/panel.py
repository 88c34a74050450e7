"""A change between two years on the constant panel, area by area: only the units that report both, with their number.

Beside it stand the two open totals: a total that grows because more places answer is no change.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from node.context import Node
from node.views import totals
from node.views.kept import kept
from node.views.totals import Ground
from vocab.indicators import Aggregate, finished, result
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
    return between(totals.read(node, names, earlier), totals.read(node, names, later), names, by)


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
