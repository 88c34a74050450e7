"""The node and the oracle agree on every indicator, by every division, over random networks."""

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from node.context import Node, init_node
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from node.reports import add_report, remove_report
from node.store import schema
from node.views.totals import by_area, read, rows
from tests.conftest import FULL
from tests.node.net import place, projected
from tests.oracle import oracle
from tests.oracle.networks import Network, networks
from tests.oracle.rules import indicators
from vocab.contexts import CONTEXT
from vocab.indicators import result
from vocab.model import Address, Observation, Operator
from vocab.units import canonical

PERIODS = ("2025", "2025", "2025", "2025", "2025-12-31", "2025-03", "2024-07-01/P1Y", "2025-06-30", "2024", "2026")
_NUMBERS = count()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = init_node(tmp_path_factory.mktemp("oracle") / "council", "https://council.example", ("site",), "", {})
    yield made
    made.close()


def _journal(connection: Connection, actor: str, kind: str, verdict: str, document: dict[str, Any] | None) -> None:
    """One row of the journal, as a verified activity of another node leaves it."""
    activity = f"{actor}/activities/{next(_NUMBERS)}"
    row = {
        "direction": "in",
        "time": "2026-01-01T00:00:00Z",
        "actor": actor,
        "activity": activity,
        "type": kind,
        "verified": "proof",
        "verdict": verdict,
    }
    if document is not None:
        row |= {"object": document["id"], "object_type": document["type"][1]}
        row |= {"version": document["version"], "sharing": document["sharing"]}
    (seq,) = connection.execute(insert(schema.journal).values(row)).inserted_primary_key or (0,)
    if document is not None:
        blob = {"seq": seq, "kind": "document", "bytes": json.dumps({"@context": CONTEXT} | document).encode()}
        connection.execute(insert(schema.blobs).values(blob))


def _hear(node: Node, network: Network) -> None:
    """Put a network in the journal and fold it: half of the relations begin after their documents were heard."""

    def act(connection: Connection) -> None:
        actors = sorted(network.connected)
        for actor in actors[::2]:
            _journal(connection, actor, "Accept", "effect", None)
        newest: dict[str, int] = {}
        for document in network.documents:
            is_new = document["version"] > newest.get(document["id"], 0)
            newest[document["id"]] = max(document["version"], newest.get(document["id"], 0))
            verdict = "current" if is_new else "stale"
            _journal(connection, document["attributedTo"], "Update", verdict, document)
        for actor in actors[1::2]:
            _journal(connection, actor, "Accept", "effect", None)

    node.store.write(act)
    catch_up(node)


def _forget(node: Node) -> None:
    """Empty the journal and what was made of it."""

    def act(connection: Connection) -> None:
        connection.execute(schema.blobs.delete())
        connection.execute(schema.journal.delete())

    node.store.write(act)
    with node.cache.public.write() as public, node.cache.restricted.write() as restricted:
        node.cache.public.empty(public)
        node.cache.restricted.empty(restricted)


def _compared(node: Node, period: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    ground = read(node, indicators(), period)
    return {
        (row.indicator, division, row.area): {
            key: getattr(row, key)
            for key in (
                "value", "obsStatus", "n_operators", "n_reporting", "n_connected", "n_known", "coverage",
                "coverage_known", "methods", "restricted_left_out",
            )
        }
        for name in indicators()
        for division in oracle.DIVISIONS
        for row in rows(ground, name, division)
    }  # fmt: skip


def _answered(node: Node, period: str) -> dict[tuple[str, str], tuple[str | None, str]]:
    """What each unit of the country answers, as the totals are made of it."""
    ground = read(node, indicators(), period)
    found = {}
    for name in (name for name, rule in indicators().items() if rule.origin not in ("aggregator", "reference")):
        for universe, figures in by_area(ground, name, "country").values():
            _, answers = result(name, period, figures, universe)
            for unit, mine in answers.items():
                if name in mine:
                    value = mine[name].value
                    shown = None if value is None else canonical(value.quantize(Decimal("0.000001")))
                    found[name, unit] = (shown, mine[name].status)
    return found


@settings(max_examples=1_000 if FULL else 80)
@given(network=networks(), period=st.sampled_from(PERIODS))
def test_the_node_and_the_oracle_agree(node: Node, network: Network, period: str) -> None:
    _forget(node)
    _hear(node, network)
    assert projected(node, "SELECT document, errors FROM quarantine") == []
    expected = oracle.totals(network.documents, network.connected, period)
    found = _compared(node, period)
    assert found.keys() == expected.keys()
    wrong = {key: (found[key], expected[key]) for key in expected if found[key] != expected[key]}
    for key, (ours, theirs) in list(wrong.items())[:3]:
        note(f"{key}: {[(k, ours[k], theirs[k]) for k in theirs if ours[k] != theirs[k]]}")
    assert not wrong
    assert _answered(node, period) == oracle.answers(network.documents, network.connected, period)


def _signed(node: Node) -> tuple[dict[str, Any], ...]:
    """The documents that this node signed and has not withdrawn, every version, in their order."""
    query = select(schema.blobs.c.bytes).where(schema.blobs.c.kind == "document", schema.blobs.c.bytes.is_not(None))
    with node.store.read() as connection:
        return tuple(json.loads(raw) for raw in connection.execute(query.order_by(schema.blobs.c.seq)).scalars())


def test_they_agree_on_what_a_site_publishes_revises_moves_and_withdraws(tmp_path: Path) -> None:
    node = init_node(tmp_path / "site", "https://site.example", ("site",), "", {})
    one = Operator("Association", siren="732829320")
    lieux = {slug: place(node, slug, operator=one, opened="2020-05") for slug in ("a", "b")} | {"c": place(node, "c")}

    def say(slug: str, period: str, sharing: str = "public", **told: object) -> None:
        figures = [Observation(n, period, Decimal(str(v)), indicators()[n].unit) for n, v in told.items()]
        add_report(node, slug, period, figures, sharing)

    def agree() -> None:
        publish(node)
        catch_up(node)
        documents = _signed(node)
        actors = frozenset(document["attributedTo"] for document in documents)
        assert _compared(node, "2025") == oracle.totals(documents, actors, "2025")
        assert _answered(node, "2025") == oracle.answers(documents, actors, "2025")

    for slug, described in lieux.items():
        add_place(node, slug, described)
        say(slug, "2025", events=10, eventAttendance=120, members=30, operatingIncome=900)
    say("a", "2024-07-01/P1Y", operatingCosts=700)
    say("b", "2025-03", visits=40)
    say("c", "2025", "network", directJobsFte=3)
    agree()
    say("a", "2025", events=12, members=31)
    add_place(node, "b", replace(lieux["b"], address=Address("75056"), typology=("coworking", "fablab")))
    agree()
    remove_report(node, "b", "2025", "public")
    add_place(node, "c", replace(lieux["c"], status="closed", closed="2025-06"))
    agree()
    node.close()


def test_the_oracle_has_no_code_of_the_product() -> None:
    for file in (Path(__file__).with_name(name) for name in ("oracle.py", "rules.py", "networks.py")):
        for statement in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in statement.names] if isinstance(statement, ast.Import) else []
            if isinstance(statement, ast.ImportFrom):
                names = [statement.module or ""]
            assert not {name.split(".")[0] for name in names} & {"vocab", "node", "federation"}, file.name
