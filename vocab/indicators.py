"""The arithmetic of an aggregate, by the indicator's own rule: no indicator has code of its own.

Missing is never 0. *Not collected* stays in the denominators of coverage, *not applicable* leaves them. A ratio is
Σ numerator ÷ Σ denominator over the units that report both. Method versions never mix.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from vocab.derived import of_answers, of_parts, operands
from vocab.pairing import alike
from vocab.periods import Period
from vocab.reference import Indicator, indicator
from vocab.resolve import Answer, Fact, added, answer, methods_of, worst
from vocab.units import divide, total

_NUMBER = re.compile(r"([0-9]+)")
_NONE: Mapping[str, Decimal] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Universe:
    """Who could answer. `operators`: place to operator; `connected`: places with an accepted relation; `known`:
    places known open at the end of the period; `reference`: data of the area that no place gives (INSEE)."""

    operators: Mapping[str, str]
    connected: frozenset[str]
    known: frozenset[str]
    restricted: int = 0
    reference: Mapping[str, Decimal] = field(default_factory=lambda: _NONE)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A total of the answering units with its coverages, six decimals: `coverage` is the share of the connected units
    that report, `coverage_known` that of the known ones.

    `n_*` count places, or operators where the question is asked of an operator; those for which it is not
    applicable are left out. `note`: "" | declared | distribution | methods | months | reference.
    """

    value: Decimal | None
    unit: str
    obs_status: str
    conf_status: str
    n_operators: int
    n_reporting: int
    n_connected: int
    n_known: int
    coverage: Decimal | None
    methods: tuple[str, ...]
    restricted_left_out: int
    note: str = ""
    coverage_known: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a rule gives: the value, the units it used, their answers, and the method versions behind the value."""

    value: Decimal | None
    used: tuple[str, ...]
    answers: tuple[Answer, ...]
    note: str = ""
    methods: tuple[str, ...] | None = None


Answers = Mapping[str, Mapping[str, Answer]]  # unit → indicator → answer


def unit_of(rule: Indicator, universe: Universe) -> Callable[[str], str]:
    """From a place to the unit that is asked: the place itself, or its operator."""
    if rule.asked_of == "operator":
        return lambda place: universe.operators.get(place, place)
    return lambda place: place


def _parts(rule: Indicator) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in (rule.id, *operands(rule), rule.weight) if part))


def questions(name: str) -> tuple[str, ...]:
    """The indicators whose figures are needed for `name`: itself, numerator, denominator, operands, weight."""
    return _parts(indicator(name))


def _answers(rule: Indicator, period: str, facts: Iterable[Fact], universe: Universe) -> Answers:
    wanted, unit = set(_parts(rule)), unit_of(rule, universe)
    grouped: dict[str, dict[str, dict[str, list[Fact]]]] = {}  # unit → indicator → place → facts
    for fact in facts:
        if fact.indicator in wanted and fact.place in universe.operators:
            mine = grouped.setdefault(unit(fact.place), {}).setdefault(fact.indicator, {})
            mine.setdefault(fact.place, []).append(fact)
    return {name: _of_unit(rule, period, mine) for name, mine in sorted(grouped.items())}


def _of_unit(rule: Indicator, period: str, mine: Mapping[str, Mapping[str, Sequence[Fact]]]) -> dict[str, Answer]:
    """What one unit answers to each part of the question, and to the question where it is computed from them."""
    paired = alike(rule, period, mine)
    said = {name: _one(indicator(name), period, list(places.values())) for name, places in paired.items()}
    found = {name: answer for name, answer in said.items() if answer is not None}
    if rule.formula == "entropy":
        facts = [fact for places in mine.values() for given in places.values() for fact in given]
        computed = of_parts(rule, period, facts)
    else:
        computed = of_answers(rule, found) if operands(rule) else None
    return found if computed is None else found | {rule.id: computed}


def _one(rule: Indicator, period: str, places: Sequence[Sequence[Fact]]) -> Answer | None:
    return of_unit(rule, (each for each in (answer(rule, period, facts) for facts in places) if each is not None))


def of_unit(rule: Indicator, places: Iterable[Answer]) -> Answer | None:
    """One answer a unit, from those of its places. What is asked of an operator counts once, by its latest answer, from
    however many places; what is asked of a place adds up over the places of an operator."""
    answers = sorted(places, key=lambda each: each.seq, reverse=True)
    given = [each for each in answers if each.given]
    if rule.asked_of == "place" and rule.across_sites == "sum" and len(given) > 1:
        return added(given)
    return given[0] if given else answers[0] if answers else None


def own(name: str, period: str, facts: Iterable[Fact]) -> Answer | None:
    """What one place gives or lets compute for `name`; None when it says nothing. `facts` are of that place only."""
    rule = indicator(name)
    mine: dict[str, dict[str, list[Fact]]] = {}
    for fact in facts:
        if fact.indicator in _parts(rule):
            mine.setdefault(fact.indicator, {}).setdefault(fact.place, []).append(fact)
    return _of_unit(rule, period, mine).get(name)


def _given(answers: Answers, *names: str) -> dict[str, tuple[Answer, ...]]:
    """Units that give a value for every one of `names`, in a stable order."""
    return {
        unit: tuple(mine[name] for name in names)
        for unit, mine in sorted(answers.items())
        if all(name in mine and mine[name].given for name in names)
    }


def _sum(rule: Indicator, answers: Answers) -> Result:
    given = _given(answers, rule.id)
    values = [a.value for (a,) in given.values() if a.value is not None]
    note = "declared" if rule.across_sites == "distinct" else ""
    if any(a.partial for (a,) in given.values()):
        note = "months"
    return Result(total(values) if values else None, tuple(given), tuple(a for (a,) in given.values()), note)


def _ratio(rule: Indicator, answers: Answers) -> Result:
    given = _given(answers, rule.numerator, rule.denominator)
    top = total([n.value for n, _ in given.values() if n.value is not None])
    bottom = total([d.value for _, d in given.values() if d.value is not None])
    flat = tuple(a for pair in given.values() for a in pair)
    if not given or bottom == 0:
        return Result(None, tuple(given), flat)
    return Result(divide(top * (rule.scale or Decimal(1)), bottom), tuple(given), flat)


def method_version(method: str) -> list[str | int]:
    """So that v10 comes after v9."""
    return [int(piece) if piece.isdecimal() else piece for piece in _NUMBER.split(method)]


def _one_method(given: dict[str, tuple[Answer, ...]]) -> tuple[dict[str, tuple[Answer, ...]], str]:
    """Only the answers of the most used method version, the latest of equals: versions never mix."""
    used = Counter(answers[0].method for answers in given.values())
    if len(used) <= 1:
        return given, ""
    best = max(used, key=lambda method: (used[method], method_version(method)))
    return {unit: answers for unit, answers in given.items() if answers[0].method == best}, "methods"


def _weighted_mean(rule: Indicator, answers: Answers) -> Result:
    given, note = _one_method(_given(answers, rule.id, rule.weight))
    weights = total([w.value for _, w in given.values() if w.value is not None])
    top = total([v.value * w.value for v, w in given.values() if v.value is not None and w.value is not None])
    flat = tuple(a for pair in given.values() for a in pair)
    value = divide(top, weights) if weights else None
    return Result(value, tuple(given), flat, note, methods_of(score for score, _ in given.values()))


def _model(rule: Indicator, answers: Answers) -> Result:
    given, note = _one_method(_given(answers, rule.id))
    values = [a.value for (a,) in given.values() if a.value is not None]
    return Result(total(values) if values else None, tuple(given), tuple(a for (a,) in given.values()), note)


def _share(rule: Indicator, answers: Answers) -> Result:
    """The share of answering units that say yes, from 0 to 1."""
    given = _given(answers, rule.id)
    values = [a.value for (a,) in given.values() if a.value is not None]
    share = divide(total(values), Decimal(len(values))) if values else None
    return Result(share, tuple(given), tuple(a for (a,) in given.values()))


def _nothing(rule: Indicator, answers: Answers) -> Result:
    given = _given(answers, rule.id)
    return Result(None, tuple(given), tuple(a for (a,) in given.values()), "distribution")


_RULES: Mapping[str, Callable[[Indicator, Answers], Result]] = {
    "sum": _sum,
    "distinct": _sum,
    "ratio": _ratio,
    "wmean": _weighted_mean,
    "model": _model,
    "share": _share,
    "none": _nothing,
}


def _directory(rule: Indicator, universe: Universe) -> Aggregate | None:
    """Counts of the directory, reference data, and ratios of the two: no place answers these."""
    if rule.origin not in ("aggregator", "reference"):
        return None
    n = len(universe.known)
    operators = len({universe.operators.get(place, place) for place in universe.known})
    counts = {"placesCount": Decimal(n), **universe.reference}
    value, note = counts.get(rule.id), "reference" if rule.kind == "reference" else ""
    if rule.kind == "ratio":
        top, bottom = counts.get(rule.numerator), counts.get(rule.denominator)
        value = divide(top * (rule.scale or Decimal(1)), bottom) if top is not None and bottom else None
    connected = len(universe.connected)
    coverage = divide(Decimal(len(universe.connected & universe.known)), Decimal(n)) if n else None
    if value is None:
        return Aggregate(None, rule.unit, "L", "F", 0, 0, connected, n, coverage, (), 0, note)
    return Aggregate(value, rule.unit, "A", "F", operators, n, connected, n, coverage, (), 0, note)


def result(name: str, period: str, facts: Iterable[Fact], universe: Universe) -> tuple[Result, Answers]:
    """What the rule of `name` gives over the answers of the places, and those answers."""
    rule = indicator(name)
    answers = _answers(rule, period, facts, universe)
    return ruled(rule, answers), answers


def ruled(rule: Indicator, answers: Answers) -> Result:
    """What a rule gives over the answers of some units."""
    return _RULES.get(rule.across_sites, _nothing)(rule, answers)


def aggregate(name: str, period: str, facts: Iterable[Fact], universe: Universe) -> Aggregate:
    """The aggregate of indicator `name` for `period` over one area.

    `facts`: the current public figures of the area for `questions(name)`. Raises `KeyError` for an unknown
    indicator and `BadPeriod`. Rules: vocabulary, "across sites".
    """
    rule = indicator(name)
    Period.parse(period)
    from_directory = _directory(rule, universe)
    if from_directory is not None:
        return from_directory
    return _with_coverage(rule, *result(name, period, facts, universe), universe)


def finished(name: str, given: tuple[Result, Answers], universe: Universe) -> Aggregate:
    """The aggregate of what `result` gave."""
    rule = indicator(name)
    return _directory(rule, universe) or _with_coverage(rule, *given, universe)


def among(name: str, answers: Answers, units: Collection[str], universe: Universe) -> Aggregate:
    """The aggregate of some units only, whose answers are known already; `universe` is theirs."""
    theirs = {unit: mine for unit, mine in answers.items() if unit in units}
    return finished(name, (ruled(indicator(name), theirs), theirs), universe)


def _not_applicable(rule: Indicator, answers: Answers) -> frozenset[str]:
    asked = operands(rule) or (rule.id,)
    return frozenset(
        unit
        for unit, mine in answers.items()
        if any(name in mine and mine[name].status == "M" and not mine[name].given for name in asked)
    )


def _with_coverage(rule: Indicator, result: Result, answers: Answers, universe: Universe) -> Aggregate:
    unit = unit_of(rule, universe)
    beside = _not_applicable(rule, answers)
    used = set(result.used)
    connected = {unit(place) for place in universe.connected} - beside
    known = ({unit(place) for place in universe.known} - beside) | used
    by_operator = rule.asked_of == "operator"
    operators = {name if by_operator else universe.operators.get(name, name) for name in used}
    return Aggregate(
        value=result.value,
        unit=rule.unit,
        obs_status=_status(result, beside, connected),
        conf_status="N" if result.value is None and universe.restricted else "F",
        n_operators=len(operators),
        n_reporting=len(used),
        n_connected=len(connected),
        n_known=len(known),
        coverage=divide(Decimal(len(used & connected)), Decimal(len(connected))) if connected else None,
        methods=methods_of(result.answers) if result.methods is None else result.methods,
        restricted_left_out=universe.restricted,
        note=result.note,
        coverage_known=divide(Decimal(len(used)), Decimal(len(known))) if known else None,
    )


def _status(result: Result, beside: frozenset[str], connected: set[str]) -> str:
    if result.value is not None:
        return worst([a.status for a in result.answers])
    return "M" if beside and not connected else "L"
