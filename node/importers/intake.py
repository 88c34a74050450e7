"""Takes a file in: reads it by its profile, then signs a Listing for each place that is new or says something new.

A listing is published by the node's own actor under a stable address, so importing again changes nothing, a changed
row makes a new version, and a listing that was withdrawn here stays withdrawn. A row that leaves the file leaves its
listing as it is: that a list forgets a place does not say that the place is gone. Figures stand below their listing,
one document a period.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from node.context import Node
from node.errors import DocumentGone
from node.importers.candidate import Candidate, Merged, Rejected, Said
from node.importers.figures import copied, odd, releasable
from node.importers.file import MAX_BYTES, File
from node.importers.mapping import Mapping
from node.importers.profiles import PROFILES
from node.importers.refused import FileRefused
from node.importers.report import ImportReport, Note, Outcome, RowResult
from node.outgoing import put_document
from vocab import check
from vocab.build import listing, report
from vocab.errors import message
from vocab.model import Envelope, Observation
from vocab.parse import REPORTS

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")
_LIST = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says of the file. `source`: its title and date; `period`: of figures that name none; `list_name`:
    in the addresses of its listings."""

    source: str = ""
    period: str = ""
    list_name: str = ""
    mapping: Mapping | None = None


class _Undone(Exception):
    """Raised at the end of a batch that must leave no trace."""

    def __init__(self, results: Sequence[RowResult]) -> None:
        self.results = results


def import_file(
    node: Node, path: Path, profile: str, dry_run: bool = False, options: Options | None = None
) -> ImportReport:
    """Import a file; raises `FileRefused`, and `OSError` when it cannot be read.

    Each batch of rows is one transaction: an import that was interrupted is taken up again by running it again.
    """
    told = options or Options()
    said = _with_copies(read(path, profile, told))
    source = list_name(profile, told)
    results: list[RowResult] = []
    sources = sorted({source for each in said if isinstance(each, Candidate) for source in each.source.split(" ; ")})
    remaining = iter(said)
    while batch := list(islice(remaining, _BATCH)):
        results += _batch(node, source, batch, dry_run)
    return ImportReport(tuple(results), tuple(sources), dry_run, profile)


def list_name(profile: str, options: Options) -> str:
    """What stands in the addresses of the listings. Raises `FileRefused`."""
    name = options.list_name or (options.mapping.name if options.mapping else "") or PROFILES[profile].source
    if not _LIST.fullmatch(name) or (name != PROFILES[profile].source and name in PROFILES):
        raise FileRefused("list", name=name)
    return name


def read(path: Path, profile: str, options: Options) -> list[Said]:
    """What each row of a file is, checked. Raises `FileRefused` and `OSError`."""
    if profile not in PROFILES:
        raise FileRefused("profile", profile=profile, profiles=", ".join(PROFILES))
    path = Path(path)
    if not path.is_file() and path.exists():
        raise FileRefused("unreadable")
    if path.stat().st_size > MAX_BYTES:
        raise FileRefused("big", limit=str(MAX_BYTES // 1_000_000))
    file = File(path.read_bytes(), profile, options.source, options.period, options.mapping)
    return [_checked(each) for each in PROFILES[profile].read(file)]


def _checked(said: Said) -> Said:
    """A place that the vocabulary would not accept is refused here, with the vocabulary's own words."""
    if not isinstance(said, Candidate):
        return said
    if not _ID.fullmatch(said.id):
        return Rejected(said.row, said.id, said.place.name, Note("bad_id", {"id": said.id}))
    mistakes = [m for m in check.place(said.place) if (m.field, m.code) != ("typology", "field.missing")]
    if not mistakes:
        return said
    both = {lang: " ".join(message(mistake, lang) for mistake in mistakes) for lang in ("fr", "en")}
    return Rejected(said.row, said.id, said.place.name, Note("invalid", both))


def _with_copies(said: Sequence[Said]) -> list[Said]:
    """The rows, those that repeat the figures of another place with a note that says so."""
    taken = [each for each in said if isinstance(each, Candidate)]
    names = Counter(each.place.name for each in taken)
    called = {each.row: each.place.name + (f" ({each.id})" if names[each.place.name] > 1 else "") for each in taken}
    notes = copied([(called[each.row], each.figures) for each in taken])
    return [
        replace(each, notes=(*each.notes, *notes.get(called[each.row], ()))) if isinstance(each, Candidate) else each
        for each in said
    ]


def _batch(node: Node, source: str, batch: Sequence[Said], dry_run: bool) -> Sequence[RowResult]:
    def act(connection: Connection) -> Sequence[RowResult]:
        results = [_one(connection, node, source, each) for each in batch]
        if dry_run:
            raise _Undone(results)
        return results

    try:
        return node.store.write(act)
    except _Undone as undone:
        return undone.results


def _one(connection: Connection, node: Node, source: str, said: Said) -> RowResult:
    if isinstance(said, Rejected):
        return RowResult(said.row, said.id, said.name, Outcome.REFUSED, (said.reason,))
    if isinstance(said, Merged):
        return RowResult(said.row, said.id, said.name, Outcome.MERGED, (Note("merged_into", {"id": said.into}),))

    document = f"{node.config.url}/listings/{source}/{said.id}"
    figures, left = releasable(said.figures, said.published)
    notes = (*said.notes, *left, *odd(said.figures, said.place))
    version, changed = 0, 0
    with suppress(DocumentGone):
        version = _listed(connection, node, document, said)
        changed = sum(_reported(connection, node, document, said.source, some) for some in _periods(figures))
        outcome = Outcome.NEW if version == 1 else Outcome.CHANGED if version or changed else Outcome.UNCHANGED
        return RowResult(said.row, said.id, said.place.name, outcome, notes, document, len(figures))
    return RowResult(said.row, said.id, said.place.name, Outcome.UNCHANGED, (*notes, Note("withdrawn")), document)


def _listed(connection: Connection, node: Node, document: str, said: Candidate) -> int:
    """The version of the listing that was written; 0 when nothing in it is new. Raises `DocumentGone`."""

    def build(envelope: Envelope) -> dict[str, object]:
        place = replace(said.place, iri=envelope.id + "#place")
        return listing(place, envelope, said.source, said.id, said.digest)

    sent = put_document(connection, node, "actor", document, "Listing", "public", build)
    return sent.version if sent else 0


def _periods(figures: Sequence[Observation]) -> Iterator[tuple[Observation, ...]]:
    for period in sorted({figure.period for figure in figures}):
        yield tuple(figure for figure in figures if figure.period == period)


def _reported(connection: Connection, node: Node, document: str, source: str, figures: tuple[Observation, ...]) -> bool:
    """Whether the figures of one period made a new version; those that were withdrawn here stay so."""
    period = figures[0].period

    def build(envelope: Envelope) -> dict[str, object]:
        return report(document + "#place", period, figures, envelope, source)

    name = document + REPORTS + period.replace("/", "_")
    with suppress(DocumentGone):
        return put_document(connection, node, "actor", name, "Report", "public", build) is not None
    return False
