"""Steps from one form of the tables to the next; each step is a file of SQL beside its revision."""

from pathlib import Path


def run(revision: str) -> None:
    """Execute the SQL beside a revision's file, statement by statement."""
    from alembic import op

    for statement in Path(revision).with_suffix(".sql").read_text(encoding="utf-8").split(";"):
        if statement.strip():
            op.execute(statement)
