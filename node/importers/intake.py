"""Takes a file in: reads it by its profile, then signs a Listing for each place that is new or says something new.

A listing is published by the node's own actor under a stable address, so importing again changes nothing, a changed
row makes a new version, and a listing that was withdrawn here stays withdrawn. A row that leaves the file leaves its
listing as it is: that a list forgets a place does not say that the place is gone.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from node.context import Node
from node.errors import DocumentGone, NodeError
from node.importers import anct
from node.importers.anct import Candidate, Merged, Rejected
from node.importers.report import ImportReport, Note, Outcome, RowResult
from node.importers.table import Row, read
from node.messages import text
from node.outgoing import put_document
from vocab import check
from vocab.build import listing
from vocab.errors import message
from vocab.model import Envelope

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")
_BATCH = 200

Said = Candidate | Merged | Rejected


@dataclass(frozen=True, slots=True)
class Profile:
    """A shape of file: the columns it must have, how its rows become places, the name of its listings' addresses."""

    source: str
    columns: frozenset[str]
    read: Callable[[Iterable[Row]], Iterator[Said]]


PROFILES: Mapping[str, Profile] = {"anct": Profile(anct.SOURCE, anct.COLUMNS, anct.read)}


class FileRefused(NodeError):
    """The file cannot be read by the profile: nothing was written. `code`: columns, empty, profile."""

    def __init__(self, code: str, **params: str) -> None:
        self.code = "import_" + code
        super().__init__(**params)

    def text(self, lang: str) -> str:
        return text(lang, "import.refused." + self.code.removeprefix("import_"), **self.params)


class _Undone(Exception):
    """Raised at the end of a batch that must leave no trace."""

    def __init__(self, results: Sequence[RowResult]) -> None:
        self.results = results


def import_file(node: Node, path: Path, profile: str, dry_run: bool = False) -> ImportReport:
    """Import a file; raises `FileRefused`, and `OSError` when it cannot be read.

    Each batch of rows is one transaction: an import that was interrupted is taken up again by running it again.
    """
    said = _said(Path(path).read_bytes(), profile)
    results: list[RowResult] = []
    sources = sorted({source for each in said if isinstance(each, Candidate) for source in each.source.split(" ; ")})
    remaining = iter(said)
    while batch := list(islice(remaining, _BATCH)):
        results += _batch(node, PROFILES[profile].source, batch, dry_run)
    return ImportReport(tuple(results), tuple(sources), dry_run)


def _said(raw: bytes, name: str) -> list[Said]:
    if name not in PROFILES:
        raise FileRefused("profile", profile=name, profiles=", ".join(PROFILES))
    profile, table = PROFILES[name], read(raw)
    missing = sorted(profile.columns - set(table.columns))
    if missing:
        raise FileRefused("columns", profile=name, columns=", ".join(missing))
    if not table.rows:
        raise FileRefused("empty")
    return [_checked(each) for each in profile.read(table.rows)]


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

    def build(envelope: Envelope) -> dict[str, object]:
        place = replace(said.place, iri=envelope.id + "#place")
        return listing(place, envelope, said.source, said.id, said.digest)

    name, notes = said.place.name, said.notes
    try:
        document = f"{node.config.url}/listings/{source}/{said.id}"
        sent = put_document(connection, node, "actor", document, "Listing", "public", build)
    except DocumentGone:
        return RowResult(said.row, said.id, name, Outcome.UNCHANGED, (*notes, Note("withdrawn")))
    if sent is None:
        return RowResult(said.row, said.id, name, Outcome.UNCHANGED, notes)
    return RowResult(said.row, said.id, name, Outcome.NEW if sent.version == 1 else Outcome.CHANGED, notes)
