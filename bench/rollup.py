"""A million figures of five thousand places: folding them, totals by the engine of columns and in SPARQL, pages.

`MAILLAGE_BENCH_PLACES` takes fewer places. The graph of a million figures needs more memory than a SPARQL worker is
given by default: the limit is raised here, and what the worker took is printed.
"""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import func, select, update

from bench import asked, figures
from bench.council import seconds
from bench.cpu import children, cpu_seconds, rss_megabytes
from node.context import Node
from node.project import catch_up
from node.rollup import stamp
from node.rollup.build import build
from node.rollup.engine import Engine
from node.sparql.pool import Limits, database, vocabulary
from node.store.schema import cursor, observations, warnings
from node.testrig import Rig, get
from node.views.areas import FIXED
from vocab.reference import indicators

YEAR, TIMES, GETS = figures.YEARS[-1], 3, 40
MEMORY, PATIENCE = 20_000, 600.0
PAGES = ("/", "/indicators", "/indicators/visits", "/indicators/attendancePerEvent", "/themes/use",
         "/territories/23", "/places", "/quality", "/where", "/indicators/visits.json?by=departement")  # fmt: skip
_QUESTIONS = (("events", "country"), ("visits", "commune"), ("attendancePerEvent", "country"))


def measure(folder: Path) -> Iterator[dict[str, object]]:
    """One council, from its journal to its pages."""
    count = int(os.environ.get("MAILLAGE_BENCH_PLACES", figures.PLACES))
    with Rig(folder, {"council": ("aggregator",)}) as rig:
        rig.init("council")
        with rig.node("council") as node:
            rows = figures.keep(node, figures.told(count))
            yield from _folded(node, rows)
            yield from _built(node)
            medians: dict[tuple[str, str], float] = {}
            yield from _rolled(node, medians)
            yield from _in_sparql(node, medians)
        yield from _pages(rig)


def _folded(node: Node, rows: int) -> Iterator[dict[str, object]]:
    """From the journal to the projections, graph and warnings included, as an aggregator's projector does."""
    used, took = time.process_time(), seconds(lambda: catch_up(node))
    used = time.process_time() - used
    with node.cache.public.read() as public:
        given, odd = (
            public.execute(select(func.count()).select_from(each)).scalar_one() for each in (observations, warnings)
        )
    said = {"journal_rows": rows, "observations": given, "warnings": odd, "cpu_seconds": round(used, 1)}
    rates = {"observations_per_cpu_second": round(given / used), "documents_per_cpu_second": round(rows / used)}
    yield {"measure": "project.million", **said, "seconds": round(took, 1), **rates}


def _built(node: Node) -> Iterator[dict[str, object]]:
    """Every year as Parquet."""
    used, took = time.process_time(), seconds(lambda: build(node))
    size = sum(path.stat().st_size for path in stamp.folder(node).glob("*.parquet"))
    used = time.process_time() - used
    yield {"measure": "rollup.parquet", "seconds": round(took, 1), "cpu_seconds": round(used, 1), "bytes": size}
    _say_again(node)
    used = time.process_time()
    build(node)
    yield {"measure": "rollup.parquet_one_place_changed", "cpu_seconds": round(time.process_time() - used, 1)}


def _say_again(node: Node) -> None:
    """What one place says of the latest year comes from a later entry of the journal."""
    with node.cache.public.write() as public:
        later = public.execute(select(func.max(cursor.c.seq))).scalar_one() + 1
        mine = (observations.c.period == YEAR) & observations.c.place.startswith("https://site7.example/")
        public.execute(update(observations).where(mine).values(seq=later))
        public.execute(update(cursor).where(cursor.c.name == stamp.FIGURES).values(seq=later))


def _rolled(node: Node, medians: dict[tuple[str, str], float]) -> Iterator[dict[str, object]]:
    """Every indicator by every division, over the pipe as views ask; a new worker each time: nothing is kept."""
    gc.collect()
    gc.freeze()  # as a node that serves does
    took: dict[tuple[str, str], list[float]] = {}
    starts, memory = [], 0.0
    for _ in range(TIMES):
        engine = Engine(stamp.folder(node))
        try:
            starts.append(seconds(lambda engine=engine: engine.aggregates(node, "visits", "country", YEAR)) * 1000)
            for question in product(indicators(), FIXED):
                started = time.perf_counter()
                if engine.aggregates(node, *question, YEAR) is not None:
                    took.setdefault(question, []).append((time.perf_counter() - started) * 1000)
            memory = max(memory, *map(rss_megabytes, children(os.getpid())))
        finally:
            engine.close()
    took.pop(("visits", "country"))
    medians |= {question: median(each) for question, each in took.items()}
    slowest = max(medians, key=medians.__getitem__)
    every = [one for each in took.values() for one in each]
    said = {
        "median_ms": round(median(every), 1),
        "p99_ms": round(quantiles(every, n=100)[-1], 1),
        "worst_ms": round(max(every), 1),
    }
    slow = {"slowest": " by ".join(slowest), "its_median_ms": round(medians[slowest], 1), "limit_ms": 100}
    yield {"measure": "rollup", "questions": len(took), "times": TIMES, **said, **slow}
    yield {"measure": "rollup.worker", "start_ms": round(median(starts)), "rss_mb": round(memory)}


def _in_sparql(node: Node, medians: dict[tuple[str, str], float]) -> Iterator[dict[str, object]]:
    """The same questions to the worker of `/sparql`, which must give the same answers; ours, for the first time since
    the network changed and again."""
    limits = Limits(seconds=PATIENCE, memory=MEMORY, rows=50_000)
    arguments = (str(database(node)), str(limits.memory), *map(str, vocabulary()))
    line, engine = [sys.executable, "-m", "node.sparql.worker", *arguments], Engine(stamp.folder(node))
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        started = time.perf_counter()
        asked.ready(worker)
        took, memory = time.perf_counter() - started, rss_megabytes(worker.pid)
        yield {"measure": "sparql.graph", "load_seconds": round(took, 1), "rss_mb": round(memory), "limit_mb": MEMORY}
        for name, by in _QUESTIONS:
            ours = engine.aggregates(node, name, by, YEAR)
            assert ours is not None
            again = median(seconds(lambda: engine.aggregates(node, name, by, YEAR)) for _ in range(GETS)) * 1000  # noqa: B023
            answers = [asked.answered(worker, asked.query(name, by, YEAR), limits) for _ in range(3)]
            assert all(asked.agrees(name, said, ours) for _, said in answers), name
            theirs, first = median(took for took, _ in answers) * 1000, medians[name, by]
            said = {"sparql_ms": round(theirs), "rollup_first_ms": round(first, 1), "rollup_again_ms": round(again, 2)}
            times = {"times_faster_first": round(theirs / first, 1), "times_faster_again": round(theirs / again)}
            yield {"measure": "sparql.rollup", "question": f"{name} by {by}", **said, **times, "wanted": 100}
        worker.kill()
    engine.close()


def _pages(rig: Rig) -> Iterator[dict[str, object]]:
    """What a council reads, from a node that serves it."""
    rig.start("council")
    rig.ready()
    rig.settled()
    with rig.node("council") as node:
        rig.wait("council", lambda: not stamp.is_behind(node), 600)
    url, pid = rig["council"].url, rig.process("council").pid
    every: list[float] = []
    for path in PAGES:
        answered = get(url + path, "*/*" if "." in path else "text/html", timeout=60)
        assert answered.status == 200, (path, answered.status)
        used = cpu_seconds(pid)
        took = [seconds(lambda path=path: get(url + path, "text/html", timeout=60)) * 1000 for _ in range(GETS)]
        used = (cpu_seconds(pid) - used) / GETS * 1000
        every += took
        yield {"measure": "page", "path": path, "p95_ms": round(_p95(took), 1), "cpu_ms": round(used, 1)}
    yield {"measure": "pages", "p95_ms": round(_p95(every), 1), "limit_ms": 200}
    yield {"measure": "memory.council", "rss_mb": round(rss_megabytes(pid), 1)}


def _p95(took: Sequence[float]) -> float:
    return quantiles(took, n=20, method="inclusive")[-1]
