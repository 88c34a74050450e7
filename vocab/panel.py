"""A change between two periods, on the constant panel: only the units that report both.

Beside the open totals, never in their place: a total that grows because more places answer is no change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from vocab.indicators import Aggregate, Universe, aggregate, result, unit_of
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


def change(name: str, earlier: str, later: str, facts: Iterable[Fact], universe: Universe) -> Change:
    """From `earlier` to `later`. Raises `KeyError` for an unknown indicator and `BadPeriod`."""
    rule, figures = indicator(name), list(facts)
    used = [set(result(name, period, figures, universe)[0].used) for period in (earlier, later)]
    both = used[0] & used[1]
    unit = unit_of(rule, universe)
    places = frozenset(place for place in universe.operators if unit(place) in both)
    panel = Universe(
        operators={place: universe.operators[place] for place in places},
        connected=universe.connected & places,
        known=universe.known & places,
        restricted=universe.restricted,
    )
    before, after = (aggregate(name, period, figures, panel) for period in (earlier, later))
    one_method = rule.kind not in ("score", "model") or before.methods == after.methods
    return Change(earlier, later, before, after, len(both), bool(both) and one_method)
