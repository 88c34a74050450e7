"""Who has what we sent, who has not, and why; and putting back in the queue what was set aside."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, update

from node.context import Node
from node.refusals import reason_in
from node.store import times
from node.store.schema import blobs, deliveries, journal, peers
from vocab.errors import visible

WAITING = "waiting"
_LONGEST, _MOST = 160, 5_000
_ABOUT = journal.c["activity", "type", "object", "object_type", "version", "time"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One activity for one inbox. `state`: waiting, delivered, refused or parked (set aside after three days).

    `name`: the last part of what it is about; `next`: when it is tried again; `status`: the last HTTP status, and
    `reason` a stable one where we or the peer gave it, else what the peer said.
    """

    id: int
    activity: str
    type: str
    object: str
    object_type: str
    name: str
    version: int | None
    recipient: str
    handle: str
    host: str
    state: str
    attempts: int
    since: str
    next: str
    done: str
    status: int | None
    reason: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def deliveries_of(node: Node, what: str | None, failed: bool, limit: int, signer: str = "") -> list[Delivered]:
    """The newest first. `what`: the id of an activity or document, or the last part of one; `failed`: only those that
    were refused, set aside, or tried in vain; `signer`: only what that actor of ours said."""
    query: Select[Any] = (
        select(deliveries, *_ABOUT, peers.c.handle)
        .join(journal, journal.c.seq == deliveries.c.seq)
        .outerjoin(peers, peers.c.actor == deliveries.c.recipient)
        .order_by(deliveries.c.seq.desc(), deliveries.c.id)
        .limit(limit)
    )
    query = query.where(_about(what)) if what else query
    query = query.where(deliveries.c.signer == signer) if signer else query
    in_vain = (deliveries.c.state == "queued") & (deliveries.c.attempts > 0)
    query = query.where(deliveries.c.state.in_(("refused", "parked")) | in_vain) if failed else query
    with node.store.read() as connection:
        return [_delivered(row) for row in connection.execute(query)]


def last_words(node: Node, signer: str) -> list[Delivered]:
    """What each recipient was last sent about each thing that an actor of ours speaks of, the newest first; answers to
    requests apart."""
    newest = (
        select(func.max(deliveries.c.id))
        .join(journal, journal.c.seq == deliveries.c.seq)
        .where(deliveries.c.signer == signer, journal.c.object_type != "Follow")
        .group_by(deliveries.c.recipient, journal.c.object)
    )
    query = select(deliveries, *_ABOUT, peers.c.handle).join(journal, journal.c.seq == deliveries.c.seq)
    query = query.outerjoin(peers, peers.c.actor == deliveries.c.recipient).where(deliveries.c.id.in_(newest))
    with node.store.read() as connection:
        return [_delivered(row) for row in connection.execute(query.order_by(deliveries.c.id.desc()).limit(_MOST))]


def counts(node: Node) -> dict[str, int]:
    """How many are in each state."""
    query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    with node.store.read() as connection:
        found = {WAITING if state == "queued" else state: count for state, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in (WAITING, "delivered", "refused", "parked")}


def is_known(node: Node, what: str) -> bool:
    """Whether we ever said something by that name or about it."""
    query = select(journal.c.seq).where(_about(what), journal.c.direction == "out").limit(1)
    with node.store.read() as connection:
        return connection.execute(query).one_or_none() is not None


def _about(what: str) -> ColumnElement[bool]:
    if "/" in what:
        return or_(journal.c.activity == what, journal.c.object == what)
    return or_(*(column.endswith("/" + what, autoescape=True) for column in (journal.c.activity, journal.c.object)))


def _delivered(row: Row[Any]) -> Delivered:
    about = row.object or row.activity
    return Delivered(
        id=row.id,
        activity=row.activity,
        type=row.type,
        object=about,
        object_type=row.object_type or "",
        name=about.rpartition("/")[2],
        version=row.version,
        recipient=row.recipient,
        handle=row.handle or "",
        host=row.host,
        state=WAITING if row.state == "queued" else row.state,
        attempts=row.attempts,
        since=row.time,
        next=row.next if row.state == "queued" else "",
        done=row.done or "",
        status=row.status,
        reason=visible(reason_in(row.reason or ""))[:_LONGEST],
    )


def retry(node: Node, delivery: int | None, signer: str = "") -> int:
    """Put back in the queue the one of that number, or all that were set aside; how many. Each is tried at least once
    more, whatever its age; what was erased meanwhile never leaves. `signer`: only of what that actor of ours said."""
    is_there = select(blobs.c.seq).where(blobs.c.kind == "activity", blobs.c.bytes.is_not(None))
    query = update(deliveries).where(deliveries.c.seq.in_(is_there))
    if delivery is None:
        query = query.where(deliveries.c.state == "parked")
    else:
        query = query.where(deliveries.c.id == delivery, deliveries.c.state.in_(("parked", "refused")))
    query = query.where(deliveries.c.signer == signer) if signer else query
    now = times.text(node.clock())

    def act(connection: Connection) -> int:
        return connection.execute(query.values(state="queued", next=now, done=None)).rowcount

    return node.store.write(act)
