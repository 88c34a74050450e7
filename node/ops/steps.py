"""From the tables of an older version to those of this one: which steps wait, and the copy that comes before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from node.config import Config
from node.errors import NodeServed
from node.store.engine import DATABASE
from node.store.migrate import HEAD, STEPS, current

_HERE = "backups"
OFF = "off"


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the tables: its number, and the name it was given."""

    revision: str
    name: str


def waiting(directory: Path) -> Sequence[Step]:
    """The steps that the database of a folder has not had, in order; none for a new folder."""
    path = directory / DATABASE
    if not path.exists() or (now := current(path)) == HEAD:
        return ()
    files = (file.stem.partition("_") for file in sorted(STEPS.glob("*.sql")))
    return tuple(Step(number, name.replace("_", " ")) for number, _, name in files if number > now)


def copy_first(directory: Path, config: Config, now: datetime) -> Path:
    """Copy the node before its tables change, where no nightly copy takes its place.

    Raises `NodeServed` where the node runs, and `OSError` where the copy cannot be written: nothing is changed then.
    """
    from node.ops.backup import backup
    from node.ops.turn import is_served

    if is_served(directory):
        raise NodeServed(directory)
    folder = folder_of(directory, config) or directory / _HERE
    file, _ = backup(directory, config.url, now, folder / "upgrades")
    return file


def folder_of(directory: Path, config: Config) -> Path | None:
    """Where the copies of every night go: `backup.to`, from DIR on; None when it is off."""
    return None if config.backup_to in (OFF, "") else directory / config.backup_to
