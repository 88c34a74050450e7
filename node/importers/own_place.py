"""A file about one place of this node: it fills in what its manager has not entered, and publishes nothing.

Figures go to the level that is proposed for each, period by period. What is entered already stays as it is.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from node.context import Node
from node.importers.candidate import Candidate, Merged, Rejected
from node.importers.figures import odd
from node.importers.intake import Options, read
from node.importers.refused import FileRefused
from node.importers.report import ImportReport, Note, Outcome, RowResult
from node.places import add_place, known_actor, show_place
from node.reports import add_report
from node.store.schema import drafts
from vocab import check, sharing
from vocab.errors import Mistake, message
from vocab.model import Observation, Place

Level = tuple[str, str]  # a period and a sharing level


def import_place(
    node: Node, path: Path, profile: str, slug: str, dry_run: bool = False, options: Options | None = None
) -> ImportReport:
    """Enter the one place of a file as `slug`. Raises `FileRefused`, `BadSlug`, `SlugTaken` and `OSError`."""
    said = _only(read(path, profile, options or Options()))
    kept: list[Note] = []
    known = show_place(node, slug)
    if known is None:
        place = replace(said.place, iri=f"{node.config.url}/places/{slug}#place")
        _refuse(check.place(place))
    else:
        place = known.place
        kept.append(Note("kept", {"what": known.place.name}))
    entered = _entered(node, slug) if known is not None else {}
    new = _new(said.figures, entered, kept)
    written = not dry_run and (known is None or bool(new))
    if written:
        _write(node, slug, place if known is None else None, entered, new)
    outcome = Outcome.NEW if known is None else Outcome.CHANGED if new else Outcome.UNCHANGED
    notes = (*said.notes, *kept, *odd(said.figures, place))
    row = RowResult(said.row, slug, place.name, outcome, notes, place.iri.removesuffix("#place"), len(new))
    return ImportReport((row,), (said.source,), dry_run, profile)


def _only(said: Sequence[Candidate | Merged | Rejected]) -> Candidate:
    if len(said) != 1:
        raise FileRefused("one_place", count=str(len(said)))
    (one,) = said
    if not isinstance(one, Candidate):
        reason = one.reason if isinstance(one, Rejected) else Note("merged_into", {"id": one.into})
        raise _NotTaken(reason)
    return one


class _NotTaken(FileRefused):
    """The reason is a note: its words are found in the reader's language."""

    def __init__(self, reason: Note) -> None:
        super().__init__("not_taken")
        self._reason = reason

    def text(self, lang: str) -> str:
        self.params["reason"] = self._reason.text(lang)
        return super().text(lang)


def _refuse(mistakes: Iterable[Mistake]) -> None:
    wrong = list(mistakes)
    if wrong:
        raise _NotTaken(Note("invalid", {lang: " ".join(message(m, lang) for m in wrong) for lang in ("fr", "en")}))


def _entered(node: Node, slug: str) -> dict[Level, tuple[Observation, ...]]:
    """What the manager of a place has entered, withdrawn reports included: they are not put back."""
    with node.store.read() as connection:
        actor = known_actor(connection, node, slug).id
        query = select(drafts.c.content).where(drafts.c.actor == actor, drafts.c.name.startswith("report/"))
        contents = [json.loads(content) for content in connection.execute(query).scalars()]
    return {
        (each["period"], each["sharing"]): tuple(map(Observation.from_json, each["observations"])) for each in contents
    }


def _key(figure: Observation) -> tuple[str, str]:
    return figure.indicator, figure.period


def _new(
    figures: Iterable[Observation], entered: dict[Level, tuple[Observation, ...]], kept: list[Note]
) -> tuple[Observation, ...]:
    """The figures of which nothing is entered yet: a question that was answered is left whole."""
    answered = {_key(figure) for some in entered.values() for figure in some}
    found = []
    for figure in figures:
        if _key(figure) in answered:
            kept.append(Note("kept", {"what": f"{figure.indicator} {figure.period}"}))
        else:
            found.append(figure)
    return tuple(found)


def _write(
    node: Node, slug: str, place: Place | None, entered: dict[Level, tuple[Observation, ...]],
    new: Iterable[Observation],
) -> None:  # fmt: skip
    if place is not None:
        add_place(node, slug, place)
    levels: dict[Level, list[Observation]] = {}
    for figure in new:
        levels.setdefault((figure.period, sharing.proposed(figure.indicator)), []).append(figure)
    for (period, level), figures in levels.items():
        add_report(node, slug, period, (*entered.get((period, level), ()), *figures), level)
