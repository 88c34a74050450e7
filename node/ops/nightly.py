"""A copy every night, restored beside itself to see that it would do, and the old ones thrown away.

In a process of its own, so that the node neither waits nor keeps the memory. What came of it is a row of `meta`.
"""

import asyncio
import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from node.context import Node, open_node
from node.errors import NodeError
from node.messages import language
from node.ops import logs
from node.ops.backup import backup, checked, retire, sweep
from node.ops.steps import folder_of
from node.store import times
from node.store.schema import meta

log = logging.getLogger("maillage.backup")
_ROW = "backup"
_AT_NIGHT = range(1, 5)  # hours, UTC
_NIGHT, _LATE, _AGAIN = timedelta(hours=20), timedelta(hours=36), timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Last:
    """The last copy that was tried, and the last that was good: both times, and what went wrong (empty: nothing)."""

    tried: str
    good: str = ""
    file: str = ""
    size: int = 0
    error: str = ""


def last(connection: Connection) -> Last | None:
    """What is known of the copies of this node; None before the first."""
    row = connection.execute(select(meta.c.value).where(meta.c.key == _ROW)).scalar_one_or_none()
    return None if row is None else Last(**json.loads(row))


def is_due(known: Last | None, now: datetime) -> bool:
    """At night when the last good one is of the night before; at any hour when it is older, or there is none."""
    if known is None:
        return True
    if now - times.read(known.tried) < _AGAIN:
        return False
    if not known.good:
        return True
    age = now - times.read(known.good)
    return age > _LATE or (age > _NIGHT and now.hour in _AT_NIGHT)


def run(node: Node, to: Path) -> Last:
    """Copy the node, restore the copy beside itself, and remember what came of it; what fails is told, never raised."""
    now = times.text(node.clock())
    with node.store.read() as connection:
        before = last(connection) or Last(now)
    try:
        file, _ = backup(node.dir, node.config.url, node.clock(), to)
        checked(file)
        found = Last(now, now, str(file), file.stat().st_size)
    except (NodeError, OSError) as error:
        said = error.text(language()) if isinstance(error, NodeError) else error.strerror or str(error)
        found = Last(now, before.good, before.file, before.size, said)
    values = {"key": _ROW, "value": json.dumps(asdict(found))}
    put = insert(meta).values(values).on_conflict_do_update(index_elements=["key"], set_={"value": values["value"]})
    node.store.write(lambda connection: connection.execute(put))
    return found


def nightly(node: Node) -> Last | None:
    """What is done at night; None where copies are off."""
    folder = folder_of(node.dir, node.config)
    if folder is None:
        return None
    found = run(node, folder)
    if found.error:
        log.error("backup failed reason=%s", found.error)
    else:
        sweep(folder, node.clock())
        gone = retire(folder, node.config.url, node.config.backup_keep)
        log.info("backup file=%s bytes=%d retired=%d", found.file, found.size, gone)
    return found


async def tick(node: Node) -> None:
    """Now and then: start what is due, in a process that ends."""
    with node.store.read() as connection:
        known = last(connection)
    if folder_of(node.dir, node.config) is None or not is_due(known, node.clock()):
        return
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "node.ops.nightly", str(node.dir))
    try:
        if await child.wait():
            log.error("nightly backup ended code=%s", child.returncode)
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()


def main(directory: Path) -> int:
    os.nice(10)
    node = open_node(directory)
    logs.configure(node.config.log_format)
    try:
        found = nightly(node)
    finally:
        node.close()
    return int(bool(found and found.error))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
