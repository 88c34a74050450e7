"""The parts of a total by one dimension: each part by the indicator's own rule, over those that give this part.

Only the parts of a partition make a share of a whole; those that overlap or nest are shown and never added.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from vocab.indicators import Aggregate, Universe, aggregate, questions
from vocab.model import breakdown_of
from vocab.reference import Dimension, dimensions, indicator
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
    """The parts that somebody gives, in the order of the code list; an open list in that of its codes.

    Raises `KeyError` for an unknown indicator or dimension, and `BadPeriod`.
    """
    rule, known, figures = indicator(name), dimensions()[dimension], list(facts)
    given = {code for fact in figures if (code := _code(fact, dimension))}
    codes = sorted(given) if known.open else [code for code in known.codes if code in given]
    found = [(code, aggregate(name, period, _of_part(figures, name, known, code), universe)) for code in codes]
    values = [made.value for _, made in found if made.value is not None]
    adds_up = known.partition == "yes" and rule.across_sites in _ADDITIVE and bool(values)
    whole = total(values) if adds_up else Decimal(0)
    return tuple(
        Part(code, made, divide(made.value, whole) if whole and made.value is not None else None)
        for code, made in found
        if made.n_reporting
    )


def _code(fact: Fact, dimension: str) -> str:
    """The code of a figure broken down by this dimension alone."""
    pairs = breakdown_of(fact.breakdown)
    return pairs[0][1] if len(pairs) == 1 and pairs[0][0] == dimension else ""


def _of_part(facts: list[Fact], name: str, dimension: Dimension, code: str) -> list[Fact]:
    """The figures of one part as if they were totals; a denominator that this dimension does not divide stays whole."""
    whole = {part for part in questions(name) if dimension.id not in indicator(part).dimensions}
    found = [replace(fact, breakdown="") for fact in facts if _code(fact, dimension.id) == code]
    return found + [fact for fact in facts if fact.indicator in whole and not fact.breakdown]
