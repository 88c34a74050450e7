"""The profile `anct`: rows of the Mission Coworking and ANCT lists of tiers-lieux, made into places. Pure.

A label row (`labels`) that repeats a row of the list (`sameas`) is no second place: its family and programme are
added to the place of that row. When that row is not there or cannot be placed, the label row stands for the place
itself. A row that groups several identifiers (`fabt-10; fabt-89`) stays one listing, under the first: names alone do
not say whether they are several places. These lists say what existed at their date, not what is open now: the status
is *unknown*.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from federation.canonical import jcs
from node.importers.candidate import Candidate, Merged, Rejected, Said
from node.importers.contacts import without_contacts
from node.importers.file import File, rows_of
from node.importers.placing import Clues, Placed, insee, place, point, postcode
from node.importers.report import Note
from node.importers.table import Row
from node.importers.wording import clean, shortened, website
from vocab.model import Address, Place

SOURCE = "anct"
COLUMNS = frozenset({"id", "name", "typo", "labels", "address", "cp", "cog", "commune", "lat", "lon", "source"})
TYPOLOGY = {"coworking": "coworking", "fablab": "fablab", "manufacture": "shared-workshop"}
PROGRAMME = {
    "fabrique-de-territoire": "fabrique-de-territoire",
    "manufacture-de-proximite": "manufacture-de-proximite",
}


def read_file(file: File) -> Iterator[Said]:
    """The places of a list."""
    return read(rows_of(file, COLUMNS))


def read(rows: Iterable[Row]) -> Iterator[Said]:
    """What each row is; the results come in the order of the rows."""
    by_id: dict[str, Row] = {}
    results: dict[int, Said] = {}
    for row in rows:
        twin = by_id.setdefault(_id(row), row)
        if twin is row:
            results[row.number] = _one(row)
        else:
            reason = Note("twice", {"id": _id(row), "row": str(twin.number)})
            results[row.number] = Rejected(row.number, _id(row), row["name"], reason)
    for row in by_id.values():
        _join(row, by_id, results)
    return iter(results[number] for number in sorted(results))


def _join(row: Row, by_id: dict[str, Row], results: dict[int, Said]) -> None:
    """Add a label row to the place that it repeats, if that place was taken."""
    target = by_id.get(row["sameas"]) if row["sameas"] else None
    said = results[row.number]
    into = results[target.number] if target and target is not row else None
    if not isinstance(into, Candidate):
        if row["sameas"] and isinstance(said, Candidate):
            note = Note("sameas_missing", {"id": row["sameas"]})
            results[row.number] = replace(said, notes=(*said.notes, note))
        return
    name = said.place.name if isinstance(said, Candidate) else row["name"]
    results[row.number] = Merged(row.number, _id(row), name, into.id)
    typology = tuple(sorted({*into.place.typology, *_codes(row["typo"], TYPOLOGY)}))
    programme = tuple(sorted({*into.place.programme, *_codes(row["labels"], PROGRAMME)}))
    results[into.row] = replace(
        into,
        place=replace(into.place, typology=typology, programme=programme),
        source=" ; ".join(dict.fromkeys((into.source, row["source"]))),
        digest=_digest_of(into.digest, row_digest(row)),
        notes=(*into.notes, Note("label_joined", {"id": _id(row), "row": str(row.number)})),
    )


def _one(row: Row) -> Candidate | Rejected:
    name, mended = clean(row["name"])
    if row.ragged:
        return Rejected(row.number, _id(row), name, Note("ragged"))
    for column, value in (("id", _id(row)), ("name", name)):
        if not value:
            return Rejected(row.number, _id(row), name, Note("missing", {"column": column}))
    street, street_mended = clean(row["address"])
    clues, badly = _clues(row, name, street)
    placed = place(clues)
    if isinstance(placed, Note):
        return Rejected(row.number, _id(row), name, placed)
    web, web_mended = website(row["web"])
    codes = dict.fromkeys((*mended, *street_mended, *badly, *((web_mended,) if web_mended else ())))
    notes = tuple(Note(code) for code in codes) + placed.notes
    return _candidate(row, name, street, web, placed, notes)


def _candidate(row: Row, name: str, street: str, web: str, placed: Placed, notes: tuple[Note, ...]) -> Candidate:
    short = shortened(name)
    lat, lon = placed.point or (None, None)
    made = Place(
        iri="",
        name=short,
        address=Address(placed.commune.code, street, postcode(row["cp"]), placed.commune.name),
        typology=_codes(row["typo"], TYPOLOGY),
        programme=_codes(row["labels"], PROGRAMME),
        status="unknown",
        summary={"fr": name} if short != name else {},
        lat=lat,
        lon=lon,
        website=web,
    )
    if short != name:
        notes = (*notes, Note("name_long"))
    if _id(row) != row["id"]:
        notes = (*notes, Note("grouped", {"ids": row["id"]}))
    return Candidate(row.number, _id(row), made, row["source"], row_digest(row), notes)


def _id(row: Row) -> str:
    """The identifier of the row: the first, where it groups several."""
    return row["id"].partition(";")[0].strip()


def _clues(row: Row, name: str, street: str) -> tuple[Clues, tuple[str, ...]]:
    """`cog_raw` is `published|second`, as the list had them; `cog` is the code of today worked out by its editor."""
    published, _, second = row["cog_raw"].partition("|")
    codes = tuple(dict.fromkeys(code for code in (published, second, row["cog"]) if code not in ("", "0")))
    found = point(row["lat"], row["lon"])
    badly: tuple[str, ...] = ("code_zero",) if published == "0" else ()
    if found is None and (row["lat"] or row["lon"]):
        badly += ("point_unreadable",)
    clues = Clues(
        codes=tuple(insee(code) for code in codes),
        derived=published == "0",
        name=row["commune"],
        postcode=postcode(row["cp"]),
        point=found,
        exact=row["geo_precision"] == "address",
        words=f"{name} {street} {row['web']}",
        street=street,
    )
    return clues, badly


def _codes(text: str, table: dict[str, str]) -> tuple[str, ...]:
    words = text.replace(";", ",").replace("|", ",").split(",")
    return tuple(sorted({table[word.strip()] for word in words if word.strip() in table}))


def row_digest(row: Row) -> str:
    """SHA-256 of the JCS of the row's cells, contacts taken out: nobody can guess an e-mail from it."""
    cells = {name: without_contacts(value) for name, value in row.cells.items()}
    return hashlib.sha256(jcs(cells)).hexdigest()


def _digest_of(*digests: str) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
