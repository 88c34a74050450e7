"""The write-ahead logs of a node's databases: emptied now and then, so that what was erased is in no file any more.

SQLite writes over a log from its start only once it is long; until then it still holds every page as it was.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

_FILES = ("maillage.sqlite", "cache/public.sqlite", "cache/restricted.sqlite")
_SECONDS = 0.2  # that a writer may be held up: who reads or writes just then is left alone until the next time


def empty(directory: Path) -> bool:
    """Move each log into its database and cut it off; False when one was in use."""
    emptied = [_is_emptied(directory / name) for name in _FILES if (directory / name).exists()]
    return all(emptied)


def _is_emptied(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=_SECONDS, isolation_level=None)) as connection:
        try:
            is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
    return not is_busy
