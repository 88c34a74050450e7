"""The engine of columns: the same rows as the exact arithmetic for every indicator, or no answer at all."""

import os
import shutil
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import ibis
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.sql.compilers import DuckDBCompiler, PySparkCompiler
from sqlalchemy import delete, insert, text, update

from node.context import Node, init_node
from node.rollup import build, engine, expressions, stamp
from node.store.layers import Layer, put
from node.store.schema import cursor, directory, observations, restricted_observations
from node.views import panel
from node.views.totals import read, rows, totals
from tests.node.filled import COMMUNES, STATES, a_figure, a_place, fill
from vocab.indicators import questions
from vocab.reference import indicators

FULL = bool(os.environ.get("MAILLAGE_FULL"))
PAIRS = (("country", "zone"), ("region", "typology"), ("departement", "townsize"), ("epci", "commune"))
ASKED = [rule for rule in indicators().values() if engine.can_say(rule)]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = init_node(tmp_path_factory.mktemp("rollup") / "council", "https://council.example", ("aggregator",), "", {})
    layer = Layer("zone", "", "a list", "2026", "0", "2026")
    made.store.write(lambda connection: put(connection, layer, dict.fromkeys(COMMUNES[:3], "yes")))
    yield made
    made.close()


figures = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from([rule.id for rule in indicators().values() if rule.origin == "entered"]),
        st.none() | st.decimals(-1000, 10**9, places=2, allow_nan=False),
        st.sampled_from("AAAEPLM"),
        st.sampled_from(("2025", "2025", "2025", "2024", "2025-03", "2025-12-31", "2024-07-01/P1Y")),
        st.sampled_from(("", "v1", "v2", "v10")),
    ),
    max_size=40,
    unique_by=lambda drawn: (drawn[0], drawn[1], drawn[4]),
)
places = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(("open", "closed", "unknown")), st.sampled_from(("2019", "2026", None))
    ),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=30 if FULL else 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data(), places, figures)
def test_the_engine_and_the_exact_arithmetic_say_the_same(
    node: Node,
    data: st.DataObject,
    drawn: list[tuple[int, str, str | None]],
    said: list[tuple[int, str, Decimal | None, str, str, str]],
) -> None:
    known = [
        a_place(n, operator=f"urn:siren:{operator:09d}", status=status, opened=opened)
        for n, (operator, status, opened) in enumerate(drawn)
    ]
    public = [
        a_figure(n, name, None if status in "LM" else value, "L" if value is None and status not in "LM" else status,
                 period=period, method=method, seq=seq)
        for seq, (n, name, value, status, period, method) in enumerate(said)
    ]  # fmt: skip
    fill(node, known, public, [a_figure(0, "visits", 3)])
    build.build(node)
    asked = engine.of(node)
    assert asked is not None
    earlier, ground = (read(node, indicators(), year) for year in ("2024", "2025"))
    answered = 0
    for rule in ASKED if FULL else data.draw(st.permutations(ASKED))[:12]:
        for by in data.draw(st.sampled_from(PAIRS)):
            found = asked.aggregates(node, rule.id, by, "2025")
            if found is None:
                continue
            answered += 1
            assert totals(node, rule.id, by, "2025") == rows(ground, rule.id, by), (rule.id, by)
            exact = panel.between(earlier, ground, (rule.id,), by)
            assert panel.changes(node, (rule.id,), by, "2024", "2025") == exact, (rule.id, by)
    assert answered or not public


changes = st.lists(
    st.tuples(
        st.sampled_from(("say", "say", "unsay", "close", "hide")),
        st.integers(0, 4),
        st.sampled_from(("visits", "events", "members", "attendancePerEvent", "revenue")),
        st.sampled_from(("2023", "2024", "2025", "2025-03", "2024-07-01/P1Y")),
        st.integers(0, 99),
    ),
    max_size=4,
)


@settings(max_examples=40 if FULL else 4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(figures, st.lists(changes, min_size=1, max_size=3))
def test_what_changed_alone_is_worked_out_and_the_whole_is_the_same(
    node: Node,
    said: list[tuple[int, str, Decimal | None, str, str, str]],
    then: list[list[tuple[str, int, str, str, int]]],
) -> None:
    public = [a_figure(n, name, value, "L" if value is None else "A", period=period, method=method)
              for n, name, value, _, period, method in said]  # fmt: skip
    fill(node, [a_place(n) for n in range(5)], public, [a_figure(0, "visits", 3)])
    build.build(node)
    for step in then:
        change(node, step)
        after = build.build(node)
        shutil.rmtree(stamp.folder(node))
        assert build.build(node) == after


def change(node: Node, step: Iterable[tuple[str, int, str, str, int]]) -> None:
    """Some figures said, said otherwise, no longer said or no longer public; a place that closed."""
    with node.cache.public.write() as public, node.cache.restricted.write() as restricted:
        seq = public.execute(text("SELECT max(seq) FROM cursor")).scalar_one() + 1
        for at, (what, n, name, period, value) in enumerate(step):
            row = a_figure(n, name, value, period=period, seq=10**9 + 100 * seq + at)
            public.execute(delete(observations).where(observations.c.id == row["id"]))
            restricted.execute(delete(restricted_observations).where(restricted_observations.c.id == row["id"]))
            if what == "close":
                public.execute(update(directory).where(directory.c.place == row["place"]).values(closed="2024"))
            elif what != "unsay":
                kept = (public, observations) if what == "say" else (restricted, restricted_observations)
                kept[0].execute(insert(kept[1]).values(row))
        public.execute(update(cursor).where(cursor.c.name == stamp.FIGURES).values(seq=next(STATES)))


def test_a_year_that_did_not_change_is_not_read(node: Node) -> None:
    public = [a_figure(n, "visits", n, period=period) for n in range(5) for period in ("2022", "2025")]
    fill(node, [a_place(n) for n in range(5)], public)
    first = build.build(node)
    change(node, [("say", 1, "visits", "2025", 50)])
    second = build.build(node)
    assert first.years["2022"] == second.years["2022"]
    assert first.years["2025"].digest != second.years["2025"].digest
    asked = engine.of(node)
    assert asked is not None
    assert asked.aggregates(node, "visits", "country", "2025")["FR"].value == Decimal(59)  # type: ignore[index]


def test_files_that_are_behind_are_not_used(node: Node) -> None:
    fill(node, [a_place(0)], [a_figure(0, "visits", 10)])
    build.build(node)
    asked = engine.of(node)
    assert asked is not None
    assert asked.aggregates(node, "visits", "country", "2025") is not None
    fill(node, [a_place(0)], [a_figure(0, "visits", 11)])
    assert asked.aggregates(node, "visits", "country", "2025") is None
    assert totals(node, "visits", "country", "2025")[0].value == "11"
    first = stamp.read(stamp.folder(node))
    build.build(node)
    second = stamp.read(stamp.folder(node))
    assert first is not None
    assert second is not None
    assert first.years["2025"].name != second.years["2025"].name
    assert totals(node, "visits", "country", "2025")[0].value == "11"


def test_what_does_not_fit_the_decimals_is_left_to_the_exact_arithmetic(node: Node) -> None:
    fill(
        node,
        [a_place(0)],
        [a_figure(0, "visits", "0.1234567"), a_figure(0, "events", 10**13), a_figure(0, "members", 2)],
    )
    manifest = build.build(node)
    assert {"visits", "events"} <= set(manifest.years["2025"].inexact)
    asked = engine.of(node)
    assert asked is not None
    assert asked.aggregates(node, "visits", "country", "2025") is None
    assert asked.aggregates(node, "members", "country", "2025") is not None
    assert totals(node, "visits", "country", "2025")[0].value == "0.1234567"


def test_a_worker_that_is_killed_is_started_again(node: Node) -> None:
    fill(node, [a_place(0)], [a_figure(0, "visits", 10)])
    build.build(node)
    asked = engine.of(node)
    assert asked is not None
    assert asked.aggregates(node, "visits", "country", "2025")
    worker = asked._worker
    assert worker is not None
    worker.kill()
    worker.wait()
    assert asked.aggregates(node, "visits", "region", "2025")


SHAPES = sorted({(expressions.shape(rule)[0], len(questions(rule.id))) for rule in ASKED}, key=repr)


@pytest.mark.parametrize("wanted", SHAPES, ids=lambda wanted: f"{wanted[0].across_sites}-{wanted[1]}")
def test_every_expression_is_compiled_for_two_engines(wanted: tuple[expressions.Shape, int]) -> None:
    places_, answers_, withheld = expressions.tables()
    units = expressions.judged(places_, answers_, wanted[0])
    found = ibis.table(units.schema(), name="units")
    asked = [
        units,
        expressions.answered(places_, answers_, wanted[0].by_operator, wanted[1]),
        expressions.areas(found),
        expressions.groups(found, wanted[0]),
        expressions.left_out(places_, withheld, wanted[1]),
    ]
    for compiler, dialect in ((DuckDBCompiler(), "duckdb"), (PySparkCompiler(), "spark")):
        for each in asked:
            sql = compiler.to_sqlglot(each).sql(dialect=dialect)
            assert sqlglot.parse_one(sql, dialect=dialect).find(sqlglot.exp.Select)


def test_the_worker_reads_nothing_else(node: Node, tmp_path: Path) -> None:
    import duckdb

    from node.rollup.worker import opened

    folder = stamp.folder(node)
    folder.mkdir(parents=True, exist_ok=True)
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n", encoding="utf-8")
    with opened(folder, 256) as held, pytest.raises(duckdb.Error):
        held.execute(f"FROM read_csv('{other}')")
