"""Steps from one form of the tables to the next; each step is a file of SQL beside its revision."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path


def _statements(sql: str) -> Iterator[str]:
    """The statements of a file; a trigger, which holds others, is one."""
    begun = ""
    for part in sql.split(";"):
        begun += part + ";"
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""


def run(revision: str) -> None:
    """Execute the SQL beside a revision's file, statement by statement."""
    from alembic import op

    for statement in _statements(Path(revision).with_suffix(".sql").read_text(encoding="utf-8")):
        op.execute(statement)
