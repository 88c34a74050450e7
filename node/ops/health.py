"""How the work of a node that can be opened is doing: its keys, what waits to leave, its copies, its clock."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from federation.errors import KeyUnreadable
from node.context import Node
from node.ops import nightly
from node.ops.finding import Finding, bad, fine, note
from node.ops.steps import folder_of
from node.ops.turn import is_served
from node.store import own_keys, times
from node.store.schema import actor_keys, actors, deliveries, journal, meta

_OVERDUE = timedelta(hours=1)  # beyond its time, and nobody tried
_LONG = timedelta(days=1)
_OLD = timedelta(days=3)


def keys(node: Node) -> Iterator[Finding]:
    """Each actor's private keys are those that it publishes, and somebody has the paper."""
    with node.store.read() as connection:
        living = connection.execute(select(actors).where(actors.c.deleted.is_(None))).all()
        missing = [actor.slug for actor in living if not _has_its_keys(node, connection, actor.id, actor.slug)]
        without = [actor.slug for actor in living if own_keys.recovery(connection, actor.id) is None]
    if missing:
        yield bad("keys", "missing", slugs=", ".join(missing), dir=node.dir / "keys")
    else:
        yield fine("keys", count=len(living))
    if without:
        yield note("keys", "paper", slugs=", ".join(without[:5]), count=len(without))


def _has_its_keys(node: Node, connection: Connection, actor: str, slug: str) -> bool:
    try:
        pair = own_keys.current(connection, actor)
        return node.keys.of(slug, pair.multibase).multibase == pair.multibase
    except (KeyUnreadable, KeyError):
        return False


def running(node: Node) -> Iterator[Finding]:
    yield fine("running") if is_served(node.dir) else note("running", "not")


def deliveries_(node: Node) -> Iterator[Finding]:
    """What is due and nobody tries; what was tried for a day in vain; what was set aside."""
    now = node.clock()
    queued, parked = deliveries.c.state == "queued", deliveries.c.state == "parked"
    overdue = queued & (deliveries.c.next < times.text(now - _OVERDUE))
    in_vain = queued & (deliveries.c.attempts > 0) & (journal.c.time < times.text(now - _LONG))
    with node.store.read() as connection:
        count = {
            name: connection.execute(_counted.where(which)).one()
            for name, which in {"stuck": overdue, "vain": in_vain, "parked": parked}.items()
        }
    if count["stuck"][0]:
        yield bad("deliveries", "stuck", count=count["stuck"][0])
    for name in ("vain", "parked"):
        if count[name][0]:
            yield note("deliveries", name, count=count[name][0], hosts=count[name][1])
    if not any(number for number, _ in count.values()):
        yield fine("deliveries")


_counted = select(func.count(), func.count(deliveries.c.host.distinct())).select_from(
    deliveries.join(journal, journal.c.seq == deliveries.c.seq)
)


def backups(node: Node) -> Iterator[Finding]:
    """The last copy that was tried and good; and whether it could outlive the disk."""
    folder = folder_of(node.dir, node.config)
    with node.store.read() as connection:
        known = nightly.last(connection)
        newest_key = connection.execute(select(func.max(actor_keys.c.created))).scalar_one()
        made = connection.execute(select(meta.c.value).where(meta.c.key == "created")).scalar_one()
    if known is not None and known.error:
        yield bad("backup", "failed", detail=known.error, date=known.tried[:16])
    good = known.good if known is not None else ""
    now = node.clock()
    if not good:
        is_new = now - times.read(made) < _OLD
        yield note("backup", "none") if is_new else bad("backup", "none")
    elif now - times.read(good) > _OLD:
        yield bad("backup", "old", date=good[:10])
    elif newest_key > good:
        yield note("backup", "keys", date=good[:10])
    else:
        yield fine("backup", date=good[:16], file=known.file if known is not None else "")
    if folder is None:
        yield note("backup", "off")
    elif _is_on_the_disk_of(folder, node.dir):
        yield note("backup", "here", dir=folder)


def _is_on_the_disk_of(folder: Path, directory: Path) -> bool:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return there.stat().st_dev == directory.stat().st_dev


def clock(node: Node) -> Iterator[Finding]:
    """The machine's clock has not gone back behind what it wrote itself."""
    with node.store.read() as connection:
        latest = connection.execute(select(func.max(journal.c.time))).scalar_one()
    if latest and times.read(latest) > node.clock() + timedelta(minutes=1):
        yield bad("clock", "back", date=latest[:16], now=times.text(node.clock())[:16])
