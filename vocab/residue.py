"""What was left in a form: example figures, blanks turned into zeros, one question answered twice."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import pairwise
from math import comb

from vocab.model import Place
from vocab.oddity import Figures, Oddity, short
from vocab.reference import dimensions, indicators, ratios
from vocab.units import canonical, total

_EXAMPLES = frozenset({row[:n] for row in ("123456789", "999999999") for n in range(3, 10)} | {"42424242"})
_EXAMPLES |= {"1" * n for n in range(4, 10)}  # 111 is too often true
_ALIKE = (0.04, 0.01, 0.002, 0.0004)  # how often two figures are the same, by the number of digits that count
_BY_CHANCE = 0.05
_ZEROS, _SHARE_OF_ZEROS = 5, Decimal("0.4")
_WEEK = 168  # hours
_HOURS_APART = 3


def digits(value: Decimal) -> int:
    """How many of its digits count: 19,400 has three, 600 one."""
    return len(value.normalize().as_tuple().digits)


def _plain(figures: Figures) -> dict[str, Decimal]:
    """The totals of what is counted or measured, not yes or no, not scores."""
    kinds = ("flag", "score")
    return {name: value for (name, part), value in figures.items() if not part and indicators()[name].kind not in kinds}


def templates(period: str, figures: Figures) -> Iterator[Oddity]:
    """The figure of a form's example, and one figure in many questions that have nothing to do with each other."""
    shared: dict[Decimal, list[str]] = {}
    plain = _plain(figures)
    for name, value in plain.items():
        if value > 1:
            shared.setdefault(value, []).append(name)
    for value, names in shared.items():
        units = {indicators()[name].unit for name in names}
        if canonical(value) in _EXAMPLES:
            yield from (Oddity(name, period, (), "template.example", {"value": canonical(value)}) for name in names)
        elif len(names) >= _too_many(len(plain), digits(value)) and len(units) > 1 and value >= 10:
            params = {"value": canonical(value), "count": str(len(names))}
            yield from (Oddity(name, period, (), "template.repeated", params) for name in names)
    yield from _runs(period, plain)


def repeated(period: str, figures: Figures, odd: Iterable[Oddity]) -> Iterator[Oddity]:
    """A figure that is odd by its size, and that other questions have too: of a template, rather."""
    plain = _plain(figures)
    for value in {plain[each.indicator] for each in odd if not each.breakdown and each.indicator in plain}:
        names = [name for name, other in plain.items() if other == value]
        if value >= 10 and len(names) >= max(3, _too_many(len(plain), digits(value)) - 2):
            params = {"value": canonical(value), "count": str(len(names))}
            yield from (Oddity(name, period, (), "template.repeated", params) for name in names)


@cache
def _too_many(figures: int, digits: int) -> int:
    """How many figures of a report are hardly the same by chance."""
    alike = _ALIKE[min(digits, len(_ALIKE)) - 1]
    return next(k for k in range(3, figures + 4) if comb(figures, k) * alike ** (k - 1) < _BY_CHANCE)


def _runs(period: str, figures: Mapping[str, Decimal]) -> Iterator[Oddity]:
    """1, 2, 3, 4, 5…, or the same figure all along."""
    values = list(figures.values())
    if len(values) < 5:
        return
    steps = {later - earlier for earlier, later in pairwise(values)}
    if steps == {Decimal(1)} or (steps == {Decimal(0)} and values[0] > 0):
        yield Oddity("", period, (), "template.run", {"count": str(len(values))})


def zeros(period: str, figures: Figures, earlier: Figures, place: Place | None) -> Iterator[Oddity]:
    """A 0 where a place has something, and a report that is mostly zeros: blanks, perhaps."""
    empty = [key for key, value in figures.items() if value == 0 and indicators()[key[0]].kind not in ("flag", "score")]
    counted = [key for key in figures if indicators()[key[0]].kind not in ("flag", "score")]
    told = set()
    for key in empty:
        if odd := _zero(period, key, figures, earlier, place):
            told.add(key)
            yield odd
    if len(empty) >= _ZEROS and len(empty) >= _SHARE_OF_ZEROS * len(counted):
        count = {"count": str(len(empty)), "of": str(len(counted))}
        yield from (Oddity(key[0], period, key[1], "zero.many", count) for key in empty if key not in told)


def _zero(
    period: str, key: tuple[str, tuple[tuple[str, str], ...]], figures: Figures, earlier: Figures, place: Place | None
) -> Oddity | None:
    name, part = key
    beside = [ratio.denominator for ratio in ratios() if ratio.numerator == name and not ratio.limits.zero]
    found = [(other, figures[other, part]) for other in beside if (other, part) in figures]
    for other, value in found:
        if value:
            return Oddity(name, period, part, "zero.beside", {"other": other, "value": canonical(value)})
    before = earlier.get(key)
    if before is not None and before >= _HOURS_APART:
        return Oddity(name, period, part, "zero.since", {"before": canonical(before)})
    limits = indicators()[name].plausible
    if part or found or limits is None or limits.zero or (place is not None and place.status != "open"):
        return None
    return Oddity(name, period, part, "zero.odd")


def beyond_a_week(period: str, figures: Figures) -> Iterator[Oddity]:
    """More hours a week than a week has."""
    for (name, part), value in figures.items():
        if indicators()[name].unit == "h/wk" and value > _WEEK:
            yield Oddity(name, period, part, "hours.week", {"value": short(value), "week": str(_WEEK)})


def opening(period: str, figures: Figures, place: Place | None) -> Iterator[Oddity]:
    """Opening hours that contradict those which the place announces."""
    said = figures.get(("openingHours", ()))
    if said is None or place is None or not place.hours:
        return
    announced = weekly(place)
    if announced and (said > announced * _HOURS_APART or said * _HOURS_APART < announced):
        code = "hours.zero" if said == 0 else "hours.announced"
        yield Oddity("openingHours", period, (), code, {"value": canonical(said), "announced": short(announced)})


def weekly(place: Place) -> Decimal:
    """The hours of a week that a place announces."""
    minutes = 0
    for span in place.hours:
        start, end = (60 * int(time[:2]) + int(time[3:]) for time in (span.opens, span.closes))
        minutes += len(span.days) * ((end - start) % 1440 or 1440)
    return Decimal(minutes) / 60


def parts(period: str, figures: Figures) -> Iterator[Oddity]:
    """Every part of a partition is given, and together they do not reach the total."""
    for name, dimension in sorted({(name, part[0][0]) for name, part in figures if len(part) == 1}):
        known, whole = dimensions().get(dimension), figures.get((name, ()))
        if whole is None or known is None or known.open or known.partition != "yes" or known.numerator_only:
            continue
        given = [figures[name, ((dimension, code),)] for code in known.codes if (name, ((dimension, code),)) in figures]
        together = total(given)
        if len(given) == len(known.codes) and together < whole and indicators()[name].across_sites != "none":
            yield Oddity(name, period, (), "parts.below", {"total": canonical(whole), "parts": canonical(together)})
