"""Brings `maillage.sqlite` to the newest tables. Alembic runs in a child process, so that a node never holds it.

A new file needs no Alembic: the SQL of every step, in order, is what it would run.
"""

import sqlite3
import subprocess
import sys
from pathlib import Path

from node.errors import MigrationFailed
from node.store.engine import DATABASE
from node.store.migrations import statements
from node.store.sqlite import BUSY_SECONDS

HEAD = "0004"
_SCRIPTS = Path(__file__).parent / "migrations"
STEPS = _SCRIPTS / "versions"
_VERSION = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def current(path: Path) -> str:
    """The revision of the database at `path`; empty when it has none."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return ""
    finally:
        connection.close()
    return row[0] if row else ""


def migrate(directory: Path) -> None:
    """Make or upgrade the tables if they are not the newest; raises `MigrationFailed` with what Alembic said."""
    path = Path(directory) / DATABASE
    if not path.exists():
        create(path)
    if current(path) == HEAD:
        return
    command = [sys.executable, "-m", "node.store.migrate", str(path)]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    if child.returncode:
        raise MigrationFailed(child.stderr.strip().splitlines()[-1] if child.stderr.strip() else "")


def create(path: Path) -> None:
    """Make the tables of a file that is not there yet, all or none; somebody else's who came first are left alone."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            connection.execute(_VERSION)
            connection.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
            for file in sorted(STEPS.glob("*.sql")):
                for statement in statements(file):
                    connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        connection.close()


def upgrade(path: Path) -> None:
    """Run Alembic here and now."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["path"] = path
    command.upgrade(config, HEAD)


if __name__ == "__main__":
    upgrade(Path(sys.argv[1]))
