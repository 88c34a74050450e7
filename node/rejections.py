"""Documents that are authentic but not valid: their author is told, once for each version, field by field.

A quarantined document is answered by `Reject{object: its id, summary, errors}`. What was already answered is read in
the journal, so that a rebuild, or a crash at any line, tells nobody twice. On the other side, `told` reads what those
who follow a place, or were sent its document, said of the version that stands.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, bindparam, exists, select

from node import audience
from node.context import Node
from node.messages import text
from node.outgoing import Letter, post
from node.store.schema import (
    blobs,
    deliveries,
    documents,
    followers,
    journal,
    quarantine,
    restricted_quarantine,
)
from node.store.statement import Statement
from vocab.errors import Mistake, message, visible

_MOST = 50  # errors said at once
_ROW = Statement(select(journal).where(journal.c.seq == bindparam("seq")))
_SAID = Statement(
    select(journal.c.seq).where(
        journal.c.object == bindparam("document"),
        journal.c.version == bindparam("version"),
        journal.c.type == "Reject",
        journal.c.direction == "out",
    )
)
_sent = journal.alias()
_SENT = exists().where(
    *(_sent.c.object == documents.c.id, _sent.c.direction == "out", deliveries.c.seq == _sent.c.seq),
    *(deliveries.c.recipient == journal.c.actor, deliveries.c.state == "delivered"),
)
_FOLLOWS = exists().where(
    *(followers.c.actor == documents.c.owner, followers.c.follower == journal.c.actor, followers.c.state == "accepted")
)
_TOLD = (
    select(documents.c.id, documents.c.version, journal.c.actor, blobs.c.bytes)
    .join(journal, journal.c.object == documents.c.id)
    .join(blobs, (blobs.c.seq == journal.c.seq) & (blobs.c.kind == "activity"))
    .where(documents.c.own, documents.c.deleted.is_(None), journal.c.type == "Reject", journal.c.direction == "in")
    .where(documents.c.owner == bindparam("actor"), journal.c.seq > documents.c.seq, _SENT | _FOLLOWS)
    .order_by(journal.c.seq)
)


class Rejections:
    """Answers what was put apart; remembers only what it has looked at. Old rows may come late: when an actor is
    believed anew, or in a rebuild."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._seen: frozenset[int] = frozenset()

    async def answer(self) -> int:
        """Tell the authors of what was put apart since; how many were told."""
        cache = self._node.cache
        with cache.public.read() as public, cache.restricted.read() as restricted:
            parts = [_apart(public, quarantine, self._seen), _apart(restricted, restricted_quarantine, self._seen)]
        told = 0
        for row in sorted((row for _, rows in parts for row in rows), key=lambda row: row.seq):
            told += await self._node.store.awrite(partial(_answer, node=self._node, row=row))
        self._seen = frozenset().union(*(apart for apart, _ in parts))
        return told


def _apart(connection: Connection, table: Table, seen: frozenset[int]) -> tuple[frozenset[int], list[Any]]:
    """The rows of the journal that are put apart, and what is wrong in those not seen yet."""
    apart = frozenset(connection.execute(select(table.c.seq)).scalars())
    new = apart - seen
    return apart, list(connection.execute(select(table).where(table.c.seq.in_(new)))) if new else []


def _answer(connection: Connection, node: Node, row: Any) -> int:
    """One Reject, if the document came from another and this version was not answered."""
    entry = _ROW.one(connection, {"seq": row.seq})
    if entry is None or entry.direction != "in":
        return 0
    if _SAID.one(connection, {"document": entry.object, "version": entry.version}) is not None:
        return 0
    mistakes = [Mistake(**each) for each in json.loads(row.errors)][:_MOST]
    said = {lang: _summary(mistakes, lang) for lang in ("fr", "en")}
    more: dict[str, Any] = {"version": entry.version} if entry.version else {}
    more |= {"summary": said["fr"], "summaryMap": said, "errors": [each.to_json() for each in mistakes]}
    letter = Letter("Reject", entry.object, entry.object, entry.object_type, entry.version, more=more)
    post(connection, node, "actor", letter, audience.one(connection, entry.actor))
    return 1


def _summary(mistakes: list[Mistake], lang: str) -> str:
    lines = "\n".join(message(mistake, lang) for mistake in mistakes)
    return text(lang, "rejection.summary", count=str(len(mistakes)), lines=lines)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A document of ours that somebody who follows its place, or was sent it, did not take, and why."""

    document: str
    by: str
    mistakes: tuple[Mistake, ...]


def told(connection: Connection, actor: str) -> list[Rejection]:
    """What was said of the documents of a place, as they stand: a later version wipes the slate."""
    found = [(row, json.loads(row.bytes or b"{}")) for row in connection.execute(_TOLD, {"actor": actor})]
    current = [(row, activity) for row, activity in found if activity.get("version", row.version) == row.version]
    said = [Rejection(row.id, row.actor, _mistakes(activity)) for row, activity in current]
    return list({(each.document, each.by): each for each in said}.values())


def _mistakes(activity: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """The errors of a Reject, as far as they have the form that ours have."""
    errors = activity.get("errors")
    return tuple(
        Mistake(each["field"][:200], each["code"][:80], _texts(each.get("params")))
        for each in (errors if isinstance(errors, list) else [])[:_MOST]
        if isinstance(each, dict) and isinstance(each.get("field"), str) and isinstance(each.get("code"), str)
    )


def spoken(mistake: Mistake, lang: str) -> str:
    """One line; a code that this version does not know is shown as it came."""
    try:
        return message(mistake, lang)
    except (KeyError, IndexError, ValueError):
        return visible(f"{mistake.field}: {mistake.code}")


def _texts(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {name: text[:200] for name, text in pairs if isinstance(text, str)}
