"""The graph in memory: one named graph a document, kept as fresh as `cache/public.sqlite`, read only.

Knows the table `graphs` and nothing of what its quads say.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, Store

VOCABULARY = NamedNode("https://w3id.org/tierslieux/ns")
_CHUNK = 500


def _graph_names(nquads: str) -> frozenset[str]:
    """The names of the graphs in N-Quads whose every line is `s p o <g> .`."""
    return frozenset(line.rsplit(" ", 2)[-2].strip("<>") for line in nquads.splitlines() if line)


class Graph:
    """A store that follows the table: `refresh()` before each query."""

    def __init__(self, database: Path, vocabulary: Iterable[Path] = ()) -> None:
        self.store = Store()
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._data_version = -1
        self._known: dict[str, tuple[int, frozenset[str]]] = {}
        for path in vocabulary:
            self.store.load(path.read_bytes(), RdfFormat.TURTLE, to_graph=VOCABULARY)

    def refresh(self) -> int:
        """Take in what has changed since the last call; the number of documents read or dropped."""
        connection = self._connected()
        if connection is None:
            return self._drop(list(self._known))
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version == self._data_version:
            return 0
        changed = self._follow(connection)
        self._data_version = version
        return changed

    def _connected(self) -> sqlite3.Connection | None:
        """The database as it now stands at its path: a rebuilt one is another file."""
        inode = self._database.stat().st_ino if self._database.exists() else 0
        if self._connection is not None and inode == self._inode:
            return self._connection
        if self._connection is not None:
            self._connection.close()
        self._connection, self._inode, self._data_version = None, inode, -1
        if inode:
            self._connection = sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True, timeout=30)
            self._connection.isolation_level = None
        return self._connection

    def _follow(self, connection: sqlite3.Connection) -> int:
        connection.execute("BEGIN")
        try:
            now = dict(connection.execute("SELECT document, seq FROM graphs").fetchall())
            gone = [name for name in self._known if name not in now]
            changed = [name for name, seq in now.items() if self._known.get(name, (None,))[0] != seq]
            self._drop(gone + [name for name in changed if name in self._known])
            for start in range(0, len(changed), _CHUNK):
                self._take(connection, changed[start : start + _CHUNK])
        finally:
            connection.execute("COMMIT")
        return len(gone) + len(changed)

    def _take(self, connection: sqlite3.Connection, documents: list[str]) -> None:
        marks = ",".join("?" * len(documents))
        rows = connection.execute(
            f"SELECT document, nquads, seq FROM graphs WHERE document IN ({marks})",  # noqa: S608 - marks only
            documents,
        ).fetchall()
        self.store.bulk_load("\n".join(nquads for _, nquads, _ in rows), RdfFormat.N_QUADS)
        for document, nquads, seq in rows:
            self._known[document] = (seq, _graph_names(nquads))

    def _drop(self, documents: list[str]) -> int:
        for document in documents:
            for name in self._known.pop(document)[1]:
                self.store.remove_graph(NamedNode(name))
        return len(documents)
