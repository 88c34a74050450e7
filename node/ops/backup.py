"""A copy of a node in one file, taken while it runs, and a node made again from it.

The copy holds everything that cannot be rebuilt: the database as of one moment (SQLite's own online backup), the keys,
the configuration, the images and whatever else stands in DIR outside `cache/`.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from node import config as options
from node.errors import BackupRefused
from node.ops.archive import SUFFIX, Backup, flush, unpack, writing
from node.ops.turn import is_served
from node.store.engine import DATABASE
from node.store.migrate import HEAD, current, migrate
from node.store.streams import EPOCH
from node.store.times import text as time_text

RESTORED = "restored"  # why a delivery of a node that was made again is set aside
_KEYS = "keys"
_SCRATCH = ".maillage-"
_LEFT = timedelta(days=1)  # longer than any copy takes
_LEFT_OUT = ("cache", _KEYS, options.FILE, DATABASE, DATABASE + "-wal", DATABASE + "-shm")
_PASSING = (".part", SUFFIX)


def backup(directory: Path, url: str, now: datetime, to: Path) -> tuple[Path, Backup]:
    """Write a copy of the node: `to` is a folder, where it gets a name with its date, or the file to write.

    Raises `OSError` where it cannot be written; a copy that was interrupted never has its final name.
    """
    made = time_text(now)
    file = to if to.name.endswith(SUFFIX) else to / name_of(url, made)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=file.parent, prefix=_SCRATCH) as folder, writing(file) as archive:
        before = _keys(directory)
        database = Path(folder) / DATABASE
        _copy(directory / DATABASE, database)
        archive.file(DATABASE, database)
        archive.content(options.FILE, (directory / options.FILE).read_bytes())
        for name, content in sorted((before | _keys(directory)).items()):
            archive.content(name, content)
        for path in _beside(directory):
            archive.file(path.relative_to(directory).as_posix(), path)
        about = _about(url, made, database, archive.files)
        archive.manifest(about)
    return file, about


def name_of(url: str, made: str) -> str:
    """`HOST-DATE….maillage.tar.gz`: names of one node, in order, are in the order of time."""
    return f"{_host(url)}-{made[:19].replace(':', '')}Z{SUFFIX}"


def _host(url: str) -> str:
    return urlsplit(url).netloc.replace(":", "-").replace("[", "").replace("]", "")


def _keys(directory: Path) -> dict[str, bytes]:
    """The private keys as they are now. Read before the database and after it: of a pair that changes meanwhile, the
    one that the database names is there in any case."""
    found = {}
    for path in (directory / _KEYS).glob("*.pem"):
        try:
            found[f"{_KEYS}/{path.name}"] = path.read_bytes()
        except FileNotFoundError:
            continue
    return found


def _copy(source: Path, target: Path) -> None:
    """One moment of a database in use, whatever is written meanwhile."""
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _beside(directory: Path) -> Iterator[Path]:
    """The other files of a node, but for copies of it and what is being written."""
    for path in sorted(directory.rglob("*")):
        inside = path.relative_to(directory)
        is_hidden = any(part.startswith(".") for part in inside.parts)
        if inside.parts[0] in _LEFT_OUT or is_hidden or path.name.endswith(_PASSING):
            continue
        if path.is_file() and not path.is_symlink():
            yield path


def _about(url: str, made: str, database: Path, files: dict[str, str]) -> Backup:
    with closing(sqlite3.connect(database)) as copy:
        (entries,) = copy.execute("SELECT count(*) FROM journal").fetchone()
        (documents,) = copy.execute("SELECT count(*) FROM documents WHERE deleted IS NULL").fetchone()
    return Backup(url, made, current(database), version("maillage"), entries, documents, dict(files))


def checked(file: Path) -> Backup:
    """Restore a copy beside itself, see that a node could be opened from it, and throw that away.

    Raises `BackupRefused`.
    """
    from node.context import open_node

    with TemporaryDirectory(dir=file.parent, prefix=_SCRATCH) as folder:
        about = restore(file, Path(folder) / "node")
        node = open_node(Path(folder) / "node", environ={})
        try:
            missing = _missing_keys(node.dir, node.config.url)
        finally:
            node.close()
        if missing:
            raise BackupRefused("backup_damaged", file=file, detail=missing)
    return about


def _missing_keys(directory: Path, url: str) -> str:
    """The first actor whose keys are not there; empty when all are."""
    from federation.errors import KeyUnreadable
    from node.keyring import KeyRing

    ring = KeyRing(directory / _KEYS)
    with closing(sqlite3.connect(directory / DATABASE)) as copy:
        query = """SELECT a.slug, k.public FROM actors a JOIN actor_keys k ON k.actor = a.id
            WHERE k.kind = 'ed25519' AND k.expires IS NULL AND k.revoked IS NULL AND a.deleted IS NULL"""
        pairs = copy.execute(query).fetchall()
    for slug, public in pairs:
        try:
            ring.of(slug, public)
        except KeyUnreadable as error:
            return str(error)
    return "" if pairs else url


def restore(file: Path, directory: Path) -> Backup:
    """Make the node of `directory` again from a copy; what it says next is numbered far beyond what it may have said.

    Raises `BackupRefused`: a node is there or runs there, or the copy is not whole. Nothing is left of a restore that
    was refused; one that was interrupted is no node, for the configuration comes last.
    """
    if any((directory / name).exists() for name in (options.FILE, DATABASE)) or is_served(directory):
        raise BackupRefused("backup_live", dir=directory)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=directory, prefix=".restoring-") as name:
        folder = Path(name)
        about = unpack(file, folder)
        if about.revision > HEAD:
            raise BackupRefused("backup_newer", file=file, version=about.version)
        migrate(folder)
        _begin_anew(folder / DATABASE)
        _into_place(folder, directory, about)
    flush(directory)
    return about


def _into_place(folder: Path, directory: Path, about: Backup) -> None:
    """Move everything, the configuration last: without it there is no node."""
    for leftover in (DATABASE + "-wal", DATABASE + "-shm"):
        (directory / leftover).unlink(missing_ok=True)
    shutil.rmtree(directory / "cache", ignore_errors=True)
    for name in sorted(about.files, key=lambda name: name == options.FILE):
        target = directory / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / name).replace(target)


_ANEW = (
    ("UPDATE actors SET epoch = epoch + 1, seq = seq + ?", (EPOCH,)),
    ("UPDATE streams SET n = n + ? WHERE actor IN (SELECT id FROM actors)", (EPOCH,)),
    ("UPDATE deliveries SET state = 'parked', reason = ? WHERE state = 'queued'", (RESTORED,)),
    ("UPDATE following SET behind = 1 WHERE state = 'accepted'", ()),
    ("DELETE FROM sessions", ()),
    ("UPDATE links SET used = expires WHERE used IS NULL", ()),
)


def _begin_anew(database: Path) -> None:
    """A new epoch of each actor: since the copy was made the node may have said more, which others still know.

    No number is used twice: those of activities and of streams go on far beyond (and a peer that sees the gap reads us
    again), and the next version of a document is beyond all of the earlier epochs (`node.outgoing`). What waited to
    leave may have left, so that it is set aside until somebody asks for it; those whom we hear are read again, for
    what they said since is lost here. No session and no link that serves once comes back to life.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as copy:
        copy.execute("BEGIN IMMEDIATE")
        for statement, values in _ANEW:
            copy.execute(statement, values)
        copy.execute("COMMIT")
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy.execute("PRAGMA journal_mode=DELETE")


def copies(folder: Path, url: str) -> list[Path]:
    """The copies of one node in a folder, the oldest first."""
    return sorted(path for path in folder.glob(f"{_host(url)}-*{SUFFIX}") if path.is_file())


def sweep(folder: Path, now: datetime) -> int:
    """Take away what copies that were killed left in a folder, for it holds keys; how many."""
    left = [*folder.glob(_SCRATCH + "*"), *folder.glob(f"*{SUFFIX}.part")]
    old = [path for path in left if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > _LEFT]
    for path in old:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return len(old)


def retire(folder: Path, url: str, keep: int) -> int:
    """Keep the newest `keep` copies of a node; how many went."""
    old = copies(folder, url)[:-keep]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
