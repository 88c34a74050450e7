"""Rows of the projections for tests of totals and pages: places that describe themselves, and their figures."""

import itertools
import json
from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import delete, insert

from node.context import Node
from node.rollup.stamp import FIGURES
from node.store.schema import cursor, directory, observations, relations, restricted_observations
from vocab import territory
from vocab.model import Address, Operator, Place
from vocab.units import canonical

STATES = itertools.count(1)  # no two states of a projection have one number
COMMUNES = ("23096", "56178", "89024", "13004", "11262", "75056", "97411")
FAMILIES = (("coworking",), ("fablab",), ("coworking", "fablab"), ("cultural", "artist-studio"), ())


def a_place(n: int, about: Place | None = None, **more: object) -> dict[str, object]:
    """The row of a place that describes itself, the n-th."""
    commune = territory.commune(str(more.pop("commune", COMMUNES[n % len(COMMUNES)])))
    assert commune is not None
    actor = f"https://site{n}.example/places/lieu"
    typology = FAMILIES[n % len(FAMILIES)]
    plain = Place(f"{actor}#place", f"Lieu {n}", Address(commune.code), typology, operator=Operator(f"Association {n}"))
    place = about or plain
    row = {
        "document": f"{actor}/documents/description",
        "place": place.iri,
        "actor": actor,
        "kind": "description",
        "name": place.name,
        "content": json.dumps(place.to_json()),
        "typology": json.dumps(place.typology),
        "status": "open",
        "opened": "2020",
        "closed": None,
        "commune": commune.code,
        "epci": commune.epci,
        "departement": commune.departement,
        "region": commune.region,
        "operator": f"urn:siren:{n:09d}",
        "version": 1,
        "updated": "2026-01-01T00:00:00Z",
        "license": "https://spdx.org/licenses/etalab-2.0",
        "seq": n + 1,
    }
    return row | more


def a_figure(n: int, indicator: str, value: object, status: str = "A", **more: object) -> dict[str, object]:
    """One public figure of the n-th place for 2025."""
    period = str(more.get("period", "2025"))
    document = f"https://site{n}.example/places/lieu/documents/report-{period}"
    row = {
        "id": f"{document}#{indicator}-{more.get('breakdown', '')}",
        "document": document,
        "place": f"https://site{n}.example/places/lieu#place",
        "indicator": indicator,
        "period": period,
        "breakdown": "",
        "value": None if value is None else canonical(Decimal(str(value))),
        "unit": "1",
        "status": status,
        "conf": "F",
        "method": "",
        "sharing": "public",
        "version": 1,
        "seq": n + 1,
    }
    return row | more


def fill(
    node: Node,
    places: Iterable[dict[str, object]],
    public: Iterable[dict[str, object]] = (),
    hidden: Iterable[dict[str, object]] = (),
) -> None:
    """Put these rows, and no others, in the projections, as another state; every description is connected.

    Figures are of later entries than any before, in the order of their `seq`.
    """
    state = next(STATES)
    with node.cache.public.write() as connection:
        for table in (directory, observations, relations):
            connection.execute(delete(table))
        places = list(places)
        for row in places:
            connection.execute(insert(directory).values(row))
            if row["kind"] == "description":
                connection.execute(insert(relations).values(actor=row["actor"], since="2025-01-01T00:00:00Z", seq=1))
        for row in public:
            connection.execute(insert(observations).values(_later(row, state)))
        connection.execute(delete(cursor).where(cursor.c.name == FIGURES))
        connection.execute(insert(cursor).values({"name": FIGURES, "version": 1, "seq": state}))
    with node.cache.restricted.write() as connection:
        connection.execute(delete(restricted_observations))
        for row in hidden:
            connection.execute(insert(restricted_observations).values(_later(row, state) | {"sharing": "network"}))


def _later(row: dict[str, object], state: int) -> dict[str, object]:
    return row | {"seq": int(str(row["seq"])) + state * 100_000}
