"""Group commit under any interleaving: what was answered is kept once, what raised is not, and no version goes back.

Tasks of one process in groups, another process between them, acts that raise, callers that give up, a closed store.
"""

import asyncio
import atexit
import shutil
import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Connection, select

from federation.errors import Refused
from federation.inbox import Verified
from node.context import Node, open_node
from node.store.engine import DATABASE, Store
from node.store.schema import blobs, documents, journal
from node.taking import Taken, take
from tests.fuzz.crowd import Model, crowd, same_bytes
from tests.node.net import free_ports, make

Answered = Taken | Refused | BaseException
_WAYS = ("take", "take", "take", "take", "raise", "cancel", "other")


class Broken(Exception):
    """An act that fails once it has written."""


@cache
def new_node() -> Path:
    """The folder of a node that has received nothing yet."""
    folder = Path(tempfile.mkdtemp(prefix="maillage-fuzz-"))
    atexit.register(shutil.rmtree, folder)
    [port] = free_ports(1)
    make(folder / "node", port, [port]).close()
    return folder / "node"


class Interleaved(RuleBasedStateMachine):
    """One node, and everything that was ever answered."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="maillage-fuzz-"))
        shutil.copytree(new_node(), self.folder / "node")
        self.loop = asyncio.Runner()
        self.answered: dict[str, int] = {}
        self._open()

    def _open(self) -> None:
        self.node = open_node(self.folder / "node", {})
        self.other = Store.open(self.node.dir)

    def _act(self, node: Node, verified: Verified, way: str) -> Any:
        def act(connection: Connection) -> Taken | Refused:
            taken = take(connection, node, verified)
            if way == "raise":
                raise Broken
            return taken

        return act

    @rule(
        group=st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(_WAYS), st.integers(0, 2)), max_size=8),
        is_held=st.booleans(),
    )
    def some_at_once(self, group: list[tuple[int, str, int]], is_held: bool) -> None:
        chosen = [(crowd()[number % len(crowd())], way, wait) for number, way, wait in group]
        self.loop.run(self._at_once(chosen, is_held))

    async def _at_once(self, chosen: list[tuple[Verified, str, int]], is_held: bool) -> None:
        holder = self._hold() if is_held else None
        tasks = []
        for verified, way, wait in chosen:
            act = self._act(self.node, verified, way)
            writing = asyncio.to_thread(self.other.write, act) if way == "other" else self.node.store.awrite(act)
            task = asyncio.create_task(writing)
            for _ in range(wait):
                await asyncio.sleep(0)
            if way == "cancel":
                task.cancel()
            tasks.append((verified, way, task))
        if holder is not None:
            await asyncio.sleep(0.002)
            holder.rollback()
            holder.close()
        answers = await asyncio.gather(*(task for *_, task in tasks), return_exceptions=True)
        for (verified, way, _), answer in zip(tasks, answers, strict=True):
            self._note(verified, way, answer)
        await self.node.store.awrite(lambda _: None)  # what nobody waits for any more has ended too

    def _hold(self) -> sqlite3.Connection:
        """Another process has the write lock."""
        holder = sqlite3.connect(self.node.dir / DATABASE, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        return holder

    def _note(self, verified: Verified, way: str, answer: Answered) -> None:
        if isinstance(answer, Taken):
            assert way != "raise"
            assert self.answered.setdefault(verified.facts.id, answer.seq) == answer.seq
        elif isinstance(answer, Refused):
            assert answer.reason == "stored_owner"
        else:
            assert isinstance(answer, Broken if way == "raise" else asyncio.CancelledError), answer

    @rule()
    def close_and_open_again(self) -> None:
        self.other.close()
        self.node.close()
        self._open()

    @invariant()
    def the_journal_says_what_happened(self) -> None:
        if not hasattr(self, "node"):
            return
        with self.node.store.read() as connection:
            rows = connection.execute(select(journal).order_by(journal.c.seq)).all()
            kept = {(row.seq, row.kind): row.bytes for row in connection.execute(select(blobs))}
            stored = connection.execute(select(documents)).all()
        said = {verified.facts.id: verified for verified in crowd()}
        model, found = Model(), {}
        for row in rows:
            verified = said[row.activity]
            assert row.activity not in found, "taken twice"
            assert row.verdict == model.takes(verified)
            found[row.activity] = row.seq
        for activity, seq in found.items():
            bytes_ = {kind: kept[seq, kind] for kind in ("activity", "document") if (seq, kind) in kept}
            is_erased = activity not in model.rows.get(said[activity].facts.object_id, ())
            assert same_bytes(said[activity], bytes_, is_erased), activity
        assert self.answered.items() <= found.items()
        assert {(row.id, row.owner, row.version, row.digest, row.deleted is not None) for row in stored} == {
            (name, each.owner, each.version, each.digest, each.is_deleted) for name, each in model.documents.items()
        }

    def teardown(self) -> None:
        if hasattr(self, "node"):
            self.other.close()
            self.node.close()
            self.loop.close()
            shutil.rmtree(self.folder)


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(stateful_step_count=9)
