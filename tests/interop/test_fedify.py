"""A real Fedify server and a real node: following, saying and taking back, both ways, in both dialects."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from federation import activity
from federation.actor import RemoteActor, read_actor
from federation.canonical import jcs
from federation.httpsig import sign_cavage, sign_rfc9421
from federation.proof import method_of, verify_proof
from node.context import utc_now
from node.places import add_place
from node.publish import publish
from node.signing import signer
from node.testrig import Rig, get
from node.timeline import timeline
from tests.interop.peer import SLUG, Meeting, a_place, fedify, post, until
from tests.node.net import place
from tests.shape import ROOT

DIALECTS = {"cavage": "draft-cavage-http-signatures-12", "rfc9421": "rfc9421"}
ACTIVITY = "application/activity+json"
TEXTS = {
    "note": "Des **outils** sur place : https://etabli.example/velo",
    "article": "---\ntitre: Partager un broyeur\nrésumé: À trois\n---\n# Comment\n\nDes **outils** sur place.\n",
    "event": (ROOT / "examples/one_site/event.md").read_text(encoding="utf-8") + "\nDes **outils** sur place.\n",
}
READ = (
    *("type", "id", "attributedTo", "name", "summary", "content", "contentMap", "published", "updated", "cc"),
    *("startTime", "endTime", "url"),
)


@dataclass(frozen=True, slots=True)
class Met(Meeting):
    """The peer signs in this dialect, and takes no other."""

    dialect: str

    @property
    def alice(self) -> str:
        return self.peer.url + "/users/alice"

    def heard(self, kind: str, iri: str) -> list[dict[str, Any]]:
        """What the peer received from us."""
        said = self.peer.ask("state")["received"]
        return [each for each in said if each["type"] == kind and iri in ("", each["object"], _id(each["object"]))]

    def followed(self) -> str:
        """Both follow each other; the id of the peer's request."""
        follow = str(self.peer.ask("follow", actor=self.place))
        until(lambda: self.heard("Accept", follow))
        if self.rows("SELECT state FROM following") != [("accepted",)]:
            self.rig.command("site", "follow", f"@alice@{self.peer.authority}")
            until(lambda: self.rows("SELECT state FROM following") == [("accepted",)])
        return follow


def _id(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


@pytest.fixture(scope="module", params=list(DIALECTS))
def met(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    rig = Rig(tmp_path_factory.mktemp("fedify"), {"site": ("site",)})
    with rig, fedify(rig, DIALECTS[request.param]) as peer:
        a_place(rig, peer.url + "/users/alice")
        yield Met(rig, peer, request.param)


def test_each_follows_the_other_and_leaves(met: Met) -> None:
    follow = met.followed()
    assert met.taken("Follow", met.place)[0] == (met.dialect, "effect")
    remembered = met.rows("SELECT dialect FROM hosts WHERE host = :host", host=met.peer.authority)
    assert (("rfc9421",) in remembered) == (met.dialect == "rfc9421")
    assert met.rows("SELECT follower, state FROM followers") == [(met.alice, "accepted")]
    assert met.peer.ask("state")["followers"] == [met.member.url + "/actor"]
    met.peer.ask("unfollow", actor=met.place, follow=follow)
    assert met.taken("Undo", follow) == [(met.dialect, "effect")]
    assert met.rows("SELECT follower FROM followers") == []
    met.rig.command("site", "unfollow", met.alice)
    until(lambda: met.peer.ask("state")["followers"] == [])


def test_what_it_says_is_kept_changed_and_forgotten(met: Met) -> None:
    met.followed()
    note = met.peer.ask("create", number="1", content="Bonjour")
    assert met.taken("Create", note) == [(met.dialect, "current")]
    met.peer.ask("update", number="1", content="Bonsoir")
    assert met.taken("Update", note) == [(met.dialect, "current")]
    assert met.rows("SELECT owner, type, deleted FROM documents WHERE id = :iri", iri=note) == [
        (met.alice, "Note", None)
    ]
    met.peer.ask("rename", name="Alice la Menuisière")
    assert met.rows("SELECT name FROM peers WHERE actor = :alice", alice=met.alice) == [("Alice la Menuisière",)]
    met.peer.ask("announce", object=met.place + "/documents/description")
    assert met.taken("Announce", met.place + "/documents/description")[0][0] == met.dialect
    timeline = json.loads(met.rig.command("site", "timeline", "--json").stdout)
    assert (note, "Note", met.dialect) in [(each["id"], each["type"], each["verified"]) for each in timeline]
    met.peer.ask("delete", number="1")
    assert met.taken("Delete", note) == [(met.dialect, "tombstone")]


def _plain(value: Any) -> Any:
    """A value as one program or another may write it: lists of one and empty ones, and the type of a key, left out."""
    if isinstance(value, list):
        return [_plain(each) for each in value] if len(value) > 1 else _plain(value[0]) if value else None
    if not isinstance(value, dict):
        return value
    kept = {name: _plain(each) for name, each in value.items() if name not in ("@context", "implements")}
    return {name: each for name, each in kept.items() if each not in (None, "CryptographicKey")}


def test_it_reads_our_actors_without_loss_and_hears_of_their_changes(met: Met) -> None:
    met.followed()
    with met.rig.node("site") as node:
        add_place(node, SLUG, place(node, SLUG, "L'Établi des Arts"))
        publish(node)
    said = until(lambda: met.heard("Update", met.place))[-1]["object"]
    for actor in (met.place, met.member.url + "/actor"):
        served = get(actor, ACTIVITY).json()
        assert _plain(met.peer.ask("read", url=actor)) == _plain(served)
        links = met.peer.ask("webfinger", resource=actor)["links"]
        assert {"rel": "self", "type": ACTIVITY, "href": actor} in links
    assert said["name"] == "L'Établi des Arts"
    assert [field["name"] for field in said["attachment"]] == ["Commune"]


@pytest.mark.parametrize("kind", list(TEXTS))
def test_it_hears_what_we_post_change_and_delete(met: Met, tmp_path: Path, kind: str) -> None:
    met.followed()
    met.peer.ask("follow", actor=met.member.url + "/actor")
    file = tmp_path / "post.md"
    file.write_text(TEXTS[kind], "utf-8")
    done = met.rig.command("site", "post", SLUG, "--type", kind, "--file", str(file), "--json")
    post_id = json.loads(done.stdout)["id"]
    created = until(lambda: met.heard("Create", post_id))[-1]["object"]
    assert "<strong>outils</strong>" in created["content"]
    served = get(post_id, ACTIVITY).json()
    for said in (created, met.peer.ask("read", url=post_id)):
        assert {name: _plain(said.get(name)) for name in READ} == {name: _plain(served.get(name)) for name in READ}
    assert met.peer.ask("verify", json=served)
    assert not met.peer.ask("verify", json=served | {"content": "other"})
    if kind == "event":
        until(lambda: met.heard("Announce", post_id))
    file.write_text(TEXTS[kind].replace("outils", "conseils"), "utf-8")
    met.rig.command("site", "post", "edit", post_id, "--file", str(file))
    changed = until(lambda: met.heard("Update", post_id))[-1]["object"]
    assert "<strong>conseils</strong>" in changed["content"]
    met.rig.command("site", "post", "delete", post_id)
    assert until(lambda: met.heard("Delete", post_id))
    assert get(post_id, ACTIVITY).status == 410
    if kind == "event":
        assert until(lambda: [each for each in met.heard("Undo", "") if each["object"]["object"] == post_id])


def test_what_it_says_is_in_the_timeline(met: Met) -> None:
    met.followed()
    note = met.peer.ask("create", number="77", content="<p>Bonjour <b>à tous</b></p>")

    def seen() -> list[tuple[str, str, str]]:
        with met.rig.node("site") as node:
            return [(item.type, item.title, item.verified) for item in timeline(node, 99) if item.id == note]

    assert until(seen) == [("Note", "Bonjour à tous", met.dialect)]
    met.peer.ask("update", number="77", content="Bonsoir")
    until(lambda: seen() == [("Note", "Bonsoir", met.dialect)])
    met.peer.ask("announce", object="https://other.example/1")
    with met.rig.node("site") as node:
        until(lambda: [item.announced for item in timeline(node, 99) if item.announced == "https://other.example/1"])
    met.peer.ask("delete", number="77")
    until(lambda: seen() == [])


def test_it_reads_our_outbox_to_the_end(met: Met) -> None:
    served = get(met.place + "/outbox?before=", ACTIVITY).json()["orderedItems"]
    assert met.peer.ask("collection", url=met.place + "/outbox") == [each["id"] for each in served]


def test_each_verifies_the_proofs_of_the_other_and_refuses_tampered_copies(met: Met) -> None:
    met.followed()
    note = met.peer.ask("create", number="9", content="Bonjour")
    ((raw,),) = met.rows(
        "SELECT bytes FROM blobs JOIN journal USING (seq) WHERE object = :iri AND kind = 'activity'", iri=note
    )
    theirs = {name: value for name, value in json.loads(raw).items() if name != "signature"}  # added after the proof
    alice = read_actor(get(met.alice, ACTIVITY).json(), met.alice)
    assert isinstance(alice, RemoteActor)
    key = alice.key(str(method_of(theirs)))
    assert key is not None
    assert verify_proof(theirs, key, utc_now()) is None
    refused = verify_proof(theirs | {"published": "2026-01-01T00:00:00Z"}, key, utc_now())
    assert refused is not None
    assert refused.reason == "proof"
    ours = get(met.place + "/documents/description", ACTIVITY).json()
    assert met.peer.ask("verify", json=ours)
    assert not met.peer.ask("verify", json=ours | {"version": ours["version"] + 1})
    assert not met.peer.ask("verify", json=ours | {"proof": ours["proof"] | {"created": "2026-01-01T00:00:00Z"}})


def test_fetch_finds_nothing_wrong_with_it(met: Met) -> None:
    note = met.peer.ask("create", number="3", content="Bonjour")
    for target in (f"@alice@{met.peer.authority}", note, met.alice + "/outbox"):
        answer = met.rig.command("site", "fetch", target)
        assert answer.returncode == 0, answer.stdout


def test_it_refuses_what_was_tampered_with_or_signed_by_another(met: Met) -> None:
    inbox, actor = met.alice + "/inbox", met.member.url + "/actor"
    with met.rig.node("site") as node:
        own, others = (signer(node.store.glance, node, slug).keys.rsa for slug in ("actor", SLUG))
    follow = jcs(activity.follow(actor + "/activities/tampered", actor, met.alice))
    for rsa, key, body in (
        (own, actor, follow.replace(b"tampered", b"changed")),
        (others, actor, follow),
        (others, met.place, follow),
    ):
        sign = sign_cavage if met.dialect == "cavage" else sign_rfc9421
        headers = sign("POST", inbox, follow, key + "#main-key", rsa, utc_now())
        assert post(inbox, body, headers).status == 401
    assert not [
        each for each in met.peer.ask("state")["received"] if "tampered" in each["id"] or "changed" in each["id"]
    ]


def test_it_hears_us_with_new_keys_and_still_verifies_what_the_old_ones_signed(met: Met, tmp_path: Path) -> None:
    """Keys that expired, then keys that were revoked, and a recovery key: all are in an actor that it reads."""
    met.followed()
    signed_before = get(met.place + "/documents/description", ACTIVITY).json()
    paper = json.loads(met.rig.command("site", "keys", "recover", "--new", "--json").stdout)["recovery"]
    file = tmp_path / "paper.txt"
    file.write_text(paper, "utf-8")
    for number, words in enumerate((["rotate"], ["recover", "--file", str(file)]), 2):
        told = len(met.heard("Update", met.place))
        assert met.rig.command("site", "keys", *words).returncode == 0
        until(lambda told=told: len(met.heard("Update", met.place)) > told)
        served = get(met.place, ACTIVITY).json()
        assert served["publicKey"]["id"] == f"{met.place}#main-key-{number}"
        assert met.peer.ask("read", url=met.place)["publicKey"]["id"] == served["publicKey"]["id"]
        if number == 2:
            assert met.peer.ask("verify", json=signed_before)
        post_file = tmp_path / f"{number}.md"
        post_file.write_text(f"---\ntitre: Clés {number} {met.dialect}\n---\n\nBonjour.\n", "utf-8")
        line = ("post", SLUG, "--type", "note", "--file", str(post_file), "--json")
        note = json.loads(met.rig.command("site", *line).stdout)["id"]
        until(lambda note=note: met.heard("Create", note))
        assert met.peer.ask("verify", json=get(note, ACTIVITY).json())
    assert met.peer.ask("verify", json=get(met.place + "/documents/description", ACTIVITY).json())
