"""The arithmetic of an aggregate, by the indicator's own rule: no indicator has code of its own.

Missing is never 0. *Not collected* stays in the denominators of coverage, *not applicable* leaves them. A ratio is
Σ numerator ÷ Σ denominator over the units that report both. Method versions never mix.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from vocab.periods import Period
from vocab.reference import Indicator, indicator
from vocab.resolve import Answer, Fact, answer, worst
from vocab.units import divide, total

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
    """A total of the answering units with its coverage. `coverage` is n_reporting ÷ n_connected, six decimals.

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


@dataclass(frozen=True, slots=True)
class _Result:
    """What a rule gives: the value, and the units it used."""

    value: Decimal | None
    used: tuple[str, ...]
    answers: tuple[Answer, ...]
    note: str = ""


Answers = Mapping[str, Mapping[str, Answer]]  # unit → indicator → answer


def _unit_of(rule: Indicator, universe: Universe) -> Callable[[str], str]:
    if rule.asked_of == "operator":
        return lambda place: universe.operators.get(place, place)
    return lambda place: place


def _parts(rule: Indicator) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for p in (rule.id, rule.numerator, rule.denominator, rule.weight) if p))


def questions(name: str) -> tuple[str, ...]:
    """The indicators whose figures are needed for `name`: itself, numerator, denominator, weight."""
    return _parts(indicator(name))


def _answers(rule: Indicator, period: str, facts: Iterable[Fact], universe: Universe) -> Answers:
    unit_of = _unit_of(rule, universe)
    wanted = set(_parts(rule))
    grouped: dict[tuple[str, str], dict[str, list[Fact]]] = {}
    for fact in facts:
        if fact.indicator in wanted and fact.place in universe.operators:
            places = grouped.setdefault((unit_of(fact.place), fact.indicator), {})
            places.setdefault(fact.place, []).append(fact)
    found: dict[str, dict[str, Answer]] = {}
    for (unit, name), places in grouped.items():
        given = _one(indicator(name), period, list(places.values()))
        if given is not None:
            found.setdefault(unit, {})[name] = given
    return found


def _one(rule: Indicator, period: str, places: Sequence[Sequence[Fact]]) -> Answer | None:
    """One answer a unit: an operator that answered from several places counts once, by its latest answer."""
    latest = sorted(places, key=lambda facts: max(f.seq for f in facts), reverse=True)
    answers = [a for a in (answer(rule, period, facts) for facts in latest) if a is not None]
    given = [a for a in answers if a.given]
    return given[0] if given else answers[0] if answers else None


def _given(answers: Answers, *names: str) -> dict[str, tuple[Answer, ...]]:
    """Units that give a value for every one of `names`, in a stable order."""
    return {
        unit: tuple(mine[name] for name in names)
        for unit, mine in sorted(answers.items())
        if all(name in mine and mine[name].given for name in names)
    }


def _sum(rule: Indicator, answers: Answers) -> _Result:
    given = _given(answers, rule.id)
    values = [a.value for (a,) in given.values() if a.value is not None]
    note = "declared" if rule.across_sites == "distinct" else ""
    if any(a.months not in (0, 12) for (a,) in given.values()):
        note = "months"
    return _Result(total(values) if values else None, tuple(given), tuple(a for (a,) in given.values()), note)


def _ratio(rule: Indicator, answers: Answers) -> _Result:
    given = _given(answers, rule.numerator, rule.denominator)
    top = total([n.value for n, _ in given.values() if n.value is not None])
    bottom = total([d.value for _, d in given.values() if d.value is not None])
    flat = tuple(a for pair in given.values() for a in pair)
    if not given or bottom == 0:
        return _Result(None, tuple(given), flat)
    return _Result(divide(top * (rule.scale or Decimal(1)), bottom), tuple(given), flat)


def _one_method(given: dict[str, tuple[Answer, ...]]) -> tuple[dict[str, tuple[Answer, ...]], str]:
    """Only the answers of the most used method version: versions never mix."""
    used = Counter(answers[0].method for answers in given.values())
    if len(used) <= 1:
        return given, ""
    best = max(used, key=lambda method: (used[method], method))
    return {unit: answers for unit, answers in given.items() if answers[0].method == best}, "methods"


def _weighted_mean(rule: Indicator, answers: Answers) -> _Result:
    given, note = _one_method(_given(answers, rule.id, rule.weight))
    weights = total([w.value for _, w in given.values() if w.value is not None])
    top = total([v.value * w.value for v, w in given.values() if v.value is not None and w.value is not None])
    flat = tuple(a for pair in given.values() for a in pair)
    return _Result(divide(top, weights) if weights else None, tuple(given), flat, note)


def _model(rule: Indicator, answers: Answers) -> _Result:
    given, note = _one_method(_given(answers, rule.id))
    values = [a.value for (a,) in given.values() if a.value is not None]
    return _Result(total(values) if values else None, tuple(given), tuple(a for (a,) in given.values()), note)


def _share(rule: Indicator, answers: Answers) -> _Result:
    """The share of answering units that say yes, from 0 to 1."""
    given = _given(answers, rule.id)
    values = [a.value for (a,) in given.values() if a.value is not None]
    share = divide(total(values), Decimal(len(values))) if values else None
    return _Result(share, tuple(given), tuple(a for (a,) in given.values()))


def _nothing(rule: Indicator, answers: Answers) -> _Result:
    given = _given(answers, rule.id)
    return _Result(None, tuple(given), tuple(a for (a,) in given.values()), "distribution")


_RULES: Mapping[str, Callable[[Indicator, Answers], _Result]] = {
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
    n = len(universe.known)
    operators = len({universe.operators.get(place, place) for place in universe.known})
    counts = {"placesCount": Decimal(n), **universe.reference}
    if rule.kind not in ("count", "reference") and not {rule.numerator, rule.denominator} & set(counts):
        return None
    if rule.origin == "entered":
        return None
    value, note = counts.get(rule.id), "reference" if rule.kind == "reference" else ""
    if rule.kind == "ratio":
        top, bottom = counts.get(rule.numerator), counts.get(rule.denominator)
        value = divide(top * (rule.scale or Decimal(1)), bottom) if top is not None and bottom else None
    connected = len(universe.connected)
    coverage = divide(Decimal(connected), Decimal(n)) if n else None
    status = "A" if value is not None else "L"
    return Aggregate(value, rule.unit, status, "F", operators, n, connected, n, coverage, (), 0, note)


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
    answers = _answers(rule, period, facts, universe)
    result = _RULES[rule.across_sites](rule, answers) if rule.across_sites in _RULES else _nothing(rule, answers)
    return _with_coverage(rule, result, answers, universe)


def _not_applicable(rule: Indicator, answers: Answers) -> frozenset[str]:
    asked = [p for p in (rule.numerator, rule.denominator) if p] or [rule.id]
    return frozenset(
        unit
        for unit, mine in answers.items()
        if any(name in mine and mine[name].status == "M" and not mine[name].given for name in asked)
    )


def _with_coverage(rule: Indicator, result: _Result, answers: Answers, universe: Universe) -> Aggregate:
    unit_of = _unit_of(rule, universe)
    beside = _not_applicable(rule, answers)
    connected = {unit_of(p) for p in universe.connected} - beside
    known = ({unit_of(p) for p in universe.known} - beside) | set(result.used)
    by_operator = rule.asked_of == "operator"
    operators = {unit if by_operator else universe.operators.get(unit, unit) for unit in result.used}
    n = len(result.used)
    return Aggregate(
        value=result.value,
        unit=rule.unit,
        obs_status=_status(result, beside, connected),
        conf_status="N" if result.value is None and universe.restricted else "F",
        n_operators=len(operators),
        n_reporting=n,
        n_connected=len(connected),
        n_known=len(known),
        coverage=divide(Decimal(n), Decimal(len(connected))) if connected else None,
        methods=tuple(sorted({a.method for a in result.answers if a.method})),
        restricted_left_out=universe.restricted,
        note=result.note,
    )


def _status(result: _Result, beside: frozenset[str], connected: set[str]) -> str:
    if result.value is not None:
        return worst([a.status for a in result.answers])
    return "M" if beside and not connected else "L"
