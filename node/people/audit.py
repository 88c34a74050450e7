"""The audit trail: who did what to which place, when. No secret and no figure is written there."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from node.context import Node
from node.store import times
from node.store.people import accounts, audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One act; `who` is a name, or empty for the command line; `action` a key of the texts `audit.…`."""

    time: str
    who: str
    place: str
    action: str
    detail: dict[str, Any]


def put(connection: Connection, now: str, account: str, action: str, place: str = "", **detail: object) -> None:
    """Write one inside a transaction of the caller."""
    row = {"time": now, "account": account, "place": place, "action": action, "detail": json.dumps(detail)}
    connection.execute(insert(audit).values(row))


def note(node: Node, account: str, action: str, place: str = "", **detail: object) -> None:
    """Write one."""
    now = times.text(node.clock())
    node.store.write(lambda connection: put(connection, now, account, action, place, **detail))


def of(node: Node, place: str | None = None, limit: int = 100) -> list[Entry]:
    """The latest, of one place or of the whole node."""
    query = select(audit, accounts.c.name).join(accounts, accounts.c.id == audit.c.account, isouter=True)
    query = query.order_by(audit.c.id.desc()).limit(limit)
    if place is not None:
        query = query.where(audit.c.place == place)
    with node.store.read() as connection:
        rows = connection.execute(query).all()
    return [Entry(row.time, row.name or row.account, row.place, row.action, json.loads(row.detail)) for row in rows]
