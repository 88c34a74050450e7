"""All that is stored, verified again by the log of keys: a proof of today holds in ten years.

Nobody is asked: the bytes, the keys as they were seen, and until when each signed are all here. Times are those of
the journal, not of the proof, where a key was revoked: what was taken before still counts and is flagged; what came
from then on does not, whatever date it carries.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from federation.errors import Refused, refuse
from federation.inbox import judge_authority
from federation.keys import PublicKey
from federation.proof import method_of, verify_proof
from node.context import Node
from node.store import own_keys, peer_keys, times
from node.store.schema import blobs, documents, journal

_STANDS = (documents.c.seq == journal.c.seq) & documents.c.deleted.is_(None)
_ROWS = (
    select(journal, blobs.c.bytes, documents.c.id.is_not(None).label("stands"))
    .join(blobs, (blobs.c.seq == journal.c.seq) & (blobs.c.kind == "document"))
    .outerjoin(documents, _STANDS)
    .where(blobs.c.bytes.is_not(None))
    .order_by(journal.c.seq)
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One version of a document; `stands`: the one that counts now.

    `flagged`: it holds, but its key is revoked by now, from a time after it came.
    """

    seq: int
    document: str
    stands: bool
    key: str = ""
    flagged: bool = False
    refused: Refused | None = None

    @property
    def reason(self) -> str:
        return self.refused.reason if self.refused else ""


def check(node: Node) -> Iterator[Checked]:
    """Every version of every document whose bytes are here, ours and received, in the journal's order."""
    with node.store.read() as connection:
        for row in connection.execute(_ROWS):
            yield _checked(connection, row)


def _checked(connection: Connection, row: Row[Any]) -> Checked:
    content, found = json.loads(row.bytes), Checked(row.seq, row.object, row.stands)
    named = method_of(content)
    if isinstance(named, Refused):
        return replace(found, refused=named)
    keys = _own(connection, row.actor, named) if row.direction == "out" else peer_keys.all_of(connection, named)
    refused: Refused | None = refuse("key_unknown", named[:200])
    for key in keys:
        refused = judge_authority(key.owner, row.actor, content, None) or _judge(content, key, row)
        if refused is None:
            return replace(found, key=named, flagged=key.revoked is not None)
    return replace(found, key=named, refused=refused)


def _judge(content: Mapping[str, Any], key: PublicKey, row: Row[Any]) -> Refused | None:
    """What we wrote ourselves is ours, whoever else had the key by then."""
    if row.direction == "out":
        return verify_proof(content, replace(key, revoked=None))
    if key.revoked is not None and times.read(row.time) >= key.revoked:
        return refuse("key_revoked", key.revoked.isoformat())
    return verify_proof(content, key)


def _own(connection: Connection, actor: str, key_id: str) -> tuple[PublicKey, ...]:
    return tuple(own_keys.public_key(row) for row in own_keys.history(connection, actor) if row.id == key_id)
