"""A change between two periods, on the constant panel: only the units that report both.

Beside the open totals, never in their place: a total that grows because more places answer is no change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from vocab.indicators import Aggregate, Answers, Result, Universe, among, result, unit_of
from vocab.reference import indicator
from vocab.resolve import Fact
from vocab.units import ARITHMETIC, divide


@dataclass(frozen=True, slots=True)
class Change:
    """Both totals over the same units; `n` of them. Figures of two method versions have no difference."""

    earlier: str
    later: str
    before: Aggregate
    after: Aggregate
    n: int
    comparable: bool

    @property
    def difference(self) -> Decimal | None:
        if not self.comparable or self.before.value is None or self.after.value is None:
            return None
        return ARITHMETIC.subtract(self.after.value, self.before.value)

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of the earlier figure, of which a negative or null one has none."""
        if self.difference is None or self.before.value is None or self.before.value <= 0:
            return None
        return divide(self.difference * 100, self.before.value, places=2)


Given = tuple[Result, Answers]  # as `vocab.indicators.result` gives it


def change(name: str, earlier: str, later: str, facts: Iterable[Fact], universe: Universe) -> Change:
    """From `earlier` to `later`. Raises `KeyError` for an unknown indicator and `BadPeriod`."""
    figures = list(facts)
    before, after = (result(name, period, figures, universe) for period in (earlier, later))
    return between(name, (earlier, before), (later, after), universe)


def between(name: str, earlier: tuple[str, Given], later: tuple[str, Given], universe: Universe) -> Change:
    """The change between two periods, of which it is known already what was answered."""
    rule, given = indicator(name), (earlier[1], later[1])
    both = set(given[0][0].used) & set(given[1][0].used)
    unit = unit_of(rule, universe)
    places = frozenset(place for place in universe.operators if unit(place) in both)
    panel = Universe(
        operators={place: universe.operators[place] for place in places},
        connected=universe.connected & places,
        known=universe.known & places,
        restricted=universe.restricted,
    )
    before, after = (among(name, answers, both, panel) for _, answers in given)
    one_method = rule.kind not in ("score", "model") or before.methods == after.methods
    return Change(earlier[0], later[0], before, after, len(both), bool(both) and one_method)
