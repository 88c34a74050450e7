"""One message, one reading: JSON-LD that would say another thing to a program that reads RDF is refused."""

import json
import time
from typing import Any

import pytest

from tests.corpus.attacks import attack
from tests.corpus.rig import Rig, Said
from tests.corpus.vectors import cases, loaded
from tests.node.sender import Sender
from vocab.contexts import AS2_URL, CONTEXT, MAX_CHARACTERS

AS2 = "https://www.w3.org/ns/activitystreams#"
KEYWORDS = [
    "@graph", "@included", "@reverse", "@nest", "@index", "@id", "@type", "@value", "@list", "@set", "@language",
    "@container", "@base", "@vocab", "@import", "@propagate", "@protected", "@json", "@none", "@direction", "@default",
    "@never-defined", "@",
]  # fmt: skip


@pytest.fixture
async def said(rig: Rig, far: Sender) -> Said:
    return rig.activity(far.id, "Follow", rig.node.config.node_actor, **{"@context": AS2_URL})


def shapes() -> list[Any]:
    try:
        found = loaded("jsonld_reshaping")
    except pytest.skip.Exception as absent:
        return [pytest.param({}, "", marks=pytest.mark.skip(reason=str(absent)))]
    shaped = [pytest.param(shape, "jsonld_keyword", id=name) for name, shape in found["same_rdf_other_shape"].items()]
    return [*shaped, pytest.param(found["redefinition"], "context", id="redefinition")]


@attack("J01", "J05")
@pytest.mark.parametrize(("shape", "reason"), shapes())
async def test_published_reshapings(rig: Rig, far: Sender, shape: Said, reason: str) -> None:
    await rig.refuses_said(reason, far, shape)


def deep(keyword: str, depth: int, value: Any) -> Any:
    """Under so many members, through an object and through a list."""
    made: Any = {keyword: value}
    for level in range(depth):
        made = {("tag", "object")[level % 2]: [made] if level % 3 else made}
    return made


@attack("J02")
@pytest.mark.parametrize("keyword", KEYWORDS)
async def test_keywords_at_any_depth(rig: Rig, far: Sender, said: Said, keyword: str) -> None:
    for depth in (0, 1, 5, 14):
        for value in ([], {}, "x", None, [{"id": "https://thief.example/"}]):
            await rig.refuses_said("jsonld_keyword", far, said | deep(keyword, depth, value))


@attack("J02")
async def test_a_context_stands_where_a_message_begins_only(rig: Rig, far: Sender, said: Said) -> None:
    for name in ("tag", "actor", "attachment", "to", "stream", "x"):
        for value in ({"@context": AS2_URL}, [{"@context": AS2_URL}], {"y": {"@context": []}}):
            await rig.refuses_said("jsonld_keyword", far, said | {name: value})


ALIASES: list[Any] = [
    {"n": "@nest"},
    {"what": "@id"},
    {"kind": "@type"},
    {"g": "@graph"},
    {"i": {"@id": "@included"}},
    {"n": {"@id": "ex:n", "@nest": "x"}},
    {"acts": {"@reverse": "as:actor"}},
    {"acts": {"@reverse": AS2 + "actor"}},
    {"performer": "as:actor"},
    {"performer": AS2 + "actor"},
    {"performer": {"@id": "as:actor", "@type": "@id"}},
    {"performer": "actor"},
    {"performer": {"@id": "actor"}},
    {"one": "two", "two": "three", "three": "as:actor"},
    {"one": "two", "two": "one"},
    {"a": AS2, "performer": "a:actor"},
    {"a": AS2},
    {"a": {"@id": AS2, "@prefix": True}},
    {"a": "https://www.w3.org/ns/"},
    {"a": "https://"},
    {"a": AS2 + "act"},
    {"a": "as:"},
    {"a": "as:act"},
    {"@vocab": AS2 + "a"},
    {"@vocab": "https://www.w3.org/ns/"},
    {"@vocab": "as:a"},
    {"@vocab": ""},
    {"": "as:actor"},
    {"x": {"@id": "ex:x", "@container": "@graph"}},
    {"x": {"@id": "ex:x", "@container": ["@graph", "@id"]}},
    {"x": {"@id": "ex:x", "@container": "@index", "@index": "as:actor"}},
    {"Hello": {"@id": "ex:Hello", "@context": {"performer": "as:actor"}}},
    {"Hello": {"@id": "ex:Hello", "@context": [AS2_URL, {"deeper": {"@id": "ex:d", "@context": {"n": "@nest"}}}]}},
]
REDEFINITIONS: list[Any] = [
    {"actor": "as:attributedTo"},
    {"actor": "as:attributedTo", "performer": "as:actor"},
    {"actor": "https://thief.example/actor"},
    {"actor": {"@type": "@id"}},
    {"actor": {"@id": "as:actor", "@type": "@json"}},
    {"actor": {"@id": "as:actor", "@type": "@vocab"}},
    {"actor": None},
    {"actor": False},
    {"actor": 1},
    {"actor": []},
    {"actor": "as:actor", "as": "https://thief.example/#"},
    {"as": "https://thief.example/#"},
    {"as": {"@id": "https://thief.example/#", "@prefix": True}},
    {"object": {"@id": "as:object", "@type": "@id", "@container": "@graph"}},
    {"object": {"@id": "as:object", "@type": "@id", "@container": "@list"}},
    {"Create": "as:Delete"},
    {"Undo": {"@id": "as:Undo", "@context": {"object": "as:target"}}},
    {"Note": {"@id": "as:Note", "@context": {"attributedTo": "as:actor"}}},
    {"id": "@type"},
    {"id": "https://thief.example/id"},
    {"type": None},
    {"type": "@id"},
    {"publicKey": "schema:publicKey"},
    {"proof": "ex:proof"},
    {"version": "schema:version"},
    {"@base": "https://far.example/"},
    {"@import": "https://thief.example/context"},
    {"@propagate": False},
    {"@context": {"actor": "as:object"}},
    {"term": "x" * MAX_CHARACTERS},
    None,
    42,
    True,
    [AS2_URL],
]


@attack("J02", "J03", "J05")
@pytest.mark.parametrize(
    ("context", "reason"),
    [*((each, "jsonld_keyword") for each in ALIASES), *((each, "context") for each in REDEFINITIONS)],
)
async def test_contexts(rig: Rig, far: Sender, said: Said, context: Any, reason: str) -> None:
    """After ActivityStreams, before it, within another, and on the object: it changes nothing that we act on."""
    listed = [[AS2_URL, context], [context, AS2_URL], [AS2_URL, {"ex": "https://ex.example/"}, context]]
    for each in [*listed, *([context] if isinstance(context, dict) else [])]:
        await rig.refuses_said(reason, far, said | {"@context": each})
    inner = {"id": far.id + "/n", "type": "Note", "attributedTo": far.id, "@context": [AS2_URL, context]}
    await rig.refuses_said(reason, far, said | {"type": "Create", "object": inner})
    await rig.refuses_said(
        reason, far, said | {"type": "Create", "object": {**inner, "@context": AS2_URL, "proof": inner}}
    )
    await rig.refuses_said(reason, far, said | {"signature": [inner]})


async def test_a_prefix_of_one_context_is_known_in_the_next(rig: Rig, far: Sender, said: Said) -> None:
    for parts in (
        [{"b": "ex:y"}, {"b": AS2}, {"performer": "b:actor"}],
        [{"one": "as:actor"}, {"two": "one"}],
        [{"ex": "https://ex.example/"}, {"ex": AS2}, {"performer": "ex:actor"}, {"ex": "https://ex.example/"}],
    ):
        await rig.refuses_said("jsonld_keyword", far, said | {"@context": [AS2_URL, *parts]})


@attack("J05")
@pytest.mark.parametrize(
    "key",
    ["as:actor", "as:object", "as:attributedTo", AS2 + "actor", AS2 + "to", "ldp:inbox", "to:talItems", "id:", "as:cc"],
)
async def test_a_member_under_another_spelling(rig: Rig, far: Sender, thief: Sender, said: Said, key: str) -> None:
    """`as:actor` beside `actor`: JSON reads the one, RDF both."""
    await rig.refuses_said("jsonld_keyword", far, said | {key: thief.id})
    note = {"id": far.id + "/n", "type": "Note", "attributedTo": far.id, key: thief.id}
    await rig.refuses_said("jsonld_keyword", far, said | {"type": "Create", "object": note})


HABITS: list[Any] = [
    AS2_URL,
    [AS2_URL, "https://elsewhere.example/schemas/litepub-0.1.jsonld", {"@language": "und"}],
    [AS2_URL, {"@vocab": AS2}],
    [AS2_URL, {"@vocab": "https://schema.org/"}],
    [AS2_URL, {"toot": "http://joinmastodon.org/ns#", "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"}}],
    [AS2_URL, {"Hashtag": "as:Hashtag", "sensitive": "as:sensitive", "quoteUrl": "as:quoteUrl", "icons": "as:icon"}],
    [AS2_URL, {"nameMap": {"@id": "as:name", "@container": "@language"}}],
    [
        AS2_URL,
        {"gts": "https://gotosocial.org/ns#", "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"}},
    ],
    [AS2_URL, {"always": {"@type": "@id", "@id": "ex:always", "@container": "@set"}, "ex": "https://ex.example/"}],
    [
        AS2_URL,
        {
            "sec": "https://w3id.org/security#",
            "ldp": "http://www.w3.org/ns/ldp#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
    ],
    [AS2_URL, {"to": {"@id": "as:to", "@type": "@id", "@container": "@set"}}],
    [AS2_URL, {"id": "@id", "type": "@type", "actor": {"@id": AS2 + "actor", "@type": "@id"}}],
    [
        AS2_URL,
        {
            "schema": "http://schema.org#",
            "PropertyValue": {"@id": "schema:PropertyValue", "@context": {"value": "schema:value"}},
        },
    ],
    [AS2_URL, {"dropped": None, "@version": 1.1, "@protected": True}],
    CONTEXT,
]


@pytest.mark.parametrize("context", HABITS)
async def test_contexts_of_peers(rig: Rig, far: Sender, said: Said, context: Any) -> None:
    await rig.takes(far, said | {"@context": context, "_misskey_content": "x", "vcard:bday": "2000-01-01", "toot:x": 1})


def poisons() -> list[Any]:
    """Published graphs whose canonical form takes for ever to find."""
    return [
        case for case in cases("rdfc10") if not isinstance(case.values[0], dict) or "Negative" in case.values[0]["type"]
    ]


@attack("J09")
@pytest.mark.parametrize("vector", poisons())
async def test_a_poison_graph_costs_nothing(rig: Rig, far: Sender, said: Said, vector: dict[str, Any]) -> None:
    """Blank nodes that all name each other, as a message and under a proof over RDF: nobody makes a graph of them."""
    quads = [line.split(" ")[:3] for line in vector["input"].splitlines()]
    graph = [{"@id": subject, predicate.strip("<>"): {"@id": value}} for subject, predicate, value in quads]
    tags = [{"id": subject, "type": "Object", "tag": {"id": value}} for subject, _, value in quads]
    proof = far.report("r", 1)["proof"] | {"cryptosuite": "eddsa-rdfc-2022"}
    poisoned = [far.report("r", 1, tag=tags) | {"proof": proof}, far.report("r", 1) | {"tag": tags}]
    tagged = {"id": far.id + "/n", "type": "Note", "attributedTo": far.id, "tag": tags}
    began = time.process_time()
    await rig.refuses_said("jsonld_keyword", far, said | {"@graph": graph})
    await rig.refuses_said(
        "proof_suite", far, rig.activity(far.id, "Create", far.report("r", 1, tag=tags) | {"proof": proof})
    )
    await rig.refuses_said("proof", far, rig.activity(far.id, "Create", poisoned[1]))
    await rig.takes(far, rig.activity(far.id, "Create", tagged))
    assert time.process_time() - began < 0.4  # all four, and the rows compared
    n_quads = vector["input"].encode()
    await rig.refuses(
        "content_type", n_quads, far.headers(rig.inbox, n_quads) | {"Content-Type": "application/n-quads"}
    )


@attack("J10")
async def test_a_member_without_meaning_is_signed_all_the_same(rig: Rig, far: Sender) -> None:
    """What no context defines vanishes from RDF; here it is in the bytes that are signed, hashed and kept."""
    document = far.report("r", 1, licence="https://thief.example/all-rights-reserved")
    changed = document | {"licence": "https://thief.example/none"}
    await rig.refuses_said("proof", far, rig.activity(far.id, "Create", changed))
    await rig.takes(far, rig.activity(far.id, "Create", document))
    with rig.node.store.read() as connection:
        [raw] = (
            connection.exec_driver_sql("SELECT bytes FROM blobs WHERE kind='document' ORDER BY seq DESC").first() or ()
        )
    assert json.loads(raw)["licence"] == document["licence"]
