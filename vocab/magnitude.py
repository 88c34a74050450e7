"""Whether the figures of a report have the size they should: alone, against each other, against last year.

What is plausible is read from the Turtle (`plausible.ttl`): limits for each figure and for ratios between two. Where
a limit is passed, each known mistake is tried on each figure (thousands, a mean, hours for heads…): the one that makes
the whole report most plausible is what the warning says. What no mistake explains is said as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import log10
from statistics import median
from typing import NamedTuple

from vocab.oddity import Figures, Key, Oddity, short
from vocab.reference import Ratio, indicators, ratios
from vocab.units import canonical

_TENFOLD = 0.999  # in decades: 10 times, whatever the last bit of a logarithm says
_FAR = 100.0  # what one limit can weigh at most, however far beyond it a figure lies
_CLEAR = 6.0  # how much better a report must look before a mistake is named
_BEYOND = 0.9  # decades beyond a limit (8 times) before it is said without an explanation
_FEW = 10  # persons, events, objects: below, ten times last year happens
_UNLIKELY = 8.0  # what speaks against a mistake that would have left other digits
_GUESSED = 4.0  # what speaks against a mistake whose right figure is only guessed
_HOURS_OF_FTE = log10(1607)
_MOST = 12
_LEAST, _STEP = 4, 0.9  # how many figures make a median, and how far from it, in half ranges, is far


class _Term(NamedTuple):
    """`x[first] − x[second]` is within `half` of `centre`, in decades; kind: range | ratio | year | step.

    A tuple: a hundred of them are made for each report that comes in.
    """

    kind: str
    first: Key
    second: Key | None
    centre: float
    half: float
    ratio: Ratio | None = None
    has_floor: bool = True  # a part of a total, and a month, may be as small as they like

    def off(self, sizes: Mapping[Key, float]) -> float:
        """How far from the centre, in half widths: beyond 1 is beyond the limits."""
        below = 0.0 if self.second is None else sizes[self.second]
        return (sizes[self.first] - below - self.centre) / self.half


@dataclass(frozen=True, slots=True)
class _Guess:
    """A mistake that somebody may have made: how the sizes would be without it."""

    code: str
    key: Key
    shifts: tuple[tuple[Key, float], ...]
    doubt: float  # how much less likely it is than thousands
    other: str = ""


@cache
def _ranges() -> Mapping[str, tuple[float, float]]:
    found = {}
    for name, rule in indicators().items():
        if rule.plausible is not None:
            found[name] = _band(float(rule.plausible.low), float(rule.plausible.high))
    return found


def _band(low: float, high: float) -> tuple[float, float]:
    return (log10(high) + log10(low)) / 2, (log10(high) - log10(low)) / 2


@cache
def _ratios() -> tuple[tuple[Ratio, float, float], ...]:
    return tuple((each, *_band(float(each.limits.low), float(each.limits.high))) for each in ratios())


@cache
def _counted() -> Mapping[str, tuple[str, float]]:
    """Persons → what is counted for each of them, and how much of it a person usually has, in decades."""
    usual = {(ratio.numerator, ratio.denominator): centre for ratio, centre, _ in _ratios()}
    pairs = {name: rule.confused_with for name, rule in indicators().items() if rule.confused_with}
    return {heads: (counted, usual[counted, heads]) for heads, counted in pairs.items()}


def _terms(sizes: Mapping[Key, float], earlier: Figures, whole: bool) -> Iterator[_Term]:
    names = _ranges()
    for key in sizes:
        if key[0] in names:
            yield _Term("range", key, None, *names[key[0]], has_floor=whole and not key[1])
    yield from _in_step(sizes) if whole else ()
    breakdowns = dict.fromkeys(key[1] for key in sizes)
    for ratio, centre, half in _ratios() if whole else ():
        for breakdown in breakdowns:
            first, second = (ratio.numerator, breakdown), (ratio.denominator, breakdown)
            if first in sizes and second in sizes:
                yield _Term("ratio", first, second, centre, half, ratio)
    for key, size in sizes.items():
        before = earlier.get(key)
        if before and (before > _FEW or size > log10(_FEW) or indicators()[key[0]].kind == "level"):
            yield _Term("year", key, None, log10(before), 1.0)


def _in_step(sizes: Mapping[Key, float]) -> Iterator[_Term]:
    """A place that is small in most of its figures is not among the largest in one: against their median."""
    names = _ranges()
    totals = [key for key in sizes if not key[1] and key[0] in names]
    if len(totals) < _LEAST:
        return
    middle = median((sizes[key] - names[key[0]][0]) / names[key[0]][1] for key in totals)
    for key in totals:
        centre, half = names[key[0]]
        yield _Term("step", key, None, centre + half * middle, half * _STEP)


def _weight(off: float) -> float:
    return min(4.5 * off * off, _FAR)


def _is_beyond(term: _Term, sizes: Mapping[Key, float]) -> bool:
    off = term.off(sizes)
    if term.kind == "year":
        return abs(off) >= _TENFOLD
    return off > 1 + 1e-9 or (off < -1 - 1e-9 and term.has_floor)


def _is_counted(name: str) -> bool:
    """Whether it is a number of persons, events, objects…: whole, neither a mean nor euros, hours or shares."""
    rule = indicators()[name]
    return rule.kind != "level" and rule.unit[0] == "{" and rule.unit[-1] == "}" and rule.unit != "{EUR}"


def _is_broken(key: Key, value: Decimal) -> bool:
    """A figure with the digits of one that was divided by a thousand."""
    if value == value.to_integral_value():
        return False
    exponent = value.normalize().as_tuple().exponent
    return _is_counted(key[0]) or (exponent == -3 and indicators()[key[0]].kind in ("flow", "stock"))


def _scales(key: Key, value: Decimal) -> Iterator[_Guess]:
    counted, in_jobs = _is_counted(key[0]), indicators()[key[0]].unit == "{FTE}"
    high = _UNLIKELY if (counted and value % 1000) or (in_jobs and value % 10) else 0.0
    low = -_UNLIKELY if _is_broken(key, value) else _UNLIKELY / 2 if counted else 0.0
    for code, shift, doubt in (("thousands", 3.0, 0.0), ("millions", 6.0, 1.0)):
        yield _Guess(f"{code}.high", key, ((key, -shift),), doubt + high)
        yield _Guess(f"{code}.low", key, ((key, shift),), doubt + low)
    if in_jobs:
        yield _Guess("hours.fte", key, ((key, -_HOURS_OF_FTE),), 0.5)


def _means(key: Key, terms: Sequence[_Term], sizes: Mapping[Key, float]) -> Iterator[_Guess]:
    for term in terms:
        if term.ratio and term.ratio.may_be_mean and term.first == key and term.second and sizes[term.second] > 0.3:
            doubt = -2.0 if _is_beyond(term, sizes) else 1.0
            yield _Guess("mean", key, ((key, sizes[term.second]),), doubt, term.ratio.denominator)


def _confusions(key: Key, sizes: Mapping[Key, float]) -> Iterator[_Guess]:
    """Hours in the place of heads, heads in the place of hours, or each in the place of the other."""
    for heads, (counted, usual) in _counted().items():
        one, other = (heads, key[1]), (counted, key[1])
        if key == one and other in sizes:
            gap = sizes[other] - sizes[one]
            if gap < 0:
                yield _Guess("hours.swapped", one, ((one, gap), (other, -gap)), -_GUESSED, counted)
        doubt = -_UNLIKELY if sizes.get(one) == sizes.get(other) else _GUESSED  # one figure written twice
        if key == one:
            yield _Guess("hours.as_heads", one, ((one, -usual),), doubt, counted)
        if key == other:
            yield _Guess("hours.as_hours", other, ((other, usual),), doubt, heads)


def _gain(guess: _Guess, touching: Mapping[Key, list[_Term]], sizes: Mapping[Key, float]) -> float:
    """how much more plausible the report is without this mistake."""
    mended = dict(sizes)
    for key, shift in guess.shifts:
        mended[key] += shift
    concerned = {id(term): term for key, _ in guess.shifts for term in touching[key]}.values()
    better = sum(_weight(term.off(sizes)) - _weight(term.off(mended)) for term in concerned)
    return better - guess.doubt


def _best(
    touching: Mapping[Key, list[_Term]], sizes: Mapping[Key, float], figures: Figures, mended: set[Key]
) -> _Guess | None:
    """The mistake that explains most of what is beyond a limit, if one explains it clearly."""
    suspects = {key for key, terms in touching.items() if any(_is_beyond(term, sizes) for term in terms)}
    suspects |= {key for key in touching if _is_broken(key, figures[key])}
    best, most = None, _CLEAR
    for key in sorted(suspects - mended):
        for guess in (*_scales(key, figures[key]), *_means(key, touching[key], sizes), *_confusions(key, sizes)):
            gain = _gain(guess, touching, sizes)
            if gain > most:
                best, most = guess, gain
    return best


def _touching(terms: Sequence[_Term]) -> dict[Key, list[_Term]]:
    found: dict[Key, list[_Term]] = {}
    for term in terms:
        found.setdefault(term.first, []).append(term)
        if term.second is not None:
            found.setdefault(term.second, []).append(term)
    return found


def odd_sizes(period: str, figures: Figures, earlier: Figures, whole: bool = True) -> tuple[Oddity, ...]:
    """What has an odd size. `earlier`: the figures of the year before; `whole`: a year or a date, not a month."""
    sizes = {key: log10(value) for key, value in figures.items() if value > 0}
    terms = list(_terms(sizes, earlier, whole))
    touching = _touching(terms)
    if not any(_is_beyond(term, sizes) or _is_broken(term.first, figures[term.first]) for term in terms):
        return ()
    found: list[Oddity] = []
    mended: set[Key] = set()
    for _ in range(_MOST):
        guess = _best(touching, sizes, figures, mended)
        if guess is None:
            break
        found += [_explained(guess, key, period, figures) for key, _ in guess.shifts]
        for key, shift in guess.shifts:
            sizes[key] += shift
            mended.add(key)
    told = {(odd.indicator, odd.breakdown) for odd in found}
    return (*found, *_unexplained(terms, touching, sizes, told, (period, figures, earlier)))


def _explained(guess: _Guess, key: Key, period: str, figures: Figures) -> Oddity:
    shift = dict(guess.shifts)[key]
    likely = float(figures[key]) * 10**shift
    rounded = round(likely) if _is_counted(key[0]) and likely > 1 else likely
    params = {"value": canonical(figures[key]), "likely": short(Decimal(rounded))}
    if guess.other:
        params["other"] = guess.other if key == guess.key else guess.key[0]
    return Oddity(key[0], period, key[1], guess.code, params)


_Given = tuple[str, Figures, Figures]


def _unexplained(
    terms: Sequence[_Term],
    touching: Mapping[Key, list[_Term]],
    sizes: Mapping[Key, float],
    told: set[Key],
    given: _Given,
) -> Iterator[Oddity]:
    """Beyond a limit for no known reason: one warning a figure, and none about a figure that has one already."""
    for term in sorted(terms, key=lambda each: ("range", "year", "ratio", "step").index(each.kind)):
        keys = {term.first, term.second} - {None}
        if term.kind == "step" or keys & told or not _is_beyond(term, sizes):
            continue
        if term.kind != "year" and (abs(term.off(sizes)) - 1) * term.half < _margin(term, touching, sizes):
            continue
        odd = _as_it_is(term, touching, sizes, given)
        told.add((odd.indicator, odd.breakdown))
        yield odd


def _margin(term: _Term, touching: Mapping[Key, list[_Term]], sizes: Mapping[Key, float]) -> float:
    """How far beyond a limit is worth a word: further where the rest of the report says that the place is large."""
    if term.kind != "range":
        return _BEYOND
    others = [other for other in touching[term.first] if other.kind in ("ratio", "step")]
    is_large = len(others) > 1 and not any(_is_beyond(other, sizes) for other in others)
    return 2 * _BEYOND if is_large else _BEYOND


def _as_it_is(term: _Term, touching: Mapping[Key, list[_Term]], sizes: Mapping[Key, float], given: _Given) -> Oddity:
    period, figures, earlier = given
    key, value = term.first, figures[term.first]
    side = "high" if term.off(sizes) > 0 else "low"
    shown = {"value": canonical(value)}
    if term.kind == "year":
        return Oddity(key[0], period, key[1], f"year.{side}", shown | {"before": canonical(earlier[key])})
    if term.ratio is None or term.second is None:
        limits = indicators()[key[0]].plausible
        assert limits is not None
        return Oddity(key[0], period, key[1], f"range.{side}", shown | _limits(limits.low, limits.high))
    blamed = max((term.first, term.second), key=lambda each: sum(_weight(t.off(sizes)) for t in touching[each]))
    parts = {"numerator": term.ratio.numerator, "denominator": term.ratio.denominator}
    ratio = {"value": canonical(figures[blamed]), "ratio": short(value / figures[term.second])}
    limits = term.ratio.limits
    return Oddity(blamed[0], period, blamed[1], f"ratio.{side}", ratio | parts | _limits(limits.low, limits.high))


def _limits(low: Decimal, high: Decimal) -> dict[str, str]:
    return {"low": canonical(low), "high": canonical(high)}
