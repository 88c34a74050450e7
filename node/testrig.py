"""Several real nodes on loopback, each in a process and a folder of its own: for tests, the demo and benchmarks.

Nothing is simulated: the processes are `maillage serve`, and they speak over real sockets. Ports are chosen before
anything starts, because every node's allow-list names the others.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from node.context import Node, init_node, open_node

HOST = "127.0.0.1"
_ROOT = Path(__file__).resolve().parents[1]
_OPENER = build_opener(ProxyHandler({}))


class RigError(Exception):
    """A node did not do in time what was waited for; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Member:
    """One node of the rig."""

    name: str
    roles: tuple[str, ...]
    dir: Path
    port: int

    @property
    def authority(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    @property
    def log(self) -> Path:
        return self.dir.with_suffix(".log")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a URL answered."""

    status: int
    type: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def get(url: str, accept: str = "*/*", timeout: float = 10) -> Answer:
    """A plain GET that no proxy sees; an HTTP error is an answer too."""
    try:
        with _OPENER.open(Request(url, headers={"Accept": accept}), timeout=timeout) as response:  # noqa: S310
            return Answer(response.status, response.headers.get_content_type(), response.read())
    except HTTPError as error:
        with error:
            return Answer(error.code, error.headers.get_content_type(), error.read())


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nobody listens on now, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return tuple(each.getsockname()[1] for each in sockets)


class Rig:
    """The nodes of one test or demo. Use as a context manager: every process is stopped at the end."""

    def __init__(self, folder: Path, roles: Mapping[str, tuple[str, ...]]) -> None:
        ports = free_ports(len(roles))
        self.members = {
            name: Member(name, role, Path(folder) / name, port)
            for (name, role), port in zip(roles.items(), ports, strict=True)
        }
        self._peers = [member.authority for member in self.members.values()]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __getitem__(self, name: str) -> Member:
        return self.members[name]

    def allow(self, authority: str) -> None:
        """Let the nodes that start from now on speak to one more host:port."""
        self._peers.append(authority)

    def environ(self) -> dict[str, str]:
        """The environment of every node: our own, without its MAILLAGE_ options, with the allow-list of the rig."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MAILLAGE_")}
        path = os.pathsep.join(filter(None, (str(_ROOT), kept.get("PYTHONPATH", ""))))
        return kept | {"MAILLAGE_FEDERATION__LOOPBACK_PEERS": ",".join(self._peers), "PYTHONPATH": path}

    def init(self, name: str, title: str = "") -> None:
        """Make the folder of a node."""
        member = self[name]
        init_node(member.dir, member.url, member.roles, title or name, self.environ()).close()

    @contextmanager
    def node(self, name: str) -> Iterator[Node]:
        """The node of a member, opened beside its process, as a command would."""
        node = open_node(self[name].dir, self.environ())
        try:
            yield node
        finally:
            node.close()

    def command(self, name: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """One command of the command line, in a process of its own."""
        line = [sys.executable, "-m", "node", "--dir", str(self[name].dir), *words]
        return subprocess.run(line, env=self.environ(), capture_output=True, text=True, check=False)

    def start(self, *names: str) -> None:
        """Start the processes of these nodes (all of them, when none is named); does not wait."""
        for name in names or tuple(self.members):
            member = self[name]
            line = [sys.executable, "-m", "node", "--dir", str(member.dir), "serve", "--bind", member.authority]
            with member.log.open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    line, env=self.environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )

    def process(self, name: str) -> "subprocess.Popen[bytes]":
        """The running process of a node, to look at or to kill."""
        return self._processes[name]

    def ready(self, *names: str, timeout: float = 30) -> None:
        """Wait until these nodes (all that were started, when none is named) answer `/readyz`."""
        for name in names or tuple(self._processes):
            self.wait(name, lambda name=name: self._readyz(name) is not None, timeout)

    def settled(self, timeout: float = 30) -> None:
        """Wait until no running node has anything left to deliver or to project."""

        def calm() -> bool:
            said = [self._readyz(name) for name in self._processes]
            return all(s is not None and not s["deliveries_waiting"] and not s["entries_to_project"] for s in said)

        for name in tuple(self._processes)[:1]:
            self.wait(name, calm, timeout)

    def _readyz(self, name: str) -> dict[str, Any] | None:
        with suppress(URLError, ConnectionError, TimeoutError, ValueError):
            answer = get(self[name].url + "/readyz", timeout=5)
            return answer.json() if answer.status == 200 else None
        return None

    def wait(self, name: str, done: Any, timeout: float = 30) -> None:
        """Ask `done()` again and again; raises `RigError` when the time is over or the node has died."""
        end = time.monotonic() + timeout
        while not done():
            process = self._processes.get(name)
            if process is not None and process.poll() is not None:
                raise RigError(f"{name}: {process.returncode}\n{self._tail(name)}")
            if time.monotonic() > end:
                raise RigError(f"{name}: {timeout} s\n{self._tail(name)}")
            time.sleep(0.05)

    def _tail(self, name: str) -> str:
        with suppress(OSError):
            return "\n".join(self[name].log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        return ""

    def stop(self, *names: str) -> None:
        """Stop these nodes (all, when none is named) with SIGTERM, then SIGKILL."""
        chosen = {name: self._processes.pop(name) for name in names or tuple(self._processes)}
        for process in chosen.values():
            process.terminate()
        for process in chosen.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
