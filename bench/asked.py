"""The questions of totals in SPARQL, to the worker of `/sparql` that holds the same network as a graph.

The whole question, and the same answer to the last digit: the sum, or both sums of a ratio over those that give both;
how many report, of how many operators; how many are known open at the end of the year. What the simulated network has
not (months, accounting years, what does not apply, parts without a total) is not asked.
"""

import csv
import io
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from node.sparql.frames import Reply
from node.sparql.pool import Ask, Limits, prepared
from vocab.indicators import Aggregate
from vocab.reference import indicators
from vocab.units import divide

_PREFIXES = """PREFIX tl: <https://w3id.org/tierslieux/ns#> PREFIX tli: <https://w3id.org/tierslieux/indicator/>
PREFIX sdmx: <http://purl.org/linked-data/sdmx/2009/dimension#> PREFIX tlc: <https://w3id.org/tierslieux/concept/>
"""
_OPEN = """?p a tl:TiersLieu ; tl:commune ?c .
OPTIONAL {{ ?p tl:status ?status }} OPTIONAL {{ ?p tl:opened ?from }} OPTIONAL {{ ?p tl:closed ?to }}
FILTER(!BOUND(?from) || SUBSTR(STR(?from), 1, 4) <= "{year}")
FILTER(IF(BOUND(?to), SUBSTR(STR(?to), 1, 4) > "{year}", COALESCE(?status != tlc:status\\/closed, true)))
"""
_FIGURE = """?{v}o tl:place ?p ; tl:indicator tli:{name} ; sdmx:refPeriod "{year}" ; tl:value ?{v} .
FILTER NOT EXISTS {{ ?{v}o tl:breakdown ?{v}b }} """


def query(name: str, by: str, year: str) -> str:
    """The total of one indicator by country or commune."""
    rule = indicators()[name]
    parts = (rule.numerator, rule.denominator) if rule.across_sites == "ratio" else (name,)
    figures = " ".join(_FIGURE.format(v="xy"[at], name=part, year=year) for at, part in enumerate(parts))
    sums = " ".join(f"(SUM(COALESCE(?{v}, 0)) AS ?sum_{v})" for v in "xy"[: len(parts)])
    counts = "(COUNT(?x) AS ?reporting) (COUNT(DISTINCT ?operator) AS ?operators) (COUNT(?p) AS ?known)"
    area, group = ("?c", " GROUP BY ?c") if by == "commune" else ('("FR" AS ?c)', "")
    where = f"{_OPEN.format(year=year)} OPTIONAL {{ {figures} ?p tl:operator ?operator }}"
    return f"{_PREFIXES}SELECT {area} {sums} {counts} WHERE {{ {where} }}{group}"


def agrees(name: str, said: str, ours: Mapping[str, Aggregate]) -> bool:
    """Whether an answer in CSV says of every area what the engine says."""
    found = {row["c"]: _told(name, row) for row in csv.DictReader(io.StringIO(said))}
    return found == {area: (one.value, one.n_reporting, one.n_operators, one.n_known) for area, one in ours.items()}


def _told(name: str, row: Mapping[str, str]) -> tuple[Decimal | None, int, int, int]:
    rule, counts = indicators()[name], (int(row["reporting"]), int(row["operators"]), int(row["known"]))
    value = Decimal(row["sum_x"]) if counts[0] else None
    if value is not None and rule.across_sites == "ratio":
        below = Decimal(row["sum_y"])
        value = divide(value * (rule.scale or Decimal(1)), below) if below else None
    return (value, *counts)


def ready(worker: "subprocess.Popen[bytes]") -> Reply:
    """What a worker says first."""
    assert worker.stdout is not None
    return Reply.read(worker.stdout.readline())


def answered(worker: "subprocess.Popen[bytes]", asked: str, limits: Limits) -> tuple[float, str]:
    """How many seconds an answer took, and its CSV."""
    ask = prepared(asked, "csv")
    assert isinstance(ask, Ask), ask
    assert worker.stdin is not None
    assert worker.stdout is not None
    started = time.perf_counter()
    worker.stdin.write(replace(ask, format="csv").question(limits).line())
    worker.stdin.flush()
    assert ready(worker).state == "fresh"
    reply = ready(worker)
    assert reply.state == "done", reply
    said = worker.stdout.read(reply.length)
    return time.perf_counter() - started, said.decode()
