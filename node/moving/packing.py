"""What a place takes with it: what it said, byte for byte, the keys that prove it, and what it needs to go on.

People stay: accounts and roles belong to a node. What was deleted stays deleted, and letters to one actor are not its.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from federation.canonical import jcs
from node.actors import actor_document
from node.context import Node
from node.media import files
from node.messages import text
from node.moving import archive
from node.places import known_actor, state_of
from node.store import documents, own_keys, times
from node.store.documents import DIRECT
from node.store.people import entries, followed_for, place_blocks, post_sources, sharing_choices
from node.store.schema import documents as table
from node.store.schema import drafts, followers, grants, peers


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that was made, and what is in it."""

    path: Path
    size: int
    documents: int
    pictures: int
    followers: int


def pack(node: Node, slug: str, path: Path) -> Packed:
    """Write the file of a place. Raises `PlaceUnknown`; `OSError` where it cannot be written."""
    with node.store.read() as connection:
        actor = known_actor(connection, node, slug)
        said = [row for row in documents.of_owner(connection, actor.id) if row.own and row.sharing != DIRECT]
        needs = _needs(connection, node, actor)
        about = {"actor": actor.id, "slug": slug, "name": actor.name, "made": times.text(node.clock())}
        size = archive.write(path, about, _parts(connection, node, actor, said, needs))
    return Packed(path, size, len(said), len(needs["media"]), len(needs["followers"]))


def _parts(
    connection: Connection, node: Node, actor: Row[Any], said: list[Row[Any]], needs: dict[str, Any]
) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", _readme(actor).encode()
    yield "actor.json", jcs(actor_document(connection, node, actor.slug))
    pair = node.keys.of(actor.slug, own_keys.current(connection, actor.id).multibase)
    for kind, pem in zip(("rsa", "ed25519"), pair.to_pems(), strict=True):
        yield f"keys/{kind}.pem", pem
    for number, row in enumerate(said):
        yield f"documents/{number:04}.json", documents.bytes_at(connection, row.seq) or b""
    for picture in needs["media"]:
        yield f"media/{picture['id']}", (files.folder(node) / picture["file"]).read_bytes()
    yield "place.json", jcs(needs)


def _readme(actor: Row[Any]) -> str:
    return "\n\n".join(text(lang, "move.readme", name=actor.name, actor=actor.id) for lang in ("fr", "en")) + "\n"


def _needs(connection: Connection, node: Node, actor: Row[Any]) -> dict[str, Any]:
    """What is not signed: drafts, who follows, whom it hears, what it grants, what it chose."""
    of_actor, of_place = {"actor": actor.id}, {"place": actor.slug}
    handle = select(followers, peers.c.handle).outerjoin(peers, peers.c.actor == followers.c.follower)
    heard = _rows(connection, followed_for, of_actor)
    typed = select(post_sources).join(table, table.c.id == post_sources.c.document)
    typed = typed.where(table.c.owner == actor.id, table.c.deleted.is_(None)).order_by(post_sources.c.document)
    return {
        "accept": json.loads(actor.accept),
        "also_known_as": json.loads(actor.also_known_as),
        "followers": [
            {"follower": row.follower, "handle": row.handle or "", "state": row.state}
            for row in connection.execute(handle.where(followers.c.actor == actor.id).order_by(followers.c.follower))
        ],
        "following": [row.target for row in heard],
        "grants": [{"grantee": r.grantee, "level": r.level} for r in _rows(connection, grants, of_actor)],
        "blocks": [row.blocked for row in _rows(connection, place_blocks, of_actor)],
        "sharing": [{"theme": r.theme, "sharing": r.sharing} for r in _rows(connection, sharing_choices, of_place)],
        "drafts": [_draft(row) for row in _rows(connection, drafts, of_actor)],
        "entries": [{"form": r.form, "content": json.loads(r.content)} for r in _rows(connection, entries, of_place)],
        "media": [
            {"id": each.id, "file": each.name, "alt": each.alt}
            for each in files.of_place(node, actor.slug)
            if (files.folder(node) / each.name).is_file()
        ],
        "sources": [{"document": r.document, "content": json.loads(r.content)} for r in connection.execute(typed)],
    }


def _rows(connection: Connection, table: Any, key: dict[str, str]) -> list[Row[Any]]:
    query = select(table).filter_by(**key).order_by(*table.primary_key.columns)
    return list(connection.execute(query))


def _draft(row: Row[Any]) -> dict[str, Any]:
    return {"name": row.name, "content": json.loads(row.content), "state": state_of(row)}
