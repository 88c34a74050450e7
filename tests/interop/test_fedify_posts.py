"""What a place says to everybody, as a real Fedify server reads and verifies it; what it says, in our timeline."""

import json
from pathlib import Path
from typing import Any

import pytest

from node.timeline import timeline
from tests.interop.peer import until
from tests.interop.test_fedify import ACTIVITY, SLUG, Met, get, met
from tests.shape import ROOT

__all__ = ["met"]

TEXTS = {
    "note": "L'atelier **rouvre** : https://etabli.example/velo",
    "article": "---\ntitre: Partager un broyeur\nrésumé: À trois\n---\n# Comment\n\nÀ trois.\n",
    "event": (ROOT / "examples/one_site/event.md").read_text(encoding="utf-8"),
}
READ = {
    "note": ("id", "content", "cc", "published", "updated", "attributedTo", "url"),
    "article": ("id", "name", "summary", "content", "published"),
    "event": ("id", "name", "content", "startTime", "endTime", "summary"),
}


@pytest.fixture
def made(met: Met, tmp_path: Path) -> dict[str, str]:
    """One post of each kind, sent by the command line to a server that follows."""
    met.followed()
    found = {}
    for kind, text in TEXTS.items():
        file = tmp_path / f"{kind}.md"
        file.write_text(text, encoding="utf-8")
        done = met.rig.command("site", "post", SLUG, "--type", kind, "--file", str(file), "--json")
        found[kind] = json.loads(done.stdout)["id"]
    return found


def plain(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def test_it_hears_reads_and_verifies_what_a_place_says(met: Met, made: dict[str, str], tmp_path: Path) -> None:
    for kind, iri in made.items():
        [heard] = until(lambda: met.heard("Create", iri))  # noqa: B023
        served = get(iri, ACTIVITY).json()
        for said in (heard["object"], met.peer.ask("read", url=iri)):
            assert {name: plain(said.get(name)) for name in READ[kind]} == {
                name: plain(served.get(name)) for name in READ[kind]
            }
        assert met.peer.ask("verify", json=served)
        assert not met.peer.ask("verify", json=served | {"content": "other"})
    file = tmp_path / "again.md"
    file.write_text("Fermé", encoding="utf-8")
    met.rig.command("site", "post", "edit", made["note"], "--file", str(file))
    assert until(lambda: met.heard("Update", made["note"]))[0]["object"]["content"] == "<p>Fermé</p>"
    for iri in made.values():
        met.rig.command("site", "post", "delete", iri)
        until(lambda: met.heard("Delete", iri))  # noqa: B023
        assert get(iri, ACTIVITY).status == 410


def test_it_follows_the_node_and_hears_of_an_event(met: Met, made: dict[str, str]) -> None:
    met.peer.ask("follow", actor=met.member.url + "/actor")
    until(lambda: met.rows("SELECT 1 FROM followers WHERE actor LIKE '%/actor' AND state = 'accepted'"))
    file = met.rig["site"].dir.parent / "again.md"
    file.write_text(TEXTS["event"], encoding="utf-8")
    done = met.rig.command("site", "post", SLUG, "--type", "event", "--file", str(file), "--json")
    said = json.loads(done.stdout)
    assert said["announced"] == 1
    until(lambda: met.heard("Announce", said["id"]))
    met.rig.command("site", "post", "delete", said["id"])
    until(lambda: [each for each in met.peer.ask("state")["received"] if each["type"] == "Undo"])


def test_what_it_says_is_in_the_timeline(met: Met, made: dict[str, str]) -> None:
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
