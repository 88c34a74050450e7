"""What every place answers in a year, resolved by the rules of the vocabulary, as rows for an engine.

One row a place and question: the year from its total or its parts, from the year, the accounting year or the months.
What a place lets compute (a ratio, a difference) is a row too. Only public figures of places that describe themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vocab.indicators import own, questions
from vocab.pairing import alike
from vocab.reference import Indicator, indicators
from vocab.resolve import Answer, Fact, answer

PLACES = ("place", "operator", "connected", "known")
WITHHELD = ("place", "indicator", "n")
ANSWERS = ("place", "indicator", "value", "status", "method", "months", "seq")
DIGITS, PLACES_AFTER = 18, 6
_MOST = Decimal(10) ** (DIGITS - PLACES_AFTER)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """`value` None: nothing was given; `status` then L or M. `months`: how many it is of, 0 for the whole year; `seq`:
    the age of the figures."""

    place: str
    indicator: str
    value: Decimal | None
    status: str
    method: str
    months: int
    seq: int


def answers(year: str, facts: Iterable[Fact]) -> Iterator[AnswerRow]:
    """The rows of one year. `facts`: the current figures of all places that may bear on it."""
    by_place: dict[str, dict[str, list[Fact]]] = {}
    for fact in facts:
        by_place.setdefault(fact.place, {}).setdefault(fact.indicator, []).append(fact)
    for place, mine in sorted(by_place.items()):
        for rule in indicators().values():
            found = _answer(rule, year, mine)
            if found is not None:
                months = len(found.span) if found.partial else 0
                yield AnswerRow(place, rule.id, found.value, found.status, found.method, months, found.seq)


def unlike(year: str, facts: Iterable[Fact]) -> frozenset[str]:
    """The ratios of which a place gives the parts for other spans: they are not made of the rows of their parts."""
    said: dict[str, dict[str, list[Fact]]] = {}
    for fact in facts:
        said.setdefault(fact.indicator, {}).setdefault(fact.place, []).append(fact)
    return frozenset(rule.id for rule in indicators().values() if alike(rule, year, said) is not said)


def _answer(rule: Indicator, year: str, mine: Mapping[str, Sequence[Fact]]) -> Answer | None:
    if rule.origin == "computed":
        facts = [fact for part in questions(rule.id) for fact in mine.get(part, ())]
        return own(rule.id, year, facts) if facts else None
    return answer(rule, year, mine[rule.id]) if rule.id in mine else None


def is_exact(value: object) -> bool:
    """Whether a value fits DECIMAL(18, 6), so that an engine adds it up without rounding."""
    if not isinstance(value, Decimal):
        return True
    return abs(value) < _MOST and value == value.quantize(Decimal(1).scaleb(-PLACES_AFTER))
