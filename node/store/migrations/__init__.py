"""Steps from one form of the tables to the next; each step is a file of SQL beside its revision."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path


def statements(file: Path) -> Iterator[str]:
    """The statements of a file of SQL; a trigger, which holds others, is one."""
    begun = ""
    for part in file.read_text(encoding="utf-8").split(";"):
        begun += part + ";"
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""


def run(revision: str) -> None:
    """Execute the SQL beside a revision's file, statement by statement."""
    from alembic import op

    for statement in statements(Path(revision).with_suffix(".sql")):
        op.execute(statement)
