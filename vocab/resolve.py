"""What one place (or one operator) answers to one question: the figure to use, and why.

Rules: the total if given, else the parts of a complete partition; the year if given, else its last date where dates are
asked, else the accounting year that ends in it, else its months; a stock of a year is that of 31 December; the higher
version wins before this.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from vocab.model import breakdown_of
from vocab.periods import Period
from vocab.reference import Indicator, dimensions
from vocab.units import divide, total

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
    """status A, E or P with a value; L (not collected) or M (not applicable) without.

    `method`: the versions behind it, joined by `+`; `seq`: the age of its latest figure; `span`: the months, or the
    date, that it is of, empty where that is the whole period.
    """

    value: Decimal | None
    status: str
    method: str = ""
    seq: int = 0
    span: frozenset[str] = frozenset()

    @property
    def given(self) -> bool:
        return self.value is not None

    @property
    def partial(self) -> bool:
        """Whether it is of some months only."""
        return any(len(period) == 7 for period in self.span)


def worst(statuses: Sequence[str]) -> str:
    """A only if all are; else E if any is, else P (SDMX CL_OBS_STATUS)."""
    return "E" if "E" in statuses else "P" if "P" in statuses else "A"


def methods_of(answers: Iterable[Answer]) -> tuple[str, ...]:
    """Every method version behind some answers, sorted."""
    return tuple(sorted({method for answer in answers for method in answer.method.split("+") if method}))


def together(answers: Sequence[Answer], value: Decimal | None) -> Answer:
    """One answer made of several: the worst status, every method, the latest age."""
    status = worst([answer.status for answer in answers])
    return Answer(value, status, "+".join(methods_of(answers)), max((answer.seq for answer in answers), default=0))


def added(answers: Sequence[Answer]) -> Answer:
    """The sum of some answers that are all given."""
    return together(answers, total([answer.value for answer in answers if answer.value is not None]))


def _adds_up(name: str, indicator: Indicator) -> bool:
    """Whether the parts by dimension `name` make the total: exhaustive, exclusive, and exclusive for persons too."""
    dimension = dimensions()[name]
    exclusive = dimension.partition == "yes" and not dimension.open and not dimension.numerator_only
    return exclusive and (indicator.kind != "heads" or dimension.of_persons)


def _plain(fact: Fact) -> Answer:
    value = fact.value if fact.status in _ANSWERED else None
    return Answer(value, fact.status, fact.method, fact.seq)


def _partition(facts: Sequence[Fact], indicator: Indicator) -> Answer | None:
    """The sum of a complete partition: every code is there, given or not applicable, by one method for a model."""
    for name in filter(lambda dimension: _adds_up(dimension, indicator), indicator.dimensions):
        pairs = [(breakdown_of(fact.breakdown), fact) for fact in facts]
        found = {pair[0][1]: _plain(fact) for pair, fact in pairs if len(pair) == 1 and pair[0][0] == name}
        given = [part for part in found.values() if part.given]
        complete = set(found) == set(dimensions()[name].codes)
        if not given or not complete or any(not part.given and part.status != "M" for part in found.values()):
            continue
        if indicator.kind == "model" and len({part.method for part in given}) > 1:
            continue
        return added(given)
    return None


def at(facts: Sequence[Fact], indicator: Indicator) -> Answer | None:
    """The answer among facts of one period, oldest first: the total, else a complete partition."""
    whole = next((fact for fact in reversed(facts) if not fact.breakdown), None)
    if whole is not None:
        return _plain(whole)
    return _partition(facts, indicator) if indicator.across_sites in ("sum", "distinct", "model") else None


_Periods = Mapping[str, Sequence[Fact]]


def _months(by_period: _Periods, indicator: Indicator, year: int) -> Answer | None:
    """The year from its months, by the rule across time: of all twelve, else estimated from those there are."""
    if indicator.across_time not in ("sum", "mean") or "month" not in indicator.periods:
        return None
    names = [f"{year}-{month:02d}" for month in range(1, 13)]
    answers = {name: at(by_period.get(name, ()), indicator) for name in names}
    given = {name: found for name, found in answers.items() if found is not None and found.given}
    if not given:
        return None
    made = added(list(given.values()))
    if indicator.across_time == "mean" and made.value is not None:
        made = replace(made, value=divide(made.value, Decimal(len(given))))
    return made if len(given) == 12 else replace(made, status="E", span=frozenset(given))


def _dated(by_period: _Periods, indicator: Indicator, year: int) -> Answer | None:
    """The last date of the year; a stock of another day than 31 December is an estimate. Dates never add."""
    dates = [period for period in by_period if len(period) == 10 and period.startswith(f"{year}-")]
    answers = ((date, at(by_period[date], indicator)) for date in sorted(dates, reverse=True))
    for date, found in answers:
        if found is not None:
            made = found if date.endswith("-12-31") else _estimated(found, indicator)
            return replace(made, span=frozenset({date}))
    return None


def _estimated(found: Answer, indicator: Indicator) -> Answer:
    """A stock of another day than 31 December."""
    return replace(found, status="E") if indicator.kind == "stock" and found.given else found


def _accounting(by_period: _Periods, indicator: Indicator, year: int) -> Answer | None:
    """The accounting year that ends in the year, unless one of its days is in another year that is given: the calendar
    year wins, and of two accounting years the earlier, so that no day counts twice."""
    if not any(period.endswith("/P1Y") for period in by_period):
        return None
    spans = [span for span in map(Period.parse, by_period) if span.kind in ("year", "accounting")]
    answers = {span: at(by_period[span.text], indicator) for span in spans}
    given = [span for span, found in answers.items() if found is not None and found.given]
    for span in sorted((span for span in spans if span.kind == "accounting"), key=lambda span: span.start):
        rivals = (other for other in given if other.kind == "year" or other.start < span.start)
        found = answers[span]
        if span.year == year and found is not None and not any(span.clashes(other) for other in rivals):
            return _estimated(found, indicator)
    return None


def answer(indicator: Indicator, period: str, facts: Sequence[Fact]) -> Answer | None:
    """What one unit answers for `period`; None when it says nothing. `facts` are of this unit and indicator only."""
    by_period: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=lambda f: f.seq):
        by_period.setdefault(fact.period, []).append(fact)
    asked = Period.parse(period)
    written = str(asked.year) if asked.is_whole_year else asked.text
    direct = at(by_period.get(written, ()), indicator)
    if direct is not None or not asked.is_whole_year:
        return direct
    if "date" in indicator.periods and (dated := _dated(by_period, indicator, asked.year)) is not None:
        return dated
    return _accounting(by_period, indicator, asked.year) or _months(by_period, indicator, asked.year)
