"""Figures that were given before: last year's report again, or the report of another place.

Equal figures weigh by the digits that count (19,400 three, 600 one), figures that differ speak against a copy.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from itertools import combinations
from math import log10

from vocab.model import breakdown_text
from vocab.oddity import Figures, Key, Oddity
from vocab.reference import indicators
from vocab.residue import digits
from vocab.units import canonical

_STEADY = ("stock", "flag", "score")  # what may well be the same a year later
_LEAST = 3
_ENOUGH = 5
_DIFFERENT = 0.3
_KEPT = 12  # traces of a report; a copy, even of a part of it, shares _LEAST of them
_MANY = 12  # reports that share one figure: it is no trace of a copy


def _traces(figures: Figures) -> dict[Key, Decimal]:
    """The figures that two places seldom share by chance; those of one operator share what is asked of it."""
    asked = {name: indicators()[name] for name, _ in figures}
    own = {name for name, rule in asked.items() if rule.asked_of != "operator" and rule.kind != "flag"}
    return {key: value for key, value in figures.items() if value >= 10 and key[0] in own}


def _alike(ours: Mapping[Key, Decimal], theirs: Mapping[Key, Decimal]) -> tuple[list[Key], float]:
    """The questions answered alike, and how much they weigh."""
    common = ours.keys() & theirs.keys()
    same = [key for key in ours if key in common and ours[key] == theirs[key]]
    return same, sum(digits(ours[key]) for key in same) - _DIFFERENT * (len(common) - len(same))


def same_as_before(period: str, figures: Figures, earlier: Figures) -> Iterator[Oddity]:
    """Every figure that moves from year to year is last year's."""
    moving = {key: value for key, value in figures.items() if value > 1 and indicators()[key[0]].kind not in _STEADY}
    before = {key: value for key, value in earlier.items() if key in moving}
    same = [key for key, value in moving.items() if before.get(key) == value]
    weight = sum(digits(before[key]) for key in same)
    if len(same) > 1 and len(same) >= 0.8 * len(before) and weight >= _ENOUGH:
        params = {"count": str(len(same)), "of": str(len(before)), "indicators": _names(same)}
        yield Oddity("", period, (), "copy.year", params)


def duplicates(reports: Sequence[tuple[str, str, Figures]]) -> Iterator[tuple[str, Oddity]]:
    """Places that give the same figures for one period: each with the other. `reports`: place, period, figures."""
    traces = [_traces(figures) for _, _, figures in reports]
    enough = 3 + log10(max(len(reports), 2))
    found: dict[int, tuple[float, int, list[Key]]] = {}
    for one, two in sorted(_candidates(reports, traces)):
        same, weight = _alike(traces[one], traces[two])
        if len(same) >= _LEAST and weight >= enough:
            for mine, other in ((one, two), (two, one)):
                if mine not in found or weight > found[mine][0]:
                    found[mine] = (weight, other, same)
    for mine, (_, other, same) in sorted(found.items()):
        place, period, _ = reports[mine]
        params = {"place": reports[other][0], "count": str(len(same)), "indicators": _names(same)}
        yield place, Oddity("", period, (), "copy.place", params)


def traces(period: str, figures: Figures) -> tuple[str, ...]:
    """A few digests that a report and its copy share even if some figures differ: the least of all those of figures
    with two digits or more (MinHash, Broder 1997). None for a report that has too few."""
    telling = [(key, value) for key, value in _traces(figures).items() if digits(value) > 1]
    written = (f"{period} {name} {breakdown_text(part)} {canonical(value)}" for (name, part), value in telling)
    found = sorted(sha256(text.encode()).hexdigest()[:16] for text in written)
    return tuple(found[:_KEPT]) if len(found) >= _LEAST else ()


def _candidates(
    reports: Sequence[tuple[str, str, Figures]], traces: Sequence[Mapping[Key, Decimal]]
) -> Iterator[tuple[int, int]]:
    """The pairs of reports of different places that share enough figures to be looked at."""
    holders: dict[tuple[str, Key, Decimal], list[int]] = defaultdict(list)
    for number, (figures, (_, period, _)) in enumerate(zip(traces, reports, strict=True)):
        for key, value in figures.items():
            holders[period, key, value].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for numbers in holders.values():
        if len(numbers) <= _MANY:
            shared.update(combinations(numbers, 2))
    for (one, two), times in shared.items():
        if times >= _LEAST and reports[one][0] != reports[two][0]:
            yield one, two


def _names(keys: Sequence[Key]) -> str:
    return " ".join(dict.fromkeys(key[0] for key in keys))
