"""A form as a browser sends it, read into a `Place` or into what to mend next to each field.

Names are those of `vocab.forms`: `name`, `summary.fr`, `hours[2].opens`. What stands empty is not there, and a row
of hours in which nothing is said is none. The commune is what was typed to find it.
"""

import re
from collections.abc import Mapping
from typing import Any

from vocab import communes, forms, territory
from vocab.errors import Mistake
from vocab.forms import Field, Pairs
from vocab.intake.place import place_table
from vocab.intake.typed import typed
from vocab.model import Place

COMMUNE = "address.commune"
AMONG = COMMUNE + ".among"  # the one that was chosen when what was typed means several
_ROW = re.compile(r"(\w+)\[(\d{1,3})\]\.(\w+)")
_LISTS = ("choices", "rows")


def commune(values: Mapping[str, str]) -> str | Mistake:
    """The code of the commune that was typed, or chosen among those that it may mean."""
    text = values.get(COMMUNE, "").strip()
    if not text:
        return Mistake(COMMUNE, "field.missing")
    found, likely = communes.only(text), communes.like(text)
    if found is None:
        found = next((each for each in likely if each.code == values.get(AMONG)), None)
    if found is not None:
        return found.code
    return Mistake(COMMUNE, "commune.choose" if likely else "commune.none", {"value": text})


def with_commune(pairs: Pairs) -> list[tuple[str, str]]:
    """The same with the commune that was meant or chosen in the box, and nothing left to choose; else as it is."""
    code = commune(dict(pairs))
    found = None if isinstance(code, Mistake) else territory.commune(code)
    if found is None:
        return list(pairs)
    label = communes.label(found)
    return [*((name, text) for name, text in pairs if name not in (COMMUNE, AMONG)), (COMMUNE, label)]


def _put(table: dict[str, Any], name: str, field: Field, text: str) -> None:
    """Keep one value where `place.toml` has it."""
    above, _, key = name.rpartition(".")
    inside = table
    for part in above.split(".") if above else ():
        inside = inside.setdefault(part, {})
    if field.kind in _LISTS:
        inside.setdefault(key, []).append(text)
    else:
        inside[key] = text


def _rows(pairs: Pairs) -> dict[str, list[dict[str, Any]]]:
    """The rows in which something is said, by the name of their field and in order."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for name, text in pairs:
        matched, field = _ROW.fullmatch(name), forms.field(name)
        if matched and field is not None and text.strip():
            row = found.setdefault(matched[1], {}).setdefault(int(matched[2]), {})
            _put(row, matched[3], field, typed(field, text))
    return {name: [rows[number] for number in sorted(rows)] for name, rows in found.items()}


def _is_input(name: str, field: Field) -> bool:
    """Whether a name is that of an input, and not of what several make together."""
    return field.kind not in ("commune", "node", "rows") and not (field.kind == "texts" and name == field.name)


def table(pairs: Pairs) -> dict[str, Any]:
    """The same as a `place.toml` would say."""
    made: dict[str, Any] = {}
    for name, text in pairs:
        field = forms.field(name)
        if field is not None and "[" not in name and _is_input(name, field) and text.strip():
            _put(made, name, field, typed(field, text))
    return made | _rows(pairs)


def renumbered(pairs: Pairs) -> list[tuple[str, str]]:
    """The fields that the form has, without the rows in which nothing is said, so that the rows count from 1."""
    known = [(name, text, _ROW.fullmatch(name)) for name, text in pairs if name == AMONG or forms.field(name)]
    rows = sorted({(row[1], int(row[2])) for _, text, row in known if row and text.strip()})
    number = {row: sum(other[0] == row[0] for other in rows[: at + 1]) for at, row in enumerate(rows)}
    said = []
    for name, text, row in known:
        if row is None and "[" not in name:
            said.append((name, text))
        elif row is not None and (row[1], int(row[2])) in number:
            said.append((f"{row[1]}[{number[row[1], int(row[2])]}].{row[3]}", text))
    return said


def place_pairs(place: Place) -> list[tuple[str, str]]:
    """The form that says this place."""
    said = place.to_json()
    said |= said.pop("more", {})
    said["geo"] = {"lat": said.pop("lat"), "lon": said.pop("lon")}
    found = territory.commune(place.address.commune)
    if found is not None:
        said["address"]["commune"] = communes.label(found)
        said["address"]["locality"] = "" if place.address.locality == found.name else place.address.locality
    return [(name, _shown(name, text)) for name, text in forms.pairs(said) if name != "iri"]


def _shown(name: str, text: str) -> str:
    """A date as people write it: 01/09/2021."""
    field = forms.field(name)
    return "/".join(reversed(text.split("-"))) if field is not None and field.kind == "day" else text


def place_form(pairs: Pairs, iri: str) -> Place | tuple[Mistake, ...]:
    """The place that a form says; every mistake at once, each named after its field."""
    made = table(pairs)
    code = commune(dict(pairs))
    address = made.setdefault("address", {})
    if not isinstance(code, Mistake):
        found = territory.commune(code)
        address["commune"] = code
        address.setdefault("locality", found.name if found else "")
        return place_table(made, iri)
    read = place_table(made | {"address": address | {"commune": "75056"}}, iri)  # any, to see what else is to be mended
    return (code, *read) if isinstance(read, tuple) else (code,)
