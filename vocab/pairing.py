"""The two parts of a ratio, of one place, for one and the same span: half a year is never divided by a whole one.

Where a part is known for some months only, both are taken for the months that both are known for; where both are of a
day (a general meeting), for the last day that both are of. A stock is that of the end of the period, and stays.
"""

from collections.abc import Mapping, Sequence

from vocab.reference import Indicator, indicator
from vocab.resolve import Fact, answer, at

_Said = Mapping[str, Mapping[str, Sequence[Fact]]]  # indicator → place → facts


def alike(rule: Indicator, period: str, said: _Said) -> _Said:
    """`said` with only what the numerator and the denominator of a ratio may both be taken from: `said` itself where
    that is all of it."""
    if rule.kind != "ratio" or not {rule.numerator, rule.denominator} <= said.keys():
        return said
    parts, differ = {name: dict(said[name]) for name in (rule.numerator, rule.denominator)}, False
    for place in parts[rule.numerator].keys() & parts[rule.denominator].keys():
        length = _length(period, {name: places[place] for name, places in parts.items()})
        if length:
            differ = True
            both = frozenset.intersection(*(_given(name, places[place], length) for name, places in parts.items()))
            for places in parts.values():
                places[place] = [fact for fact in places[place] if fact.period in both]
    return {**said, **parts} if differ else said


def _length(period: str, parts: Mapping[str, Sequence[Fact]]) -> int:
    """How long the periods that the parts must share are written (`2025-03`, `2025-03-31`); 0 where nothing differs."""
    answers = [answer(indicator(name), period, facts) for name, facts in parts.items()]
    found = [each for each in answers if each is not None and each.given]
    if len(found) < len(answers) or any(indicator(name).kind == "stock" for name in parts):
        return 0
    if any(each.partial for each in found):
        return 7
    spans = {each.span for each in found}
    return 10 if len(spans) > 1 and all(spans) else 0


def _given(name: str, facts: Sequence[Fact], length: int) -> frozenset[str]:
    """The periods of that length for which there is a figure."""
    periods = {fact.period for fact in facts if len(fact.period) == length}
    rule, oldest_first = indicator(name), sorted(facts, key=lambda fact: fact.seq)
    found = {period: at([f for f in oldest_first if f.period == period], rule) for period in periods}
    return frozenset(period for period, each in found.items() if each is not None and each.given)
