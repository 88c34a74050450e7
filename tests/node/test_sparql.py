"""The worker over a real projection file: it follows every change, answers, is bounded, and reaches nothing else."""

import asyncio
import json
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, delete, insert

from node.sparql.frames import Question
from node.sparql.pool import Limits, Pool, QueryAnswer, QueryRefused, Worker, prepared
from node.store import schema

PLACE = "<http://a.example/places/p{0}#place>"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/tierslieux/ns#TiersLieu>"
CONSTRUCT = "CONSTRUCT WHERE { ?p a <https://w3id.org/tierslieux/ns#TiersLieu> }"
COUNT = "SELECT (COUNT(?p) AS ?n) { ?p a <https://w3id.org/tierslieux/ns#TiersLieu> }"
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"


def document(number: int) -> str:
    return f"http://a.example/places/p{number}/documents/description"


def quads(number: int, name: str = "Un lieu") -> str:
    place, graph = PLACE.format(number), f"<{document(number)}>"
    return f'{place} {TYPE} {graph} .\n{place} <https://schema.org/name> "{name}"@fr {graph} .\n'


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'public.sqlite'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    schema.views.create_all(engine)
    with engine.begin() as connection:
        for number in range(40):
            connection.execute(
                insert(schema.graphs).values(document=document(number), nquads=quads(number), seq=number)
            )
    yield engine
    engine.dispose()


@pytest.fixture
async def pool(engine: Engine, tmp_path: Path) -> AsyncIterator[Pool]:
    pool = Pool(tmp_path / "public.sqlite", Limits(seconds=5, workers=1))
    yield pool
    await pool.close()


async def ask(pool: Pool, text: str, format: str = "json", **limits: float) -> QueryAnswer | QueryRefused:
    asked = prepared(text, format)
    if isinstance(asked, QueryRefused):
        return asked
    return await pool.ask(asked, replace(pool.limits, **limits) if limits else None)  # type: ignore[arg-type]


async def number(pool: Pool, text: str = COUNT) -> int:
    answered = await ask(pool, text)
    assert isinstance(answered, QueryAnswer), answered
    return int(json.loads(answered.body)["results"]["bindings"][0]["n"]["value"])


async def test_the_default_graph_is_the_union_of_all_documents(pool: Pool) -> None:
    assert await number(pool) == 40


async def test_the_graph_follows_every_change(pool: Pool, engine: Engine) -> None:
    await number(pool)
    with engine.begin() as connection:
        connection.execute(delete(schema.graphs).where(schema.graphs.c.document == document(3)))
        connection.execute(insert(schema.graphs).values(document=document(99), nquads=quads(99), seq=99))
        connection.execute(
            schema.graphs.update()
            .where(schema.graphs.c.document == document(4))
            .values(nquads=quads(4, "Un autre nom"), seq=100)
        )
    assert await number(pool) == 40
    gone = await ask(pool, f"ASK {{ GRAPH <{document(3)}> {{ ?s ?p ?o }} }}")
    names = await ask(pool, f"SELECT ?n {{ GRAPH <{document(4)}> {{ ?s <https://schema.org/name> ?n }} }}", "csv")
    assert isinstance(gone, QueryAnswer)
    assert json.loads(gone.body)["boolean"] is False
    assert isinstance(names, QueryAnswer)
    assert names.body.split() == ["n", "Un", "autre", "nom"]


def _remove(folder: Path) -> None:
    for path in folder.glob("public.sqlite*"):
        path.unlink()


async def test_a_rebuilt_file_is_another_file(pool: Pool, engine: Engine, tmp_path: Path) -> None:
    assert await number(pool) == 40
    engine.dispose()
    _remove(tmp_path)
    again = create_engine(f"sqlite:///{tmp_path / 'public.sqlite'}")
    schema.views.create_all(again)
    with again.begin() as connection:
        connection.execute(insert(schema.graphs).values(document=document(1), nquads=quads(1), seq=1))
    again.dispose()
    assert await number(pool) == 1


@pytest.mark.parametrize(
    ("format", "expected"),
    [("csv", "n\r\n40\r\n"), ("tsv", "?n\n40\n"), ("xml", "<?xml"), ("json", '{"head":{"vars": ["n"]}')],
)
async def test_rows_in_each_format(pool: Pool, format: str, expected: str) -> None:
    answered = await ask(pool, COUNT, format)
    assert isinstance(answered, QueryAnswer)
    assert answered.body.startswith(expected)


@pytest.mark.parametrize("format", ["turtle", "ntriples", "jsonld", "rdfxml"])
async def test_triples_in_each_format(pool: Pool, format: str) -> None:
    answered = await ask(pool, CONSTRUCT, format)
    assert isinstance(answered, QueryAnswer)
    assert (answered.rows, answered.truncated) == (40, False)
    assert "TiersLieu" in answered.body


async def test_rows_are_bounded_and_it_is_said(pool: Pool) -> None:
    for text, format in (("SELECT * { ?s ?p ?o }", "json"), ("CONSTRUCT WHERE { ?s ?p ?o }", "turtle")):
        answered = await ask(pool, text, format, rows=7)
        assert isinstance(answered, QueryAnswer)
        assert (answered.rows, answered.truncated) == (7, True)


async def test_bytes_are_bounded(pool: Pool) -> None:
    answered = await ask(pool, "SELECT * { ?s ?p ?o }", "csv", size=500)
    assert isinstance(answered, QueryAnswer)
    assert answered.truncated
    assert len(answered.body) < 1000


async def test_a_query_without_end_is_killed_and_the_next_one_is_answered(pool: Pool) -> None:
    refused = await ask(pool, CROSS, seconds=0.5)
    assert refused == QueryRefused("timeout", "0.5")
    assert await number(pool) == 40


async def test_memory_is_bounded_and_the_next_query_is_answered(engine: Engine, tmp_path: Path) -> None:
    pool = Pool(tmp_path / "public.sqlite", Limits(seconds=30, memory=400, workers=1))
    try:
        assert await number(pool) == 40
        greedy = "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?a"
        assert await ask(pool, greedy) == QueryRefused("memory")
        assert await number(pool) == 40
    finally:
        await pool.close()


async def test_a_killed_idle_worker_costs_no_query(pool: Pool) -> None:
    assert await number(pool) == 40
    (worker,) = pool._idle
    os.kill(worker.process.pid, signal.SIGKILL)
    await worker.process.wait()
    assert await number(pool) == 40


async def test_too_many_at_once_are_refused_not_queued_for_ever(engine: Engine, tmp_path: Path) -> None:
    pool = Pool(tmp_path / "public.sqlite", Limits(seconds=5, workers=1, waiting=2))
    try:
        answers = await asyncio.gather(*(ask(pool, COUNT) for _ in range(5)))
    finally:
        await pool.close()
    assert sum(isinstance(answered, QueryAnswer) for answered in answers) == 2
    assert answers.count(QueryRefused("busy")) == 3


@pytest.fixture
def listener() -> Iterator[tuple[str, list[object]]]:
    """A live server on loopback: an address, and the connections that it saw."""
    seen: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, peer = server.accept()
            except OSError:
                return
            seen.append(peer)
            connection.close()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/", seen
    server.close()


def outside(url: str) -> list[str]:
    return [
        f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ {{ SELECT ?s {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }} }}",
        f"PREFIX : <{url}> SELECT * {{ SERVICE:x{{ ?s ?p ?o }} }}",
        f"SELECT * {{ VALUES ?u {{ <{url}> }} ?s ?p ?o . SERVICE ?u {{ ?s ?p ?o }} }}",
        f"LOAD <{url}>",
        f"SELECT * FROM <{url}> {{ ?s ?p ?o }}",
        f"SELECT * FROM NAMED <{url}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    ]


async def test_no_query_makes_a_connection(pool: Pool, listener: tuple[str, list[object]]) -> None:
    url, seen = listener
    for text in outside(url):
        refused = await ask(pool, text)
        assert isinstance(refused, QueryRefused), text
        assert refused.reason in ("service", "update", "unknown_graph")
    assert seen == []


async def test_the_worker_itself_can_reach_nothing_even_unchecked(
    engine: Engine, tmp_path: Path, listener: tuple[str, list[object]]
) -> None:
    url, seen = listener
    worker = await Worker.start(tmp_path / "public.sqlite", Limits())
    try:
        for text in outside(url):
            await worker.ask(Question(text, "json", 10, 10_000, 5))
        plain = await worker.ask(Question(outside(url)[0], "json", 10, 10_000, 5))
    finally:
        await worker.stop()
    assert plain == QueryRefused("outside")
    assert seen == []


async def test_a_file_is_never_read(pool: Pool, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text('<http://x/secret> <http://x/is> "out" .')
    text = f"SELECT * FROM <{secret.as_uri()}> {{ ?s ?p ?o }}"
    assert await ask(pool, text) == QueryRefused("unknown_graph", secret.as_uri())
    unchecked = Question(text, "json", 10, 10_000, 5, has_dataset=True)
    worker = await Worker.start(tmp_path / "public.sqlite", Limits())
    try:
        answered = await worker.ask(unchecked)
    finally:
        await worker.stop()
    assert isinstance(answered, QueryAnswer)
    assert answered.rows == 0


async def test_from_narrows_to_the_graphs_it_names(pool: Pool) -> None:
    assert await number(pool, COUNT.replace(" { ?p", f" FROM <{document(1)}> {{ ?p")) == 1
    asked = prepared(COUNT, "json")
    assert not isinstance(asked, QueryRefused)
    two = await pool.ask(replace(asked, default=(document(1), document(2))))
    assert isinstance(two, QueryAnswer)
    assert json.loads(two.body)["results"]["bindings"][0]["n"]["value"] == "2"


async def test_mistakes_say_where(pool: Pool) -> None:
    refused = await ask(pool, "SELECT * { ?s ?p }")
    assert isinstance(refused, QueryRefused)
    assert refused.reason == "syntax"
    assert "1:1" in refused.detail
    assert await ask(pool, "SELECT * { ?s ?p ?o }", "turtle") == QueryRefused("format", "turtle")
    assert all(refused.detail in refused.text(lang) for lang in ("fr", "en"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o FILTER(" + "(" * 20_000 + "1" + ")" * 20_000 + ") }",
        "SELECT * " + "{" * 20_000 + "?s ?p ?o" + "}" * 20_000,
        "SELECT (CONCAT(" + ",".join(["REPLACE('aaaaaaaaaa', 'a', 'aaaaaaaaaaaaaaaaaaaa')"] * 500) + ") AS ?x) { }",
        'SELECT * { ?s ?p ?o FILTER(REGEX(STR(?s), "(a+)+$")) }',
    ],
)
async def test_hostile_queries_end_and_the_next_one_is_answered(pool: Pool, text: str) -> None:
    await ask(pool, text)
    assert await number(pool) == 40
