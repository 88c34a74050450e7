"""The places that are known, one row a Description or Listing, each in its commune, EPCI, département and region."""

import json
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from node.store.schema import directory
from node.store.statement import Statement
from vocab import territory
from vocab.model import Description, Listing, Place

_NEW = insert(directory)
_PUT = Statement(
    _NEW.on_conflict_do_update(index_elements=["document"], set_=dict(_NEW.excluded.items())), directory.c.keys()
)
_DROP = Statement(delete(directory).where(directory.c.document == bindparam("name")))
_DESCRIBED = Statement(
    select(directory.c.place).where(directory.c.document == bindparam("name"), directory.c.kind == "description")
)


def operator_of(place: Place) -> str:
    """The operator's IRI; the places of one host whose operator is unknown count as one operator."""
    if place.operator is None:
        return f"urn:x-unknown-operator:{urlsplit(place.iri).netloc}"
    return place.operator.iri or place.iri + "-operator"


def put(connection: Connection, entry: Row[Any], said: Description | Listing) -> None:
    """The place as a document now says it is."""
    place, envelope = said.place, said.envelope
    commune = territory.commune(place.address.commune)
    row = {
        "document": envelope.id,
        "place": place.iri,
        "actor": envelope.actor,
        "kind": "listing" if isinstance(said, Listing) else "description",
        "name": place.name,
        "content": json.dumps(place.to_json(), ensure_ascii=False, sort_keys=True),
        "typology": json.dumps(list(place.typology)),
        "status": place.status,
        "opened": place.opened or None,
        "closed": place.closed or None,
        "commune": place.address.commune or None,
        "epci": commune.epci if commune else None,
        "departement": commune.departement if commune else None,
        "region": commune.region if commune else None,
        "operator": operator_of(place),
        "version": envelope.version,
        "updated": envelope.updated,
        "license": envelope.license,
        "seq": entry.seq,
    }
    _PUT.run(connection, row)


def told_by(public: Connection, document: str) -> list[tuple[str, str]]:
    """The place that a Description describes, and no period; nothing for any other document."""
    return [(row.place, "") for row in _DESCRIBED.all(public, {"name": document})]


def drop(connection: Connection, document: str) -> None:
    _DROP.run(connection, {"name": document})
