"""What is wrong with a node, from the folder outwards; a part that does not hold keeps what rests on it from being
asked. Nothing is changed, and older tables are left as they are."""

import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from node import config as options
from node.context import Node, open_node
from node.errors import NodeError
from node.ops import address, health
from node.ops.archive import damage
from node.ops.finding import Finding, bad, fine, note
from node.ops.steps import waiting
from node.store.engine import DATABASE
from node.store.migrate import HEAD, current

_LEAST, _COMFORT = 200_000_000, 1_000_000_000  # bytes
_OTHERS, _WORLD = 0o077, 0o007
Local = Callable[[Node], Iterable[Finding]]
CHECKS: tuple[Local, ...] = (health.keys, health.running, health.deliveries_, health.backups, health.clock)


async def examine(directory: Path, environ: Mapping[str, str], lang: str, offline: bool) -> list[Finding]:
    """Every line; `offline`: but for those that ask others."""
    found = list(_folder(directory))
    try:
        config = options.load(directory / options.FILE, environ)
    except NodeError as error:
        return [*found, bad("config", "wrong", detail=error.text(lang))]
    except OSError as error:
        return [*found, bad("config", "wrong", detail=error.strerror)]
    found += [fine("config", url=config.url), *_disk(directory), _versions(directory), *_database(directory)]
    if any(each.about in ("database", "tables") and each.state == "bad" for each in found):
        return found
    return found + await _opened(directory, environ, lang, offline)


async def _opened(directory: Path, environ: Mapping[str, str], lang: str, offline: bool) -> list[Finding]:
    try:
        node = open_node(directory, environ)
    except NodeError as error:
        return [bad("config", "wrong", detail=error.text(lang))]
    try:
        found = [finding for check in CHECKS for finding in check(node)]
        if not offline:
            found += await address.asked(node)
            found += await address.hours(node)
    finally:
        node.close()
    return found


def _folder(directory: Path) -> Iterator[Finding]:
    """Who may read the keys and the database, and whether everything belongs to whom the folder belongs to."""
    keys = [directory / "keys", *(directory / "keys").glob("*.pem")]
    if any(path.exists() and path.stat().st_mode & _OTHERS for path in keys):
        yield bad("permissions", "keys", dir=directory / "keys")
    database = directory / DATABASE
    is_open = directory.stat().st_mode & _WORLD and database.exists() and database.stat().st_mode & _WORLD
    if is_open:
        yield bad("permissions", "open", dir=directory)
    owner = directory.stat().st_uid
    strange = [path for path in sorted(directory.rglob("*")) if not path.is_symlink() and path.stat().st_uid != owner]
    if strange:
        yield bad("permissions", "owner", file=strange[0], count=len(strange), dir=directory, owner=directory.owner())
    if not is_open and not strange:
        yield fine("permissions", dir=directory)


def _disk(directory: Path) -> Iterator[Finding]:
    """Room for the database to be copied, and then some."""
    free, size = shutil.disk_usage(directory).free, _size(directory / DATABASE)
    said = {"free": f"{free / 1e9:.1f}"}
    if free < max(_LEAST, 2 * size):
        yield bad("disk", "full", **said)
    elif free < _COMFORT + 2 * size:
        yield note("disk", "short", **said)
    else:
        yield fine("disk", **said)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _versions(directory: Path) -> Finding:
    versions = {"maillage": version("maillage"), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    return fine("versions", **versions)


def _database(directory: Path) -> Iterator[Finding]:
    path = directory / DATABASE
    said = damage(path) if path.exists() else "absent"
    if said:
        yield bad("database", "damaged", detail=said)
        return
    yield fine("database", size=f"{path.stat().st_size / 1e6:.1f}")
    if current(path) > HEAD:
        yield bad("tables", "newer", revision=current(path))
    elif waiting(directory):
        yield bad("tables", "older", count=len(waiting(directory)))
    else:
        yield fine("tables", revision=HEAD)
