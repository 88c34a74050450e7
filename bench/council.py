"""A council with a real directory: import, rebuild, totals, SPARQL. Reads ../shared when it is there."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from bench.cpu import children, rss_megabytes
from node.cli.road import EXAMPLES
from node.importers.intake import import_file
from node.project import catch_up, rebuild
from node.testrig import Rig, get
from node.views.totals import totals

TIMES = 15
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?p a <https://w3id.org/tierslieux/ns#TiersLieu> }"
BY_COMMUNE = """PREFIX tl: <https://w3id.org/tierslieux/ns#>
SELECT ?family (COUNT(?p) AS ?n) WHERE { ?p a tl:TiersLieu ; tl:typology ?family ; tl:commune ?c } GROUP BY ?family"""


def directory() -> Path:
    """The real directory, else the sample of the repository."""
    shared = Path(os.environ.get("MAILLAGE_SHARED") or EXAMPLES.parents[1] / "shared") / "data" / "tierslieux.csv"
    return shared if shared.exists() else EXAMPLES / "import_sample.csv"


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _timed(name: str, act: Callable[[], object]) -> dict[str, object]:
    took = sorted(seconds(act) * 1000 for _ in range(TIMES))
    return {"measure": name, "median_ms": round(median(took), 1), "worst_ms": round(took[-1], 1), "times": TIMES}


def measure(folder: Path) -> Iterator[dict[str, object]]:
    """One node through its whole life: import, fold, fold again, answer."""
    file = directory()
    with Rig(folder, {"council": ("aggregator",)}) as rig:
        rig.init("council")
        with rig.node("council") as node:
            took = seconds(lambda: import_file(node, file, "anct"))
            with file.open(encoding="utf-8-sig") as lines:
                rows = sum(1 for _ in lines) - 1
            yield {"measure": "import", "rows": rows, "seconds": round(took, 2), "rows_per_second": round(rows / took)}
            yield {"measure": "project", "seconds": round(seconds(lambda: catch_up(node)), 2), "rows": rows}
            yield {"measure": "rebuild", "seconds": round(seconds(lambda: rebuild(node)), 2), "rows": rows}
            for by in ("country", "departement"):
                yield _timed(f"totals.{by}", lambda by=by: totals(node, "placesCount", by, "2025"))
        rig.start("council")
        rig.ready()
        url = rig["council"].url
        for name, query in (("count", COUNT), ("typology", BY_COMMUNE)):
            address = f"{url}/sparql?{urlencode({'query': query})}"
            first = seconds(lambda address=address: get(address, "application/sparql-results+json"))
            answered = _timed(f"sparql.{name}", lambda address=address: get(address, "application/sparql-results+json"))
            yield answered | {"first_ms": round(first * 1000)}
        pid = rig.process("council").pid
        below = sum(map(rss_megabytes, children(pid)))
        yield {
            "measure": "memory.aggregator",
            "rss_mb": round(rss_megabytes(pid), 1),
            "children_rss_mb": round(below, 1),
        }
