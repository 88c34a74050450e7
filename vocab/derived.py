"""Figures of one unit computed from its own answers: ratios and the formulas of derived indicators.

The formula is named in the vocabulary (`tl:formula`, `tl:operands`), so no indicator has code of its own here. What
cannot be computed is no answer; an operand that is not applicable makes the figure not applicable.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from vocab.model import breakdown_of
from vocab.periods import Period
from vocab.reference import Indicator, dimensions, indicator
from vocab.resolve import Answer, Fact, together, worst
from vocab.units import ARITHMETIC, divide, total

_Numbers = Sequence[Decimal]


def _difference(numbers: _Numbers) -> Decimal | None:
    return ARITHMETIC.subtract(numbers[0], numbers[1])


def _not_negative(numbers: _Numbers) -> Decimal | None:
    return Decimal(1 if numbers[0] >= numbers[1] else 0)


def _evenness(numbers: _Numbers) -> Decimal | None:
    low, high = sorted(numbers)
    return divide(low, high) if high else None


def _entropy(numbers: _Numbers) -> Decimal | None:
    """Shannon entropy of the parts ÷ ln(number of parts): 1 when they are equal, 0 when one has all."""
    whole = total(list(numbers))
    if len(numbers) < 2 or not whole:
        return None
    shares = [ARITHMETIC.divide(number, whole) for number in numbers if number]
    mixed = total([-ARITHMETIC.multiply(share, share.ln(ARITHMETIC)) for share in shares])
    return divide(mixed, Decimal(len(numbers)).ln(ARITHMETIC)) + 0


_FORMULAS: Mapping[str, Callable[[_Numbers], Decimal | None]] = {
    "difference": _difference,
    "not-negative": _not_negative,
    "evenness": _evenness,
    "entropy": _entropy,
}


def operands(rule: Indicator) -> tuple[str, ...]:
    """The indicators that a computed figure is made of."""
    return rule.operands or tuple(part for part in (rule.numerator, rule.denominator) if part)


def of_answers(rule: Indicator, mine: Mapping[str, Answer]) -> Answer | None:
    """The figure of one unit that answered `mine`; None when a part is missing."""
    parts = [mine.get(name) for name in operands(rule)]
    answers = [part for part in parts if part is not None]
    if any(part.status == "M" and not part.given for part in answers):
        return Answer(None, "M")
    numbers = [part.value for part in answers if part.value is not None]
    if not numbers or len(numbers) < len(parts):
        return None
    value = _ratio(rule, numbers) if rule.kind == "ratio" else _FORMULAS[rule.formula](numbers)
    return None if value is None else together(answers, value)


def _ratio(rule: Indicator, numbers: _Numbers) -> Decimal | None:
    top, bottom = numbers
    return divide(ARITHMETIC.multiply(top, rule.scale or Decimal(1)), bottom) if bottom else None


def of_opening(rule: Indicator, period: str, place: str, opened: str) -> Fact | None:
    """The age that a place has at the end of `period` by the date of its opening, in whole years; estimated where the
    day or the month is not said and would change it. None where no date is said, and for a rule of another formula."""
    if rule.formula != "age" or not opened:
        return None
    asked = Period.parse(period)
    first, last = date.fromisoformat((opened + "-01-01")[:10]), Period.parse(opened).end
    most, least = (_whole_years(day, asked.end) for day in (first, last))
    written = str(asked.year) if asked.is_whole_year else asked.text
    return Fact(place, rule.id, written, Decimal(least), "A" if most == least else "E")


def _whole_years(start: date, end: date) -> int:
    return max(0, end.year - start.year - ((end.month, end.day) < (start.month, start.day)))


def of_parts(rule: Indicator, period: str, facts: Sequence[Fact]) -> Answer | None:
    """The entropy of the one breakdown of persons that the definition names: the first of its operand."""
    source = indicator(rule.operands[0])
    dimension = next(name for name in source.dimensions if dimensions()[name].of_persons)
    asked = Period.parse(period)
    wanted = (period, str(asked.year)) if asked.is_whole_year else (period,)
    found = {
        fact.breakdown: fact
        for fact in sorted(facts, key=lambda fact: fact.seq)
        if fact.indicator == source.id
        and fact.period in wanted
        and [name for name, _ in breakdown_of(fact.breakdown)] == [dimension]
    }
    given = [fact for fact in found.values() if fact.value is not None]
    value = _entropy([fact.value for fact in given if fact.value is not None])
    return None if value is None else Answer(value, worst([fact.status for fact in given]))
