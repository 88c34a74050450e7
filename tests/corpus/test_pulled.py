"""What is pulled passes the gate that what is pushed passes: a followed actor whose outbox, feed or set lies."""

from collections.abc import Callable
from typing import Any

import pytest

from federation.keys import ActorKeys
from node.harvest import HarvestedActor, harvest
from tests.corpus.rig import Rig, Said, untouched
from tests.corpus.test_documents import PROOFS, Forge
from tests.corpus.test_jsonld import ALIASES, KEYWORDS, REDEFINITIONS, deep
from tests.node.net import FOLLOWING, rows
from tests.node.sender import Sender
from vocab.contexts import AS2_URL

READ = frozenset({"peers", "peer_keys", "following", "meta"})


@pytest.fixture
def shown(rig: Rig, keys: ActorKeys) -> Sender:
    """An actor that the node follows, and reads."""
    actor = rig.shows(rig.evil, "/actor", keys)
    row = f"('{rig.node.config.node_actor}', '{actor.id}', 'accepted', 'https://x.example/1', '', NULL)"
    rig.node.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO {FOLLOWING} VALUES {row}"))
    return actor


async def harvested(rig: Rig, actor: Sender) -> HarvestedActor:
    [found] = (await harvest(rig.node, actor.id, lambda _line: None)).actors
    return found


async def adds_nothing(rig: Rig, actor: Sender, *items: Any) -> None:
    """An outbox of these; nothing of it is kept."""
    rig.evil.pages["/actor/outbox"] = {"type": "OrderedCollection", "orderedItems": list(items)}
    with untouched(rig.node, READ):
        found = await harvested(rig, actor)
    assert found.added == 0


def create(by: Sender, content: Any, **more: Any) -> Said:
    return {
        "@context": AS2_URL,
        "id": by.id + "/activities/1",
        "type": "Create",
        "actor": by.id,
        "object": content,
    } | more


@pytest.mark.parametrize("forge", [forge for _, forge in PROOFS])
async def test_documents_under_proofs_that_prove_nothing(rig: Rig, shown: Sender, thief: Sender, forge: Forge) -> None:
    await adds_nothing(rig, shown, create(shown, forge(shown, thief, shown.report("r", 1))))


@pytest.mark.parametrize("keyword", KEYWORDS)
async def test_keywords(rig: Rig, shown: Sender, keyword: str) -> None:
    plain = create(shown, shown.report("r", 1))
    await adds_nothing(rig, shown, plain | {keyword: []}, plain | deep(keyword, 3, "x") | {"object": plain["object"]})
    await adds_nothing(rig, shown, create(shown, shown.report("r", 1, **{keyword: "x"})))


async def test_contexts(rig: Rig, shown: Sender) -> None:
    plain = create(shown, shown.report("r", 1))
    items = [
        plain | {"@context": [AS2_URL, each], "id": f"{plain['id']}{n}"}
        for n, each in enumerate([*ALIASES, *REDEFINITIONS])
    ]
    await adds_nothing(rig, shown, *items)


async def test_what_is_right_is_read(rig: Rig, shown: Sender) -> None:
    """The same road, for the tests above to mean something."""
    rig.evil.pages["/actor/outbox"] = {"orderedItems": [create(shown, shown.report("r", 1))]}
    assert (await harvested(rig, shown)).added == 1
    assert rows(rig.node, "SELECT owner FROM documents WHERE own=0") == [(shown.id,)]


OTHERS: list[Callable[[Sender, Sender, str], Said]] = [
    lambda by, far, us: create(by, far.report("r", 1)),
    lambda by, far, us: create(far, far.report("r", 1)),
    lambda by, far, us: create(by, far.report("r", 1), actor=far.id, id=far.id + "/activities/1"),
    lambda by, far, us: create(by, by.report("r", 1, id=far.id + "/documents/r")),
    lambda by, far, us: create(by, by.report("r", 1, attributedTo=far.id)),
    lambda by, far, us: create(by, by.report("r", 1), id=far.id + "/activities/1"),
    lambda by, far, us: create(by, by.report("r", 1), type="Announce"),
    lambda by, far, us: create(by, far.id + "/documents/kept", type="Delete"),
    lambda by, far, us: create(by, {"id": far.id + "/documents/kept", "type": "Tombstone"}, type="Delete"),
    lambda by, far, us: create(by, far.id, type="Delete"),
    lambda by, far, us: create(by, by.id, type="Delete"),
    lambda by, far, us: create(by, us, type="Follow"),
    lambda by, far, us: create(by, us + "/activities/1", type="Accept"),
    lambda by, far, us: create(by, {"id": by.id, "type": "Person", "inbox": by.id + "/inbox"}, type="Update"),
    lambda by, far, us: create(by, {"id": by.id + "/n", "type": "Note", "attributedTo": by.id, "content": "x"}),
]


@pytest.mark.parametrize("say", OTHERS)
async def test_an_outbox_that_speaks_for_others(
    rig: Rig, shown: Sender, far: Sender, say: Callable[[Sender, Sender, str], Said]
) -> None:
    """Of others' documents, of relations, of notes without a proof: an outbox proves nothing by itself."""
    await rig.takes(far, rig.activity(far.id, "Create", far.report("kept", 1)))
    await adds_nothing(rig, shown, say(shown, far, rig.node.config.node_actor))


async def test_a_set_that_names_what_is_others(rig: Rig, shown: Sender, far: Sender, keys: ActorKeys) -> None:
    """Documents at other origins are not asked for; those of a neighbour are not taken, those of others not dropped."""
    await rig.takes(far, rig.activity(far.id, "Create", far.report("kept", 1)))
    neighbour = rig.shows(rig.evil, "/next", keys)
    theirs = neighbour.report("r", 1)
    rig.evil.pages["/next/documents/r"] = theirs
    named = [rig.victim.url + f"/{number}" for number in range(50)]
    named += [rig.outside.url + "/1", far.id + "/documents/kept", theirs["id"], rig.node.config.actor("etabli")]
    items = [{"id": each, "version": 9, "digest": "0" * 64} for each in named]
    rig.evil.pages["/actor/documents"] = {"type": "Collection", "items": items}
    rig.evil.pages["/actor"] |= {"implements": [{"href": "https://w3id.org/tierslieux/ns#"}]}
    await adds_nothing(rig, shown)
    assert "/actor/documents" in rig.evil.paths
    assert (rig.victim.asked, rig.outside.asked) == ([], [])
    rig.evil.pages["/actor/documents"] = {"type": "Collection", "items": []}
    await adds_nothing(rig, shown)
    assert rows(rig.node, "SELECT deleted FROM documents WHERE id LIKE '%kept'") == [(None,)]


async def test_a_feed_that_buries_others(rig: Rig, shown: Sender, far: Sender) -> None:
    await rig.takes(far, rig.activity(far.id, "Create", far.report("kept", 1)))
    feed = rig.evil.url + "/actor/changes"
    tombs = [{"id": each, "type": "Tombstone"} for each in (far.id + "/documents/kept", rig.victim.url + "/1", far.id)]
    stolen = [far.report("kept", 2, version=2), far.report("new", 1)]
    rig.evil.pages["/actor/changes"] = {
        "type": "OrderedCollectionPage",
        "orderedItems": [*tombs, *stolen],
        "next": feed,
    }
    rig.evil.pages["/actor"] |= {"changes": feed, "implements": [{"href": "https://w3id.org/tierslieux/ns#"}]}
    await adds_nothing(rig, shown)
    assert "/actor/changes" in rig.evil.paths
    assert rig.victim.asked == []
    assert rows(rig.node, "SELECT version, deleted FROM documents WHERE own=0") == [(1, None)]
