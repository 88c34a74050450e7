"""The database of a node as an earlier version had it: its own tables, made by its own steps, with the same rows."""

import sqlite3
from contextlib import closing
from pathlib import Path

from node.store.engine import DATABASE
from node.store.migrate import STEPS
from node.store.migrations import statements


def as_of(directory: Path, revision: str) -> None:
    """Put the tables of a closed node back to a revision; what later ones hold is lost."""
    path, old = directory / DATABASE, directory / "older.sqlite"
    with closing(sqlite3.connect(old, isolation_level=None)) as made:
        made.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        made.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        for file in sorted(STEPS.glob("*.sql")):
            if file.stem[:4] <= revision:
                for statement in statements(file):
                    made.execute(statement)
        made.execute("ATTACH ? AS new", (str(path),))
        for (table,) in made.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table not in ("alembic_version", "sqlite_sequence"):
                _copy(made, table)
        made.execute("DELETE FROM main.sqlite_sequence")
        made.execute("INSERT INTO main.sqlite_sequence SELECT * FROM new.sqlite_sequence")
    for suffix in ("", "-wal", "-shm"):
        (directory / (DATABASE + suffix)).unlink(missing_ok=True)
    old.replace(path)


def _copy(made: sqlite3.Connection, table: str) -> None:
    columns = ", ".join(f'"{row[1]}"' for row in made.execute(f'PRAGMA main.table_info("{table}")'))
    made.execute(f'DELETE FROM main."{table}"')
    made.execute(f'INSERT INTO main."{table}" ({columns}) SELECT {columns} FROM new."{table}"')
