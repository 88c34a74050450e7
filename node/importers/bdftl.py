"""The profile `bdftl`: the national census of tiers-lieux, as its CSV comes. Pure.

UTF-8 with BOM, `;`, decimal commas. A question of several choices is a column of texts, followed by a column of 0 and 1
for each choice, called after it. EMAIL and TELEPHONE are left where they are. Columns of later modules, which no
profile knows, are figures where a mapping says so.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from node.importers.candidate import Said
from node.importers.drawing import Sketch, address_id, drawn, name_id
from node.importers.file import File, table_of
from node.importers.mapped import Reader
from node.importers.table import Row
from node.importers.wording import plain

SOURCE = "bdftl"
TITLE = "Recensement national des tiers-lieux (BDFTL)"
COLUMNS: Mapping[str, str] = {
    "nom": "name",
    "adresse": "street",
    "codpost": "postcode",
    "ville": "locality",
    "latitude": "lat",
    "longitude": "lon",
    "internet": "website",
    "descri_cou": "summary_fr",
    "date_ouv": "opened",
    "nom_strc_gest": "operator",
    "type_structure_gest": "legal_form",
    "etat du projet": "status",
    "familles_tiers_lieux": "typology",
}
CHOICES = ("familles_tiers_lieux", "type_structure_gest", "etat du projet")
CONTACTS = ("email", "telephone")
_KEY = "id_unique"
_DEPARTEMENT = "departement_tl"
_NEEDED = frozenset({_KEY, "nom", "ville", "codpost"})


def read(file: File) -> Iterator[Said]:
    """The places of the census. Raises `FileRefused`."""
    table = table_of(file, _NEEDED)
    names = {plain(column): column for column in table.columns}
    flags = {question: _flags(question, table.columns) for question in CHOICES}
    source = file.titled(TITLE)
    reader = Reader(file)

    def sketch(row: Row) -> Sketch:
        fields = {field: row[names.get(plain(column), "")] for column, field in COLUMNS.items()}
        fields["departement"] = row[names.get(plain(_DEPARTEMENT), "")]
        for question in CHOICES:
            fields[COLUMNS[question]] = _chosen(fields[COLUMNS[question]], row, flags[question])
        content = {column: cell for column, cell in row.cells.items() if column not in CONTACTS}
        cells = tuple(reader.cells(row))
        row_id = address_id(row[_KEY]) or name_id(row["nom"], row["codpost"])
        return Sketch(row.number, row_id, fields, content, source, cells, reader.published, spills=row.spills)

    return drawn(sketch(row) for row in table.rows)


def _flags(question: str, columns: Sequence[str]) -> Mapping[str, str]:
    """The columns of 0 and 1 that follow a question, with what each stands for: what is after the question's name."""
    begins = re.compile(rf"{re.escape(question)}\s*[./:_\[(-]+\s*", re.IGNORECASE)
    return {name: name[found.end() :].strip("])") for name in columns if (found := begins.match(name))}


def _chosen(text: str, row: Row, flags: Mapping[str, str]) -> str:
    """The choices in words, and those that only the columns of 0 and 1 say."""
    told = plain(text)
    more = [label for column, label in flags.items() if row[column] in ("1", "1.0") and plain(label) not in told]
    return " | ".join(filter(None, (text, *more)))
