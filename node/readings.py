"""Whom to read again soon: those who have just accepted us, and those of whom something was lost on the way.

Found in the tables at each look, so that nothing is forgotten by a restart. A few are read at once, so that one who
answers slowly keeps nobody waiting; one that was read is left alone for a while, and longer when it failed.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from node import gaps
from node.context import Node
from node.store.schema import following

log = logging.getLogger("maillage.readings")
_FAILED = timedelta(minutes=10)
_READ = timedelta(seconds=20)
_AT_ONCE = 4


class Readings:
    """What is being read, and who is left alone until when."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._not_before: dict[str, datetime] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def due(self) -> None:
        """Look for gaps, and begin to read those whose turn it is."""
        await asyncio.to_thread(gaps.look, self._node)
        waits = (following.c.state == "accepted") & (following.c.harvested.is_(None) | following.c.behind)
        with self._node.store.read() as connection:
            query = select(following.c.target, following.c.harvested).where(waits).order_by(following.c.since)
            targets = connection.execute(query).all()
        now = self._node.clock()
        for target, harvested in targets:
            is_free = target not in self._under_way and len(self._under_way) < _AT_ONCE
            if is_free and now >= self._not_before.get(target, now):
                task = asyncio.create_task(self._read(target, thorough=harvested is None))
                self._under_way[target] = task
                task.add_done_callback(partial(self._ended, target))

    def _ended(self, target: str, task: asyncio.Task[None]) -> None:
        del self._under_way[target]
        if not task.cancelled() and task.exception() is not None:
            log.error("reading actor=%s ended", target, exc_info=task.exception())
            self._not_before[target] = self._node.clock() + _FAILED

    async def _read(self, target: str, thorough: bool) -> None:
        from node.harvest import harvest

        result = await harvest(self._node, target, lambda _line: None, thorough=thorough)
        failed = any(actor.error for actor in result.actors)
        self._not_before[target] = self._node.clock() + (_FAILED if failed else _READ)

    async def stop(self) -> None:
        """Leave what is under way; the tables say that it is not done."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
