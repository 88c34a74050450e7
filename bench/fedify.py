"""Fedify beside us: its inbox and its fan-out, in a process of their own, asked what ours are asked.

Both are one process and both write to SQLite as ours do (WAL, `synchronous=FULL`, one commit for what arrives
together). The public keys of the senders are in Fedify's cache of keys beforehand; it verifies every signature.
"""

import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.cpu import cpu_seconds
from bench.crowd import Peer
from node.testrig import HOST, free_ports

SCRIPTS = Path(__file__).with_suffix("")
NODE = Path(__file__).parents[1] / "tests" / "interop" / "fedify" / "node_modules" / ".bin" / "node"
_LINE = (str(NODE), "--disable-warning=ExperimentalWarning")


def is_installed() -> bool:
    """Whether `make` could install it (npm may be absent)."""
    return NODE.exists()


@contextmanager
def fedify_inbox(folder: Path, peers: Sequence[Peer], queued: bool = False) -> Iterator[tuple[str, int]]:
    """A Fedify server that knows these actors' keys: the URL of its inbox, and its process id.

    `queued`: what it verified waits in a queue on the disk, as its manual advises; `stored` tells when it was read.
    """
    (port,) = free_ports(1)
    keys = folder / "fedify-keys.jsonl"
    known = ({"id": p.id + "#main-key", "owner": p.id, "pem": p.keys.public_pem} for p in peers)
    keys.write_text("".join(json.dumps(key) + "\n" for key in known), encoding="utf-8")
    for file in folder.glob(_database(folder).name + "*"):  # the log of one that was killed, too
        file.unlink()
    words = (str(port), str(keys), str(_database(folder)), *(["queued"] if queued else []))
    with _running("inbox.mjs", *words) as process:
        yield f"http://{HOST}:{port}/inbox", process.pid


def kept(folder: Path) -> int:
    """How many activities its database holds, also after a SIGKILL."""
    with sqlite3.connect(_database(folder)) as connection:
        return int(connection.execute("SELECT count(*) FROM activities").fetchone()[0])


def stored(folder: Path, count: int) -> None:
    """Wait until its database holds so many activities."""
    while kept(folder) < count:
        time.sleep(0.02)


def fedify_fanout(
    folder: Path, sender: Peer, inboxes: Sequence[str], activities: int = 1, durable: bool = True
) -> float:
    """Signed POSTs per CPU-second: `activities`, each to every inbox, from a queue on the disk unless not `durable`.

    Cavage signatures with the sender's RSA-2048 key. An activity is also given, once, a Linked Data signature:
    Fedify cannot be told not to.
    """
    key, listed, queue = folder / "fedify-key.pem", folder / "fedify-inboxes.json", folder / "fedify-queue.sqlite"
    key.write_bytes(sender.keys.to_pems()[0])
    listed.write_text(json.dumps(list(inboxes)), encoding="utf-8")
    queue.unlink(missing_ok=True)
    words = (str(key), sender.id, str(listed), str(activities), str(queue) if durable else "-")
    with _running("fanout.mjs", *words) as process:
        before = cpu_seconds(process.pid)
        sent = int(_told(process, "go"))
        used = cpu_seconds(process.pid) - before
    if sent != activities * len(inboxes):
        raise RuntimeError(f"{sent} sent")
    return sent / max(used, 0.01)


def _database(folder: Path) -> Path:
    return folder / "fedify.sqlite"


@contextmanager
def _running(script: str, *words: str) -> "Iterator[subprocess.Popen[str]]":
    """A script once it has said that it is ready."""
    line = (*_LINE, str(SCRIPTS / script), *words)
    plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with subprocess.Popen(line, env=plain, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError(f"{script} did not start")
            yield process
        finally:
            process.kill()


def _told(process: "subprocess.Popen[str]", word: str) -> str:
    """Say a line, and hear one."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()
