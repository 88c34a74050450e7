"""Fan-out: activities of one place to a thousand inboxes, each POST signed (RSA-2048), per CPU-second of the site.

Durable from end to end: the deliveries are rows before the first leaves, and each is settled on the disk.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, insert, select

from bench import fedify
from bench.cpu import cpu_seconds, rss_megabytes
from bench.crowd import crowd
from bench.inbox import bare
from node.cli.road import FILES
from node.context import Node
from node.outgoing import update_actor
from node.places import add_place
from node.store.schema import deliveries, followers, peers
from node.testrig import Rig
from vocab.intake.place import place_toml
from vocab.model import Place

FOLLOWERS = 1_000
ACTIVITIES = 4
WANTED = 1_100


def measure(folder: Path) -> Iterator[dict[str, object]]:
    """Followers are rows with an inbox each at a bare server; the place says four times what it is."""
    with bare() as (url, _), Rig(folder, {"fanout": ("site",)}) as rig:
        rig.init("fanout")
        rig.allow(url.removeprefix("http://"))
        with rig.node("fanout") as node:
            place = place_toml((FILES / "gueret" / "place.toml").read_text("utf-8"), node.config.place("gueret"))
            assert isinstance(place, Place)
            add_place(node, "gueret", place)
            follow(node, "gueret", url)
        rig.start("fanout")
        rig.ready()
        pid, started = rig.process("fanout").pid, time.monotonic()
        before = cpu_seconds(pid)
        with rig.node("fanout") as node:
            for _ in range(ACTIVITIES):
                node.store.write(lambda connection: update_actor(connection, node, "gueret"))
        rig.settled(timeout=120)
        used, took = cpu_seconds(pid) - before, time.monotonic() - started
        memory = rss_megabytes(pid)
        with rig.node("fanout") as node, node.store.read() as connection:
            query = select(func.count()).where(deliveries.c.state == "delivered")
            delivered = connection.execute(query).scalar_one()
        found = delivered / max(used, 0.01)
        if fedify.is_installed():
            inboxes = [f"{url}/places/p{number}/inbox" for number in range(FOLLOWERS)]
            theirs = fedify.fedify_fanout(folder, crowd(1)[0], inboxes, ACTIVITIES)
            said = {"posts_per_cpu_second": round(theirs), "ours_is_times": round(found / theirs, 2)}
            yield {"measure": "fanout.fedify", **said, "wanted_times": 1.3}
    yield {
        "measure": "fanout",
        "posts_per_cpu_second": round(found),
        "wanted": WANTED,
        "posts_per_second": round(delivered / took),
        "delivered": delivered,
        "queued": FOLLOWERS * ACTIVITIES,
        "rss_mb": round(memory, 1),
    }


def follow(node: Node, slug: str, url: str, count: int = FOLLOWERS) -> None:
    names = [f"{url}/places/p{number}" for number in range(count)]
    now = "2026-01-01T00:00:00Z"
    accepted = {"actor": node.config.actor(slug), "state": "accepted", "since": now}
    rows = [accepted | {"follower": name, "follow": name + "/follow"} for name in names]
    host = url.removeprefix("http://")
    known = [
        {"actor": name, "inbox": name + "/inbox", "document": b"{}", "host": host, "fetched": now} for name in names
    ]
    node.store.write(
        lambda connection: (connection.execute(insert(peers), known), connection.execute(insert(followers), rows))
    )
