"""The log of other actors' keys: what their own address says, what a push may not, and what is never taken back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation import keylist
from federation.actor import Profile, RemoteActor, place_actor, read_actor
from federation.clock import timestamp
from federation.keylist import Listed
from federation.keys import ActorKeys, KeyKind, PublicKey, generate
from node.context import Node
from node.store import peer_keys
from tests.federation.signing import NOW
from tests.node.net import make, rows

FAR = "https://far.example/places/far"
DAY = timedelta(days=1)
PAPER, FORGED = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
RECOVERY = PublicKey(FAR + "#recovery-key", FAR, KeyKind.RECOVERY, PAPER.public_key())
STATES = (
    "SELECT substr(id, instr(id, '#')), expires IS NOT NULL, revoked IS NOT NULL FROM peer_keys ORDER BY id, digest"
)


@cache
def keys(_number: int) -> ActorKeys:
    return generate()


def first(number: int = 1, suffix: str = "") -> list[PublicKey]:
    return [replace(key, id=key.id + suffix) for key in keylist.first(FAR, keys(number))]


def actor(*listed: PublicKey | Listed) -> RemoteActor:
    entries = [each if isinstance(each, Listed) else Listed(each, keylist.entry_of(each)) for each in listed]
    read = read_actor(place_actor(Profile(FAR, "far", "Far"), entries, FAR + "/node", FAR + "/inbox"), FAR)
    assert isinstance(read, RemoteActor)
    return read


def proved(key: PublicKey, by: Ed25519PrivateKey = PAPER, name: str = RECOVERY.id) -> Listed:
    return Listed(key, keylist.proved_by(key, by, name, timestamp(NOW)))


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = make(tmp_path, 9, [9])
    made.store.write(lambda c: peer_keys.note(c, actor(*first(), RECOVERY), NOW))
    yield made
    made.close()


def note(node: Node, *listed: PublicKey | Listed, days: int = 1) -> tuple[PublicKey, ...]:
    return node.store.write(lambda c: peer_keys.note(c, actor(*listed), NOW + days * DAY))


def heed(node: Node, *listed: PublicKey | Listed, days: int = 1) -> tuple[PublicKey, ...]:
    return node.store.write(lambda c: peer_keys.heed(c, actor(*listed), NOW + days * DAY))


def found(node: Node, name: str) -> PublicKey:
    with node.store.read() as connection:
        key = peer_keys.find(connection, FAR + name)
    assert key is not None
    return key


def test_a_key_that_is_listed_no_more_has_expired_then(node: Node) -> None:
    note(node, first()[0], *first(2, "-2"), RECOVERY)
    assert found(node, "#ed25519-key").expires == NOW + DAY
    assert found(node, "#main-key").expires is None
    note(node, *first(), RECOVERY, days=2)
    assert found(node, "#ed25519-key").expires is None
    assert found(node, "#ed25519-key-2").expires == NOW + 2 * DAY


def test_another_key_under_the_same_id(node: Node) -> None:
    note(node, *first(2))
    assert found(node, "#ed25519-key").text == keys(2).multibase
    with node.store.read() as connection:
        both = {key.text: key.expires for key in peer_keys.all_of(connection, FAR + "#ed25519-key")}
    assert both == {keys(1).multibase: NOW + DAY, keys(2).multibase: None}


def test_a_revocation_is_never_taken_back(node: Node) -> None:
    rsa, proving = first()
    stolen = replace(proving, revoked=NOW - DAY)
    assert [key.id for key in note(node, rsa, RECOVERY, stolen)] == [proving.id]
    assert note(node, rsa, RECOVERY, stolen) == ()
    for later in (proving, replace(proving, revoked=NOW), replace(proving, expires=NOW + 9 * DAY)):
        assert note(node, rsa, RECOVERY, later, days=2) == ()
        assert found(node, "#ed25519-key").revoked == NOW - DAY
    [earlier] = note(node, rsa, replace(proving, revoked=NOW - 2 * DAY), days=3)
    assert earlier.revoked == NOW - 2 * DAY


def test_the_same_bytes_under_another_id(node: Node) -> None:
    """Listed before, listed after, and known to us only since it was revoked."""
    rsa, proving = first()
    twin, unseen = replace(proving, id=FAR + "#twin"), replace(first(2)[1], id=FAR + "#unseen")
    note(node, rsa, proving, twin)
    revoked = note(node, rsa, *(replace(key, revoked=NOW) for key in (proving, unseen)))
    assert {key.id for key in revoked} == {proving.id, twin.id, unseen.id}
    note(node, rsa, replace(proving, id=FAR + "#third"), replace(unseen, id=FAR + "#fourth"), days=2)
    assert all(found(node, name).revoked for name in ("#third", "#fourth"))


def test_no_key_is_revoked_from_a_day_to_come(node: Node) -> None:
    note(node, replace(first()[0], revoked=NOW + 9 * DAY))
    assert found(node, "#main-key").revoked == NOW + DAY


def test_a_push_changes_no_key(node: Node) -> None:
    before = rows(node, STATES)
    other = PublicKey(RECOVERY.id, FAR, KeyKind.RECOVERY, FORGED.public_key())
    heed(node, *first(2), other)
    heed(node, *first(), RECOVERY, *(replace(key, revoked=NOW) for key in first()))
    heed(node, *first(), other, *(proved(replace(key, revoked=NOW), FORGED) for key in first()))
    assert rows(node, STATES) == before


def test_a_push_is_believed_when_the_recovery_key_proves_it(node: Node) -> None:
    revoked = heed(node, *first(2), *(proved(replace(key, revoked=NOW)) for key in first()))
    assert {key.id for key in revoked} == {key.id for key in first()}
    assert rows(node, STATES) == [("#ed25519-key", 0, 1), ("#main-key", 0, 1), ("#recovery-key", 0, 0)]


def test_only_the_recovery_key_names_the_next(node: Node) -> None:
    """Not even the actor's own address can, for a thief of its server could then revoke for ever."""
    forged = PublicKey(FAR + "#recovery-key-2", FAR, KeyKind.RECOVERY, FORGED.public_key())
    for listed in (forged, proved(forged, FORGED), proved(forged, FORGED, forged.id)):
        note(node, *first(), listed)
        heed(node, *first(), listed)
        assert rows(node, STATES)[-1] == ("#recovery-key", 0, 0)
    assert heed(node, proved(replace(first()[0], revoked=NOW), FORGED, forged.id)) == ()
    note(node, *first(), proved(forged), replace(RECOVERY, expires=NOW))
    assert rows(node, STATES)[-2:] == [("#recovery-key", 1, 0), ("#recovery-key-2", 0, 0)]
    assert heed(node, proved(replace(first()[0], revoked=NOW))) == ()
    assert len(heed(node, proved(replace(first()[0], revoked=NOW), FORGED, forged.id))) == 1


def test_a_recovery_key_is_no_key_of_documents(node: Node) -> None:
    with node.store.read() as connection:
        assert peer_keys.find(connection, RECOVERY.id) is None
