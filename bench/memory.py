"""Memory of a site node that idles, after a place was published and its page read; and the time of `--help`."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.council import seconds
from bench.cpu import children, rss_megabytes
from node.cli.road import FILES
from node.places import add_place
from node.publish import publish
from node.testrig import Rig, get
from vocab.intake.place import place_toml
from vocab.model import Place


def measure(folder: Path) -> Iterator[dict[str, object]]:
    """Resident memory of the site and of what runs below it."""
    with Rig(folder, {"site": ("site",)}) as rig:
        rig.init("site")
        with rig.node("site") as node:
            place = place_toml((FILES / "gueret" / "place.toml").read_text("utf-8"), node.config.place("gueret"))
            assert isinstance(place, Place)
            add_place(node, "gueret", place)
            publish(node)
        rig.start("site")
        rig.ready()
        rig.settled()
        pid = rig.process("site").pid
        fresh = rss_megabytes(pid)
        for accept in ("text/html", "application/activity+json"):
            get(rig["site"].url + "/places/gueret", accept)
            get(rig["site"].url + "/", accept)
        time.sleep(3)
        below = [rss_megabytes(child) for child in children(pid)]
        idle = {"rss_mb": round(rss_megabytes(pid), 1), "before_any_page_mb": round(fresh, 1)}
        yield {"measure": "memory.site", **idle, "children": len(below), "limit_mb": 85}
    line = [sys.executable, "-m", "node", "--help"]
    took = min(seconds(lambda: subprocess.run(line, capture_output=True, check=True)) for _ in range(3))
    yield {"measure": "help", "seconds": round(took, 3), "limit": 0.3}
