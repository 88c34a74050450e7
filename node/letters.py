"""Letters of the node actor: a signed Note to one actor, sent as durably as all else and shown to nobody else.

Its id cannot be guessed; its address answers its reader alone; no page, outbox, feed or set of documents holds it.
"""

from secrets import token_urlsafe

from sqlalchemy import Connection

from federation.canonical import digest, jcs
from federation.clock import timestamp
from node import audience, outgoing
from node.context import Node
from node.signing import signer
from node.store import documents
from vocab.letter import Letter, document

NODE = "actor"


def send(connection: Connection, node: Node, letter: Letter) -> str:
    """Sign, journal and queue a letter, in the caller's transaction; its id."""
    me, now = node.config.node_actor, timestamp(node.clock())
    iri = f"{me}/letters/{token_urlsafe(16)}"
    signed = signer(connection, node, NODE).proved(document(letter, iri, me, now), now)
    raw = jcs(signed)
    said = outgoing.Letter("Create", signed, iri, "Note", 1, documents.DIRECT, raw, "current")
    sent = outgoing.post(connection, node, NODE, said, audience.one(connection, letter.to))
    row = {"id": iri, "owner": me, "type": "Note", "version": 1, "sharing": documents.DIRECT, "digest": digest(raw)}
    documents.put(connection, row | {"seq": sent.seq, "published": now, "updated": now, "deleted": None, "own": True})
    return iri
