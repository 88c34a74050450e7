"""Two hundred places on one node: making and publishing them, what the pages of their host and of a reader cost."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from node.people import accounts, roles, sessions
from node.people.roles import Role
from node.places import add_place
from node.publish import publish
from node.testrig import Rig
from tests.node.net import place

PLACES, READS = 200, 40
_OPENER = build_opener(ProxyHandler({}))


def measure(folder: Path) -> Iterator[dict[str, Any]]:
    """Milliseconds of a place that is made, of all that are published, and of each page in turn."""
    with Rig(folder, {"host": ("site",)}) as rig:
        rig.init("host")
        with rig.node("host") as node:
            host = accounts.create(node, "host@example.org", "Host", "une phrase bien longue", True).id
            began = time.perf_counter()
            for number in range(PLACES):
                add_place(node, f"lieu_{number}", place(node, f"lieu_{number}", f"Lieu {number}"))
            made = time.perf_counter()
            publish(node)
            yield {
                "measure": "hosting",
                "places": PLACES,
                "made_ms": round(1000 * (made - began) / PLACES, 1),
                "published_all_ms": round(1000 * (time.perf_counter() - made)),
            }
            roles.give(node, host, "lieu_0", Role.OWNER)
            cookie = f"{sessions.COOKIE}={sessions.begin(node, host)}"
        rig.start("host")
        rig.ready("host")
        rig.settled()
        for path in ("/manage/host", "/manage", "/manage/lieu_0", "/manage/lieu_0/team", "/places/lieu_0", "/"):
            yield {"measure": "hosting_page", "path": path} | _read(rig["host"].url + path, cookie)
        status = Path(f"/proc/{rig.process('host').pid}/status").read_text(encoding="utf-8")
        resident = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        yield {"measure": "hosting_memory", "peak_mb": round(int(resident.split()[1]) / 1000)}


def _read(url: str, cookie: str) -> dict[str, Any]:
    spent, size = [], 0
    for _ in range(READS):
        began = time.perf_counter()
        with _OPENER.open(Request(url, headers={"Cookie": cookie, "Accept": "text/html"}), timeout=30) as answer:
            size = len(answer.read())
        spent.append(1000 * (time.perf_counter() - began))
    spent.sort()
    return {"p50_ms": round(spent[READS // 2], 1), "p95_ms": round(spent[int(READS * 0.95)], 1), "bytes": size}
