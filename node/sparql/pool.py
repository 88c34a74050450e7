"""Owns the workers: starts them when first asked, bounds each query by the clock, kills and starts again.

`Pool` serves a running node; `query` asks once and stops, for the command line.
"""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from node.messages import text
from node.sparql.check import Checked, check
from node.sparql.frames import GRAPH_FORMATS, ROW_FORMATS, Question, Reply
from node.sparql.table import as_table

if TYPE_CHECKING:
    from node.context import Node

_START_SECONDS = 60.0
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take. `memory` is the whole worker's, the graph included, in MB."""

    seconds: float = 10.0
    memory: int = 1536
    rows: int = 20_000
    size: int = 32 << 20
    workers: int = 2
    waiting: int = 16


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """An answer in `format`; `truncated`: there were more rows than allowed."""

    body: str
    format: str
    rows: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class QueryRefused:
    """Why a query has no answer: a stable `reason`, and what the engine said about it."""

    reason: str
    detail: str = ""

    def text(self, lang: str) -> str:
        return text(lang, "sparql.refused." + self.reason, detail=self.detail)


@dataclass(frozen=True, slots=True)
class Ask:
    """A checked query and the format wanted, with the graphs named by the request, if any."""

    checked: Checked
    format: str
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def question(self, limits: Limits) -> Question:
        checked = self.checked
        return Question(
            query=checked.text,
            format=self.format,
            rows=limits.rows,
            size=limits.size,
            seconds=limits.seconds,
            has_dataset=checked.has_dataset,
            graphs=tuple(dict.fromkeys((*checked.graphs, *self.default, *self.named))),
            default=self.default,
            named=self.named,
        )


class _Ended(Exception):
    """The worker is gone: it was killed, or it ran out of memory."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process; `ask` is used by one query at a time."""

    process: Process
    questions: StreamWriter
    replies: StreamReader

    @classmethod
    async def start(cls, database: Path, limits: Limits) -> "Worker":
        arguments = (str(database), str(limits.memory), *map(str, vocabulary()))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "node.sparql.worker", *arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=_LONGEST_LINE,
        )
        if process.stdin is None or process.stdout is None:
            raise _Ended
        worker = cls(process, process.stdin, process.stdout)
        try:
            await asyncio.wait_for(worker._reply(), _START_SECONDS)
        except BaseException:
            await worker.stop()
            raise
        return worker

    async def ask(self, question: Question) -> QueryAnswer | QueryRefused:
        """The answer; raises `_Ended` or `TimeoutError`, after which this worker must be stopped."""
        try:
            self.questions.write(question.line())
            await self.questions.drain()
        except OSError as error:
            raise _Ended from error
        reply = await asyncio.wait_for(self._reply(), _START_SECONDS)
        if reply.state == "fresh":
            reply, body = await asyncio.wait_for(self._answer(), question.seconds)
            if reply.state == "done":
                return QueryAnswer(body.decode(), question.format, reply.rows, reply.truncated)
        return QueryRefused(reply.reason, reply.detail)

    async def _reply(self) -> Reply:
        line = await self.replies.readline()
        if not line:
            raise _Ended
        return Reply.read(line)

    async def _answer(self) -> tuple[Reply, bytes]:
        reply = await self._reply()
        try:
            return reply, await self.replies.readexactly(reply.length)
        except asyncio.IncompleteReadError as error:
            raise _Ended from error

    async def stop(self) -> None:
        """Kill it, whatever it is doing."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


def vocabulary() -> list[Path]:
    """The Turtle of the vocabulary that queries can join labels from."""
    data = Path(__file__).parents[2] / "vocab" / "data"
    return [path for path in sorted(data.rglob("*.ttl")) if path.name != "shapes.ttl"]


@dataclass(slots=True)
class Pool:
    """At most `limits.workers` processes, the idle ones kept for the next query."""

    database: Path
    limits: Limits = Limits()
    _idle: list[Worker] = field(default_factory=list)
    _busy: set[Worker] = field(default_factory=set)
    _waiting: int = 0
    _turns: asyncio.Semaphore | None = None

    async def ask(self, ask: Ask, limits: Limits | None = None) -> QueryAnswer | QueryRefused:
        """Answer one query within `limits` (the pool's own, or stricter ones)."""
        if self._waiting >= self.limits.waiting:
            return QueryRefused("busy")
        self._turns = self._turns or asyncio.Semaphore(self.limits.workers)
        self._waiting += 1
        try:
            async with self._turns:
                return await self._ask(ask.question(limits or self.limits))
        finally:
            self._waiting -= 1

    async def _ask(self, question: Question) -> QueryAnswer | QueryRefused:
        try:
            worker = self._alive() or await Worker.start(self.database, self.limits)
        except (_Ended, TimeoutError):
            return QueryRefused("unavailable")
        self._busy.add(worker)
        whole = False
        try:
            answered = await worker.ask(question)
            whole = True
            return answered
        except TimeoutError:
            return QueryRefused("timeout", f"{question.seconds:g}")
        except _Ended:
            return QueryRefused("memory")
        finally:
            self._busy.discard(worker)
            if whole:
                self._idle.append(worker)
            else:
                await worker.stop()

    def _alive(self) -> Worker | None:
        """An idle worker that nobody has killed meanwhile."""
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
        return None

    async def close(self) -> None:
        """Stop every worker; queries under way are refused."""
        workers = [*self._idle, *self._busy]
        self._idle.clear()
        for worker in workers:
            await worker.stop()


def prepared(text: str, format: str) -> Ask | QueryRefused:
    """A query read and fitted to one of the formats of the command line (table, json, csv, turtle) or of HTTP."""
    checked = look(text)
    if isinstance(checked, QueryRefused):
        return checked
    wanted = _fitted(format, checked.form.is_graph)
    if not wanted:
        return QueryRefused("format", format)
    return Ask(checked, wanted)


def look(text: str) -> Checked | QueryRefused:
    """The query checked, or why it may not run."""
    checked = check(text)
    if isinstance(checked, Checked):
        return checked
    return QueryRefused(checked, " ".join(text.split())[:60] if checked == "syntax" else "")


def _fitted(format: str, is_graph: bool) -> str:
    """The worker's format for the one asked; empty when triples are wanted as rows, or rows as triples."""
    if format == "table":
        return "turtle" if is_graph else "json"
    if format == "json":
        return "jsonld" if is_graph else "json"
    return format if format in (GRAPH_FORMATS if is_graph else ROW_FORMATS) else ""


def query(node: "Node", text: str, format: str = "table", limits: Limits | None = None) -> QueryAnswer | QueryRefused:
    """Ask once, in a worker of its own; `format` is table, json, csv or turtle."""
    asked = prepared(text, format)
    if isinstance(asked, QueryRefused):
        return asked
    answered = asyncio.run(_once(database(node), asked, limits or Limits()))
    if format == "table" and isinstance(answered, QueryAnswer) and answered.format == "json":
        return replace(answered, body=as_table(answered.body), format="table")
    return answered


async def _once(path: Path, asked: Ask, limits: Limits) -> QueryAnswer | QueryRefused:
    pool = Pool(path, limits)
    try:
        return await pool.ask(asked)
    finally:
        await pool.close()


def database(node: "Node") -> Path:
    """The file of public projections that workers load: nothing restricted is ever in it."""
    return Path(node.dir).resolve() / "cache" / "public.sqlite"
