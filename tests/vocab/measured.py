"""Recall and precision of the plausibility rules on simulated reports: `python -m tests.vocab.measured` shows both."""

from collections import Counter
from dataclasses import dataclass, field

from tests.vocab.simulated import MEANT, Case, World, figures_of, seeded
from vocab import plausible
from vocab.oddity import Oddity


@dataclass
class Measure:
    """Mistakes put in and found, kind by kind; warnings, and those about a figure that is wrong."""

    seeded: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    warnings: int = 0
    right: int = 0
    false: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[Case, list[Oddity]]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return sum(self.found.values()) / sum(self.seeded.values())

    @property
    def precision(self) -> float:
        return self.right / self.warnings


def measure(world: World, seed: int, count: int, figures: int, with_before: bool) -> Measure:
    """A mistake is found when a warning names one of its figures (or the report, for a copy) and its kind."""
    cases, result = seeded(world, seed, count, figures, with_before), Measure()
    twins: dict[str, list[Oddity]] = {}
    for place, odd in plausible.duplicates([(case.place, figures_of(case.report, "2025")) for case in cases]):
        twins.setdefault(place, []).append(odd)
    copied = {odd.params["place"] for case in cases if "place" in case.kind for odd in twins.get(case.place, ())}
    for case in cases:
        now, before = figures_of(case.report, "2025"), figures_of(case.before, "2024")
        odds = [*plausible.warnings(now, before), *twins.get(case.place, ())]
        _count(result, case, odds, case.place in copied)
    return result


def _count(result: Measure, case: Case, odds: list[Oddity], is_copied: bool) -> None:
    about = [odd for odd in odds if odd.indicator in case.wrong or (not odd.indicator and _is_right(case, odd))]
    true = [odd for odd in about if odd.code.split(".")[0] in MEANT.get(case.kind, "").split()]
    if case.kind:
        result.seeded[case.kind] += 1
        result.found[case.kind] += bool(true)
        result.seen[case.kind] += bool(about)
        if not true:
            result.missed.append((case, odds))
    result.warnings += len(odds)
    for odd in odds:
        if odd in about or (is_copied and odd.code == "copy.place"):
            result.right += 1
        else:
            result.false[odd.code] += 1


def _is_right(case: Case, odd: Oddity) -> bool:
    return odd.code.split(".")[0] in MEANT.get(case.kind, "").split()
