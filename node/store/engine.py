"""The truth of a node: many readers, one writer at a time, and an answer only once the disk has it.

`awrite` gathers what several tasks want to write into one transaction (group commit): each has a savepoint, so one
that fails undoes only itself; none is told that it is done before the commit has returned.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection

from node.store import sqlite

T = TypeVar("T")
DATABASE = "maillage.sqlite"
_GROUP = 256


class Store:
    """`maillage.sqlite`, opened. Several processes may have it open; SQLite's lock orders their writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = sqlite.reader(path)
        self._writer = sqlite.writer(path)
        self._turn = threading.Lock()
        self._wanted: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    @classmethod
    def open(cls, directory: Path) -> "Store":
        """The store of a node's folder, whose tables are already there."""
        return cls(Path(directory) / DATABASE)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot, for as long as the block runs."""
        with self._readers.begin() as connection:
            yield connection

    def write(self, act: Callable[[Connection], T]) -> T:
        """Run `act` in a transaction of its own; returns once it is on the disk. Raises what `act` raises."""
        with self._turn, self._writer.begin() as connection:
            return act(connection)

    async def awrite(self, act: Callable[[Connection], T]) -> T:
        """Run `act` on the writer thread, in a transaction shared with others that ask at the same time."""
        job = _Job(act)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()
        self._wanted.put(job)
        done: T = await asyncio.wrap_future(job.future)
        return done

    def close(self) -> None:
        """Finish what was asked, then let go of the file."""
        if self._thread is not None:
            self._wanted.put(None)
            self._thread.join()
            self._thread = None
        self._readers.dispose()
        self._writer.dispose()

    def _run(self) -> None:
        while (first := self._wanted.get()) is not None:
            group, last = self._group(first)
            self._commit(group)
            if last:
                return

    def _group(self, first: "_Job") -> "tuple[list[_Job], bool]":
        group = [first]
        while len(group) < _GROUP:
            try:
                job = self._wanted.get_nowait()
            except Empty:
                break
            if job is None:
                return group, True
            group.append(job)
        return group, False

    def _commit(self, group: "list[_Job]") -> None:
        try:
            with self._turn, self._writer.begin() as connection:
                for job in group:
                    job.attempt(connection)
        except BaseException as error:  # noqa: BLE001 - whoever waits is told, whatever it was
            for job in group:
                job.failed(error)
            return
        for job in group:
            job.tell()


class _Job:
    """One thing to write, and who waits for it."""

    __slots__ = ("_act", "_error", "_value", "future")

    def __init__(self, act: Callable[[Connection], Any]) -> None:
        self.future: Future[Any] = Future()
        self._act = act
        self._value: Any = None
        self._error: Exception | None = None

    def attempt(self, connection: Connection) -> None:
        savepoint = connection.begin_nested()
        try:
            self._value = self._act(connection)
        except Exception as error:  # noqa: BLE001 - told to the one who asked
            savepoint.rollback()
            self._error = error
        else:
            savepoint.commit()

    def tell(self) -> None:
        if self._error is not None:
            self.failed(self._error)
        elif self.future.set_running_or_notify_cancel():
            self.future.set_result(self._value)

    def failed(self, error: BaseException) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)
