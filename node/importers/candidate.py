"""What a reader makes of a row: a place with its figures, more about another row's place, or a refusal."""

from dataclasses import dataclass

from node.importers.report import Note
from vocab.model import Observation, Place


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place made of one row and of those that say more about it. `place.iri` is empty until it has a document.

    `published`: whether the source made its figures public already; None where it does not say, and then only those
    that the vocabulary proposes to publish may leave an aggregator.
    """

    row: int
    id: str
    place: Place
    source: str
    digest: str
    notes: tuple[Note, ...]
    figures: tuple[Observation, ...] = ()
    published: bool | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """A row that says more about the place of another one."""

    row: int
    id: str
    name: str
    into: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be taken."""

    row: int
    id: str
    name: str
    reason: Note


Said = Candidate | Merged | Rejected
