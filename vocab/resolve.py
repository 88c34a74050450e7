"""What one place (or one operator) answers to one question: the figure to use, and why.

Rules: the total if given, else the parts of a complete partition; the year if given, else the accounting year that
ends in it, else its months; a stock of a year is that of 31 December; the higher version wins before this.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from vocab.model import breakdown_of
from vocab.periods import Period
from vocab.reference import Indicator, dimensions
from vocab.units import total

_ANSWERED = ("A", "E", "P")


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure as a projection keeps it. `breakdown` as `vocab.model.breakdown_text` writes it; `seq` its age."""

    place: str
    indicator: str
    period: str
    value: Decimal | None
    status: str
    method: str = ""
    breakdown: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """status A, E or P with a value; L (not collected) or M (not applicable) without."""

    value: Decimal | None
    status: str
    method: str = ""
    months: int = 0

    @property
    def given(self) -> bool:
        return self.value is not None


def worst(statuses: Sequence[str]) -> str:
    """A only if all are; else E if any is, else P (SDMX CL_OBS_STATUS)."""
    return "E" if "E" in statuses else "P" if "P" in statuses else "A"


def _adds_up(name: str, indicator: Indicator) -> bool:
    """Whether the parts by dimension `name` make the total: exhaustive, exclusive, and exclusive for persons too."""
    dimension = dimensions()[name]
    exclusive = dimension.partition == "yes" and not dimension.open and not dimension.numerator_only
    return exclusive and (indicator.kind != "heads" or dimension.of_persons)


def _partition(facts: Sequence[Fact], indicator: Indicator) -> Answer | None:
    """The sum of a complete partition: every code is there, given or not applicable, by one method for a model."""
    for name in filter(lambda dimension: _adds_up(dimension, indicator), indicator.dimensions):
        pairs = [(breakdown_of(fact.breakdown), fact) for fact in facts]
        found = {pair[0][1]: fact for pair, fact in pairs if len(pair) == 1 and pair[0][0] == name}
        given = [fact for fact in found.values() if fact.value is not None and fact.status in _ANSWERED]
        complete = set(found) == set(dimensions()[name].codes)
        if not given or not complete or any(f.value is None and f.status != "M" for f in found.values()):
            continue
        if indicator.kind == "model" and len({fact.method for fact in given}) > 1:
            continue
        values = [fact.value for fact in given if fact.value is not None]
        return Answer(total(values), worst([fact.status for fact in given]), given[0].method)
    return None


def _at(facts: Sequence[Fact], indicator: Indicator) -> Answer | None:
    """The answer among facts of one period: the total, else a complete partition."""
    for fact in reversed(facts):
        if not fact.breakdown:
            usable = fact.value is not None and fact.status in _ANSWERED
            return Answer(fact.value if usable else None, fact.status, fact.method)
    return _partition(facts, indicator) if indicator.across_sites in ("sum", "distinct", "model") else None


def _months(by_period: dict[str, list[Fact]], indicator: Indicator, year: int) -> Answer | None:
    """The year from its months: all twelve, else estimated, with their number."""
    if indicator.kind != "flow" or "month" not in indicator.periods:
        return None
    answers = [_at(by_period.get(f"{year}-{month:02d}", ()), indicator) for month in range(1, 13)]
    given = [a for a in answers if a is not None and a.value is not None]
    if not given:
        return None
    status = worst([a.status for a in given]) if len(given) == 12 else "E"
    return Answer(total([a.value for a in given if a.value is not None]), status, given[0].method, len(given))


def _dated(by_period: dict[str, list[Fact]], indicator: Indicator, year: int) -> Answer | None:
    """The last date of the year; a stock of another day than 31 December is an estimate. Dates never add."""
    dates = sorted(p for p in by_period if len(p) == 10 and p.startswith(f"{year}-"))
    if not dates:
        return None
    answer = _at(by_period[dates[-1]], indicator)
    if answer is None or indicator.kind != "stock" or dates[-1].endswith("-12-31") or not answer.given:
        return answer
    return Answer(answer.value, "E", answer.method)


def answer(indicator: Indicator, period: str, facts: Sequence[Fact]) -> Answer | None:
    """What one unit answers for `period`; None when it says nothing. `facts` are of this unit and indicator only."""
    by_period: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=lambda f: f.seq):
        by_period.setdefault(fact.period, []).append(fact)
    asked = Period.parse(period)
    if asked.kind == "date" and (asked.end.month, asked.end.day) == (12, 31):
        asked = Period.parse(str(asked.year))
    direct = _at(by_period.get(asked.text, ()), indicator)
    if direct is not None or asked.kind != "year":
        return direct
    ends_here = [p for p in by_period if Period.parse(p).kind == "accounting" and Period.parse(p).year == asked.year]
    for accounting in sorted(ends_here):
        found = _at(by_period[accounting], indicator)
        if found is not None:
            return found
    if "date" in indicator.periods:
        return _dated(by_period, indicator, asked.year)
    return _months(by_period, indicator, asked.year)
