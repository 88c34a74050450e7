"""The store: group commit, savepoints, snapshots, migrations; projections that empty themselves when they are old."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from node.store import cache as caches
from node.store import people  # noqa: F401 - its tables are part of the truth
from node.store.cache import Cache
from node.store.changes import Changes
from node.store.engine import Store
from node.store.migrate import HEAD, create, current, migrate, upgrade
from node.store.schema import directory, meta, truth
from node.store.sqlite import driver


@pytest.fixture
def store(tmp_path: Path) -> Store:
    migrate(tmp_path)
    return Store.open(tmp_path)


def put(key: str, value: str = "x"):  # type: ignore[no-untyped-def]
    def act(connection: Connection) -> str:
        connection.execute(insert(meta).values(key=key, value=value))
        return key

    return act


def count(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(meta)).scalar_one())


def test_the_migrations_make_the_tables_of_the_code(store: Store) -> None:
    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), truth) == []
    assert current(store.path) == HEAD
    store.close()


def test_a_new_file_is_what_alembic_would_make(tmp_path: Path) -> None:
    def made(path: Path) -> set[tuple[str, ...]]:
        with sqlite3.connect(path) as connection:
            rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        return {(kind, name, table, "".join((sql or "").lower().split())) for kind, name, table, sql in rows}

    create(tmp_path / "new.sqlite")
    upgrade(tmp_path / "steps.sqlite")
    assert made(tmp_path / "new.sqlite") == made(tmp_path / "steps.sqlite")
    assert current(tmp_path / "new.sqlite") == current(tmp_path / "steps.sqlite") == HEAD


def test_an_upgrade_again_changes_nothing(store: Store) -> None:
    store.write(put("a"))
    upgrade(store.path)
    assert count(store) == 1
    store.close()


def test_every_commit_is_flushed(store: Store) -> None:
    def pragmas(connection: Connection) -> tuple[object, object]:
        ask = connection.exec_driver_sql
        return ask("PRAGMA synchronous").scalar_one(), ask("PRAGMA journal_mode").scalar_one()

    assert store.write(pragmas) == (2, "wal")
    store.close()


def test_what_raises_is_undone(store: Store) -> None:
    def half(connection: Connection) -> None:
        put("a")(connection)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        store.write(half)
    assert count(store) == 0
    store.close()


async def test_one_failure_in_a_group_undoes_only_itself(store: Store) -> None:
    store.write(put("taken"))
    names = [f"k{number}" for number in range(300)]
    acts = [put("taken" if number == 150 else name) for number, name in enumerate(names)]
    done = await asyncio.gather(*(store.awrite(act) for act in acts), return_exceptions=True)
    assert isinstance(done[150], IntegrityError)
    assert [value for value in done if isinstance(value, str)] == names[:150] + names[151:]
    assert count(store) == 300
    store.close()


async def test_waiting_writers_share_a_commit(store: Store) -> None:
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = [asyncio.create_task(store.awrite(put(str(number)))) for number in range(100)]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in waiting)
    changes = Changes(store.path)
    assert changes.any()
    other.execute("COMMIT")
    await asyncio.gather(*waiting)
    assert changes.any()
    assert not changes.any()
    assert count(store) == 100
    for each in (other, changes, store):
        each.close()


async def test_a_connection_that_broke_is_said_so_and_replaced(store: Store) -> None:
    """Whoever waits is told at once; the next one is written."""

    def broken(connection: Connection) -> None:
        driver(connection).close()

    async with asyncio.timeout(5):
        told = await asyncio.gather(store.awrite(broken), store.awrite(put("a")), return_exceptions=True)
        assert all(isinstance(each, sqlite3.Error) for each in told)
        assert await store.awrite(put("b")) == "b"
    assert count(store) == 1
    store.close()


def test_a_reader_keeps_its_snapshot(store: Store) -> None:
    with store.read() as connection:
        before = connection.execute(select(func.count()).select_from(meta)).scalar_one()
        thread = threading.Thread(target=lambda: store.write(put("later")))
        thread.start()
        thread.join()
        assert connection.execute(select(func.count()).select_from(meta)).scalar_one() == before
    assert count(store) == 1
    store.close()


def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="readonly"), store.read() as connection:
        put("a")(connection)
    store.close()


def test_projections_of_another_version_are_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache.open(tmp_path)
    row = {column.name: "x" for column in directory.columns} | {"version": 1, "seq": 1}
    with cache.public.write() as connection:
        connection.execute(insert(directory).values(row))
    cache.close()
    again = Cache.open(tmp_path)
    with again.public.read() as connection:
        assert connection.execute(select(directory.c.name)).scalars().all() == ["x"]
    again.close()
    monkeypatch.setattr(caches, "VERSION", caches.VERSION + 1)
    later = Cache.open(tmp_path)
    with later.public.read() as connection:
        assert connection.execute(select(directory.c.name)).scalars().all() == []
    later.close()
