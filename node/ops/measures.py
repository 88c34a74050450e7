"""What a node counts of its own answers, and the figures of its work for Prometheus: none is of a place or a person."""

import shutil
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiohttp import web
from sqlalchemy import func, select

from node.context import Node
from node.ops import nightly
from node.project import behind
from node.store import journal, times
from node.store.schema import actors, deliveries, followers, following, hosts
from node.store.schema import journal as entries

if TYPE_CHECKING:
    from prometheus_client import Metric

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)  # seconds


@dataclass(slots=True)
class Answers:
    """Of one route: how many by method and status, and how long they took."""

    counts: dict[tuple[str, int], int] = field(default_factory=dict)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


class Measures:
    """Every answer since the node began, by the pattern of its path and never by the path."""

    __slots__ = ("routes",)

    def __init__(self) -> None:
        self.routes: dict[str, Answers] = {}

    def answered(self, route: str, method: str, status: int, seconds: float | None) -> None:
        """`seconds`: None for what lasts by its nature."""
        known = self.routes.setdefault(route, Answers())
        known.counts[method, status] = known.counts.get((method, status), 0) + 1
        if seconds is not None:
            known.buckets[bisect_left(BOUNDS, seconds)] += 1
            known.seconds += seconds


MEASURES: web.AppKey[Measures] = web.AppKey("measures", Measures)


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Counts each answer, refusals and failures too."""
    begun, status, lasts = time.perf_counter(), 500, False
    try:
        response = await handler(request)
        status, lasts = response.status, not isinstance(response, web.Response | web.FileResponse)
        return response
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else ""
        method = request.method if resource is not None else ""
        seconds = None if lasts else time.perf_counter() - begun
        request.config_dict[MEASURES].answered(route, method, status, seconds)


class Figures:
    """A collector: reads the node when it is asked."""

    def __init__(self, node: Node, measures: Measures) -> None:
        self._node, self._measures = node, measures

    def collect(self) -> Iterator["Metric"]:
        from prometheus_client.core import GaugeMetricFamily as Gauge
        from prometheus_client.core import InfoMetricFamily as Info

        roles = ",".join(self._node.config.roles)
        yield Info("maillage", "The software.", {"version": version("maillage"), "roles": roles})
        yield from self._answers()
        for name, about, value in self._plain():
            yield Gauge("maillage_" + name, about, value)
        for name, about, label, values in self._labelled():
            family = Gauge("maillage_" + name, about, labels=[label])
            for key, value in values.items():
                family.add_metric([key], value)
            yield family

    def _answers(self) -> Iterator["Metric"]:
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        names = ["route", "method", "status"]
        counts = CounterMetricFamily("maillage_http_answers", "Answers given.", labels=names)
        seconds = HistogramMetricFamily("maillage_http_seconds", "Time to answer.", labels=["route"])
        for route, known in self._measures.routes.items():
            for (method, status), count in known.counts.items():
                counts.add_metric([route, method, str(status)], count)
            total, buckets = 0, []
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), known.buckets, strict=True):
                total += count
                buckets.append((bound, total))
            seconds.add_metric([route], buckets, known.seconds)
        yield from (counts, seconds)

    def _plain(self) -> Iterator[tuple[str, str, float]]:
        node, queued = self._node, deliveries.c.state == "queued"
        oldest = select(func.min(entries.c.time)).join(deliveries, deliveries.c.seq == entries.c.seq).where(queued)
        with node.store.read() as connection:
            waits = connection.execute(oldest).scalar_one()
            resting = select(func.count()).where(hosts.c.open_until > times.text(node.clock()))
            closed = connection.execute(resting).scalar_one()
            head = journal.head(connection)
            places = select(func.count()).where(actors.c.kind == "place", actors.c.deleted.is_(None))
            living = connection.execute(places).scalar_one()
            known = nightly.last(connection)
        age = (node.clock() - times.read(waits)).total_seconds() if waits else 0
        yield "delivery_oldest_seconds", "Age of the oldest delivery that waits.", age
        yield "hosts_resting", "Hosts that are left alone for a while.", closed
        yield "journal_entry", "The last row of the journal.", head
        yield "projection_behind", "Rows of the journal that no view has yet.", behind(node)
        yield "places", "Places of this node.", living
        yield "database_bytes", "Size of the database.", node.store.path.stat().st_size
        yield "disk_free_bytes", "Room on the disk.", shutil.disk_usage(node.dir).free
        good = times.read(known.good).timestamp() if known is not None and known.good else 0
        yield "backup_good_timestamp_seconds", "When the last good copy was made; 0: never.", good
        yield "backup_failed", "Whether the last copy failed.", known is not None and bool(known.error)

    def _labelled(self) -> Iterator[tuple[str, str, str, dict[str, float]]]:
        tables = (("deliveries", deliveries), ("followers", followers), ("following", following))
        with self._node.store.read() as connection:
            for name, table in tables:
                query = select(table.c.state, func.count()).group_by(table.c.state)
                found = {state: float(count) for state, count in connection.execute(query)}
                yield name, f"Rows of {name} by state.", "state", found
