"""The entries as Commune Mesure writes its places, for the last year of each; all else is attached (`tl_…`). Pure.

Only figures that a question of its forms asks as it is stand in its own members.
"""

from collections.abc import Sequence
from typing import Any

from node.exports.entries import Entry
from node.exports.fields import about, fields_of
from node.importers.attached import PREFIX, figures_as
from node.importers.commune_mesure import EVENTS, PATHS
from node.importers.commune_mesure_columns import COLUMNS
from vocab.periods import Period
from vocab.units import canonical

_AS_IT_IS = {(column.indicator, column.breakdown): column.names[0]
             for column in COLUMNS if len(column.names) == 1 and not column.times}  # fmt: skip


def places(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One object a place."""
    return [_place(entry) for entry in entries]


def _place(entry: Entry) -> dict[str, Any]:
    place, address = entry.place, entry.place.address
    year = max((figure.period for figure in entry.figures), key=lambda text: Period.parse(text).end, default="")
    made: dict[str, Any] = {
        "id": entry.id,
        "name": place.name,
        "publish": True,
        "annee": year,
        "address": {"address": address.street, "postalcode": address.postcode, "city": address.locality},
        "blocs": {"presentation": {"donnees": {"idee_fondatrice": place.summary.get("fr", "")}}},
        "reseaux_sociaux": {"donnees": {"web": place.website}},
        "evenements": {},
    }
    if place.lat is not None and place.lon is not None:
        geo = {"lat": canonical(place.lat), "lon": canonical(place.lon)}
        made["blocs"]["data_territoire"] = {"donnees": {"geo": geo}}
    for figure in entry.figures:
        column = _AS_IT_IS.get((figure.indicator, figure.breakdown))
        if column and figure.period == year and figure.value is not None:
            _put(made, column, canonical(figure.value))
    attached = {PREFIX + name: text for name, text in (fields_of(place) | about(entry)).items() if text}
    return made | attached | ({PREFIX + "figures": figures_as(entry.figures)} if entry.figures else {})


def _put(made: dict[str, Any], column: str, text: str) -> None:
    """The figure where the importer looks for that column."""
    if column in EVENTS:
        node, path = made["evenements"], list(EVENTS[column])
    elif column in PATHS:
        block, *path = PATHS[column]
        node = made["blocs"].setdefault(block, {}).setdefault("donnees", {})
    else:
        return
    for name in path[:-1]:
        node = node.setdefault(name, {})
    node[path[-1]] = text
