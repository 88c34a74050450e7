"""A million figures of five thousand places: folding them, totals by the engine of columns and in SPARQL, pages.

`MAILLAGE_BENCH_PLACES` takes fewer places. The graph of a million figures needs more memory than a SPARQL worker is
given by default: the limit is raised here, and what the worker took is printed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import func, select

from bench import figures
from bench.council import seconds
from bench.cpu import children, cpu_seconds, rss_megabytes
from node.context import Node
from node.project import catch_up
from node.rollup import stamp
from node.rollup.build import build
from node.rollup.engine import Engine
from node.sparql.frames import Reply
from node.sparql.pool import Ask, Limits, database, prepared, vocabulary
from node.store.schema import observations, warnings
from node.testrig import Rig, get
from node.views.areas import FIXED
from vocab.reference import indicators

YEAR, TIMES, GETS = figures.YEARS[-1], 3, 40
MEMORY, PATIENCE = 20_000, 600.0
PAGES = ("/", "/indicators", "/indicators/visits", "/indicators/attendancePerEvent", "/themes/use",
         "/territories/23", "/places", "/quality", "/where", "/indicators/visits.json?by=departement")  # fmt: skip
_PREFIXES = """PREFIX tl: <https://w3id.org/tierslieux/ns#> PREFIX tli: <https://w3id.org/tierslieux/indicator/>
PREFIX sdmx: <http://purl.org/linked-data/sdmx/2009/dimension#>
"""
_FIGURE = """?{v}o tl:place ?p ; tl:indicator tli:{name} ; sdmx:refPeriod "{year}" ; tl:value ?{v} .
FILTER NOT EXISTS {{ ?{v}o tl:breakdown ?{v}b }} """
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
    yield {"measure": "rollup.parquet_again", "seconds": round(seconds(lambda: build(node)), 3)}


def _rolled(node: Node, medians: dict[tuple[str, str], float]) -> Iterator[dict[str, object]]:
    """Every indicator by every division, over the pipe as views ask; a new worker each time: nothing is kept."""
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


def _sparql(name: str, by: str) -> str:
    """The sum, or the sums of those that report both, and how many report: without coverage, which makes it easier."""
    rule, year = indicators()[name], YEAR
    parts = (rule.numerator, rule.denominator) if rule.kind == "ratio" else (name,)
    body = " ".join(_FIGURE.format(v="xy"[at], name=part, year=year) for at, part in enumerate(parts))
    sums = " ".join(f"(SUM(?{v}) AS ?sum_{v})" for v in "xy"[: len(parts)])
    area, group = ("?c", " GROUP BY ?c") if by == "commune" else ("", "")
    where = "?p tl:commune ?c . " if area else ""
    return f"{_PREFIXES}SELECT {area} {sums} (COUNT(?x) AS ?n) WHERE {{ {body} {where}}}{group}"


def _in_sparql(node: Node, medians: dict[tuple[str, str], float]) -> Iterator[dict[str, object]]:
    """The same questions to the worker of `/sparql`, which holds the same network as a graph."""
    limits = Limits(seconds=PATIENCE, memory=MEMORY, rows=50_000)
    arguments = (str(database(node)), str(limits.memory), *map(str, vocabulary()))
    line = [sys.executable, "-m", "node.sparql.worker", *arguments]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        started = time.perf_counter()
        _reply(worker)
        took, memory = time.perf_counter() - started, rss_megabytes(worker.pid)
        yield {"measure": "sparql.graph", "load_seconds": round(took, 1), "rss_mb": round(memory), "limit_mb": MEMORY}
        for name, by in _QUESTIONS:
            asked = [_answered(worker, _sparql(name, by), limits) for _ in range(3)]
            ours, theirs = medians[name, by], median(asked) * 1000
            ratio = {"rollup_ms": round(ours, 1), "times_faster": round(theirs / ours), "wanted": 100}
            yield {"measure": "sparql.rollup", "question": f"{name} by {by}", "sparql_ms": round(theirs), **ratio}
        worker.kill()


def _reply(worker: "subprocess.Popen[bytes]") -> Reply:
    assert worker.stdout is not None
    return Reply.read(worker.stdout.readline())


def _answered(worker: "subprocess.Popen[bytes]", query: str, limits: Limits) -> float:
    ask = prepared(query, "json")
    assert isinstance(ask, Ask), ask
    assert worker.stdin is not None
    assert worker.stdout is not None
    started = time.perf_counter()
    worker.stdin.write(replace(ask, format="json").question(limits).line())
    worker.stdin.flush()
    assert _reply(worker).state == "fresh"
    reply = _reply(worker)
    assert reply.state == "done", reply
    worker.stdout.read(reply.length)
    return time.perf_counter() - started


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
