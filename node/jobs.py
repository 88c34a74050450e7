"""What goes on while the node answers: deliveries, projections, catching up. Each has a durable row behind it.

The process may be killed at any line: what was not done is found again at the next start. APScheduler only ticks.
"""

import asyncio
import logging
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from federation.delivery import Deliverer
from node import absences, moves
from node.campaigns import campaign
from node.context import Node
from node.lookup import Lookup
from node.ops import nightly
from node.project import catch_up
from node.readings import Readings
from node.rejections import Rejections
from node.rollup import engine as rollup
from node.rollup.stamp import is_behind
from node.signing import Deliveries
from node.store import logs
from node.store.changes import Changes
from node.store.queue import StoredQueue

log = logging.getLogger("maillage.jobs")
_LOOK = 0.1  # seconds between two looks at whether the database changed
_RETRY = 1.0  # seconds between two looks at what is due to be tried again


@asynccontextmanager
async def running(node: Node, lookup: Lookup) -> AsyncIterator[None]:
    """Everything that runs beside the answers, stopped cleanly at the end."""
    scheduler, readings = AsyncIOScheduler(timezone="UTC"), Readings(node)
    scheduler.add_job(readings.due, "interval", seconds=3, max_instances=1, coalesce=True)
    scheduler.add_job(Rejections(node).answer, "interval", seconds=3, max_instances=1, coalesce=True)
    scheduler.add_job(moves.settle, "interval", seconds=3, args=[node, lookup], max_instances=1, coalesce=True)
    scheduler.add_job(absences.second_look, "interval", hours=1, args=[node, lookup], max_instances=1, coalesce=True)
    scheduler.add_job(nightly.tick, "interval", minutes=20, args=[node], max_instances=1, coalesce=True)
    scheduler.add_job(_empty_logs, "interval", minutes=5, args=[node], max_instances=1, coalesce=True)
    if node.config.is_aggregator() and rollup.available():
        scheduler.add_job(_roll_up, "interval", seconds=5, args=[node], max_instances=1, coalesce=True)
    scheduler.add_job(_reconcile, "cron", hour=2, jitter=3600, args=[node], max_instances=1, coalesce=True)
    if node.config.is_aggregator():
        scheduler.add_job(campaign.tick, "interval", minutes=1, args=[node], max_instances=1, coalesce=True)
    scheduler.start()
    projecting = _in_child(node) if node.config.is_aggregator() else _on_change(node, _project(node))
    tasks = [asyncio.create_task(_deliver(node, lookup)), asyncio.create_task(projecting)]
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        await readings.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _empty_logs(node: Node) -> None:
    await asyncio.to_thread(logs.empty, node.dir)


async def _on_change(node: Node, act: Callable[[], Awaitable[object]], at_least: float = 3600.0) -> None:
    """Run `act` now, after each change of the store, and every `at_least` seconds."""
    changes, loop = Changes(node.store.path), asyncio.get_running_loop()
    try:
        last = loop.time() - at_least
        while True:
            if changes.any() or loop.time() - last >= at_least:
                last = loop.time()
                await _guarded(act)
            await asyncio.sleep(_LOOK)
    finally:
        changes.close()


async def _guarded(act: Callable[[], Awaitable[object]]) -> None:
    try:
        await act()
    except Exception:
        log.exception("job failed")
        await asyncio.sleep(1)


def _project(node: Node) -> Callable[[], Awaitable[object]]:
    return lambda: asyncio.to_thread(catch_up, node)


async def _deliver(node: Node, lookup: Lookup) -> None:
    deliverer = Deliverer(StoredQueue(node.store), lookup.transport, Deliveries(node), node.clock, random.random)

    try:
        await _on_change(node, deliverer.start, at_least=_RETRY)
    finally:
        await deliverer.stop()


async def _in_child(node: Node) -> None:
    """Fold in a process of its own, which an aggregator needs for RDF; started again if it dies."""
    while True:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "node.projector", str(node.dir)), stdin=asyncio.subprocess.PIPE
        )
        try:
            log.warning("projector ended code=%s", await child.wait())
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()
        await asyncio.sleep(1)


async def _roll_up(node: Node) -> None:
    """Write the files of the engine of columns where they are behind, in a process that ends."""
    if await asyncio.to_thread(is_behind, node):
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", "node.rollup.build", str(node.dir))
        try:
            if await child.wait():
                log.warning("rollup build failed code=%s", child.returncode)
        except asyncio.CancelledError:  # the node stops: the files are made again at the next start
            child.terminate()
            await child.wait()


async def _reconcile(node: Node) -> None:
    """Compare, every night, what we have with what those whom we follow have."""
    from node.harvest import harvest

    await harvest(node, None, _silent)


def _silent(_line: str) -> None:
    return None
