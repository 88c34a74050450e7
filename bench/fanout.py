"""Fan-out: one publication to many inboxes of one host, each POST signed, per CPU-second of the site."""

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import insert

from bench.cpu import cpu_seconds
from bench.inbox import bare
from node.cli.road import FILES
from node.context import Node
from node.places import add_place
from node.publish import publish
from node.store.schema import followers, peers
from node.testrig import Rig
from vocab.intake.place import place_toml
from vocab.model import Place

FOLLOWERS = 400


def measure(folder: Path) -> Iterator[dict[str, object]]:
    """Followers are rows with an inbox at a bare server; the description is published to all of them."""
    with bare() as (url, _), Rig(folder, {"fanout": ("site",)}) as rig:
        rig.init("fanout")
        rig.allow(url.removeprefix("http://"))
        with rig.node("fanout") as node:
            place = place_toml((FILES / "gueret" / "place.toml").read_text("utf-8"), node.config.place("gueret"))
            assert isinstance(place, Place)
            add_place(node, "gueret", place)
            _follow(node, url)
        rig.start("fanout")
        rig.ready()
        rig.settled()
        pid, started = rig.process("fanout").pid, time.monotonic()
        before = cpu_seconds(pid)
        with rig.node("fanout") as node:
            queued = publish(node).queued
        rig.settled(timeout=120)
        used, took = cpu_seconds(pid) - before, time.monotonic() - started
    yield {
        "measure": "fanout",
        "posts_per_cpu_second": round(queued / max(used, 0.01)),
        "posts_per_second": round(queued / took),
        "queued": queued,
    }


def _follow(node: Node, url: str) -> None:
    names = [f"{url}/places/p{number}" for number in range(FOLLOWERS)]
    now = "2026-01-01T00:00:00Z"
    accepted = {"actor": node.config.actor("gueret"), "state": "accepted", "since": now}
    rows = [accepted | {"follower": name, "follow": name + "/follow"} for name in names]
    known = [
        {
            "actor": name,
            "inbox": name + "/inbox",
            "document": b"{}",
            "implements": True,
            "host": url.removeprefix("http://"),
            "fetched": now,
        }
        for name in names
    ]
    node.store.write(
        lambda connection: (connection.execute(insert(peers), known), connection.execute(insert(followers), rows))
    )
