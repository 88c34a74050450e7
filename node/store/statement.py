"""Statements of the hot path: written with the tables' columns, compiled once, run on SQLite's own cursor.

SQLAlchemy then costs nothing at each call. The transaction is the caller's: whoever holds its `Connection`.
"""

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import Select

from node.store.sqlite import driver

_DIALECT = sqlite.dialect(paramstyle="named")


class Statement:
    """One statement; `columns` are the values that an insert is given, by name."""

    __slots__ = ("_fixed", "_made", "_sql")

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        compiled = statement.compile(dialect=_DIALECT, column_keys=columns and list(columns))
        self._sql = str(compiled)
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        names = statement.selected_columns.keys() if isinstance(statement, Select) else []
        row: Any = namedtuple  # noqa: PYI024 - its fields are the columns
        self._made = row("Row", names, rename=True)._make

    def one(self, connection: Connection, values: dict[str, Any]) -> Any:
        """The first row, its columns by name; None when there is none."""
        row = driver(connection).execute(self._sql, self._given(values)).fetchone()
        return None if row is None else self._made(row)

    def all(self, connection: Connection, values: dict[str, Any]) -> list[Any]:
        """Every row."""
        rows = driver(connection).execute(self._sql, self._given(values))
        return [self._made(row) for row in rows]

    def run(self, connection: Connection, values: dict[str, Any]) -> int:
        """Do it; the number of the row that an insert made."""
        return driver(connection).execute(self._sql, self._given(values)).lastrowid or 0

    def run_many(self, connection: Connection, values: Sequence[dict[str, Any]]) -> None:
        """Do it once for each."""
        driver(connection).executemany(self._sql, [self._given(each) for each in values])

    def _given(self, values: dict[str, Any]) -> dict[str, Any]:
        return self._fixed | values if self._fixed else values
