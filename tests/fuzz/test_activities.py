"""Activities and actors of any shape: judged without a fault, and what is verified speaks for its author only."""

from datetime import timedelta
from typing import Any

from hypothesis import event, example, given
from hypothesis import strategies as st

from federation.activity import TYPES, describe, id_of, is_iri, origin, types_of
from federation.actor import Profile, RemoteActor, node_actor, place_actor, read_actor
from federation.canonical import jcs
from federation.clock import timestamp
from federation.errors import NotCanonical, Refused
from federation.fetch import _owner
from federation.httpsig import Signature, signature_of
from federation.inbox import Facts, Verified, judge, judge_document, judge_gone, judge_pulled, read
from federation.policy import Policy
from federation.proof import add_proof, method_of, verify_proof
from node.rules import RULES
from tests.federation.signing import ACTOR, NOW, OURS, actor_keys, cavage_post, ed25519_key, other_keys, rsa_key
from tests.fuzz.shapes import MANY, in_table, twisted, values
from vocab.contexts import AS2_URL, CONTEXT

VICTIM = "https://place.example/places/voisin"
US = "https://council.example/actor"
DOCUMENT = f"{ACTOR}/documents/report-2025"


def document(**more: Any) -> dict[str, Any]:
    """What is signed; federation does not look at what else it says."""
    plain = {"@context": CONTEXT, "type": ["Document", "Report"], "id": DOCUMENT, "attributedTo": ACTOR}
    return plain | {"version": 3, "sharing": "public", "published": timestamp(NOW), "updated": timestamp(NOW)} | more


def proved(plain: dict[str, Any]) -> dict[str, Any]:
    try:
        return add_proof(plain, actor_keys().ed25519, ed25519_key().id, timestamp(NOW))
    except NotCanonical:
        return plain


REPORT = proved(document())
NOTE = {"type": "Note", "id": f"{ACTOR}/notes/1", "attributedTo": ACTOR, "content": "é", "to": ["as:Public"]}
FOLLOW = {"id": f"{US}/activities/1", "type": "Follow", "actor": US, "object": ACTOR}
ITSELF = place_actor(
    Profile(ACTOR, "atelier", "Atelier"), actor_keys(), "https://place.example/actor", ACTOR + "/inbox"
)
NODE = node_actor(Profile("https://place.example/actor", "relay", "Nœud"), actor_keys(), "https://place.example/inbox")
SAID: tuple[tuple[str, Any], ...] = (
    ("Follow", US),
    ("Accept", FOLLOW),
    ("Accept", FOLLOW["id"]),
    ("Reject", FOLLOW),
    ("Undo", {"id": f"{ACTOR}/activities/0", "type": "Follow", "actor": ACTOR, "object": US}),
    ("Undo", f"{ACTOR}/activities/0"),
    ("Create", REPORT),
    ("Update", REPORT),
    ("Create", NOTE),
    ("Update", ITSELF),
    ("Delete", {"type": "Tombstone", "id": DOCUMENT}),
    ("Delete", DOCUMENT),
    ("Delete", ACTOR),
    ("Announce", VICTIM + "/events/1"),
    ("Move", ACTOR),
)
pool = values | st.sampled_from(
    [ACTOR, VICTIM, US, DOCUMENT, VICTIM + "/documents/x", "https://place.example:8443/x", "https://a.fr:99999/",
     REPORT, NOTE, FOLLOW, ITSELF, ["Note", "Report"], [ACTOR], {"id": VICTIM}, 2**53 - 1, 0, -1, 1.5, True, [[[]]],
     "Create", "Delete", "#", "", "as:Public", {"@id": ACTOR}, CONTEXT, AS2_URL, proved(document(version=9))]
)  # fmt: skip


@st.composite
def activities(draw: st.DrawFn) -> dict[str, Any]:
    """An activity of ours to take, then twisted; sometimes its document is signed anew once it is twisted."""
    kind, content = draw(st.sampled_from(SAID))
    if isinstance(content, dict) and "proof" in content and draw(st.booleans()):
        content = proved(draw(twisted(document(), pool)))
    said = {"@context": CONTEXT, "id": f"{ACTOR}/activities/7", "type": kind, "actor": ACTOR, "object": content}
    numbers = {"stream": {"audience": "public", "n": 2, "prev": None}, "commitment": {"seq": 2, "salt": "", "epoch": 0}}
    return draw(twisted(said | {"to": [US], "published": timestamp(NOW)} | numbers, pool))


facts = st.builds(
    Facts,
    key=st.sampled_from([*[rsa_key()] * 6, None, rsa_key(other_keys())]),
    document_key=st.sampled_from([*[ed25519_key()] * 6, None, ed25519_key(other_keys()), rsa_key()]),
    owner=st.sampled_from([None, None, None, ACTOR, VICTIM]),
    authorities=st.just(OURS),
    rules=st.just(RULES),
    policy=st.sampled_from(
        [Policy(), Policy(), Policy(frozenset({"place.example"})), Policy(allow=frozenset({"b.fr"}))]
    ),
)


def speaks_for_its_author(verified: Verified, found: Facts) -> None:
    """Key controller = actor = attributedTo = stored owner, and everything of that origin."""
    said = verified.facts
    assert said.type in TYPES
    assert origin(said.id) == origin(said.actor)
    assert found.policy.judge(said.actor) is None
    assert said.actor == ACTOR
    if verified.document is not None:
        assert verified.document.content["attributedTo"] == ACTOR
        assert origin(verified.document.id) == origin(ACTOR)
        assert verified.document.raw == jcs(verified.document.content)
        assert found.owner in (None, ACTOR)
        ruled = any(kind in RULES and RULES[kind].proof_required for kind in types_of(verified.document.content))
        assert not ruled or verify_proof(verified.document.content, ed25519_key(), NOW) is None
    if said.type == "Delete":
        assert found.owner in (None, ACTOR)


def check(judged: Verified | Refused, found: Facts) -> None:
    event(judged.reason if isinstance(judged, Refused) else f"verified {judged.facts.type} {judged.by}")
    if isinstance(judged, Refused):
        in_table(judged)
    else:
        speaks_for_its_author(judged, found)


@MANY
@given(activities(), facts)
def test_any_activity_is_judged(activity: dict[str, Any], found: Facts) -> None:
    body = jcs(activity)
    gated = read("application/activity+json", body)
    if isinstance(gated, Refused):
        in_table(gated)
        return
    request = cavage_post(body=body)
    signature = signature_of(request)
    assert isinstance(signature, Signature)
    check(judge(request, signature, gated, found, NOW), found)
    pulled = judge_pulled(gated, body, found, NOW)
    check(pulled, found)
    assert isinstance(pulled, Refused) or pulled.document is not None
    gone = judge_gone(gated, body, rsa_key(), found)
    check(gone, found)
    assert isinstance(gone, Refused) or gone.facts.type == "Delete"


@MANY
@given(twisted(document(), pool), facts, st.booleans())
def test_any_document_is_judged(plain: dict[str, Any], found: Facts, is_signed: bool) -> None:
    content = proved(plain) if is_signed else plain
    judged = judge_document(content, ed25519_key(), found, NOW)
    if isinstance(judged, Refused):
        in_table(judged)
    else:
        assert judged.content["attributedTo"] == ACTOR
        assert found.owner in (None, ACTOR)


_OPTIONS = st.sampled_from(
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", timestamp(NOW + timedelta(days=1)), "z", "z1", "", "é"]
)


@MANY
@given(twisted({"proof": REPORT["proof"]}, pool | _OPTIONS), st.booleans())
@example({"proof": REPORT["proof"] | {"expires": "0001-01-01T00:00:00+23:59"}}, True)
def test_any_proof_is_judged(twisted_proof: dict[str, Any], is_now: bool) -> None:
    content = {**REPORT, **twisted_proof}
    method = method_of(content)
    wrong = verify_proof(content, ed25519_key(), NOW if is_now else None)
    if isinstance(method, Refused):
        in_table(method)
        assert wrong == method
    elif wrong is not None:
        in_table(wrong)
    else:
        assert content["proof"] == REPORT["proof"]
        assert jcs(content) == jcs(REPORT)


@MANY
@given(st.sampled_from([ITSELF, NODE]).flatmap(lambda actor: twisted(actor, pool)), st.sampled_from([ACTOR, VICTIM]))
@example(ITSELF | {"publicKey": [None, [], {"owner": ACTOR, "id": ACTOR + "#k", "publicKeyPem": 1}]}, ACTOR)
@example(ITSELF | {"generator": [1], "implements": [None, {"href": []}]}, ACTOR)
def test_any_actor_is_read(actor: dict[str, Any], address: str) -> None:
    owner = _owner(actor)
    assert owner == "" or is_iri(owner)
    found = read_actor(actor, address)
    if isinstance(found, Refused):
        in_table(found)
        return
    _is_its_own(found, address)


def _is_its_own(actor: RemoteActor, address: str) -> None:
    assert actor.id == address
    for iri in (actor.inbox, actor.shared_inbox, actor.outbox, actor.followers):
        assert iri == "" or origin(iri) == origin(address)
    for key in actor.keys:
        assert key.owner == address
        assert key.id.startswith(address)
        assert actor.key(key.id) is not None
    assert all(isinstance(name, str) for name in actor.implements)


@MANY
@given(values | twisted({"id": ACTOR, "type": "Create", "actor": ACTOR, "object": {"id": DOCUMENT}}, pool))
def test_anything_is_described(said: Any) -> None:
    assert id_of(said) == "" or is_iri(id_of(said))
    if isinstance(said, dict):
        described = describe(said)
        if isinstance(described, Refused):
            in_table(described)
        else:
            assert all(map(is_iri, (described.id, described.actor, described.object_id)))
