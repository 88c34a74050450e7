"""Whether any process has committed to a database since one last looked (`PRAGMA data_version`)."""

import sqlite3
from pathlib import Path


class Changes:
    """Looks cost microseconds and hold no transaction. The first look always says yes. One thread looks at a time."""

    __slots__ = ("_connection", "_seen")

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._seen = -1

    def any(self) -> bool:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        changed = bool(version != self._seen)
        self._seen = version
        return changed

    def close(self) -> None:
        self._connection.close()
