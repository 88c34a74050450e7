"""The deliveries that wait: one durable row for each activity and inbox."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from node.store import times
from node.store.schema import deliveries, journal

_ENQUEUE = insert(deliveries).on_conflict_do_nothing(index_elements=["seq", "inbox"])


def enqueue(connection: Connection, seq: int, signer: str, recipient: str, inbox: str, now: datetime) -> None:
    """One delivery of the activity of a journal row; several actors behind one inbox are one delivery."""
    row = {
        "seq": seq,
        "signer": signer,
        "recipient": recipient,
        "inbox": inbox,
        "host": urlsplit(inbox).netloc.lower(),
        "state": "queued",
        "attempts": 0,
        "next": times.text(now),
    }
    connection.execute(_ENQUEUE, row)


def sent_to(connection: Connection, document: str, version: int | None = None) -> frozenset[tuple[str, str]]:
    """The (actor, inbox) that were sent a document, one version or any; queued counts, for it will leave."""
    query = select(deliveries.c.recipient, deliveries.c.inbox).join(journal, journal.c.seq == deliveries.c.seq)
    query = query.where(journal.c.object == document, journal.c.direction == "out")
    query = query if version is None else query.where(journal.c.version == version)
    return frozenset((row.recipient, row.inbox) for row in connection.execute(query))
