"""The formats of an export, by the name that is typed, each a function from entries to the bytes of one file."""

import json
from collections.abc import Callable, Mapping, Sequence

from node.exports import bdftl, commune_mesure, gogocarto, schema_org, tables
from node.exports.entries import Entry

Writer = Callable[[Sequence[Entry], str], bytes]


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


FORMATS: Mapping[str, Writer] = {
    "table": lambda entries, _licence: tables.csv_of(entries),
    "xlsx": lambda entries, _licence: tables.xlsx_of(entries),
    "ods": lambda entries, _licence: tables.ods_of(entries),
    "schema": lambda entries, _licence: _json(schema_org.document(entries)),
    "gogocarto": lambda entries, licence: _json(gogocarto.elements(entries, licence)),
    "bdftl": lambda entries, _licence: bdftl.csv_of(entries),
    "commune-mesure": lambda entries, _licence: _json(commune_mesure.places(entries)),
}
