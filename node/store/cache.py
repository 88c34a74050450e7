"""What can be rebuilt from the journal: one file that anybody may be shown, one that nobody may.

They are two files and not one with a filter: what reads the public one cannot reach a restricted figure. A file
of another version is emptied when opened; the projector folds it again from the first journal row.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, MetaData

from node.store import schema, sqlite

VERSION = 8


class Projection:
    """One projection file: read by many, written by whichever process folds."""

    def __init__(self, path: Path, tables: MetaData) -> None:
        self.path = path
        self._tables = tables
        self._turn = threading.Lock()
        self._writer = sqlite.folding(path)
        self._readers = sqlite.reader(path)
        self._prepare()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot."""
        with self._readers.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, alone among all processes; undone if the block raises."""
        with self._turn, self._writer.begin() as connection:
            yield connection

    def empty(self, connection: Connection) -> None:
        """Drop and make again every table, inside the caller's transaction."""
        self._tables.drop_all(connection)
        self._tables.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")

    def close(self) -> None:
        self._readers.dispose()
        self._writer.dispose()

    def _prepare(self) -> None:
        with self._writer.begin() as connection:
            (version,) = connection.exec_driver_sql("PRAGMA user_version").one()
            if version != VERSION:
                self.empty(connection)


class Cache:
    """`DIR/cache`: the public projections, and the restricted ones in a file of their own."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        self.public = Projection(directory / "public.sqlite", schema.views)
        self.restricted = Projection(directory / "restricted.sqlite", schema.restricted)

    @classmethod
    def open(cls, directory: Path) -> "Cache":
        """The cache of a node's folder, made if it is not there."""
        return cls(Path(directory) / "cache")

    def close(self) -> None:
        self.public.close()
        self.restricted.close()
