"""What is kept: a value that somebody alters no longer proves itself, and what is erased is nowhere any more."""

import json
from pathlib import Path
from typing import Any

from federation.canonical import jcs
from federation.errors import Refused
from federation.inbox import judge_document
from federation.keys import PublicKey
from node.context import Node
from node.project import catch_up, rebuild
from node.receive import facts_of
from node.store import logs, peer_keys
from tests.corpus.attacks import attack
from tests.corpus.rig import Rig, Said
from tests.node.net import FOLLOWING, projected, rows
from tests.node.sender import Sender
from vocab.terms import PUBLIC

NAME = "Zénobie Quatrevents"


def key_of(node: Node, by: Sender) -> PublicKey:
    with node.store.read() as connection:
        found = peer_keys.find(connection, by.id + "#ed25519-key")
    assert found is not None
    return found


def judged(rig: Rig, by: Sender, document: Said) -> str:
    facts = facts_of(rig.node, {"actor": by.id, "object": document}, None)
    found = judge_document(document, key_of(rig.node, by), facts, rig.clock())
    return found.reason if isinstance(found, Refused) else ""


def leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict):
        return [leaf for name in node for leaf in leaves(node[name], (*path, name))]
    if isinstance(node, list):
        return [leaf for number, each in enumerate(node) for leaf in leaves(each, (*path, number))]
    return [path]


@attack("K07")
async def test_a_value_that_was_altered_proves_itself_no_more(rig: Rig, far: Sender) -> None:
    """There are no editions yet; what they are made of is kept byte for byte, each with its own proof."""
    for name, value in (("a", 1), ("b", 2), ("c", 3)):
        await rig.takes(far, rig.activity(far.id, "Create", far.report(name, value)))
    kept = [
        raw
        for (raw,) in rows(
            rig.node, "SELECT bytes FROM blobs b JOIN documents d USING (seq) WHERE kind='document' AND own=0"
        )
    ]
    assert len(kept) == 3
    for raw in kept:
        assert isinstance(raw, bytes)
        document = json.loads(raw)
        assert judged(rig, far, document) == ""
        for path in leaves(document):
            changed = json.loads(raw)
            node = changed
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = "7" if node[path[-1]] != "7" else "8"
            assert judged(rig, far, changed) != "", path
        assert jcs(document) == raw


def hits(folder: Path) -> list[str]:
    """The files of a node that hold the name, in any of the ways that one writes it."""
    written = [
        NAME.encode(),
        NAME.encode("utf-16-le"),
        json.dumps(NAME).strip('"').encode(),
        NAME.partition(" ")[2].encode(),
    ]
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if any(text in file.read_bytes() for text in written)]


@attack("K09")
async def test_what_is_erased_is_in_no_file(rig: Rig, far: Sender) -> None:
    """A name in a place's text and in a note, withdrawn: no table, page, free page nor log of the database has it."""
    row = f"('{rig.node.config.node_actor}', '{far.id}', 'accepted', 'https://x.example/1', '', NULL)"
    rig.node.store.write(lambda connection: connection.exec_driver_sql(f"INSERT INTO {FOLLOWING} VALUES {row}"))
    note = {"id": far.id + "/n", "type": "Note", "attributedTo": far.id, "content": f"Contact : {NAME}", "to": [PUBLIC]}
    report = far.report("r", 1, summaryMap={"fr": f"Saisi par {NAME}"})
    await rig.takes(far, rig.activity(far.id, "Create", note))
    await rig.takes(far, rig.activity(far.id, "Update", note | {"content": f"{NAME} répond"}))
    await rig.takes(far, rig.activity(far.id, "Create", report))
    catch_up(rig.node)
    assert hits(rig.node.dir)
    for thing in (note["id"], report["id"]):
        await rig.takes(far, rig.activity(far.id, "Delete", thing))
    catch_up(rig.node)
    rebuild(rig.node)
    left = "type <> 'Delete' AND bytes IS NOT NULL AND actor LIKE 'https://far%'"
    assert rows(rig.node, f"SELECT count(*) FROM blobs JOIN journal USING (seq) WHERE {left}") == [(0,)]
    assert projected(rig.node, "SELECT count(*) FROM quarantine") == [(0,)]
    assert logs.empty(rig.node.dir)
    assert hits(rig.node.dir) == []
