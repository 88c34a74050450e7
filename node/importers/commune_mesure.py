"""The profile `commune-mesure`: places and figures of Commune Mesure, from its JSON or from a table. Pure.

Each place says whether it is published: of those that are not, no figure is taken. Its forms write 0 where nobody
answered, so that a 0 is no answer here. People are asked per event: a mean, of which no total is made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from node.importers.attached import PREFIX, cells_of, fields_in
from node.importers.candidate import Said
from node.importers.commune_mesure_columns import COLUMNS, KNOWN_BY
from node.importers.drawing import Sketch, address_id, drawn, name_id
from node.importers.figures import Cell
from node.importers.file import File, is_yes, json_of, member, table_of, words
from node.importers.refused import FileRefused
from node.importers.report import Note
from vocab.units import canonical, decimal, total

SOURCE = "commune-mesure"
TITLE = "Commune Mesure"
PATHS: Mapping[str, tuple[str, ...]] = {
    "surface_m2": ("presentation", "surface"),
    "occupants": ("presentation", "nombre_occupants"),
    "jobs": ("presentation", "emplois directs"),
    "volunteers": ("moyens", "benevoles"),
    "partners": ("moyens", "partenaires"),
    "inv_public": ("moyens", "investissement", "Fonds publics"),
    "inv_private": ("moyens", "investissement", "Fonds privés"),
    "inv_own": ("moyens", "investissement", "Fonds apportés"),
    "op_subsid": ("moyens", "fonctionnement", "Autres Subventions"),
    "op_public": ("moyens", "fonctionnement", "Aides publiques"),
    "op_aides_privees": ("moyens", "fonctionnement", "Aides privées"),
    "op_revenue": ("moyens", "fonctionnement", "Recettes"),
    "orgs_created": ("composition", "structures_crees"),
}
EVENTS = {"ev_public": ("publics", "nombre"), "ev_private": ("prives", "nombre"),
           "ev_public_people": ("publics", "personnes accueillies"),
           "ev_private_people": ("prives", "personnes accueillies")}  # fmt: skip
_FIELDS = {"name": "name", "city": "locality", "cp": "postcode", "lat": "lat", "lon": "lon", "opened": "opened",
           "address": "street", "description": "summary_fr", "website": "website"}  # fmt: skip
_SOON = "Ouverture prochaine"


def read(file: File) -> Iterator[Said]:
    """The places of a file. Raises `FileRefused`."""
    source = file.titled(TITLE)
    if file.raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] not in (b"{", b"["):
        rows = table_of(file, KNOWN_BY).rows
        return drawn(
            replace(_sketch(row.number, dict(row.cells), row.cells, {}, file, source), spills=row.spills)
            for row in rows
        )
    data = json_of(file)
    places = [each for each in (data if isinstance(data, list) else [data]) if isinstance(member(each, "blocs"), dict)]
    if not places:
        raise FileRefused("shape", profile=file.profile, wanted="name, address, blocs")
    return drawn(_sketch(n, _cells(each), each, each, file, source) for n, each in enumerate(places, 1))


def _cells(place: Mapping[str, Any]) -> dict[str, str]:
    """A JSON file in the columns of the table."""
    found = {name: words(member(place, "blocs", block, "donnees", *path)) for name, (block, *path) in PATHS.items()}
    found |= {name: words(member(place, "evenements", *path)) for name, path in EVENTS.items()}
    aid = [value for text in (found["op_subsid"], found.pop("op_public")) if (value := decimal(text)) is not None]
    found["op_subsid"] = canonical(total(aid)) if aid else ""
    geo = member(place, "blocs", "data_territoire", "donnees", "geo") or member(place, "geo")
    told = member(place, "blocs", "presentation", "donnees")
    opening = member(told, "ouverture", _SOON)
    return found | {
        "id": words(place.get("id")) or words(place.get("slug")),
        "name": words(place.get("name")),
        "city": words(member(place, "address", "city")),
        "cp": words(member(place, "address", "postalcode")),
        "address": words(member(place, "address", "address")),
        "lat": words(member(geo, "lat")),
        "lon": words(member(geo, "lon")),
        "opened": words(member(told, "date_ouverture")),
        "description": words(member(told, "idee_fondatrice")),
        "website": words(member(place, "reseaux_sociaux", "donnees", "web")),
        "status": "project" if opening in (1, "1", True) else "",
        "published": "1" if place.get("publish") in (True, 1, "1") else "0",
        "period": words(place.get("annee")),
    }


def _sketch(
    row: int, cells: Mapping[str, str], content: object, place: Mapping[str, Any], file: File, source: str
) -> Sketch:
    fields = {field: cells.get(column, "") for column, field in _FIELDS.items()} | fields_in(place)
    if not fields.get("status"):
        fields["status"] = cells.get("status", "") if place else ""
    period = cells.get("period", "") or file.year()
    figures, notes = _figures(cells, period)
    attached = cells_of(place.get(PREFIX + "figures"))
    return Sketch(
        row,
        address_id(cells.get("id", "")) or name_id(fields["name"], fields["postcode"]),
        fields,
        {key: value for key, value in content.items() if key != "creator"} if isinstance(content, Mapping) else content,
        words(place.get(PREFIX + "source")) or source,
        attached or figures,
        is_yes(cells.get("published", ""), usual=False),
        notes,
    )


def _figures(cells: Mapping[str, str], period: str) -> tuple[tuple[Cell, ...], tuple[Note, ...]]:
    """The figures that a place gave, and which answers are none."""
    found, notes = [], []
    for column in COLUMNS:
        texts = [text for name in column.names if (text := cells.get(name, ""))]
        values = [value for text in texts if (value := decimal(text)) is not None]
        if column.times:
            notes += [Note("mean_no_total", {"indicator": column.indicator})] if any(values) else []
        elif len(values) < len(texts):
            found.append(Cell(column.indicator, period, " + ".join(texts), breakdown=column.breakdown))
        elif values and total(values) == Decimal(0):
            notes.append(Note("zero_no_answer", {"indicator": column.indicator}))
        elif values:
            found.append(Cell(column.indicator, period, canonical(total(values)), breakdown=column.breakdown))
    return tuple(found), tuple(notes)
