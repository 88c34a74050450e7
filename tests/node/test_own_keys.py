"""Our own keys: their files, their rows, and nodes that were made before they had a history."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import delete

from federation.errors import KeyUnreadable
from federation.keys import KeyKind, generate
from node.context import init_node, open_node
from node.places import add_place
from node.signing import signer
from node.store import own_keys
from node.store.schema import actor_keys
from tests.node.net import place, rows

URL = "https://lieu.example"


def test_a_node_made_before_keeps_its_keys(tmp_path: Path) -> None:
    made = init_node(tmp_path, URL, ("site",), environ={})
    made.store.write(lambda connection: connection.execute(delete(actor_keys)))
    made.close()
    for path in (tmp_path / "keys").iterdir():
        path.unlink()
    keys = generate()
    for kind, pem in zip(("rsa", "ed25519"), keys.to_pems(), strict=True):
        (tmp_path / "keys" / f"actor.{kind}.pem").write_bytes(pem)
    node = open_node(tmp_path, {})
    found = signer(node.store.glance, node, "actor")
    assert (found.keys.multibase, found.pair.rsa) == (keys.multibase, URL + "/actor#main-key")
    add_place(node, "etabli", place(node, "etabli"))
    add_place(node, "etabli", place(node, "etabli", "Autre"))
    assert rows(node, "SELECT count(*) FROM actor_keys") == [(4,)]
    assert len(list((tmp_path / "keys").iterdir())) == 4
    node.keys.destroy("actor", keys.multibase)
    assert all(path.name.startswith("etabli.") for path in (tmp_path / "keys").iterdir())
    node.close()


def test_files_come_first_and_go_last(tmp_path: Path) -> None:
    node = init_node(tmp_path, URL, ("site",), environ={})
    before, made = signer(node.store.glance, node, "actor"), node.keys.make("actor")
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "keys").iterdir())
    assert node.keys.of("actor", made.multibase).multibase == made.multibase
    node.keys.destroy("actor", made.multibase)
    node.keys.destroy("actor", made.multibase)
    with pytest.raises(KeyUnreadable):
        node.keys.of("actor", made.multibase)
    assert signer(node.store.glance, node, "actor").pair == before.pair
    node.close()


def test_ids_are_given_once(tmp_path: Path) -> None:
    node = init_node(tmp_path, URL, ("site",), environ={})
    actor = node.config.node_actor
    with node.store.read() as connection:
        names = [own_keys.next_id(connection, actor, kind) for kind in KeyKind]
    assert names == [actor + "#main-key-2", actor + "#ed25519-key-2", actor + "#recovery-key"]
    node.close()
