"""A node as its operator runs it, in a process that can be killed, and a stranger who posts to it without a pause."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from node.context import Node
from tests.node.net import peers_of, rows
from tests.node.sender import Sender

ROOT = Path(__file__).parents[2]
ACTIVITIES = """SELECT j.activity, b.bytes FROM blobs b JOIN journal j USING (seq)
    WHERE b.kind = 'activity' AND j.actor = '{}'"""
ORPHANS = """SELECT count(*) FROM journal j WHERE j.digest IS NOT NULL AND j.actor = '{}'
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.seq = j.seq)"""


class Process:
    """`maillage serve` of the node in a folder, which answers at `authority`."""

    def __init__(self, folder: Path, authority: str, ports: list[int]) -> None:
        command = [sys.executable, "-m", "node", "--dir", str(folder), "serve", "--bind", authority]
        environment = os.environ | peers_of(ports)
        self.popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        self.url = f"http://{authority}"

    @classmethod
    def of(cls, node: Node, ports: list[int]) -> "Process":
        return cls(node.dir, node.config.authority, ports)

    async def ready(self, session: aiohttp.ClientSession) -> None:
        for _ in range(400):
            assert self.popen.poll() is None, "it ended by itself"
            try:
                async with session.get(self.url + "/healthz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.03)
        raise AssertionError("it never answered")

    def kill(self) -> None:
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()

    def stop(self) -> None:
        """As an operator stops it; it must end well."""
        self.popen.terminate()
        assert self.popen.wait(20) == 0


@dataclass
class Load:
    """Reports that a stranger posts, each another; `refused`: the statuses of those that were not acknowledged."""

    sender: Sender
    inbox: str
    numbers: int = 0
    refused: list[int] = field(default_factory=list)

    def say(self) -> str:
        self.numbers += 1
        name = f"{self.numbers}"
        return self.sender.say(name, "Create", self.sender.report("r" + name, self.numbers))

    async def post(self, session: aiohttp.ClientSession, activity: str) -> int:
        """Post it; its status, 0 when there was no answer."""
        body = self.sender.sent[activity]
        try:
            async with session.post(self.inbox, data=body, headers=self.sender.headers(self.inbox, body)) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return 0
        if answer.status == 202:
            self.sender.acknowledged.add(activity)
        else:
            self.refused.append(answer.status)
        return answer.status

    async def until_it_dies(self, session: aiohttp.ClientSession) -> None:
        """One after the other, as fast as they are answered."""
        while await self.post(session, self.say()):
            pass

    def check(self, node: Node) -> None:
        """All that was acknowledged is in the journal, once, with its bytes and its document, and nothing else."""
        found = rows(node, f"SELECT activity, count(*) FROM journal WHERE actor='{self.sender.id}' GROUP BY 1")
        kept = dict(found)
        assert self.sender.acknowledged - kept.keys() == set(), "lost"
        assert set(kept.values()) <= {1}, "twice"
        for activity, raw in rows(node, ACTIVITIES.format(self.sender.id)):
            assert self.sender.sent[str(activity)] == raw
        assert rows(node, ORPHANS.format(self.sender.id)) == [(0,)]
        assert rows(node, "PRAGMA integrity_check") == [("ok",)]
