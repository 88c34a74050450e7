"""The parts of a total by one dimension: each part by the indicator's own rule, over those that give this part.

Only the parts of a partition make a share of a whole; those that overlap or nest are shown and never added.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from vocab.indicators import Aggregate, Universe, aggregate, questions
from vocab.model import breakdown_of
from vocab.reference import dimensions, indicator
from vocab.resolve import Fact
from vocab.units import divide, total

_ADDITIVE = ("sum", "distinct", "model")


@dataclass(frozen=True, slots=True)
class Part:
    """One code of a dimension; `share` of the sum of the parts given, where they are a partition that adds up."""

    code: str
    aggregate: Aggregate
    share: Decimal | None


def dimensions_of(name: str) -> tuple[str, ...]:
    """The dimensions by which an indicator, or the numerator of a ratio, is broken down. Raises `KeyError`."""
    rule = indicator(name)
    numerator = indicator(rule.numerator).dimensions if rule.numerator else ()
    return rule.dimensions or numerator


def parts(name: str, dimension: str, period: str, facts: Iterable[Fact], universe: Universe) -> tuple[Part, ...]:
    """The parts that somebody gives, in the order of the code list; an open list in that of its codes. The figures of
    one part count as totals; a denominator that this dimension does not divide stays whole.

    Raises `KeyError` for an unknown indicator or dimension, and `BadPeriod`.
    """
    rule, known, figures = indicator(name), dimensions()[dimension], list(facts)
    whole_parts = {part for part in questions(name) if dimension not in indicator(part).dimensions}
    undivided = [fact for fact in figures if fact.indicator in whole_parts and not fact.breakdown]
    given = _divided(figures, dimension)
    codes = sorted(given) if known.open else [code for code in known.codes if code in given]
    found = [(code, aggregate(name, period, [*given[code], *undivided], universe)) for code in codes]
    values = [made.value for _, made in found if made.value is not None]
    adds_up = known.partition == "yes" and rule.across_sites in _ADDITIVE and bool(values)
    whole = total(values) if adds_up else Decimal(0)
    return tuple(
        Part(code, made, divide(made.value, whole) if whole and made.value is not None else None)
        for code, made in found
        if made.n_reporting
    )


def _divided(facts: Iterable[Fact], dimension: str) -> dict[str, list[Fact]]:
    """The figures of each code, as if they were totals."""
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        if code := _code(fact, dimension):
            found.setdefault(code, []).append(replace(fact, breakdown=""))
    return found


def _code(fact: Fact, dimension: str) -> str:
    """The code of a figure broken down by this dimension alone."""
    if not fact.breakdown:
        return ""
    pairs = breakdown_of(fact.breakdown)
    return pairs[0][1] if len(pairs) == 1 and pairs[0][0] == dimension else ""
