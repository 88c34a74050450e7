"""Cells made into figures, each taken or refused with its reason; and which of them an aggregator may repeat. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.importers.contacts import has_contact, without_contacts
from node.importers.report import Note
from vocab import check, plausible, sharing
from vocab.errors import BadPeriod, Mistake, message
from vocab.model import Breakdown, Observation, Place, breakdown_text
from vocab.oddity import Oddity, say, subject
from vocab.periods import Period
from vocab.reference import indicators
from vocab.units import decimal

LANGUAGES = ("fr", "en")
_COLONS = {"fr": " : ", "en": ": "}
Taken = tuple[tuple[Observation, ...], tuple[Note, ...]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as a file has it. An empty text says nothing, unless the status says why there is no value."""

    indicator: str
    period: str
    text: str
    status: str = ""
    method: str = ""
    conf: str = ""
    breakdown: Breakdown = ()


def taken(cells: Iterable[Cell]) -> Taken:
    """The figures that the vocabulary accepts, one by one and together, and why the others are refused."""
    figures: list[Observation] = []
    notes: list[Note] = []
    for cell in cells:
        said = _figure(cell)
        if isinstance(said, Note):
            notes.append(said)
        elif said is not None:
            figures.append(said)
    kept, apart = _together(figures)
    return kept, (*notes, *apart)


def _figure(cell: Cell) -> Observation | Note | None:
    text, rule = cell.text.strip(), indicators().get(cell.indicator)
    status = cell.status.strip().upper() or (text.upper() if text.upper() in check.VALUELESS else "A")
    if not text and status not in check.VALUELESS:
        return None
    if not cell.period:
        return Note("figure_no_period", {"indicator": cell.indicator})
    value = None if status in check.VALUELESS or has_contact(text) else decimal(text)
    if value is None and status not in check.VALUELESS:
        return _refused(cell, Mistake(cell.indicator, "number.bad", {"value": without_contacts(text)}))
    try:
        Period.parse(cell.period)
    except BadPeriod:
        return _refused(cell, Mistake(cell.indicator, "period.bad"))
    figure = Observation(
        cell.indicator, cell.period, value, rule.unit if rule else "", status, cell.conf or "F", cell.method,
        tuple(sorted(cell.breakdown)),
    )  # fmt: skip
    mistakes = check.observation(cell.indicator, figure)
    return _refused(cell, *mistakes) if mistakes else figure


def _refused(cell: Cell | Observation, *mistakes: Mistake) -> Note:
    why = {lang: " ".join(message(mistake, lang) for mistake in mistakes) for lang in LANGUAGES}
    return Note("figure_refused", {"indicator": cell.indicator, "period": cell.period, **why})


def _together(figures: Sequence[Observation]) -> Taken:
    """Without the indicators whose parts contradict their total, or that say the same thing twice; period by period."""
    wrong: dict[tuple[str, str], Note] = {}
    for period in dict.fromkeys(figure.period for figure in figures):
        here = [figure for figure in figures if figure.period == period]
        for mistake in check.observations(here, [str(n) for n in range(len(here))]):
            if mistake.field.isdecimal():
                about = here[int(mistake.field)]
                named = Mistake(about.indicator, mistake.code, mistake.params)
                wrong.setdefault((about.indicator, period), _refused(about, named))
    kept = tuple(figure for figure in figures if (figure.indicator, figure.period) not in wrong)
    return kept, tuple(wrong.values())


def releasable(figures: Sequence[Observation], published: bool | None) -> Taken:
    """What an aggregator may say of a place that is not its own: what its source made public, else what is proposed
    to be public. An import makes nothing public."""
    if published is True or not figures:
        return tuple(figures), ()
    if published is False:
        return (), (Note("figures_unpublished", {"count": str(len(figures))}),)
    kept = tuple(figure for figure in figures if sharing.proposed(figure.indicator) == "public")
    left = list(dict.fromkeys(figure.indicator for figure in figures if figure not in kept))
    return kept, (Note("figures_kept_back", {"indicators": ", ".join(left)}),) if left else ()


def odd(figures: Sequence[Observation], place: Place) -> tuple[Note, ...]:
    """What is odd in the figures of a row, year beside year: they are taken all the same."""
    return tuple(map(_odd, plausible.warnings(figures, figures, place)))


def copied(reports: Sequence[tuple[str, Sequence[Observation]]]) -> dict[str, tuple[Note, ...]]:
    """What rows of different places have in common that no two places have, by place. `reports`: each its figures."""
    found: dict[str, tuple[Note, ...]] = {}
    for place, each in plausible.duplicates(reports):
        found[place] = (*found.get(place, ()), _odd(each))
    return found


def _odd(each: Oddity) -> Note:
    """`rule` as in `maillage check`, whose `code` it is too: here that is the note's own."""
    words = {lang: f"{subject(each, lang)}{_COLONS[lang]}{say(each, lang)}" for lang in LANGUAGES}
    about = {"indicator": each.indicator, "period": each.period, "breakdown": breakdown_text(each.breakdown)}
    return Note("odd", about | {"rule": each.code} | words)
