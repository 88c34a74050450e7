"""Group commit: what several tasks want to write at the same time shares one transaction, and one flush of the disk.

The statements run on the event loop, where they cost microseconds; the wait for another writer, and the flush, run on
a thread. Each act has a savepoint, so that one that fails undoes only itself; none is told that it is done before the
commit has returned.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from node.store.sqlite import BUSY_SECONDS, driver

T = TypeVar("T")
_MOST = 512
Act = Callable[[Connection], Any]
Waiting = tuple[Act, "asyncio.Future[Any]"]


class GroupCommit:
    """One writing connection, used by one event loop at a time."""

    __slots__ = ("_connection", "_disk", "_engine", "_task", "_waiting")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._disk = _Disk()
        self._waiting: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Run `act` in the next group; returns once it is on the disk. Raises what `act` raises."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((act, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await future

    def close(self) -> None:
        """Let a commit that is under way end, then let go of the file."""
        self._disk.close()
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # what the loop was about to read joins this group
            await self._group()

    async def _group(self) -> None:
        taken = list[Waiting]()
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            raw = driver(self._connection)
            await self._begin(raw)
            taken = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
            results = [_attempt(raw, self._connection, act) for act, _ in taken]
            await asyncio.shield(self._disk.execute(raw, "COMMIT"))
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
            _tell_all(taken or self._drained(), error)
            self._undo()
            return
        for (_, future), result in zip(taken, results, strict=True):
            _tell(future, result)

    def _undo(self) -> None:
        """Leave no transaction open; a connection that cannot even be brought back is replaced by another."""
        if self._connection is None:
            return
        try:
            raw = driver(self._connection)
            if raw.in_transaction:
                raw.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    async def _begin(self, raw: sqlite3.Connection) -> None:
        """Take the write lock; when another has it, wait on the thread until it is free, then try again.

        A lock taken on the thread would be held until the loop comes back to it: whatever this loop's thread writes by
        itself meanwhile would wait for ever.
        """
        while True:
            raw.execute("PRAGMA busy_timeout=0")
            with suppress(sqlite3.OperationalError):
                raw.execute("BEGIN IMMEDIATE")
                return
            raw.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
            await asyncio.shield(self._disk.execute(raw, "BEGIN IMMEDIATE", "ROLLBACK"))

    def _drained(self) -> list[Waiting]:
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting


class _Raised:
    """What an act raised, as a result."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Disk:
    """The thread that waits for the disk; an executor would cost more than the statements of a group."""

    __slots__ = ("_thread", "_wanted")

    def __init__(self) -> None:
        self._wanted: SimpleQueue[tuple[sqlite3.Connection, tuple[str, ...], asyncio.Future[None]] | None]
        self._wanted = SimpleQueue()
        self._thread: threading.Thread | None = None

    def execute(self, raw: sqlite3.Connection, *sql: str) -> "asyncio.Future[None]":
        """Done once the statements have returned."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="disk", daemon=True)
            self._thread.start()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wanted.put((raw, sql, future))
        return future

    def close(self) -> None:
        """Let what is under way end."""
        if self._thread is not None:
            self._wanted.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (wanted := self._wanted.get()) is not None:
            raw, sql, future = wanted
            result: Any = None
            try:
                for statement in sql:
                    raw.execute(statement)
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
                result = _Raised(error)
            with suppress(RuntimeError):  # the loop has ended, and nobody waits
                future.get_loop().call_soon_threadsafe(_tell, future, result)


def _attempt(raw: sqlite3.Connection, connection: Connection, act: Act) -> Any:
    """What `act` returns, or the exception that it raised, once what it did is undone."""
    raw.execute("SAVEPOINT act")
    try:
        result = act(connection)
    except Exception as error:  # noqa: BLE001 - told to the one who asked
        raw.execute("ROLLBACK TO act")
        result = _Raised(error)
    raw.execute("RELEASE act")
    return result


def _tell(future: "asyncio.Future[Any]", result: Any) -> None:
    if future.done():
        return
    if isinstance(result, _Raised):
        future.set_exception(result.error)
    else:
        future.set_result(result)


def _tell_all(waiting: list[Waiting], error: Exception) -> None:
    for _, future in waiting:
        _tell(future, _Raised(error))
