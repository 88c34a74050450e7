"""The truth of a node: many readers, one writer at a time, and an answer only once the disk has it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from node.store import sqlite
from node.store.group import GroupCommit
from node.store.host_rules import HostRules

T = TypeVar("T")
DATABASE = "maillage.sqlite"


class Store:
    """`maillage.sqlite`, opened. Several processes may have it open; SQLite's lock orders their writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = sqlite.reader(path)
        self._writer = sqlite.writer(path)
        self._turn = threading.Lock()
        self._glancer = sqlite.glancer(path)
        self._glance: Connection | None = None
        self._group = GroupCommit(sqlite.grouping(path))
        self.host_rules = HostRules(self)

    @classmethod
    def open(cls, directory: Path) -> "Store":
        """The store of a node's folder, whose tables are already there."""
        return cls(Path(directory) / DATABASE)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot, for as long as the block runs."""
        with self._readers.begin() as connection:
            yield connection

    @property
    def glance(self) -> Connection:
        """For one statement of the event loop's thread, which sees the newest commit and opens no transaction."""
        if self._glance is None:
            self._glance = self._glancer.connect()
        return self._glance

    def write(self, act: Callable[[Connection], T]) -> T:
        """Run `act` in a transaction of its own; returns once it is on the disk. Raises what `act` raises."""
        with self._turn, self._writer.begin() as connection:
            return act(connection)

    async def awrite(self, act: Callable[[Connection], T]) -> T:
        """Run `act` in a transaction shared with others that ask at the same time; it must be short and not wait."""
        return await self._group.write(act)

    def close(self) -> None:
        """Finish what was asked, then let go of the file."""
        self._group.close()
        if self._glance is not None:
            self._glance.close()
        for engine in (self._glancer, self._readers, self._writer):
            engine.dispose()
