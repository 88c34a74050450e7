"""Recall and precision of the plausibility rules on simulated reports, for the pages that publish them.

`python -m tests.vocab.measured` writes the tables below the mark of `docs/explanation/plausibility*.md`; `--check` says
whether they are what is measured now.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.vocab import misread_measured
from tests.vocab.simulated import HARDER, KINDS, MEANT, UNSEEN, Case, World, figures_of, seeded
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


DOCS = Path(__file__).parents[2] / "docs" / "explanation"
PAGES = {"en": DOCS / "plausibility.md", "fr": DOCS / "plausibility.fr.md"}
MARK = "<!-- made by: python -m tests.vocab.measured -->\n"
REPORTS, SEED = 400, 90_217
SIZES = (5, 20, 60)
WORDS = {
    "en": {
        "head": "| figures a report | last year known | mistakes put in | found | recall | warnings | precision |",
        "kind": "| mistake | put in | found | recall |",
        "world": "| world | mistakes put in | found | recall | warnings | precision |",
        "yes": "yes",
        "no": "no",
        "all": "all together",
    },
    "fr": {
        "head": "| chiffres par rapport | année précédente | semées | trouvées | rappel | avertissements | précision |",
        "kind": "| erreur | semées | trouvées | rappel |",
        "world": "| monde | semées | trouvées | rappel | avertissements | précision |",
        "yes": "oui",
        "no": "non",
        "all": "en tout",
    },
}
FRENCH = dict(zip(KINDS, (
    "× 1 000", "÷ 1 000", "× 1 000 000", "têtes et heures échangées", "des heures à la place des têtes",
    "une moyenne pour un total", "reste d'un modèle", "un vide devenu 0", "copie de l'année précédente",
    "copie d'un autre lieu",
), strict=True))  # fmt: skip
FRENCH |= {
    "places differ more": "les lieux diffèrent plus",
    "other ratios": "d'autres rapports",
    "very large places": "de très grands lieux",
    "very small places": "de très petits lieux",
    "years differ more": "les années diffèrent plus",
}
ENGLISH = {"x1000": "× 1,000", "÷1000": "÷ 1,000", "x1000000": "× 1,000,000", "swap": "heads and hours swapped"}


@cache
def held_out() -> Mapping[tuple[int, bool], Measure]:
    """The measures of the world that the limits were never looked at in."""
    return {(n, known): measure(UNSEEN, SEED, REPORTS, n, known) for n in SIZES for known in (False, True)}


@cache
def harder() -> Mapping[str, Measure]:
    """The measures of worlds less kind than ours; first reports, of sixty figures: most can be wrongly warned of."""
    return {name: measure(world, SEED, 240, 60, with_before=False) for name, world in HARDER.items()}


def _share(part: int, whole: int, lang: str) -> str:
    text = f"{part / whole:.2f}"
    return text.replace(".", ",") if lang == "fr" else text


def _line(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |\n"


def tables(lang: str) -> str:
    """The tables: by size of report, by mistake, of worlds less kind than ours, and of places made another way."""
    words, got = WORDS[lang], held_out()
    rows = [((n, words["yes" if known else "no"]), each) for (n, known), each in got.items()]
    text = words["head"] + "\n|---:|---|---:|---:|---:|---:|---:|\n"
    for about, each in rows:
        text += _line(*about, *_figures([each], lang))
    text += _line(f"**{words['all']}**", "", *_figures(list(got.values()), lang))
    text += "\n" + words["kind"] + "\n|---|---:|---:|---:|\n"
    for kind in KINDS:
        put, found = (sum(getattr(m, name)[kind] for m in got.values()) for name in ("seeded", "found"))
        text += _line(_said(kind, lang), put, found, _share(found, put, lang))
    text += "\n" + words["world"] + "\n|---|---:|---:|---:|---:|---:|\n"
    for name, each in harder().items():
        text += _line(_said(name, lang), *_figures([each], lang))
    return text + "\n" + misread_measured.table(lang)


def _said(name: str, lang: str) -> str:
    return FRENCH[name] if lang == "fr" else ENGLISH.get(name, name)


def _figures(measures: list[Measure], lang: str) -> tuple[object, ...]:
    put, found = (sum(sum(getattr(m, name).values()) for m in measures) for name in ("seeded", "found"))
    warnings, right = (sum(getattr(m, name) for m in measures) for name in ("warnings", "right"))
    return put, found, _share(found, put, lang), warnings, _share(right, warnings, lang)


def page(lang: str) -> str:
    """The hand-written part as it is, then the tables."""
    return PAGES[lang].read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n" + tables(lang)


def main(argv: list[str]) -> int:
    """Write both pages, or with `--check` say whether they are up to date (exit 1 when one is not)."""
    pages = {file: page(lang) for lang, file in PAGES.items()}
    if "--check" in argv:
        return 0 if all(file.read_text(encoding="utf-8") == text for file, text in pages.items()) else 1
    for file, text in pages.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
