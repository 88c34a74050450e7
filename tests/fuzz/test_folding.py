"""Documents that are authentic and say anything at all: each is folded or kept apart, and the fold never stops.

One entry that raised would stop the projections of a node for ever: what a neighbour signs must not be able to.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from federation.clock import timestamp
from federation.errors import NotCanonical, Refused, refuse
from federation.inbox import Document, Facts, judge_document
from federation.keys import KeyKind, PublicKey
from federation.proof import add_proof
from node.context import Node
from node.project import catch_up
from node.rules import RULES
from node.store import journal
from node.store.schema import (
    blobs,
    directory,
    graphs,
    observations,
    quarantine,
    relations,
    restricted_observations,
    restricted_quarantine,
)
from node.store.schema import journal as rows
from tests.federation.signing import NOW, OURS, actor_keys
from tests.fuzz.shapes import MANY, twisted, values
from tests.node.net import free_ports, make
from vocab.jsonld import graph_digest

GOLDEN = Path(__file__).parents[1] / "vocab" / "golden"
KINDS = ("description", "listing", "report")
REFERENCE = {kind: json.loads((GOLDEN / f"{kind}.jsonld").read_bytes()) for kind in KINDS}
PASSED = ("@context", "id", "attributedTo", "type")  # judging would let nothing else pass here
NAMES = tuple(said["id"] for said in REFERENCE.values())
ACTOR = REFERENCE["report"]["attributedTo"]
KEY = PublicKey(ACTOR + "#ed25519-key", ACTOR, KeyKind.ED25519, actor_keys().ed25519.public_key())
pool = values | st.sampled_from(
    ["2025", "2025-13", "0000", "2025-02-30", "2024-07-01/P1Y", "1e5", "-0", "NaN", "9" * 400, "0." + "1" * 400, "fr",
     "urn:siren:123456789", "https://a.fr/ x", "https://a.fr/>\n<b", "https://a.fr/\\u003e", "_:b0", "tlc:typology/",
     "2A004", "99999", "00:00", "24:00", "A" * 5000, "\x00", "\ud7ff", "2026-11-20T12:00:00Z", "@id", [["fr"]],
     {"fr": ""}]
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A golden document, twisted; most often its digest is made right again, as a liar would."""
    before = REFERENCE[draw(st.sampled_from(KINDS))]
    said = draw(twisted({name: before[name] for name in before.keys() - PASSED}, pool))
    said |= {name: before[name] for name in PASSED}
    if draw(st.integers(0, 3)):
        try:
            said["graphDigest"] = graph_digest(said)
        except Exception as error:  # noqa: BLE001 - a document that no digest can be made of keeps its own
            event(type(error).__name__)
    return said


def judged(said: dict[str, Any]) -> Document | Refused:
    """The document, signed by its place and judged."""
    try:
        content = add_proof(said, actor_keys().ed25519, KEY.id, timestamp(NOW))
    except NotCanonical:
        return refuse("document_form")
    return judge_document(content, KEY, Facts(None, None, None, OURS, RULES), NOW)


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """An aggregator, which keeps graphs, and which the place of the golden documents accepted."""
    [port] = free_ports(1)
    node = make(tmp_path_factory.mktemp("fold") / "node", port, [port], "aggregator")
    with node.cache.public.write() as connection:
        connection.execute(insert(relations).values(actor=ACTOR, since="", seq=0))
    yield node
    node.close()


def keep(node: Node, document: Document) -> int:
    """A journal row, as taking it makes one."""

    def act(connection: Connection) -> int:
        row = {
            "direction": "in",
            "time": "2026-11-20T12:00:00.000Z",
            "actor": ACTOR,
            "type": "Update",
            "object": document.id,
        }
        row |= {"activity": f"{ACTOR}/{journal.head(connection)}", "object_type": document.type, "verdict": "current"}
        row |= {
            "version": document.version,
            "sharing": document.sharing,
            "digest": document.digest,
            "verified": "cavage",
        }
        seq = connection.execute(insert(rows).values(row)).lastrowid
        connection.execute(insert(blobs).values(seq=seq, kind="document", bytes=document.raw))
        return seq

    return node.store.write(act)


@MANY
@given(said=documents())
def test_any_document_is_folded_or_kept_apart(council: Node, said: dict[str, Any]) -> None:
    document = judged(said)
    if isinstance(document, Refused):
        event(document.reason)
        return
    seq = keep(council, document)
    assert catch_up(council) == 1
    with council.cache.public.read() as public, council.cache.restricted.read() as restricted:
        apart = quarantine if document.sharing == "public" else restricted_quarantine
        store = public if apart is quarantine else restricted
        kept_apart = store.execute(select(apart.c.errors).where(apart.c.seq == seq)).scalar_one_or_none()
        graph = public.execute(select(graphs.c.nquads).where(graphs.c.seq == seq)).scalar_one_or_none()
        tables = [(public, directory), (public, observations), (restricted, restricted_observations)]
        found = [c.execute(select(t.c.seq).where(t.c.document == document.id)).scalars().all() for c, t in tables]
    event("folded" if kept_apart is None else "kept apart")
    if kept_apart is not None:
        assert json.loads(kept_apart)
        assert (graph, found) == (None, [[], [], []])
        return
    assert all(each == seq for seqs in found for each in seqs)
    assert document.sharing == "public" or (graph, *found[:2]) == (None, [], [])
    assert document.sharing != "public" or graph is not None
    if graph is not None:
        assert {quad.graph_name.value for quad in parsed(graph)} <= {document.id, document.id + "#provenance"}


def parsed(graph: str) -> Iterator[Any]:
    return pyoxigraph.parse(graph.encode(), format=pyoxigraph.RdfFormat.N_QUADS)


def test_golden_documents_are_folded(council: Node) -> None:
    for said in REFERENCE.values():
        document = judged(said | {"graphDigest": graph_digest(said)})
        assert isinstance(document, Document)
        keep(council, document)
        catch_up(council)
    with council.cache.public.read() as public:
        assert len(public.execute(select(graphs.c.document).where(graphs.c.document.in_(NAMES))).all()) == len(NAMES)
