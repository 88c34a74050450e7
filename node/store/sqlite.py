"""Opening an SQLite file the one way we do: WAL, every commit flushed to disk, writers wait for their turn.

Two SQLAlchemy engines a file: one that can only read (a snapshot per transaction), one with a single connection
that takes the write lock as its transaction begins, so that it can never fail half way for want of it.
"""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_SECONDS = 30
_READERS = 4
_WRITING = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")  # what is erased leaves no bytes
_MANY = ("cache_size=-8000", "wal_autocheckpoint=4000")  # 8 MB of pages, 16 MB of log: indexes are hit all over


def _prepare(engine: Engine, begin: str, *pragmas: str) -> Engine:
    @event.listens_for(engine, "connect")
    def connected(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON", *pragmas):
            connection.execute("PRAGMA " + pragma)

    if begin:

        @event.listens_for(engine, "begin")
        def begun(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


def reader(path: Path) -> Engine:
    """Reads only; each transaction sees one snapshot."""
    engine = create_engine(f"sqlite:///{path}", pool_size=_READERS, max_overflow=12)
    return _prepare(engine, "BEGIN", "query_only=ON")


def glancer(path: Path) -> Engine:
    """Reads only, on one connection, and without a transaction: each statement sees the newest commit."""
    return _prepare(create_engine(f"sqlite:///{path}", pool_size=1, max_overflow=0), "", "query_only=ON")


def writer(path: Path) -> Engine:
    """One connection; `BEGIN IMMEDIATE`; a commit returns once it is on the disk (`synchronous=FULL`)."""
    engine = create_engine(f"sqlite:///{path}", pool_size=1, max_overflow=0)
    return _prepare(engine, "BEGIN IMMEDIATE", *_WRITING)


def folding(path: Path) -> Engine:
    """One connection that writes what can be made again, much of it at once: indexes stay in 32 MB of memory."""
    engine = create_engine(f"sqlite:///{path}", pool_size=1, max_overflow=0)
    return _prepare(engine, "BEGIN IMMEDIATE", *_WRITING, "cache_size=-32000", "wal_autocheckpoint=4000")


def grouping(path: Path) -> Engine:
    """One connection that writes, whose transactions its user begins and ends on the driver."""
    return _prepare(create_engine(f"sqlite:///{path}", pool_size=1, max_overflow=0), "", *_WRITING, *_MANY)


def driver(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection under SQLAlchemy's."""
    return connection.connection.dbapi_connection  # type: ignore[return-value]
