"""A place drawn from what a row says of it, as texts under the names of `FIELDS`, whatever the file. Pure.

What cannot be said in the vocabulary is left out, and a note says so; a row without a name or a commune is refused.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from federation.canonical import jcs
from node.importers.candidate import Candidate, Rejected, Said
from node.importers.concepts import codes_in
from node.importers.contacts import is_contact, without_contacts
from node.importers.days import spans
from node.importers.figures import Cell, taken
from node.importers.placing import Clues, Placed, insee, place, point, postcode
from node.importers.report import Note
from node.importers.wording import clean, plain, shortened, website
from vocab import check
from vocab.errors import visible
from vocab.intake import moment
from vocab.model import Address, Operator, Place
from vocab.territory import departement

LISTS = ("typology", "building_origin", "programme")
FIELDS = (
    "name", *LISTS, "status", "opened", "closed", "summary_fr", "summary_en", "street", "postcode", "locality",
    "departement", "commune", "lat", "lon", "operator", "legal_form", "siren", "rna", "hours", "website",
)  # fmt: skip
_LONGEST_NAME, _LONGEST_LINE, _LONGEST_SUMMARY = 200, 200, 2_000
_FRANCE = ("fr", "fra", "france", "gp", "mq", "gf", "re", "yt", "pm", "bl", "mf", "nc", "pf", "wf")
_DATE = re.compile(r"[12][0-9]{3}(-[0-9]{2}(-[0-9]{2})?)?")


@dataclass(frozen=True, slots=True)
class Sketch:
    """One row: its `fields`, its `cells` of figures, and `content`, all that it holds, of which its digest is made.

    `also`: texts that the file uses for codes, by list. `exact`: the point is that of the address.
    """

    row: int
    id: str
    fields: Mapping[str, str]
    content: object
    source: str
    cells: tuple[Cell, ...] = ()
    published: bool | None = None
    notes: tuple[Note, ...] = ()
    also: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exact: bool = True
    country: str = ""  # where the row names one
    spills: bool = False  # it has more cells than the head


def drawn(sketches: Iterable[Sketch]) -> Iterator[Said]:
    """Each row as a place or a refusal; an identifier that comes again is refused."""
    seen: dict[str, int] = {}
    for sketch in sketches:
        first = seen.setdefault(sketch.id, sketch.row)
        if sketch.id and first != sketch.row:
            reason = Note("twice", {"id": sketch.id, "row": str(first)})
            yield Rejected(sketch.row, sketch.id, clean(sketch.fields.get("name", ""))[0], reason)
        else:
            yield _Pen(sketch).draw()


def address_id(text: str) -> str:
    """An identifier that can stand in an address; the same for the same text, and a digest where it is too long.

    Empty where there is none, or where it is somebody's e-mail or telephone.
    """
    if is_contact(text):
        return ""
    short = re.sub(r"[^A-Za-z0-9._~-]+", "-", re.sub(r"^https?://", "", text.strip())).strip("-._~")
    if short == text.strip() and len(short) <= 100:
        return short
    digest = hashlib.sha256(text.strip().encode()).hexdigest()
    return f"{short[:80].rstrip('-._~')}-{digest[:8]}" if short else digest[:16] if text.strip() else ""


def name_id(*words: str) -> str:
    """An identifier from names, for files that give none: it stays as long as they do."""
    return "-".join(plain(" ".join(map(without_contacts, words))).encode("ascii", "ignore").decode().split())[
        :100
    ].strip("-")


def digest(content: object) -> str:
    """SHA-256 of the JCS of what a row holds, contacts taken out: nobody can guess an e-mail from it."""
    return hashlib.sha256(jcs(_without_contacts(content))).hexdigest()


def _without_contacts(content: object) -> object:
    if isinstance(content, str):
        return without_contacts(content)
    if isinstance(content, Mapping):
        return {str(name): _without_contacts(value) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_without_contacts(value) for value in content]
    return content if isinstance(content, bool) or content is None else str(content)


class _Pen:
    """Draws one row; the codes of what it mends gather in `_notes`."""

    def __init__(self, sketch: Sketch) -> None:
        self._sketch = sketch
        self._notes: list[Note] = list(sketch.notes)

    def draw(self) -> Said:
        sketch = self._sketch
        name = self._line("name", _LONGEST_NAME)
        for column, value in (("id", sketch.id), ("name", name)):
            if not value:
                return Rejected(sketch.row, sketch.id, name, Note("missing", {"column": column}))
        if sketch.spills:
            return Rejected(sketch.row, sketch.id, name, Note("ragged"))
        if sketch.country and plain(sketch.country) not in _FRANCE:
            return Rejected(sketch.row, sketch.id, name, Note("abroad", {"country": _shown(sketch.country)}))
        street = self._line("street")
        placed = self._placed(name, street)
        if isinstance(placed, Note):
            return Rejected(sketch.row, sketch.id, name, placed)
        self._notes += placed.notes
        figures, refused = taken(sketch.cells)
        made = self._place(name, street, placed)
        notes = tuple(dict.fromkeys(map(_frozen, (*self._notes, *refused))))
        unique = tuple(Note(code, dict(params)) for code, params in notes)
        return Candidate(
            sketch.row,
            sketch.id,
            made,
            without_contacts(sketch.source),
            digest(sketch.content),
            unique,
            figures,
            sketch.published,
        )

    def _say(self, codes: Iterable[str]) -> None:
        self._notes += (Note(code) for code in codes)

    def _text(self, name: str) -> str:
        return self._sketch.fields.get(name, "").strip()

    def _line(self, name: str, limit: int = _LONGEST_LINE) -> str:
        said, codes = clean(self._text(name))
        self._say(codes)
        seen = " ".join(visible(said).split())
        if len(seen) <= limit:
            return seen
        self._say(("name_long",) if name == "name" else ("text_cut",))
        return shortened(seen)

    def _placed(self, name: str, street: str) -> Placed | Note:
        lat, lon, code = self._text("lat"), self._text("lon"), self._text("commune")
        found = point(lat, lon)
        if found is None and (lat or lon):
            self._say(("point_unreadable",))
        return place(
            Clues(
                codes=(insee(code),) if code and code != "0" else (),
                name=self._line("locality"),
                postcode=postcode(self._text("postcode")),
                departement=departement(self._text("departement")),
                point=found,
                exact=self._sketch.exact,
                words=f"{name} {street}",
                street=street,
            )
        )

    def _place(self, name: str, street: str, placed: Placed) -> Place:
        lat, lon = placed.point or (None, None)
        lists = {each: self._codes(each) for each in LISTS}
        status = self._codes("status")[:1] or ("unknown",)
        opened, closed = self._date("opened"), self._date("closed")
        if opened and closed and closed < opened[: len(closed)]:
            closed = self._dropped("closed")
        return Place(
            iri="",
            name=name,
            address=Address(placed.commune.code, street, postcode(self._text("postcode")), self._locality(placed)),
            typology=lists["typology"],
            building_origin=lists["building_origin"],
            programme=lists["programme"],
            status=status[0],
            opened=opened,
            closed=closed,
            summary=self._summary(),
            lat=lat,
            lon=lon,
            operator=self._operator(),
            hours=spans(self._text("hours"), self._notes),
            website=self._website(),
        )

    def _locality(self, placed: Placed) -> str:
        """As the row writes it, unless its commune is now another."""
        said = self._line("locality")
        return said if said and not placed.notes else placed.commune.name

    def _codes(self, name: str) -> tuple[str, ...]:
        said = self._text(name)
        found = codes_in(name, said, self._sketch.also.get(name)) if said else ()
        if said and not found:
            self._notes.append(Note("concept_unknown", {"field": name, "value": _shown(said)}))
        return found

    def _dropped(self, name: str) -> str:
        self._notes.append(Note("date_unreadable", {"field": name, "value": _shown(self._text(name))}))
        return ""

    def _date(self, name: str) -> str:
        said = self._text(name).removesuffix(".0")
        if not said:
            return ""
        if not _DATE.fullmatch(said):
            read = moment.read(said)
            said = read.day.isoformat() if read else ""
        return said if said and not check.when(name, said) else self._dropped(name)

    def _summary(self) -> dict[str, str]:
        found = {}
        for lang in ("fr", "en"):
            lines = []
            for line in self._text("summary_" + lang).splitlines():
                said, codes = clean(line)
                self._say(codes)
                lines.append(" ".join(visible(said).split()))
            whole = "\n".join(lines).strip()
            if len(whole) > _LONGEST_SUMMARY:
                self._say(("text_cut",))
                whole = whole[: _LONGEST_SUMMARY - 1].rsplit(" ", 1)[0] + "…"
            if whole:
                found[lang] = whole
        return found

    def _operator(self) -> Operator | None:
        name = self._line("operator")
        if not name:
            return None
        siren = re.sub(r"\s|\.0$", "", self._text("siren"))
        full = Operator(name, (self._codes("legal_form") or ("",))[0], siren, self._text("rna").upper())
        for mistake in check.operator(full):
            wrong = mistake.field.rpartition(".")[2]
            self._notes.append(Note("operator_number", {"value": _shown(str(getattr(full, wrong)))}))
            full = replace(full, **{wrong: ""})
        return full

    def _website(self) -> str:
        address, code = website(self._text("website"))
        if address and not check.is_web(address):
            address, code = "", "web_none"
        self._say((code,) if code else ())
        return address


def _shown(text: str) -> str:
    """What a note repeats of a cell: a telephone may stand in any column."""
    return clean(text)[0][:80]


def _frozen(note: Note) -> tuple[str, tuple[tuple[str, str], ...]]:
    return note.code, tuple(note.params.items())


def joined(values: Sequence[str]) -> str:
    """Several values as one cell."""
    return "|".join(values)
