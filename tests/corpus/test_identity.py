"""Who may say what of which object: whose id it is, who signs, and what a message about somebody else's things does."""

from collections.abc import Callable
from typing import Any

import pytest

from federation.keys import ActorKeys
from tests.corpus.attacks import attack
from tests.corpus.rig import Rig, Said, untouched
from tests.node.net import FOLLOWING, rows
from tests.node.sender import Sender

DOCUMENT = "https://far.example/places/far/documents/r"
NOTE = "https://far.example/notes/1"
THIEF = "https://thief.example/places/thief"
JOURNAL = frozenset({"journal", "blobs"})


@pytest.fixture
async def owned(rig: Rig, far: Sender) -> Rig:
    """What `far` has: a report, a note, an activity."""
    await rig.takes(far, rig.activity(far.id, "Create", far.report("r", 1)))
    await rig.takes(far, rig.activity(far.id, "Create", note(far)))
    return rig


def note(by: Sender, **more: Any) -> Said:
    return {"id": NOTE, "type": "Note", "attributedTo": by.id, "content": "Bonjour"} | more


THEFTS: list[tuple[str, Callable[[Rig, Sender, Sender], Said]]] = [
    # of somebody at another origin
    ("key_owner", lambda rig, far, by: rig.activity(far.id, "Update", far.report("r", 9, version=9))),
    ("key_owner", lambda rig, far, by: rig.activity(far.id, "Delete", DOCUMENT)),
    ("key_owner", lambda rig, far, by: rig.activity(far.id, "Delete", far.id)),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Create", note(by), id=far.id + "/activities/9")),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Create", far.report("r", 9, version=9))),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Update", far.report("r", 9, version=9))),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Update", far.report("r", 9, version=9, attributedTo=by.id))),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Update", note(by))),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Update", note(far))),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Delete", DOCUMENT)),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Delete", {"id": DOCUMENT, "type": "Tombstone"})),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Delete", far.id)),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Update", {"id": far.id, "type": "Person"})),
    ("attributed_to", lambda rig, far, by: rig.activity(by.id, "Update", note(far, id=by.id + "/notes/1"))),
    (
        "attributed_to",
        lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=by.id + "/n", attributedTo=[by.id])),
    ),
    (
        "attributed_to",
        lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=by.id + "/n", attributedTo=[by.id, far.id])),
    ),
    (
        "attributed_to",
        lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=by.id + "/n", attributedTo={"id": by.id})),
    ),
    ("attributed_to", lambda rig, far, by: rig.activity(by.id, "Create", {"id": by.id + "/n", "type": "Note"})),
    # of something of ours
    ("origin", lambda rig, far, by: rig.activity(by.id, "Delete", rig.node.config.place("etabli"))),
    ("origin", lambda rig, far, by: rig.activity(by.id, "Update", note(by, id=rig.node.config.actor("etabli")))),
    ("key_owner", lambda rig, far, by: rig.activity(rig.node.config.node_actor, "Delete", rig.node.config.node_actor)),
    # of what has no id of its own, or an id that is none
    (
        "activity_form",
        lambda rig, far, by: {k: v for k, v in rig.activity(by.id, "Create", note(by)).items() if k != "id"},
    ),
    ("activity_form", lambda rig, far, by: rig.activity(by.id, "Create", {"type": "Note", "object": note(by)})),
    ("activity_form", lambda rig, far, by: rig.activity(by.id, "Create", [note(by, id=by.id + "/n")])),
    ("activity_form", lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=[by.id + "/n"]))),
    ("activity_form", lambda rig, far, by: rig.activity(by.id, "Create", by.id + "/n")),
    ("activity_form", lambda rig, far, by: rig.activity(by.id, "Create", None)),
    ("activity_form", lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=by.id + "/n"), id=None)),
    ("activity_form", lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=by.id + "/n"), id=[by.id + "/1"])),
    ("activity_form", lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=by.id + "/n"), actor=[by.id])),
    (
        "activity_form",
        lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=by.id + "/n"), actor={"id": by.id}),
    ),
    (
        "activity_form",
        lambda rig, far, by: rig.activity(
            by.id, "Create", note(by), actor={"id": far.id, "publicKey": {"owner": far.id}}
        ),
    ),
    ("activity_type", lambda rig, far, by: rig.activity(by.id, "Create", note(by), type=["Create"])),
    ("activity_type", lambda rig, far, by: rig.activity(by.id, "Create", note(by), type=["Create", "Delete"])),
    ("activity_type", lambda rig, far, by: rig.activity(by.id, "as:Delete", DOCUMENT)),
    ("activity_type", lambda rig, far, by: rig.activity(by.id, "create", note(by))),
    ("activity_type", lambda rig, far, by: rig.activity(by.id, "Add", note(by))),
    ("activity_type", lambda rig, far, by: note(by, id=by.id + "/n")),
]


@attack("S01", "I02", "I03", "I06")
@pytest.mark.parametrize(("reason", "say"), THEFTS)
async def test_a_stranger(
    owned: Rig, far: Sender, thief: Sender, reason: str, say: Callable[[Rig, Sender, Sender], Said]
) -> None:
    await owned.refuses_said(reason, thief, say(owned, far, thief))


NEXT = "https://far.example/places/next"
NEIGHBOURLY: list[tuple[str, Callable[[Rig, Sender, Sender], Said]]] = [
    ("key_owner", lambda rig, far, by: rig.activity(far.id, "Delete", DOCUMENT)),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Delete", DOCUMENT)),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Delete", {"id": DOCUMENT, "type": "Tombstone"})),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Delete", NOTE)),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Update", note(by))),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Create", note(by))),
    ("attributed_to", lambda rig, far, by: rig.activity(by.id, "Update", note(far))),
    (
        "stored_owner",
        lambda rig, far, by: rig.activity(by.id, "Update", far.report("r", 9, version=9, attributedTo=by.id)),
    ),
    # ids that nobody said yet, under the other's own: not to be taken before it comes to them
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=far.id + "/notes/9"))),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Delete", far.id + "/documents/next-year")),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=far.id + "/a/b/c?d=/e#f"))),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=far.id + "#main-key"))),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Create", note(by, id=far.id))),
    ("stored_owner", lambda rig, far, by: rig.activity(by.id, "Delete", far.id)),
    ("attributed_to", lambda rig, far, by: rig.activity(by.id, "Update", {"id": far.id, "type": "Person"})),
]


@attack("S01", "I03")
@pytest.mark.parametrize(("reason", "say"), NEIGHBOURLY)
async def test_a_neighbour_at_the_same_origin(
    owned: Rig, far: Sender, neighbour: Sender, reason: str, say: Callable[[Rig, Sender, Sender], Said]
) -> None:
    """The same origin is necessary, and not sufficient."""
    await owned.refuses_said(reason, neighbour, say(owned, far, neighbour))


@attack("I03")
async def test_an_owner_cannot_give_away_what_it_owns(owned: Rig, far: Sender, neighbour: Sender) -> None:
    for author in (neighbour.id, THIEF, [far.id, neighbour.id], None):
        gift = far.report("r", 2, version=2, attributedTo=author)
        await owned.refuses_said("attributed_to", far, owned.activity(far.id, "Update", gift))
    assert rows(owned.node, f"SELECT owner, version FROM documents WHERE id='{DOCUMENT}'") == [(far.id, 1)]


@attack("I07")
@pytest.mark.parametrize(
    "name",
    [
        "https://far.example./places/far/documents/r",
        "https://far.example:443/places/far/documents/r",
        "https://far.example:0443/places/far/documents/r",
        "https://far.example:/places/far/documents/r",
        "https://FAR.example/places/far/documents/r",
        "HTTPS://far.example/places/far/documents/r",
        "https://fár.example/places/far/documents/r",
        "https://xn--fr-mia.example/places/far/documents/r",
        "https://far%2eexample/places/far/documents/r",
        "https://far.example%2fplaces/far/documents/r",
        "https://user@far.example/places/far/documents/r",
        "https://user:word@far.example/places/far/documents/r",
        "https://thief.example@far.example/places/far/documents/r",
        "https://far.example\\@thief.example/places/far/documents/r",
        "https:far.example/places/far/documents/r",
        "https:///far.example/places/far/documents/r",
        "//far.example/places/far/documents/r",
        "http://far.example/places/far/documents/r",
        "https://far.example/places/next/../far/documents/r",
        "https://far.example/places/next/%2e%2E/far/documents/r",
        "https://far.example/places/./far/documents/r",
        "https://far.example/places/far/documents/r ",
        "https://far.example/places/far/documents/r\n",
        "https://far.example/places/far\t/documents/r",
        "https://far.example/places/far/documents/é",
        "https://ｆａｒ.example/places/far/documents/r",
        "https://far。example/places/far/documents/r",
        "https://127.1/places/far/documents/r",
        "urn:uuid:0",
        "far.example/places/far/documents/r",
        "acct:far@far.example",
    ],
)
async def test_one_thing_has_one_spelling(owned: Rig, far: Sender, thief: Sender, neighbour: Sender, name: str) -> None:
    """Another spelling of an id is not another thing, nor one's own: nobody can say anything under it."""
    for by in (far, neighbour, thief):
        for said in (
            owned.activity(by.id, "Create", note(by, id=name)),
            owned.activity(by.id, "Delete", name),
            owned.activity(by.id, "Create", note(by, id=by.id + "/n"), id=name),
        ):
            with untouched(owned.node):
                status, reason = await owned.answer(*signed(owned, by, said))
            assert (status, reason) in ((400, "activity_form"), (403, "origin")), (by.id, said["id"])


def signed(rig: Rig, by: Sender, said: Said) -> tuple[bytes, dict[str, str]]:
    import json

    body = json.dumps(said).encode()
    return body, by.headers(rig.inbox, body)


@attack("R03")
async def test_an_id_is_not_burnt_by_another(rig: Rig, far: Sender, thief: Sender, neighbour: Sender) -> None:
    said = rig.activity(far.id, "Create", note(far))
    await rig.refuses_said("origin", thief, said | {"actor": thief.id})
    await rig.refuses_said("key_owner", thief, said)
    with untouched(rig.node, JOURNAL):
        await rig.takes(neighbour, rig.activity(neighbour.id, "Follow", far.id, id=said["id"]))
    await rig.takes(far, said)
    assert rows(rig.node, f"SELECT owner FROM documents WHERE id='{NOTE}'") == [(far.id,)]
    with untouched(rig.node):
        await rig.takes(far, said)


IDLE: list[Callable[[Rig, Sender, Sender], Said]] = [
    lambda rig, far, by: rig.activity(by.id, "Announce", DOCUMENT),
    lambda rig, far, by: rig.activity(by.id, "Announce", far.report("r", 9, version=9)),
    lambda rig, far, by: rig.activity(by.id, "Announce", rig.activity(far.id, "Delete", DOCUMENT)),
    lambda rig, far, by: rig.activity(by.id, "Announce", rig.activity(by.id, "Delete", by.id)),
    lambda rig, far, by: rig.activity(by.id, "Accept", "https://nobody.example/follows/1"),
    lambda rig, far, by: rig.activity(by.id, "Accept", rig.node.config.node_actor + "/activities/1"),
    lambda rig, far, by: rig.activity(by.id, "Reject", rig.node.config.node_actor + "/activities/1"),
    lambda rig, far, by: rig.activity(by.id, "Accept", followed(rig, by)),
    lambda rig, far, by: rig.activity(by.id, "Follow", far.id),
    lambda rig, far, by: rig.activity(by.id, "Follow", rig.node.config.url + "/places/nobody"),
    lambda rig, far, by: rig.activity(by.id, "Follow", rig.node.config.actor("etabli") + "/documents/description"),
    lambda rig, far, by: rig.activity(by.id, "Undo", rig.node.config.actor("etabli") + "/activities/1"),
    lambda rig, far, by: rig.activity(by.id, "Undo", far.id + "/follows/1"),
]


def followed(rig: Rig, by: Sender) -> Said:
    me = rig.node.config.node_actor
    return {"id": me + "/activities/1", "type": "Follow", "actor": me, "object": by.id}


@pytest.fixture
async def related(owned: Rig, far: Sender) -> Rig:
    """The node asked `far` whether it may follow it, and `far` follows the place."""
    me, place = owned.node.config.node_actor, owned.node.config.actor("etabli")
    row = f"('{me}', '{far.id}', 'requested', '{me}/activities/1', '', NULL)"
    owned.node.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO {FOLLOWING} VALUES {row}"))
    row = f"('{place}', '{far.id}', 'accepted', '{far.id}/follows/1', '')"
    owned.node.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO followers VALUES {row}"))
    return owned


@pytest.mark.parametrize("say", IDLE)
async def test_what_another_did_is_neither_answered_nor_undone(
    related: Rig, far: Sender, thief: Sender, neighbour: Sender, say: Callable[[Rig, Sender, Sender], Said]
) -> None:
    """Accepts that answer nothing, Follows of others, Announces of anything: kept in the journal, without effect."""
    for by in (thief, neighbour):
        await related.ignores(by, say(related, far, by))


async def test_another_follow_is_not_undone_by_embedding_it(related: Rig, far: Sender, thief: Sender) -> None:
    place = related.node.config.actor("etabli")
    theirs = {"id": far.id + "/follows/1", "type": "Follow", "actor": far.id, "object": place}
    await related.refuses_said("attributed_to", thief, related.activity(thief.id, "Undo", theirs))
    await related.ignores(thief, related.activity(thief.id, "Undo", theirs | {"actor": thief.id}))
    liked = theirs | {"id": far.id + "/likes/1", "type": "Like"}
    await related.ignores(far, related.activity(far.id, "Undo", liked))
    await related.takes(far, related.activity(far.id, "Undo", theirs))
    assert rows(related.node, "SELECT count(*) FROM followers") == [(0,)]


@attack("I09")
async def test_a_move_that_only_one_side_says(related: Rig, far: Sender, thief: Sender) -> None:
    for by, target in ((far, thief.id), (thief, thief.id), (far, THIEF + "/other")):
        said = related.activity(by.id, "Move", far.id, target=target)
        with untouched(related.node, JOURNAL | {"moves"}):
            await related.answer(*signed(related, by, said))
    states = [state for (state,) in rows(related.node, "SELECT state FROM moves")]
    assert "confirmed" not in states


@attack("S04")
@pytest.mark.parametrize("how", ["redirect", "document", "nested"])
async def test_an_address_that_serves_somebody_else(rig: Rig, keys: ActorKeys, how: str) -> None:
    """Its own keys, under the name of who serves them: not that actor, whichever key id is used."""
    thief = rig.shows(rig.evil, "/actor", keys)
    victim = Sender(rig.victim.url + "/actor", keys)
    page: Any = thief.id if how == "redirect" else rig.evil.pages["/actor"]
    rig.victim.pages["/actor"] = page if how != "nested" else {"id": victim.id, "actor": page, "inbox": page["inbox"]}
    reason = "document_form" if how == "nested" else "actor_document_id"
    await rig.refuses_said(reason, victim, rig.activity(victim.id, "Follow", rig.node.config.node_actor))
    assert "/actor" not in rig.evil.paths


@attack("S01")
async def test_a_key_that_claims_an_owner(rig: Rig, keys: ActorKeys) -> None:
    """A key names its owner and its owner lists it, both at one origin: nothing less is believed, nobody else asked."""
    victim = rig.shows(rig.victim, "/actor", keys)
    key = {"id": rig.evil.url + "/key", "owner": victim.id, "publicKeyPem": keys.public_pem}
    listed = {"id": rig.evil.url + "/listed", "inbox": rig.evil.url + "/inbox"}
    rig.evil.pages |= {"/key": key, "/listed": rig.victim.pages["/actor"] | listed}
    said = rig.activity(victim.id, "Follow", rig.node.config.node_actor)
    for name, reason in (("/key", "key_owner"), ("/listed#main-key", "key_owner"), ("/none", "not_found")):
        await rig.refuses(reason, *by_key(rig, victim, rig.evil.url + name, said))
    assert rig.victim.asked == []


def by_key(rig: Rig, by: Sender, key_id: str, said: Said) -> tuple[bytes, dict[str, str]]:
    from federation.canonical import jcs
    from tests.corpus.forge import Forged

    body = jcs(said)
    return body, Forged(rig.inbox, body, by, key_id=key_id).cavage()


@attack("S14")
async def test_what_was_signed_is_what_is_taken(rig: Rig, keys: ActorKeys) -> None:
    """The object inside is the one that is kept, whatever its own address serves; and nobody asks there."""
    shown = rig.shows(rig.evil, "/actor", keys)
    name = shown.id + "/notes/1"
    inline = {"id": name, "type": "Note", "attributedTo": shown.id, "content": "signed"}
    rig.evil.pages["/actor/notes/1"] = inline | {"content": "served", "attributedTo": rig.victim.url}
    await rig.takes(shown, rig.activity(shown.id, "Create", inline))
    [(raw,)] = rows(rig.node, "SELECT bytes FROM blobs ORDER BY seq DESC LIMIT 1")
    assert isinstance(raw, bytes)
    assert b"signed" in raw
    assert rig.evil.paths == ["/actor"]
    named = rig.activity(shown.id, "Create", name)
    await rig.refuses_said("activity_form", shown, named)
