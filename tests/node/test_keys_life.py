"""Keys change while nodes follow each other; stolen ones are refused everywhere; what was signed before still holds."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from federation import activity as activities
from federation import keylist
from federation.activity import Heading
from federation.actor import RemoteActor, read_actor
from federation.canonical import jcs
from federation.clock import timestamp
from federation.keylist import Listed
from federation.keys import KeyKind, PublicKey
from node import archive, paper, relations, rotation
from node.actors import actor_document
from node.context import Node, open_node, utc_now
from node.errors import RecoveryRefused
from node.harvest import harvest
from node.places import add_place
from node.project import rebuild
from node.publish import publish
from node.reports import add_report
from node.signing import Signer, signer
from node.store import own_keys, peers
from node.testrig import Rig
from node.timeline import timeline
from tests.corpus.attacks import attack
from tests.node.net import free_ports, listening, make, place, projected, rows, until, visits
from vocab.contexts import CONTEXT
from vocab.jsonld import graph_digest
from vocab.terms import PUBLIC

HOUR = timedelta(hours=1)
FIGURES = "SELECT period, value FROM observations ORDER BY period"
VERSIONS = "SELECT id, version, deleted IS NULL FROM documents ORDER BY id"


@dataclass
class Net:
    """A place that a council follows, and the paper that its manager keeps."""

    site: Node
    council: Node
    secret: bytes

    @property
    def actor(self) -> str:
        return self.site.config.actor("etabli")

    @property
    def signer(self) -> Signer:
        with self.site.store.read() as connection:
            return signer(connection, self.site, "etabli")

    def says(self, value: int, period: str = "2025") -> None:
        add_report(self.site, "etabli", period, visits(value, period), "public")
        publish(self.site)

    async def arrived(self) -> None:
        await until(lambda: rows(self.council, VERSIONS) == rows(self.site, VERSIONS))

    async def harvested(self) -> tuple[int, int, str]:
        [found] = (await harvest(self.council, self.actor, lambda _line: None)).actors
        return found.added, found.refused, found.error

    def known(self, name: str) -> tuple[bool, bool]:
        """Whether the council holds a key for expired, and for revoked."""
        query = f"SELECT expires IS NOT NULL, revoked IS NOT NULL FROM peer_keys WHERE id = '{self.actor}{name}'"
        [(expired, revoked)] = rows(self.council, query)
        return bool(expired), bool(revoked)


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    ports, secret = free_ports(2), paper.made()
    site, council = make(tmp_path / "s", ports[0], ports), make(tmp_path / "c", ports[1], ports)
    rotation.renew_recovery(site, paper.key_of(secret).public_key(), None)
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    async with AsyncExitStack() as stack:
        for node in (site, council):
            stack.callback(node.close)
            await stack.enter_async_context(listening(node))
        found = Net(site, council, secret)
        await relations.follow(council, found.actor)
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        found.says(1)
        await found.arrived()
        yield found


async def test_keys_change_while_others_follow(net: Net) -> None:
    before = net.signer
    rotation.rotate(net.site)
    net.says(2)
    await net.arrived()
    assert net.signer.pair.rsa == net.actor + "#main-key-2"
    assert net.known("#main-key") == net.known("#ed25519-key") == (True, False)
    assert net.known("#ed25519-key-2") == (False, False)
    assert await net.harvested() == (0, 0, "")
    assert not list((net.site.dir / "keys").glob(f"*{before.keys.multibase}*"))
    assert len(list((net.site.dir / "keys").iterdir())) == 4


async def test_who_comes_later_believes_what_old_keys_signed(net: Net, tmp_path: Path) -> None:
    rotation.rotate(net.site)
    rotation.rotate(net.site)
    net.says(1, "2024")
    ports = [int(node.config.authority.rpartition(":")[2]) for node in (net.site, net.council)]
    late = make(tmp_path / "late", 9, ports)
    await relations.follow(late, net.actor)
    late.store.write(lambda c: c.exec_driver_sql("UPDATE following SET state='accepted'"))
    [found] = (await harvest(late, None, lambda _line: None)).actors
    assert (found.added, found.refused) == (3, 0)
    late.close()


def proofs(node: Node) -> list[tuple[str, str]]:
    """The documents of a node, each with the key that proves it."""
    query = "SELECT d.id, b.bytes FROM documents d JOIN blobs b ON b.seq = d.seq AND kind = 'document' ORDER BY d.id"
    return [(str(name), json.loads(raw)["proof"]["verificationMethod"]) for name, raw in rows(node, query)]  # type: ignore[arg-type]


async def post(net: Net, by: Signer, kind: str, content: Any) -> tuple[int, str]:
    """What somebody who has the private halves of a pair says in the place's name."""
    name = f"{net.actor}/activities/{utc_now().timestamp()}"
    body = jcs({"@context": CONTEXT, **activities.make(kind, Heading(name, net.actor, (PUBLIC,), (), ""), content)})
    inbox = net.council.config.url + "/inbox"
    async with aiohttp.ClientSession() as session:
        headers = by.headers("POST", inbox, body)
        async with session.post(inbox, data=body, headers=headers) as response:
            said = await response.json(content_type=None) if response.status >= 400 else {}
            return response.status, said.get("reason", "")


async def read_by(net: Net, by: Signer) -> tuple[int, str]:
    """What the council answers to a signed GET."""
    url = net.council.config.node_actor + "/outbox"
    async with aiohttp.ClientSession() as session, session.get(url, headers=by.headers("GET", url, None)) as response:
        said = await response.json(content_type=None)
        return response.status, said.get("reason", "")


def forged(net: Net, by: Signer, name: str, version: int, when: str) -> dict[str, Any]:
    """A report that the place never made."""
    query = "SELECT bytes FROM blobs b JOIN journal j USING (seq) WHERE object_type='Report' AND kind='document'"
    kept = json.loads(rows(net.council, query)[0][0])  # type: ignore[arg-type]
    text = json.dumps({name: value for name, value in kept.items() if name not in ("proof", "graphDigest")})
    said = json.loads(text.replace(kept["id"], f"{net.actor}/documents/{name}").replace('"1"', '"666"'))
    said |= {"version": version, "updated": when}
    return by.proved(said | {"graphDigest": graph_digest(said)}, when)


@attack("K03")
async def test_stolen_keys_are_refused_within_one_harvest(net: Net) -> None:
    """Requests, documents with any date, and the same bytes in another's request; what came before is kept."""
    thief = net.signer
    assert await post(net, thief, "Follow", net.council.config.node_actor) == (202, "")
    rotation.recover(net.site, paper.key_of(net.secret))
    await net.harvested()
    assert net.known("#main-key")[1]
    assert net.known("#ed25519-key")[1]
    now, long_ago = timestamp(utc_now()), timestamp(utc_now() - 999 * HOUR)
    assert await post(net, thief, "Follow", net.council.config.node_actor) == (401, "key_revoked")
    assert await post(net, thief, "Update", forged(net, thief, "report-2025", 9, now)) == (401, "key_revoked")
    owner = net.signer
    assert await post(net, owner, "Create", forged(net, thief, "x", 1, now)) == (401, "key_revoked")
    assert await post(net, owner, "Create", forged(net, thief, "x", 1, long_ago)) == (401, "key_revoked")
    assert await read_by(net, thief) == (401, "key_revoked")
    assert await read_by(net, owner) == (200, "")
    net.says(5)
    await net.arrived()
    assert await net.harvested() == (0, 0, "")


async def test_all_that_is_published_is_said_again_after_a_theft(net: Net, tmp_path: Path) -> None:
    rotation.recover(net.site, paper.key_of(net.secret), utc_now() - HOUR)
    assert rows(net.site, "SELECT version FROM documents") == [(2,), (2,)]
    await net.arrived()
    assert rotation.finish(net.site) == 0
    ports = [int(net.site.config.authority.rpartition(":")[2])]
    late = make(tmp_path / "late", 9, ports)
    await relations.follow(late, net.actor)
    late.store.write(lambda c: c.exec_driver_sql("UPDATE following SET state='accepted'"))
    [found] = (await harvest(late, None, lambda _line: None)).actors
    assert (found.added, found.refused) == (2, 0)
    late.close()


async def test_a_thief_changes_no_key_of_those_who_know_the_place(net: Net) -> None:
    """Neither takes one back, nor names others, nor another recovery key: what is pushed is not what is listed."""
    thief, other = net.signer, paper.key_of(paper.made())
    before = rows(net.council, "SELECT id, digest, expires, revoked FROM peer_keys ORDER BY id")
    with net.site.store.read() as connection:
        keys = own_keys.listed(connection, net.actor)
    document = json.loads(rows(net.council, f"SELECT document FROM peers WHERE actor='{net.actor}'")[0][0])  # type: ignore[arg-type]
    recovery = next(each.key for each in keys if each.key.id.endswith("#recovery-key"))
    new = PublicKey(net.actor + "#recovery-key-2", net.actor, recovery.kind, other.public_key())
    revoked = replace(keys[0].key, revoked=utc_now() - HOUR)
    for entry in (
        {"capabilityInvocation": [keylist.entry_of(new)]},
        {"capabilityInvocation": [keylist.proved_by(new, thief.keys.ed25519, recovery.id, timestamp(utc_now()))]},
        {"verificationMethod": [keylist.entry_of(revoked)]},
        {"verificationMethod": [keylist.proved_by(revoked, other, new.id, timestamp(utc_now()))]},
        {"assertionMethod": []},
    ):
        assert await post(net, thief, "Update", document | entry) == (202, "")
        assert rows(net.council, "SELECT id, digest, expires, revoked FROM peer_keys ORDER BY id") == before


async def test_another_recovery_key_is_signed_by_the_one_before(net: Net) -> None:
    second = paper.made()
    rotation.renew_recovery(net.site, paper.key_of(second).public_key(), paper.key_of(net.secret))
    await net.harvested()
    assert net.known("#recovery-key") == (True, False)
    assert net.known("#recovery-key-2") == (False, False)
    with pytest.raises(RecoveryRefused, match="recovery_wrong"):
        rotation.recover(net.site, paper.key_of(net.secret))
    rotation.renew_recovery(net.site, paper.key_of(paper.made()).public_key(), None)
    await net.harvested()
    assert net.known("#recovery-key-2") == (False, False)
    assert rows(net.council, "SELECT count(*) FROM peer_keys WHERE id LIKE '%#recovery-key-3'") == [(0,)]
    rotation.rotate(net.site)
    net.says(3)
    await net.arrived()


async def test_only_its_own_paper_revokes(net: Net) -> None:
    before = rows(net.site, "SELECT * FROM actor_keys")
    with pytest.raises(RecoveryRefused, match="recovery_wrong"):
        rotation.recover(net.site, paper.key_of(paper.made()))
    with pytest.raises(RecoveryRefused, match="recovery_none"):
        rotation.recover(net.council, paper.key_of(net.secret))
    assert rows(net.site, "SELECT * FROM actor_keys") == before


_DYING = """
import os, sys
from node.context import open_node
from node import paper, rotation
folder, secret, last, count = sys.argv[1], bytes.fromhex(sys.argv[2]), int(sys.argv[3]), 0
def trace(frame, event, _):
    global count
    if frame.f_code.co_filename.endswith(("rotation.py", "keyring.py", "own_keys.py", "outgoing.py", "engine.py")):
        count += event == "line"
        if count == last and event == "line":
            os.kill(os.getpid(), 9)
        return trace
node = open_node(folder, {})
sys.settrace(trace)
rotation.recover(node, paper.key_of(secret)) if secret else rotation.rotate(node)
sys.settrace(None)
print(count)
"""


def lines_of(folder: Path, secret: bytes, last: int) -> int:
    """Change the keys in a process that is killed at its nth line; how many there are when it is not."""
    line = [sys.executable, "-c", _DYING, str(folder), secret.hex(), str(last)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == (-9 if last else 0), done.stderr
    return int(done.stdout or 0)


@pytest.mark.parametrize("act", ["rotate", "recover"])
def test_killed_at_any_line_it_signs_with_what_it_publishes(tmp_path: Path, act: str) -> None:
    """Each time it starts again with one living pair, whose private half it has, and whose document says so."""
    secret = paper.made()
    node = make(tmp_path, 9, [9])
    rotation.renew_recovery(node, paper.key_of(secret).public_key(), None)
    add_place(node, "etabli", place(node, "etabli"))
    publish(node)
    node.close()
    used = secret if act == "recover" else b""
    count, seen = lines_of(tmp_path, used, 0), set()
    for last in (*range(1, count, count // 7), count - 1):
        lines_of(tmp_path, used, last)
        node = open_node(tmp_path, {})
        rotation.finish(node)
        for slug in ("actor", "etabli"):
            with node.store.read() as connection:
                now, document = signer(connection, node, slug), actor_document(connection, node, slug)
            assert document["publicKey"] == keylist.entry_of(keylist.first(node.config.actor(slug), now.keys)[0]) | {
                "id": now.pair.rsa
            }
            assert document["assertionMethod"][0]["publicKeyMultibase"] == now.keys.multibase
        assert act == "rotate" or [method for _, method in proofs(node)] == [now.pair.ed25519]
        seen.add(now.pair.rsa)
        node.close()
    assert 1 < len(seen) < 9  # some were killed before the keys had changed, some after


def test_a_manager_recovers(tmp_path: Path) -> None:
    """In the terminal, beside a running node: mistyped, wrong, then right; in both languages."""
    with Rig(tmp_path, {"site": ("site",)}) as rig:
        first = rig.command("site", "init", "--url", rig["site"].url, "--role", "site", "--json")
        words = json.loads(first.stdout)["recovery"].split()

        def typed(text: str, *more: str) -> "subprocess.CompletedProcess[str]":
            file = tmp_path / "paper.txt"
            file.write_text(text, encoding="utf-8")
            return rig.command("site", "keys", "recover", "--file", str(file), *more)

        swapped = " ".join([*words[:9], words[10], words[9], *words[11:]])
        assert "Line 3 " in typed(swapped, "--lang", "en").stderr
        assert "La ligne 3 " in typed(swapped, "--lang", "fr").stderr
        assert "60 " in typed(" ".join(words[:15])).stderr
        other = typed(" ".join(paper.lines(paper.made())), "--lang", "fr")
        assert (other.returncode, "n'est pas celle de ce nœud" in other.stderr) == (1, True)
        assert typed(" ".join(words), "--since", "2999-01-01").returncode == 1
        rig.start("site")
        rig.ready("site")
        done = typed("\n".join(words).lower().replace("0", "o"), "--since", "2026-01-01", "--json")
        assert json.loads(done.stdout)[0]["pair"] == [
            rig["site"].url + f"/actor#{n}-2" for n in ("main-key", "ed25519-key")
        ]
        listed = json.loads(rig.command("site", "keys", "list", "--json").stdout)
        assert [row["revoked"] is not None for row in listed if row["kind"] == "rsa"] == [False, True]
        assert rig.command("site", "keys", "rotate", "nowhere").returncode == 4
        secret = paper.read(" ".join(words))
        kept = [path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()]
        assert not [raw for raw in kept if secret in raw or words[0].encode() in raw]


async def test_what_a_thief_says_in_a_place_s_name_goes(net: Net) -> None:
    """A version far ahead of the place's own, a report it never made, a deletion of what it still says."""
    net.says(2, "2024")
    await net.arrived()
    await asyncio.sleep(1.1 - utc_now().microsecond / 1e6)
    thief, theft, now = net.signer, utc_now(), timestamp(utc_now())
    assert await post(net, thief, "Update", forged(net, thief, "report-2025", 9999, now)) == (202, "")
    assert await post(net, thief, "Create", forged(net, thief, "report-1999", 1, now)) == (202, "")
    assert await post(net, thief, "Delete", net.actor + "/documents/report-2024") == (202, "")
    await until(lambda: projected(net.council, FIGURES) == [("2025", "666"), ("2025", "666")])
    rotation.recover(net.site, paper.key_of(net.secret), theft)
    await until(lambda: net.known("#main-key")[1])
    await net.harvested()
    await until(lambda: projected(net.council, FIGURES) == [("2024", "2"), ("2025", "1")])
    rebuild(net.council)
    assert projected(net.council, FIGURES) == [("2024", "2"), ("2025", "1")]
    assert [each.reason for each in archive.check(net.council) if each.refused] == ["key_revoked"]
    assert not [each for each in archive.check(net.council) if each.refused and each.stands]
    assert all(item.verified for item in timeline(net.council, 99))


async def test_what_came_before_is_kept_and_flagged(net: Net) -> None:
    net.says(1, "2024")
    await net.arrived()
    with net.site.store.read() as connection:
        keys = own_keys.listed(connection, net.actor)
    stolen = [
        Listed(replace(each.key, revoked=utc_now()), {}) for each in keys if each.key.kind is not KeyKind.RECOVERY
    ]
    far = replace(read(net), keys=(), revoked=tuple(stolen))
    net.council.store.write(lambda c: peers.remember(c, far, b"{}", utc_now()))
    assert [(each.flagged, each.reason) for each in archive.check(net.council)] == [(True, "")] * 3
    assert {item.key_revoked != "" for item in timeline(net.council, 99)} == {True}
    assert rows(net.council, VERSIONS) == rows(net.site, VERSIONS)


def read(net: Net) -> RemoteActor:
    with net.site.store.read() as connection:
        found = read_actor(actor_document(connection, net.site, "etabli"), net.actor)
    assert isinstance(found, RemoteActor)
    return found


async def test_a_proof_holds_in_ten_years(net: Net) -> None:
    """Its key rotated out, its place gone, its clock far ahead: what is stored is verified by the log alone."""
    rotation.rotate(net.site)
    net.says(2)
    await net.arrived()
    far = replace(read(net), keys=())
    later = utc_now() + 3652 * 24 * HOUR
    net.council.store.write(lambda c: peers.remember(c, far, b"{}", later))
    for node in (replace(net.council, clock=lambda: later), net.site):
        assert [(each.flagged, each.reason) for each in archive.check(node)] == [(False, "")] * 3
    old = json.loads(rows(net.council, "SELECT bytes FROM blobs WHERE kind='document' ORDER BY seq")[0][0])  # type: ignore[arg-type]
    forged_bytes = jcs(old | {"updated": "2026-01-01T00:00:00Z"})
    change = "UPDATE blobs SET bytes=? WHERE kind='document' AND seq=(SELECT min(seq) FROM blobs WHERE kind='document')"
    net.council.store.write(lambda c: c.exec_driver_sql(change, (forged_bytes,)))
    assert [each.reason for each in archive.check(net.council)] == ["proof", "", ""]
