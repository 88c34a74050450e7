"""Brings `maillage.sqlite` to the newest tables. Alembic runs in a child process, so that a node never holds it."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from node.errors import MigrationFailed
from node.store.engine import DATABASE

HEAD = "0002"
_SCRIPTS = Path(__file__).parent / "migrations"


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
    if path.exists() and current(path) == HEAD:
        return
    command = [sys.executable, "-m", "node.store.migrate", str(path)]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    if child.returncode:
        raise MigrationFailed(child.stderr.strip().splitlines()[-1] if child.stderr.strip() else "")


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
