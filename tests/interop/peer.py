"""Somebody else's server in a process of its own, told what to do in JSON lines; never our own code on both sides."""

import json
import os
import select
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from sqlalchemy import text

from node.places import add_place
from node.publish import publish
from node.testrig import HOST, Answer, Member, Rig, free_ports
from tests.node.net import place

HERE = Path(__file__).resolve().parent
SLUG = "etabli"
FEDIFY = HERE / "fedify"
BOVINE = HERE.parents[1] / ".venv" / "interop" / "bin" / "python"
NODE = FEDIFY / "node_modules" / ".bin" / "node"
PATIENCE = 40.0
_OPENER = build_opener(ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Peer:
    """A running peer: `ask` sends one line and reads one."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def authority(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    def ask(self, action: str, **told: Any) -> Any:
        """What the peer answers; its error is a failure of the test."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": action, **told}).encode() + b"\n")
        self.process.stdin.flush()
        said = self.hear()
        assert "error" not in said, f"{action}: {said['error']}\n{self.log.read_text('utf-8')[-2000:]}"
        return said.get("answer")

    def hear(self) -> dict[str, Any]:
        """The next line of the peer."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else b""
        assert line, f"the peer said nothing\n{self.log.read_text('utf-8')[-2000:]}"
        said: dict[str, Any] = json.loads(line)
        return said


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """A POST that no proxy sees."""
    try:
        with _OPENER.open(Request(url, body, dict(headers)), timeout=PATIENCE) as response:
            return Answer(response.status, response.headers.get_content_type(), response.read())
    except HTTPError as error:
        with error:
            return Answer(error.code, error.headers.get_content_type(), error.read())


def until(true: Any, seconds: float = PATIENCE) -> Any:
    """Wait for something to become true, and give it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.05)
    return found


@dataclass(frozen=True, slots=True)
class Meeting:
    """A node with one place, and a peer with one actor, that may speak to each other."""

    rig: Rig
    peer: Peer

    @property
    def member(self) -> Member:
        return self.rig["site"]

    @property
    def place(self) -> str:
        return f"{self.member.url}/places/{SLUG}"

    def rows(self, query: str, **values: str) -> list[tuple[Any, ...]]:
        """Rows of the node's truth."""
        with self.rig.node("site") as node, node.store.read() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def taken(self, kind: str, iri: str) -> list[tuple[Any, ...]]:
        """How activities of one type about one object were verified, and what they did."""
        query = "SELECT verified, verdict FROM journal WHERE direction = 'in' AND type = :kind AND object = :iri"
        return self.rows(query, kind=kind, iri=iri)


def a_place(rig: Rig, friend: str) -> None:
    """Make the node `site` of a rig, with a published place that accepts one follower at once; and start it."""
    rig.init("site")
    with rig.node("site") as node:
        add_place(node, SLUG, place(node, SLUG, lat=Decimal("46.17"), lon=Decimal("1.87")), accept=[friend])
        publish(node)
    rig.start()
    rig.ready()


@contextmanager
def running(rig: Rig, line: Sequence[str], *words: str) -> Iterator[Peer]:
    """Start `line PORT words…` on a port that the nodes of the rig may speak to, and wait until it is ready."""
    (port,) = free_ports(1)
    rig.allow(f"{HOST}:{port}")
    folder = next(iter(rig.members.values())).dir.parent
    log = folder / f"peer-{port}.log"
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*line, str(port), *words],
            cwd=folder,
            env=kept,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    with process:
        try:
            peer = Peer(port, process, log)
            assert "ready" in peer.hear()
            yield peer
        finally:
            process.kill()


@contextmanager
def fedify(rig: Rig, dialect: str) -> Iterator[Peer]:
    """A Fedify server of one dialect of HTTP signatures; the test is skipped where it is not installed."""
    if not NODE.exists():
        pytest.skip("Fedify is not installed: npm is absent, or `make tests/interop/fedify/node_modules` failed")
    with running(rig, (str(NODE), str(FEDIFY / "server.mjs")), dialect) as peer:
        yield peer


@contextmanager
def bovine(rig: Rig, script: str = "bovine_actor.py") -> Iterator[Peer]:
    """A bovine actor, or another script of its environment."""
    if not BOVINE.exists():
        pytest.skip("bovine is not installed: make .venv/installed-interop")
    with running(rig, (str(BOVINE), str(HERE / script))) as peer:
        yield peer
