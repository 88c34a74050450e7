"""Asks the engine of columns while its files show the present state; whoever asks has another way when it cannot.

One worker a node, started when first asked, killed when it is slow or gone. What it answered for a state is kept.
"""

import importlib.util
import logging
import select
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from node.context import Node
from node.rollup import reading, stamp
from node.rollup.reading import Totals
from node.rollup.stamp import Manifest
from node.rollup.table import part
from node.store.engine import Store
from vocab.derived import operands
from vocab.indicators import Answers, questions
from vocab.reference import Indicator, indicator

log = logging.getLogger("maillage.rollup")
_START_SECONDS = 30.0
_SECONDS = 5.0
_MEMORY = 512
_KEPT = 20_000  # areas, some 15 MB


class Engine:
    """The worker of one node."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._kept: OrderedDict[tuple[str, str, str], Totals] = OrderedDict()
        self._areas = 0
        self._position = ""

    def aggregates(self, node: Node, name: str, by: str, year: str) -> Totals | None:
        """The aggregates of one question by area; None where the files are behind, or cannot say it exactly.

        Raises `ValueError` for a division that is not there.
        """
        manifest = self._present(node, name, by, year)
        if manifest is None:
            return None
        with self._turn:
            if manifest.position != self._position:
                self._forget(manifest.position)
            key = (name, by, year)
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            said = self._ask(_question(self._folder, manifest, name, by, year))
            return None if said is None else self._keep(key, reading.totals(indicator(name), said))

    def answers(self, node: Node, name: str, by: str, year: str) -> Mapping[str, Answers] | None:
        """What each unit of each area answers to the parts of one question; None and errors as `aggregates`.

        Answers are told without the months they are of.
        """
        manifest = self._present(node, name, by, year)
        if manifest is None:
            return None
        rule = indicator(name)
        question = _question(self._folder, manifest, name, by, year) | {"names": list(reading.named(rule))}
        with self._turn:
            said = self._ask(question)
        return None if said is None else reading.answers(rule, said)

    def _present(self, node: Node, name: str, by: str, year: str) -> Manifest | None:
        """The files, where they show the present state and can say it."""
        manifest = stamp.read(self._folder)
        if manifest is None or not _can_say(manifest, name, year) or manifest.position != stamp.stamp(node):
            return None
        if by not in manifest.divisions:
            raise ValueError(by)
        return manifest

    def _forget(self, position: str) -> None:
        self._kept.clear()
        self._areas, self._position = 0, position

    def _keep(self, key: tuple[str, str, str], found: Totals) -> Totals:
        self._kept[key] = found
        self._areas += len(found)
        while self._areas > _KEPT:
            self._areas -= len(self._kept.popitem(last=False)[1])
        return found

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any] | None:
        worker = self._running()
        if worker.stdin is None:
            return None
        try:
            worker.stdin.write(orjson.dumps(question) + b"\n")
            worker.stdin.flush()
            line = _line(worker, _SECONDS)
            said: dict[str, Any] = orjson.loads(line) if line else {"error": "no answer"}
        except (OSError, ValueError) as error:
            said = {"error": str(error)}
        if "error" in said:
            log.warning("rollup failed indicator=%s detail=%s", question["indicator"], said["error"])
            self._stop()
            return None
        return said

    def _running(self) -> subprocess.Popen[bytes]:
        if self._worker is None or self._worker.poll() is not None:
            self._stop()
            command = (sys.executable, "-m", "node.rollup.worker", str(self._folder), str(_MEMORY))
            self._worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            _line(self._worker, _START_SECONDS)
        return self._worker

    def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.communicate()

    def close(self) -> None:
        """End the worker."""
        with self._turn:
            self._stop()


_ENGINES: WeakKeyDictionary[Store, Engine] = WeakKeyDictionary()


def of(node: Node) -> Engine | None:
    """The engine of a node; None on a site, and where it is not installed (`maillage[aggregator]`)."""
    if not node.config.is_aggregator() or not available():
        return None
    if node.store not in _ENGINES:
        _ENGINES[node.store] = Engine(stamp.folder(node))
        node.closing.append(_ENGINES[node.store].close)
    return _ENGINES[node.store]


@cache
def available() -> bool:
    """Whether this installation has DuckDB and Ibis."""
    return all(importlib.util.find_spec(name) is not None for name in ("duckdb", "ibis"))


def _line(worker: subprocess.Popen[bytes], seconds: float) -> bytes:
    """The next line of a worker; nothing when it comes too late."""
    if worker.stdout is None:
        return b""
    ready, _, _ = select.select([worker.stdout], [], [], seconds)
    return worker.stdout.readline() if ready else b""


def can_say(rule: Indicator) -> bool:
    """Whether the engine can answer for a rule: not what comes from the directory, nor what an operator with several
    places would have to compute from their answers."""
    from_places = rule.origin in ("entered", "computed")
    return from_places and not (rule.asked_of == "operator" and operands(rule) and rule.across_sites != "ratio")


def _can_say(manifest: Manifest, name: str, year: str) -> bool:
    known = manifest.years.get(year)
    needed = {*questions(name), part(name, "top"), part(name, "bottom")}
    return known is not None and can_say(indicator(name)) and not needed & set(known.inexact)


def _question(folder: Path, manifest: Manifest, name: str, by: str, year: str) -> dict[str, Any]:
    prefix = manifest.years[year].name
    files = {kind: str(folder / f"{prefix}-{kind}.parquet") for kind in ("places", "answers", "withheld")}
    return {"indicator": name, "by": by, "files": files}
