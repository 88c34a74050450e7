"""The figures of a place, year by year, as its manager fills them in: what is known, what was typed, what is odd."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from node import reports
from node.context import Node
from node.people import sharing
from node.places import show_place
from vocab import plausible, questionnaire
from vocab.errors import Mistake
from vocab.model import Observation
from vocab.oddity import Oddity
from vocab.periods import Period

YEARS_BACK = 4
Known = Mapping[str, Sequence[Observation]]  # by period


@dataclass(frozen=True, slots=True)
class Year:
    """One period: how many questions are answered, how many of the core, and where its publication stands."""

    period: str
    answered: int
    core: int
    state: str


def figures(node: Node, slug: str) -> dict[str, tuple[Observation, ...]]:
    """All that is entered, by period, whatever the sharing level."""
    found: dict[str, tuple[Observation, ...]] = {}
    for (period, _), some in sorted(reports.figures_of(node, slug).items()):
        found[period] = (*found.get(period, ()), *some)
    return found


def years(node: Node, slug: str) -> list[Year]:
    """The periods that have figures, and the last complete years, the newest first."""
    known, last = figures(node, slug), node.clock().year - 1
    offered = dict.fromkeys([*known, *(str(last - back) for back in range(YEARS_BACK))])
    states = {state.period: state.state for state in reports.list_all(node, slug) if state.state != "published"}
    core = questionnaire.section(questionnaire.CORE)
    asked = {question.field for question in core.questions()} if core else set()
    made = []
    for period in sorted(offered, key=lambda each: Period.parse(each).start, reverse=True):
        answered = {figure.indicator for figure in known.get(period, ())}
        state = "none" if not answered else states.get(period, "published")
        made.append(Year(period, len(answered), len(answered & asked), state))
    return made


def last_before(known: Known, period: str) -> tuple[str, Sequence[Observation]]:
    """The figures of the period that came before, and its name; empty where there is none."""
    start = Period.parse(period).start
    earlier = [each for each in known if Period.parse(each).start < start]
    name = max(earlier, key=lambda each: Period.parse(each).start, default="")
    return name, known.get(name, ())


def mistakes(known: Known, period: str, now: Sequence[Observation]) -> tuple[Mistake, ...]:
    """What is wrong with the figures of a period, together and beside the other periods."""
    others = [figure for other, some in known.items() if other != period for figure in some]
    return questionnaire.together(now, others)


def oddities(node: Node, slug: str, known: Known, now: Iterable[Observation]) -> tuple[Oddity, ...]:
    """What should be looked at again in the figures of a period."""
    state = show_place(node, slug)
    earlier = [figure for some in known.values() for figure in some]
    return plausible.warnings(list(now), earlier, state.place if state else None)


def keep(node: Node, slug: str, period: str, now: Sequence[Observation]) -> None:
    """Enter all the figures of a period, each at the level that was chosen for its theme. Raises `PlaceUnknown`."""
    reports.put_period(node, slug, period, sharing.by_level(now, sharing.choices(node, slug)))


def share_again(node: Node, slug: str) -> None:
    """Enter every period anew, after another choice of sharing."""
    for period, some in figures(node, slug).items():
        keep(node, slug, period, some)


def is_over(period: str, now: datetime) -> bool:
    """Whether a period has ended: a yearly figure of a year that goes on is none."""
    return Period.parse(period).end <= now.date()
