"""The yearly questions as a form: sections, questions, inputs; what is typed into figures, and back.

All is read from the indicators: a new one in the Turtle is asked with no code. The core comes first, then the themes.
A field is `visits` (the figure), `visits.status`, `visits.method`, or `visits.audience.members` (a part).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from vocab import check, plausible
from vocab.errors import Mistake
from vocab.model import Breakdown, Observation
from vocab.reference import Concept, Dimension, Indicator, dimensions, indicators, themes
from vocab.units import canonical, decimal

CORE = "core"
MOST_IN_CORE = 30
STATUSES = ("A", "E", "L", "M")  # counted, estimated, not collected, not applicable
LASTING = ("stock", "level", "flag", "count")  # kinds that seldom change: last year's figure is proposed
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a figure: an input of its own."""

    field: str
    breakdown: Breakdown
    concept: Concept


@dataclass(frozen=True, slots=True)
class Question:
    """One indicator as it is asked; `parts` by dimension, those whose codes are known."""

    rule: Indicator
    parts: tuple[tuple[Dimension, tuple[Part, ...]], ...]

    @property
    def field(self) -> str:
        return self.rule.id

    def every_part(self) -> Iterator[Part]:
        return (part for _, parts in self.parts for part in parts)


@dataclass(frozen=True, slots=True)
class Section:
    """Questions answered together: the core, or what a theme asks beyond it."""

    id: str
    groups: tuple[tuple[str, tuple[Question, ...]], ...]  # by theme

    def questions(self) -> Iterator[Question]:
        return (question for _, questions in self.groups for question in questions)


def _question(rule: Indicator) -> Question:
    known = [dimensions()[name] for name in rule.dimensions]
    return Question(
        rule,
        tuple(
            (
                each,
                tuple(Part(f"{rule.id}.{each.id}.{code}", ((each.id, code),), one) for code, one in each.codes.items()),
            )
            for each in known
            if each.codes and not each.open
        ),
    )


@cache
def sections() -> tuple[Section, ...]:
    """The core, of at most 30 inputs, then each theme that asks for more."""
    entered = [rule for rule in indicators().values() if rule.origin == "entered"]
    core = [rule for rule in entered if rule.tier == "core"][:MOST_IN_CORE]
    more = [rule for rule in entered if rule not in core]
    made = [Section(CORE, _by_theme(core))]
    return (*made, *(Section(theme, ((theme, questions),)) for theme, questions in _by_theme(more)))


def _by_theme(rules: Iterable[Indicator]) -> tuple[tuple[str, tuple[Question, ...]], ...]:
    rules = list(rules)
    asked = {theme: tuple(_question(rule) for rule in rules if rule.theme == theme) for theme in themes()}
    return tuple((theme, questions) for theme, questions in asked.items() if questions)


def section(name: str) -> Section | None:
    """One of them."""
    return next((each for each in sections() if each.id == name), None)


def typed(asked: Section, figures: Iterable[Observation]) -> dict[str, str]:
    """What the inputs of a section show of these figures."""
    known = {(figure.indicator, figure.breakdown): figure for figure in figures}
    shown = {}
    for question in asked.questions():
        figure = known.get((question.field, ()))
        if figure is not None:
            shown[question.field] = "" if figure.value is None else canonical(figure.value)
            shown[f"{question.field}.status"] = figure.status
            shown[f"{question.field}.method"] = figure.method
        for part in question.every_part():
            of_part = known.get((question.field, part.breakdown))
            if of_part is not None and of_part.value is not None:
                shown[part.field] = canonical(of_part.value)
    return shown


def answers(asked: Section, given: Typed, period: str) -> tuple[tuple[Observation, ...], tuple[Mistake, ...]]:
    """The figures of a section as typed, or what to mend; a mistake's field is that of the input.

    A question without a figure, that nobody called estimated, not collected or not applicable, is not answered.
    """
    found: list[tuple[str, Observation]] = []
    wrong: list[Mistake] = []
    for question in asked.questions():
        found += _answer(question, given, period, wrong)
    fields, figures = [field for field, _ in found], [figure for _, figure in found]
    told = {mistake.field for mistake in wrong}
    checked = check.observations(figures, fields) if figures else ()
    wrong += [mistake for mistake in checked if mistake.field not in told]
    return tuple(figures), tuple(wrong)


def method_code(text: str) -> str:
    """How a figure was made, as a code: `à la main` is `a-la-main`; at most 40 signs."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._]+", "-", plain.lower()).strip("-._")[:40].rstrip("-._")


def _answer(question: Question, given: Typed, period: str, wrong: list[Mistake]) -> Iterator[tuple[str, Observation]]:
    name, rule = question.field, question.rule
    status = given.get(f"{name}.status", "") or "A"
    method = method_code(given.get(f"{name}.method", ""))
    if status not in STATUSES:
        wrong.append(Mistake(f"{name}.status", "status.unknown", {"value": status}))
        return
    for field, breakdown in ((name, ()), *((part.field, part.breakdown) for part in question.every_part())):
        text = given.get(field, "").strip()
        value = decimal(text) if text else None
        if text and value is None:
            wrong.append(Mistake(field, "number.bad", {"value": text}))
        elif value is not None or (not breakdown and status != "A"):
            yield field, Observation(name, period, value, rule.unit, status, method=method, breakdown=breakdown)


def merged(asked: Section, before: Iterable[Observation], now: Iterable[Observation]) -> tuple[Observation, ...]:
    """All the figures of a period once a section is answered: what it does not ask stays as it was."""
    inputs: set[tuple[str, Breakdown]] = {(question.field, ()) for question in asked.questions()}
    inputs |= {(q.field, part.breakdown) for q in asked.questions() for part in q.every_part()}
    kept = [each for each in before if (each.indicator, tuple(sorted(each.breakdown))) not in inputs]
    return (*now, *kept)


def together(figures: Sequence[Observation], others: Iterable[Observation]) -> tuple[Mistake, ...]:
    """What is wrong with the figures of a period, by input, alone and beside `others` that share its days."""
    fields = [field_of(figure) for figure in figures]
    alone = check.observations(figures, fields) if figures else ()
    return alone or (*plausible.comparisons(figures, fields), *plausible.overlaps(figures, fields, others))


def field_of(figure: Observation) -> str:
    """The input of a figure; one that has none is named in the same way."""
    return ".".join([figure.indicator, *(text for pair in sorted(figure.breakdown) for text in pair)])


def proposed(asked: Section, last: Iterable[Observation]) -> dict[str, str]:
    """What last year's figures propose for this one: those that seldom change, and what does not concern the place."""
    shown = typed(asked, last)
    kept: dict[str, str] = {}
    for question in asked.questions():
        name = question.field
        lasting = question.rule.kind in LASTING and shown.get(f"{name}.status") in ("A", "E")
        if lasting or shown.get(f"{name}.status") == "M":
            kept |= {field: text for field, text in shown.items() if field == name or field.startswith(f"{name}.")}
    return kept
