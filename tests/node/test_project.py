"""The fold: what it puts where, that it can be repeated, and what it keeps apart."""

import threading
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from federation.clock import timestamp
from federation.httpsig import IncomingRequest
from federation.proof import add_proof
from node import lookup, relations
from node.context import Node, open_node, utc_now
from node.places import add_place
from node.project import behind, catch_up, rebuild
from node.publish import publish
from node.receive import receive
from node.rejections import Rejections
from node.reports import add_report
from node.taking import Taken
from tests.node.net import FOLLOWING, make, peers_of, place, projected, rows, visits
from tests.node.sender import Sender
from vocab import build
from vocab.model import Envelope, Observation
from vocab.terms import LICENCE_OUVERTE

SECRET = 918273645
TABLES = ("cursor", "directory", "relations", "observations", "graphs", "quarantine", "warnings", "traces")


@pytest.fixture
async def council(tmp_path: Path) -> AsyncIterator[Node]:
    """A council with a place of its own, which also reports to partners and keeps a figure to itself."""
    node = make(tmp_path, 9001, [9001], "aggregator", "site")
    add_place(node, "etabli", place(node, "etabli"))
    add_report(node, "etabli", "2025", visits(7), "public")
    add_report(node, "etabli", "2024", visits(SECRET, "2024"), "network")
    add_report(node, "etabli", "2023", visits(SECRET, "2023"), "private")
    publish(node)
    yield node
    node.close()


def everything(node: Node) -> list[Any]:
    found = [projected(node, f"SELECT * FROM {table} ORDER BY 1") for table in TABLES]
    return [*found, projected(node, "SELECT * FROM observations ORDER BY 1", "restricted")]


async def push(node: Node, far: Sender, *activities: str) -> None:
    """Have a node receive what was said."""
    async with lookup.opened(node) as keys:
        for activity in activities:
            body = far.sent[activity]
            headers = tuple(far.headers(node.config.url + "/inbox", body).items())
            came = IncomingRequest("POST", "/inbox", headers, body, node.config.authority)
            assert isinstance(await receive(node, came, keys), Taken)


def accepted_by(node: Node, far: Sender) -> str:
    """The Accept that answers a Follow of the council."""
    follow = f"https://council.example/{len(far.sent)}"
    row = (node.config.node_actor, far.id, "requested", follow, "", None)
    statement = f"INSERT OR REPLACE INTO {FOLLOWING} VALUES (?, ?, ?, ?, ?, ?)"
    node.store.write(lambda connection: connection.exec_driver_sql(statement, row))
    return far.say(f"accept-{len(far.sent)}", "Accept", follow)


def test_folding_again_changes_nothing(council: Node) -> None:
    assert behind(council) > 0
    assert catch_up(council) > 0
    before = everything(council)
    assert catch_up(council) == behind(council) == 0
    assert rebuild(council) > 0
    assert everything(council) == before


def test_several_processes_may_fold_at_once(council: Node) -> None:
    for value in range(30):
        add_report(council, "etabli", "2025", visits(value), "public")
        publish(council)
    others = [open_node(council.dir, peers_of([9001])) for _ in range(3)]
    threads = [threading.Thread(target=catch_up, args=(node,)) for node in (council, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    once = everything(council)
    rebuild(council)
    assert everything(council) == once
    for node in others:
        node.close()


def test_a_restricted_figure_is_nowhere_in_the_public_file(council: Node) -> None:
    catch_up(council)
    assert projected(council, "SELECT value FROM observations", "restricted") == [(str(SECRET),)]
    council.cache.public.close()
    for file in (council.dir / "cache").glob("public.sqlite*"):
        assert str(SECRET).encode() not in file.read_bytes()


def test_each_document_has_its_graph_and_its_provenance(council: Node) -> None:
    catch_up(council)
    store = pyoxigraph.Store()
    for document, nquads in projected(council, "SELECT document, nquads FROM graphs"):
        store.load(str(nquads).encode(), pyoxigraph.RdfFormat.N_QUADS)
        names = {str(quad.graph_name) for quad in store.quads_for_pattern(None, None, None, None)}
        assert {f"<{document}>", f"<{document}#provenance>"} <= names
    query = """PREFIX tl: <https://w3id.org/tierslieux/ns#> PREFIX prov: <http://www.w3.org/ns/prov#>
        SELECT ?actor ?value WHERE { GRAPH ?g { ?o tl:value ?value } GRAPH ?p { ?g prov:wasAttributedTo ?actor } }"""
    [found] = store.query(query)
    assert (found["actor"].value, found["value"].value) == (council.config.actor("etabli"), "7")


async def test_what_would_escape_its_graph_is_put_apart(council: Node) -> None:
    far = Sender().known_by(council)
    bad = 'https://e.example/> <https://e.example/p> "x" <https://e.example/g> .\n<https://e.example/s'
    said = [
        far.say(1, "Create", far.report("licence", 1, license=bad)),
        far.say(2, "Create", far.report("digest", 1, graphDigest="0" * 64)),
        far.say(3, "Create", far.report("good", 5)),
    ]
    await push(council, far, accepted_by(council, far), *said)
    catch_up(council)
    assert projected(council, "SELECT count(*) FROM quarantine") == [(2,)]
    assert projected(council, f"SELECT document FROM graphs WHERE document LIKE '{far.id}%'") == [
        (f"{far.id}/documents/good",)
    ]


async def test_what_is_wrong_in_a_document_that_is_not_public_is_quoted_nowhere_public(council: Node) -> None:
    """A mistake quotes the figure: here a part above its total."""
    far = Sender().known_by(council)
    now, partners = timestamp(utc_now()), far.id + "/partners"
    envelope = Envelope(f"{far.id}/documents/kept", far.id, 1, now, now, LICENCE_OUVERTE, "network", (partners,))
    part = (("eventAccess", "public"),)
    figures = (
        Observation("events", "2025", Decimal(1), "{event}"),
        Observation("events", "2025", Decimal(SECRET), "{event}", breakdown=part),
    )
    plain = build.report(far.id + "#place", "2025", figures, envelope)
    signed = add_proof(plain, far.keys.ed25519, far.id + "#ed25519-key", now)
    await push(council, far, accepted_by(council, far), far.say(1, "Create", signed, to=[partners]))
    catch_up(council)
    [(errors,)] = projected(council, "SELECT errors FROM quarantine", "restricted")
    assert str(SECRET) in str(errors)
    assert projected(council, "SELECT * FROM quarantine") == []
    assert not any(str(SECRET).encode() in file.read_bytes() for file in council.dir.glob("cache/public.sqlite*"))
    await Rejections(council).answer()
    assert rows(council, "SELECT object FROM journal WHERE type = 'Reject'") == [(envelope.id,)]
    rebuild(council)
    assert projected(council, "SELECT errors FROM quarantine", "restricted") == [(errors,)]
    await push(council, far, far.say(2, "Delete", envelope.id, to=[partners]))
    catch_up(council)
    assert projected(council, "SELECT errors FROM quarantine", "restricted") == []


async def test_what_was_left_is_forgotten_and_comes_back_with_a_new_relation(council: Node) -> None:
    far = Sender().known_by(council)
    figures = f"SELECT value, version FROM observations WHERE place LIKE '{far.id}%'"
    await push(council, far, far.say(1, "Create", far.report("r", 1)), accepted_by(council, far))
    catch_up(council)
    assert projected(council, figures) == [("1", 1)]
    assert await relations.unfollow(council, far.id) == far.id
    catch_up(council)
    assert projected(council, figures) == []
    await push(council, far, far.say(2, "Update", far.report("r", 2, version=2)))
    catch_up(council)
    assert projected(council, figures) == []
    await push(council, far, accepted_by(council, far))
    catch_up(council)
    assert projected(council, figures) == [("2", 2)]
    before = everything(council)
    rebuild(council)
    assert everything(council) == before
    assert rows(council, "SELECT count(*) FROM deliveries WHERE recipient LIKE 'https://far%'") == [(1,)]
