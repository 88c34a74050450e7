"""One node, opened: its options, its stores, its keys, its clock. Everything else takes a `Node`."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select

from node import config as options
from node.config import Config
from node.errors import NodeExists, NoNode, UrlChanged
from node.keyring import KeyRing
from node.store import times
from node.store.cache import Cache
from node.store.engine import Store
from node.store.migrate import migrate
from node.store.schema import actors, meta

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

    def close(self) -> None:
        self.store.close()
        self.cache.close()


def open_node(directory: Path, environ: Mapping[str, str] = os.environ, clock: Clock = utc_now) -> Node:
    """The node of a folder; raises a `NodeError`: NoNode, ConfigError, UrlChanged, MigrationFailed."""
    directory = Path(directory)
    file = directory / options.FILE
    if not file.exists():
        raise NoNode(directory)
    config = options.load(file, environ)
    migrate(directory)
    store = Store.open(directory)
    with store.read() as connection:
        made = connection.execute(select(meta.c.value).where(meta.c.key == "url")).scalar_one()
    if made != config.url:
        store.close()
        raise UrlChanged(made, config.url)
    return Node(directory, config, store, Cache.open(directory), KeyRing(directory / "keys"), clock)


def init_node(
    directory: Path,
    url: str,
    roles: tuple[str, ...],
    name: str = "",
    environ: Mapping[str, str] = os.environ,
    clock: Clock = utc_now,
) -> Node:
    """Make a node in a folder: configuration last, so that an interrupted `init` can be run again."""
    directory = Path(directory)
    file = directory / options.FILE
    if file.exists():
        raise NodeExists(directory)
    chosen = options.first(url, roles, name)
    directory.mkdir(parents=True, exist_ok=True)
    migrate(directory)
    keys = KeyRing(directory / "keys")
    keys.make("actor")
    store = Store.open(directory)
    made = store.write(lambda connection: _begin(connection, chosen, times.text(clock())))
    store.close()
    if made != chosen["url"]:
        raise UrlChanged(made, chosen["url"])
    part = file.with_suffix(".part")
    part.write_text(options.written(chosen), encoding="utf-8")
    part.replace(file)
    return open_node(directory, environ, clock)


def _begin(connection: Connection, chosen: Mapping[str, str], now: str) -> str:
    """The first rows; returns the address that the node was made with."""
    made = connection.execute(select(meta.c.value).where(meta.c.key == "url")).scalar_one_or_none()
    if made is not None:
        return str(made)
    url = chosen["url"]
    connection.execute(insert(meta), [{"key": "url", "value": url}, {"key": "created", "value": now}])
    row = {"id": url + "/actor", "kind": "node", "slug": "actor", "created": now, "name": chosen["name"] or url}
    connection.execute(insert(actors).values(row))
    return url
