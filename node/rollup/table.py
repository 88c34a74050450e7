"""What every place answers in a year, resolved by the rules of the vocabulary, as rows for an engine.

One row a place and question: the year from its total or its parts, from the year, the accounting year or the months.
What a place lets compute (a ratio, a difference) is a row too. Only public figures of places that describe themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vocab.indicators import own, questions
from vocab.pairing import alike
from vocab.reference import Indicator, indicator, indicators
from vocab.resolve import Answer, Fact, answer

PLACES = ("place", "operator", "connected", "known", "place_iri", "operator_iri", "sources")
WITHHELD = ("place", "indicator", "n")
ANSWERS = ("place", "indicator", "value", "status", "method", "partial", "seq")
DIGITS, PLACES_AFTER = 18, 6
_UNIT = Decimal(1).scaleb(-PLACES_AFTER)
_MOST = Decimal(10) ** (DIGITS - PLACES_AFTER)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """`value` None: nothing was given; `status` then L or M. `method`: versions joined by `+`. `partial`: of some
    months only. `seq`: the age of the figures. `indicator`: also `RATIO.top`, `RATIO.bottom`, taken for one span."""

    place: str
    indicator: str
    value: Decimal | None
    status: str
    method: str
    partial: bool
    seq: int


def part(ratio: str, role: str) -> str:
    """The name of the numerator (`top`) or denominator (`bottom`) of a ratio, as it is used in that ratio."""
    return f"{ratio}.{role}"


def answers(year: str, facts: Iterable[Fact]) -> Iterator[AnswerRow]:
    """The rows of one year. `facts`: the current figures of all places that may bear on it."""
    by_place: dict[str, dict[str, list[Fact]]] = {}
    for fact in facts:
        by_place.setdefault(fact.place, {}).setdefault(fact.indicator, []).append(fact)
    for place, mine in sorted(by_place.items()):
        for name, found in _of_place(year, place, mine):
            if found is not None:
                yield AnswerRow(place, name, found.value, found.status, found.method, found.partial, found.seq)


def _of_place(year: str, place: str, mine: Mapping[str, Sequence[Fact]]) -> Iterator[tuple[str, Answer | None]]:
    for rule in indicators().values():
        if rule.origin != "computed":
            yield rule.id, answer(rule, year, mine[rule.id]) if rule.id in mine else None
            continue
        facts = [fact for name in questions(rule.id) for fact in mine.get(name, ())]
        if facts:
            yield rule.id, own(rule.id, year, facts)
            yield from _parts(rule, year, place, mine)


def _parts(
    rule: Indicator, year: str, place: str, mine: Mapping[str, Sequence[Fact]]
) -> Iterator[tuple[str, Answer | None]]:
    if rule.across_sites == "ratio":
        said = {name: {place: mine[name]} for name in (rule.numerator, rule.denominator) if name in mine}
        paired = alike(rule, year, said)
        for role, name in (("top", rule.numerator), ("bottom", rule.denominator)):
            if name in paired:
                yield part(rule.id, role), answer(indicator(name), year, paired[name][place])


def written(value: Decimal | None) -> Decimal | None:
    """An exact value as the files hold it."""
    return None if value is None else value.quantize(_UNIT)


def is_exact(value: object) -> bool:
    """Whether a value fits DECIMAL(18, 6), so that an engine adds it up without rounding."""
    if not isinstance(value, Decimal):
        return True
    return abs(value) < _MOST and value == value.quantize(_UNIT)
