"""One node, opened: its options, its stores, its keys, its clock. Everything else takes a `Node`."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from federation.keys import KeyKind
from node import config as options
from node.config import Config
from node.errors import NodeExists, NoNode, UrlChanged
from node.keyring import KeyRing
from node.ops import steps
from node.store import own_keys, times
from node.store.cache import Cache
from node.store.engine import Store
from node.store.migrate import migrate
from node.store.schema import actor_keys, actors, journal, meta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Node:
    """A node's parts. Close it when done."""

    dir: Path
    config: Config
    store: Store
    cache: Cache
    keys: KeyRing
    clock: Clock = utc_now
    closing: list[Callable[[], None]] = field(
        default_factory=list
    )  # what was started for this node, to be ended with it

    def close(self) -> None:
        while self.closing:
            self.closing.pop()()
        self.store.close()
        self.cache.close()


def open_node(directory: Path, environ: Mapping[str, str] = os.environ, clock: Clock = utc_now) -> Node:
    """The node of a folder; raises a `NodeError`: NoNode, ConfigError, UrlChanged, MigrationFailed, NodeServed."""
    directory = Path(directory)
    file = directory / options.FILE
    if not file.exists():
        raise NoNode(directory)
    config = options.load(file, environ)
    if steps.waiting(directory):
        steps.copy_first(directory, config, clock())
    migrate(directory)
    store = Store.open(directory)
    with store.read() as connection:
        made = connection.execute(select(meta.c.value).where(meta.c.key == "url")).scalar_one()
        unlisted = connection.execute(_UNLISTED).all()
    if made != config.url:
        store.close()
        raise UrlChanged(made, config.url)
    keys = KeyRing(directory / "keys")
    if unlisted:
        store.write(lambda connection: _list_keys(connection, keys, unlisted))
    return Node(directory, config, store, Cache.open(directory), keys, clock)


_UNLISTED = select(actors).where(actors.c.id.not_in(select(actor_keys.c.actor)))


def _list_keys(connection: Connection, keys: KeyRing, unlisted: Sequence[Row[Any]]) -> None:
    """The keys of a node that was made before they had a history."""
    for row in unlisted:
        pair = keys.unnamed(row.slug)
        if pair is not None:
            own_keys.begin(connection, row.id, pair, row.created)


def init_node(
    directory: Path,
    url: str,
    roles: tuple[str, ...],
    name: str = "",
    environ: Mapping[str, str] = os.environ,
    clock: Clock = utc_now,
    recovery: str = "",
) -> Node:
    """Make a node in a folder: configuration last, so that an interrupted `init` can be run again.

    `recovery`: the public half, as Multikey, of the key that can revoke the others; the other half stays on paper.
    """
    directory = Path(directory)
    file = directory / options.FILE
    if file.exists():
        raise NodeExists(directory)
    chosen = options.first(url, roles, name)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate(directory)
    keys = KeyRing(directory / "keys")
    store = Store.open(directory)
    made = store.write(lambda connection: _begin(connection, chosen, keys, recovery, times.text(clock())))
    store.close()
    if made != chosen["url"]:
        raise UrlChanged(made, chosen["url"])
    part = file.with_suffix(".part")
    part.write_text(options.written(chosen), encoding="utf-8")
    part.replace(file)
    return open_node(directory, environ, clock)


def _begin(connection: Connection, chosen: Mapping[str, str], ring: KeyRing, recovery: str, now: str) -> str:
    """The first rows; returns the address that the node was made with. What an earlier `init` began is kept.

    But for the recovery key: as long as the node has said nothing, nobody else knows the one that was not printed.
    """
    url, actor = chosen["url"], chosen["url"] + "/actor"
    made = connection.execute(select(meta.c.value).where(meta.c.key == "url")).scalar_one_or_none()
    if made is None:
        connection.execute(insert(meta), [{"key": "url", "value": url}, {"key": "created", "value": now}])
        row = {"id": actor, "kind": "node", "slug": "actor", "created": now, "name": chosen["name"] or url}
        connection.execute(insert(actors).values(row))
    elif made != url:
        return str(made)
    if not own_keys.history(connection, actor):
        own_keys.begin(connection, actor, ring.unnamed("actor") or ring.make("actor"), now)
    if recovery and connection.execute(select(func.count()).select_from(journal)).scalar_one() == 0:
        connection.execute(delete(actor_keys).where(actor_keys.c.kind == str(KeyKind.RECOVERY)))
        for each in connection.execute(select(actors.c.id)).scalars().all():
            own_keys.add(connection, each, KeyKind.RECOVERY, recovery, now)
    return url
