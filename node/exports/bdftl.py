"""The entries in the columns of the national census, module 01: UTF-8 with BOM, `;`, decimal commas. Pure.

It has no column for figures, INSEE codes, hours, programmes and texts in English. No contact is known to us.
"""

import csv
import io
from collections.abc import Sequence

from node.exports.entries import Entry
from node.exports.fields import fields_of
from node.importers.bdftl import COLUMNS
from node.importers.table import quiet
from vocab import territory
from vocab.reference import label, scheme

_HEADS = {
    "nom": "NOM", "adresse": "ADRESSE", "codpost": "CODPOST", "ville": "VILLE", "latitude": "LATITUDE",
    "longitude": "LONGITUDE", "internet": "INTERNET", "descri_cou": "DESCRI_COU", "date_ouv": "DATE_OUV",
    "nom_strc_gest": "NOM_STRC_GEST", "type_structure_gest": "TYPE_STRUCTURE_GEST", "etat du projet": "état du projet",
    "familles_tiers_lieux": "familles_tiers_lieux",
}  # fmt: skip
_CODES = {"legal_form": "legal_form", "status": "status"}


def csv_of(entries: Sequence[Entry]) -> bytes:
    """The table, a place a row."""
    families = {code: label("typology", code, "fr") for code in scheme("typology").codes}
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    heads = [_HEADS[column] for column in COLUMNS]
    choices = [f"familles_tiers_lieux_{name}" for name in families.values()]
    writer.writerow(["ID_UNIQUE", *heads, *choices, "DEPARTEMENT_TL", "REGION_TL"])
    for entry in entries:
        chosen = ["1" if code in entry.place.typology else "0" for code in families]
        writer.writerow([entry.id, *map(quiet, _cells(entry)), *chosen, *_areas(entry)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cells(entry: Entry) -> list[str]:
    told = fields_of(entry.place)
    told |= {name: label(scheme_name, told[name], "fr") for name, scheme_name in _CODES.items() if told[name]}
    told["locality"] = told["locality"] or territory.name_of("commune", told["commune"])
    told["typology"] = " | ".join(label("typology", code, "fr") for code in entry.place.typology)
    told |= {name: told[name].replace(".", ",") for name in ("lat", "lon")}
    return [told[field] for field in COLUMNS.values()]


def _areas(entry: Entry) -> list[str]:
    commune = territory.commune(entry.place.address.commune)
    if commune is None:
        return ["", ""]
    names = (("departement", commune.departement), ("region", commune.region))
    return [territory.name_of(level, code) for level, code in names]
