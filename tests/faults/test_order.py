"""The same activities, repeated and in any order, leave the same state: documents, relations, bytes, projections."""

import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from federation.httpsig import IncomingRequest
from node import lookup
from node.context import Node, open_node
from node.places import add_place
from node.project import catch_up, rebuild
from node.receive import receive
from node.taking import Taken
from tests.node.net import FOLLOWING, free_ports, make, place, projected, rows
from tests.node.sender import Sender

FOLLOW = f"INSERT INTO {FOLLOWING} VALUES (?, ?, ?, ?, ?, ?)"
OURS = "https://council.example/follows/"
DOCUMENTS = """SELECT id, owner, deleted IS NOT NULL FROM documents
    WHERE owner NOT IN (SELECT actor FROM peers WHERE gone IS NOT NULL) ORDER BY id"""
VERSIONS = "SELECT id, type, version, digest, sharing FROM documents WHERE deleted IS NULL ORDER BY id"
LEFT = """SELECT count(*) FROM blobs b JOIN journal j USING (seq) JOIN documents d ON d.id = j.object
    WHERE d.deleted IS NOT NULL AND j.type != 'Delete' AND b.bytes IS NOT NULL"""
CURRENT = """SELECT d.id, b.bytes FROM documents d JOIN blobs b ON b.seq = d.seq AND b.kind = 'document'
    WHERE d.deleted IS NULL ORDER BY d.id"""
QUERIES = (DOCUMENTS, VERSIONS, LEFT, CURRENT, "SELECT actor, follower, state, follow FROM followers ORDER BY 1, 2",
           "SELECT target, state FROM following ORDER BY 1", "SELECT activity FROM journal ORDER BY 1")  # fmt: skip
FOLDED = ("SELECT document, place, version FROM directory ORDER BY 1", "SELECT actor FROM relations ORDER BY 1",
          "SELECT id, value, version FROM observations ORDER BY 1")  # fmt: skip


def life(far: Sender, ours: str) -> list[str]:
    """What a place of another node says in its life, in the order in which it says it."""
    report, gone, note = (f"{far.id}/documents/{name}" for name in ("kept", "gone", "note"))
    follow = {"id": f"{far.id}/activities/follow-1", "type": "Follow", "actor": far.id, "object": ours}
    said = [
        ("follow-1", "Follow", ours),
        ("1", "Create", far.report("kept", 1, 1)),
        ("2", "Create", far.report("gone", 1, 1)),
        ("3", "Update", far.report("kept", 2, 2)),
        ("undo-1", "Undo", follow),
        ("4", "Update", far.report("gone", 2, 2)),
        ("note", "Create", {"id": note, "type": "Note", "attributedTo": far.id, "content": "a"}),
        ("note-2", "Update", {"id": note, "type": "Note", "attributedTo": far.id, "content": "b"}),
        ("5", "Delete", {"id": gone, "type": "Tombstone"}),
        ("accept", "Accept", OURS + far.id),
        ("6", "Update", far.report("kept", 3, 3)),
        ("7", "Announce", report),
    ]
    return [far.say(name, kind, content) for name, kind, content in said]


def ending(far: Sender, ours: str) -> list[str]:
    """The same, of one that refuses us and then deletes itself."""
    return [
        *life(far, ours),
        far.say("reject", "Reject", OURS + far.id),
        far.say("end", "Delete", far.id),
    ]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a council with a place, which nobody has spoken to."""
    folder = tmp_path_factory.mktemp("order") / "node"
    [port] = free_ports(1)
    node = make(folder, port, [port], "aggregator", "site")
    add_place(node, "etabli", place(node, "etabli"))
    node.close()
    return folder


@pytest.fixture(scope="module")
def strangers() -> tuple[Sender, Sender]:
    return Sender(), Sender("https://other.example/places/end")


async def state_after(folder: Path, strangers: Sequence[Sender], said: Sequence[tuple[Sender, str]]) -> list[Any]:
    """What is left in a council that received these, one after the other."""
    node = open_node(folder, {})
    try:
        for far in strangers:
            far.known_by(node)
            row = (node.config.node_actor, far.id, "requested", OURS + far.id, "", None)
            node.store.write(lambda c, row=row: c.exec_driver_sql(FOLLOW, row))
        async with lookup.opened(node) as keys:
            for far, activity in said:
                await push(node, far, activity, keys)
        catch_up(node)
        folded = [projected(node, query) for query in FOLDED]
        rebuild(node)
        assert [projected(node, query) for query in FOLDED] == folded
        return [*(rows(node, query) for query in QUERIES), *folded]
    finally:
        node.close()


async def push(node: Node, far: Sender, activity: str, keys: lookup.Lookup) -> None:
    body = far.sent[activity]
    headers = tuple(far.headers(node.config.url + "/inbox", body).items())
    came = IncomingRequest("POST", "/inbox", headers, body, node.config.authority)
    assert isinstance(await receive(node, came, keys), Taken), activity


def orders(said: Sequence[Any], seeds: int) -> Iterator[list[Any]]:
    """Whole permutations, small swaps, and repetitions of each."""
    yield [*said, *said]
    yield list(reversed(said))
    for seed in range(seeds):
        chance = random.Random(seed)
        made = [*said, *chance.sample(list(said), len(said) // 2)]
        if seed % 2:
            chance.shuffle(made)
        for _ in range(6):
            place_ = chance.randrange(len(made) - 1)
            made[place_], made[place_ + 1] = made[place_ + 1], made[place_]
        yield made


@pytest.mark.parametrize(
    ("order", "follows"),
    [
        (("follow-1", "undo-1", "follow-2"), True),
        (("follow-1", "follow-2", "undo-1"), True),
        (("undo-1", "follow-1"), False),
        (("follow-2", "undo-1"), False),  # of a Follow that we know nothing of: who wants to leave can
    ],
)
async def test_who_left_does_not_follow_and_who_came_back_does(
    fresh: Path, tmp_path: Path, order: tuple[str, ...], follows: bool
) -> None:
    far = Sender()
    shutil.copytree(fresh, tmp_path / "node")
    node = open_node(tmp_path / "node", {})
    ours = node.config.actor("etabli")
    node.close()
    life(far, ours)
    far.say("follow-2", "Follow", ours)
    state = await state_after(tmp_path / "node", [far], [(far, f"{far.id}/activities/{name}") for name in order])
    assert bool(state[4]) == follows


async def test_any_order_leaves_the_same(
    fresh: Path, strangers: tuple[Sender, Sender], tmp_path: Path, full: bool
) -> None:
    ours = open_node(fresh, {})
    name = ours.config.actor("etabli")
    ours.close()
    first, second = strangers
    said = [(first, each) for each in life(first, name)] + [(second, each) for each in ending(second, name)]
    expected = None
    for number, order in enumerate([said, *orders(said, 60 if full else 5)]):
        folder = tmp_path / str(number)
        shutil.copytree(fresh, folder)
        found = await state_after(folder, strangers, order)
        expected = expected or found
        assert dict(enumerate(found)) == dict(enumerate(expected)), [activity for _, activity in order]
        shutil.rmtree(folder)
    assert expected is not None
    assert expected[2] == [(0,)]
