"""Recall and precision of the plausibility rules on the places of `imagined` with the mistakes of `misread`.

Measured as who reads the warnings would: a mistake is found when one of its cells (for a copy: the report) has a
warning, whatever the rule; a warning on anything else is a wrong one.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from tests.vocab.imagined import NOW, Told, observations
from tests.vocab.misread import BLURRED, FIRST, LATER, world
from vocab import plausible
from vocab.oddity import Oddity

SEED, PLACES = 20_261_123, 1_000
PARTS = {"first": (FIRST, False), "later": (LATER, True), "blurred": (tuple(BLURRED), True)}
NAMES = {
    "x1000": ("× 1,000", "× 1 000"), "/1000": ("÷ 1,000", "÷ 1 000"),
    "k€ as €": ("every amount in k€", "tous les montants en k€"),
    "exchanged": ("persons and their hours exchanged", "personnes et heures échangées"),
    "hours as persons": ("hours given for persons", "des heures à la place des personnes"),
    "persons as hours": ("persons given for hours", "des personnes à la place des heures"),
    "m² and € exchanged": ("m² and euros exchanged", "m² et euros échangés"),
    "of one event": ("a mean for a total", "une moyenne pour un total"),
    "one number": ("one number in a run of cells", "un nombre recopié dans des cases voisines"),
    "example left": ("example left in, 0, 1, 123, 999…", "exemple resté, 0, 1, 123, 999…"),
    "never open": ("visits or events, 0 hours open", "des passages, 0 heure d'ouverture"),
    "hours of a month": ("opening hours of half a year or a year", "heures d'ouverture d'un semestre ou d'un an"),
    "of another place": ("report of another place", "rapport d'un autre lieu"),
    "tenfold": ("a nought too many", "un zéro de trop"),
    "last year again": ("last year's report again", "rapport de l'an passé"),
    "of a month": ("a month for a year", "un mois pour une année"),
    "of a week": ("a week for a year", "une semaine pour une année"),
}  # fmt: skip


@dataclass
class Count:
    """Mistakes put in and found, by kind; warnings, and the right ones among them."""

    put: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    warnings: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        return sum(self.found.values()) / sum(self.put.values())

    @property
    def precision(self) -> float:
        return self.right / self.warnings


def warned(places: list[Told], with_before: bool) -> Iterator[tuple[Told, list[Oddity]]]:
    """What is odd in the last year of each, among the others."""
    copies: dict[str, list[Oddity]] = {}
    for name, odd in plausible.duplicates([(told.name, [*observations(told, (NOW,))]) for told in places]):
        copies.setdefault(name, []).append(odd)
    for told in places:
        known = observations(told) if with_before else ()
        yield told, [*plausible.warnings(observations(told, (NOW,)), known), *copies.get(told.name, ())]


def measure(seed: int, count: int, kinds: tuple[str, ...], with_before: bool) -> Count:
    places, result = world(seed, count, kinds), Count()
    copied = {told.source for told in places if told.source}
    for told, odds in warned(places, with_before):
        right = [odd for odd in odds if _is_right(odd, told, copied)]
        result.warnings += len(odds)
        result.right += len(right)
        if told.kind:
            result.put[told.kind] += 1
            result.found[told.kind] += bool(right)
    return result


def _is_right(odd: Oddity, told: Told, copied: set[str]) -> bool:
    """Of the report as a whole: only where most of it is wrong, or where it was copied by another."""
    if odd.indicator:
        return odd.indicator in told.wrong
    return 2 * len(told.wrong) > len(told.report) or told.kind == "one number" or told.name in copied


@cache
def held_out(part: str) -> Count:
    """Measured on places that nothing was mended for."""
    return measure(SEED, PLACES, *PARTS[part])


_HEADS = {
    "en": "| mistake | first report: put in | found | recall | later report: put in | found | recall |",
    "fr": "| erreur | premier rapport : semées | trouvées | rappel | rapport suivant : semées | trouvées | rappel |",
}
_ALL = {
    "en": ("all together", "precision, of so many warnings", "not counted above"),
    "fr": ("en tout", "précision, de tant d'avertissements", "non comptés ci-dessus"),
}


def table(lang: str) -> str:
    """By kind, then all together; the kinds that a small year looks like stand below and are counted apart."""
    first, later, blurred = (held_out(part) for part in PARTS)
    lines = [_HEADS[lang], "|---|---:|---:|---:|---:|---:|---:|"]
    lines += [_line(_name(kind, lang), *_kind(first, kind, lang), *_kind(later, kind, lang)) for kind in LATER]
    both = [
        cell for each in (first, later) for cell in (each.put.total(), each.found.total(), _shown(each.recall, lang))
    ]
    lines.append(_line(f"**{_ALL[lang][0]}**", *both))
    right = [cell for each in (first, later) for cell in (each.warnings, each.right, _shown(each.precision, lang))]
    lines.append(_line(f"**{_ALL[lang][1]}**", *right))
    apart = {kind: f"{_name(kind, lang)} ({_ALL[lang][2]})" for kind in BLURRED}
    lines += [_line(name, "", "", "", *_kind(blurred, kind, lang)) for kind, name in apart.items()]
    return "\n".join(lines) + "\n"


def _name(kind: str, lang: str) -> str:
    return NAMES[kind][lang == "fr"]


def _kind(count: Count, kind: str, lang: str) -> tuple[object, ...]:
    put, found = count.put[kind], count.found[kind]
    return (put, found, _shown(found / put, lang)) if put else ("", "", "")


def _shown(share: float, lang: str) -> str:
    text = f"{share:.2f}"
    return text.replace(".", ",") if lang == "fr" else text


def _line(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"
