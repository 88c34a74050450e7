"""Whether the figures of one report can all be true together, and what of them should be looked at again.

Only contradictions are mistakes: parts and totals, and what cannot exceed what. What is merely unusual is a warning
(`warnings`, `duplicates`): nobody may be kept from saying something true.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from vocab import copies, magnitude, residue
from vocab.errors import Mistake
from vocab.model import Breakdown, Observation, Place, breakdown_text
from vocab.oddity import Figures, Key, Oddity
from vocab.periods import Period
from vocab.reference import dimensions, indicators
from vocab.units import canonical, total

_ADDITIVE = ("sum", "distinct", "model")

Found = dict[Breakdown, tuple[Decimal, str]]  # breakdown → figure and where it stands


def _by_indicator(observations: Sequence[Observation], fields: Sequence[str]) -> Mapping[str, Found]:
    found: dict[str, Found] = {}
    for field, observation in zip(fields, observations, strict=True):
        if observation.value is not None:
            key = tuple(sorted(observation.breakdown))
            found.setdefault(observation.indicator, {})[key] = (observation.value, field)
    return found


def _adds_up(dimension: str) -> bool:
    known = dimensions().get(dimension)
    return known is not None and known.partition == "yes" and not known.numerator_only


def _within(part: Breakdown, whole: Breakdown) -> bool:
    return len(part) > len(whole) and set(whole) <= set(part)


def _one_above(name: str, found: Found) -> Iterator[Mistake]:
    """A part alone above a figure that contains it."""
    for part, (value, field) in found.items():
        for whole, (limit, _) in found.items():
            if _within(part, whole) and value > limit:
                params = {"part": breakdown_text(part), "value": canonical(value), "total": canonical(limit)}
                yield Mistake(field, "parts.one_above_total", {"indicator": name} | params)
                break


def _sum_above(name: str, found: Found) -> Iterator[Mistake]:
    """The parts of a partition, together above the figure that they divide."""
    groups: dict[tuple[Breakdown, str], list[Breakdown]] = {}
    for part in found:
        for pair in part:
            if _adds_up(pair[0]):
                groups.setdefault((tuple(p for p in part if p != pair), pair[0]), []).append(part)
    for (whole, dimension), parts in groups.items():
        together = total([found[part][0] for part in parts])
        if whole in found and together > found[whole][0]:
            shown = {"parts": canonical(together), "total": canonical(found[whole][0]), "dimension": dimension}
            yield Mistake(found[parts[-1]][1], "parts.above_total", {"indicator": name} | shown)


def parts(observations: Sequence[Observation], fields: Sequence[str]) -> tuple[Mistake, ...]:
    """Parts above their total, alone or together. A mean, a score or a level that is not summed has no parts."""
    mistakes: list[Mistake] = []
    for name, found in _by_indicator(observations, fields).items():
        rule = indicators()[name]
        if rule.across_sites in _ADDITIVE:
            mistakes += [*_sum_above(name, found)] or [*_one_above(name, found)]
    return tuple(mistakes)


def overlaps(
    observations: Sequence[Observation], fields: Sequence[str], others: Iterable[Observation]
) -> tuple[Mistake, ...]:
    """Figures already given for another year that shares days with theirs: counted twice, they would be."""
    given: dict[str, list[Period]] = {}
    for other in others:
        if other.value is not None:
            given.setdefault(other.indicator, []).append(Period.parse(other.period))
    mistakes = []
    for field, observation in zip(fields, observations, strict=True):
        period = Period.parse(observation.period)
        clash = next((other for other in given.get(observation.indicator, ()) if period.clashes(other)), None)
        if clash is not None and observation.value is not None:
            shown = {"indicator": observation.indicator, "value": period.text, "other": clash.text}
            mistakes.append(Mistake(field, "period.overlap", shown))
    return tuple(mistakes)


def comparisons(observations: Sequence[Observation], fields: Sequence[str]) -> tuple[Mistake, ...]:
    """Totals above a total that contains them: teleworked days above days worked, people above their hours."""
    by_name = _by_indicator(observations, fields)
    mistakes = []
    for name, found in by_name.items():
        limit = indicators()[name].not_above
        here, above = found.get(()), by_name.get(limit, {}).get(())
        if here is not None and above is not None and here[0] > above[0]:
            shown = {"value": canonical(here[0]), "whole": limit, "total": canonical(above[0])}
            mistakes.append(Mistake(here[1], "figure.above", {"indicator": name} | shown))
    return tuple(mistakes)


def warnings(
    observations: Iterable[Observation], earlier: Iterable[Observation] = (), place: Place | None = None
) -> tuple[Oddity, ...]:
    """What is odd in figures of one place, period by period. `earlier`: its figures of any other period; of two values
    for one question the first is kept. `place`: what it says of itself, as far as it is known."""
    given = list(observations)
    found = list(_twice(given))
    past = _by_year(earlier)
    for (year, period, whole), figures in _by_period(given).items():
        before = {key: value for known in sorted(past) if whole and known < year for key, value in past[known].items()}
        left = list(residue.templates(period, figures))
        told = {(odd.indicator, odd.breakdown) for odd in left}
        found += left
        found += copies.same_as_before(period, figures, past.get(year - 1, {}))
        found += residue.beyond_a_week(period, figures)
        found += residue.opening(period, figures, place)
        found += residue.zeros(period, figures, before, place)
        sizes = magnitude.odd_sizes(period, {k: v for k, v in figures.items() if k not in told}, before, whole)
        found += [*residue.repeated(period, figures, sizes), *sizes]
        found += residue.parts(period, figures)
    return tuple(_once(found))


def _once(found: Iterable[Oddity]) -> Iterator[Oddity]:
    """One warning a figure: the first rule that speaks of it; all those about the whole report."""
    told: set[tuple[str, str, Breakdown]] = set()
    for odd in found:
        about = (odd.period, odd.indicator, odd.breakdown)
        if not odd.indicator or about not in told:
            told.add(about)
            yield odd


def _key(observation: Observation) -> Key:
    return observation.indicator, tuple(sorted(observation.breakdown))


@lru_cache(maxsize=1024)
def _named(period: str) -> tuple[int, str, bool]:
    """The year, what it is called here, and whether it is a whole year, however it is written (2025, 2025-12-31,
    2024-07-01/P1Y); a month stands by itself."""
    read = Period.parse(period)
    whole = read.kind != "month"
    return read.year, str(read.year) if whole else read.text, whole


def year_of(period: str) -> int:
    """The year that a period of the vocabulary belongs to. Raises `BadPeriod`."""
    return _named(period)[0]


def names_of(period: str) -> tuple[str, str]:
    """A period as it is written, and as warnings call it."""
    return period, _named(period)[1]


def _by_period(given: Iterable[Observation]) -> dict[tuple[int, str, bool], dict[Key, Decimal]]:
    """The figures of each period together."""
    found: dict[tuple[int, str, bool], dict[Key, Decimal]] = {}
    for each in given:
        if each.value is not None and each.value >= 0 and each.indicator in indicators():
            found.setdefault(_named(each.period), {}).setdefault(_key(each), each.value)
    return found


def _by_year(given: Iterable[Observation]) -> dict[int, dict[Key, Decimal]]:
    return {year: figures for (year, _, whole), figures in _by_period(given).items() if whole}


def _twice(given: Iterable[Observation]) -> Iterator[Oddity]:
    """One question of one period with two values."""
    first: dict[tuple[str, Key], Decimal] = {}
    for each in given:
        if each.value is None:
            continue
        period = _named(each.period)[1]
        known = first.setdefault((period, _key(each)), each.value)
        if known != each.value:
            params = {"value": canonical(known), "second": canonical(each.value)}
            yield Oddity(each.indicator, period, _key(each)[1], "twice", params)


def traces(observations: Iterable[Observation]) -> dict[str, tuple[str, ...]]:
    """Year by year, what the figures of a place have in common with a copy of them: see `copies.traces`."""
    split = _by_period(observations)
    return {period: copies.traces(period, figures) for (_, period, whole), figures in split.items() if whole}


def duplicates(reports: Sequence[tuple[str, Iterable[Observation]]]) -> tuple[tuple[str, Oddity], ...]:
    """Reports of different places with the same figures for one period. `reports`: places with what they give."""
    split: list[tuple[str, str, Figures]] = []
    for place, observations in reports:
        split += [(place, period, figures) for (_, period, _), figures in _by_period(observations).items()]
    return tuple(copies.duplicates(split))
