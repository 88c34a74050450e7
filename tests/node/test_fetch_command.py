"""`maillage fetch` at real nodes, and at a host that serves what it must not: each fault has its own line."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.actor import Profile, place_actor
from federation.errors import STATUS
from node import posts, relations
from node.cli.run import main
from node.context import Node
from node.examine import Examination, examine
from node.messages import text
from node.outgoing import delete_document
from node.places import add_place
from node.publish import publish
from node.refusals import explained
from node.reports import add_report
from tests.federation.web import Site, answering
from tests.federation.web import listening as site_listening
from tests.node.net import free_ports, listening, make, place, rows, visits
from tests.node.sender import Sender
from tests.node.test_harvest import follows, harvested

AUTHORITY = ("key_found", "key_owner", "origin", "attributed_to", "stored_owner")
OPTIONS = ("proof_form", "proof_key", "proof_kind", "proof_suite", "proof_purpose", "proof_context", "proof_times")
PROVED = (*AUTHORITY, *OPTIONS, "proof", "policy", "form", "held")
WEAK = generate_private_key(65537, 1024).public_key()
WEAK_PEM = WEAK.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
READ = ("address", "size", "status", "media_type", "json", "shape")


@dataclass
class Net:
    """A council that looks, a real site, and a host that serves what a test tells it to, with an actor `far`."""

    council: Node
    site: Node
    host: Site
    far: Sender

    def serves(self, name: str, page: Any) -> str:
        self.host.pages[f"/places/far{name}"] = page
        return self.far.id + name

    def profile(self, **changed: Any) -> dict[str, Any]:
        profile = Profile(self.far.id, "far", "Far")
        return place_actor(profile, self.far.keys, self.host.url + "/actor", self.host.url + "/inbox") | changed


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    async with site_listening() as host:
        ports = [*free_ports(2), int(host.host.rpartition(":")[2])]
        site, council = make(tmp_path / "s", ports[0], ports), make(tmp_path / "c", ports[1], ports)
        add_place(site, "etabli", place(site, "etabli"))
        add_report(site, "etabli", "2025", visits(7), "public")
        add_report(site, "etabli", "2024", visits(8, "2024"), "network")
        publish(site)
        found = Net(council, site, host, Sender(host.url + "/places/far"))
        found.serves("", found.profile())
        async with listening(site, work=False), listening(council, work=False):
            yield found
        site.close()
        council.close()


def held(found: Examination) -> list[str]:
    return [check.name for check in found.checks if check.refused is None and not check.is_told]


def failed(found: Examination) -> list[tuple[str, str]]:
    return [(check.name, check.refused.reason) for check in found.checks if check.refused is not None]


async def test_an_actor_by_its_name_and_by_its_address(net: Net) -> None:
    actor = net.site.config.actor("etabli")
    by_name = await examine(net.council, f"@etabli@{net.site.config.authority}")
    assert failed(by_name) == []
    assert held(by_name) == ["webfinger", *READ, "actor_id", "actor_type", "inbox", "key", "key", "webfinger_back"]
    by_address = await examine(net.council, actor)
    assert (failed(by_address), held(by_address)) == ([], held(by_name)[1:])
    assert (by_address.kind, by_address.url) == ("actor", actor)


async def test_documents_activities_and_collections(net: Net) -> None:
    actor = net.site.config.actor("etabli")
    report = await examine(net.council, actor + "/documents/report-2025")
    assert failed(report) == []
    assert held(report) == [*READ, "id", *PROVED, "graph", "valid"]
    [(activity,)] = rows(net.site, "SELECT activity FROM journal WHERE object LIKE '%report-2025'")
    create = await examine(net.council, str(activity))
    assert (create.kind, failed(create)) == ("activity", [])
    assert set(held(create)) >= {*PROVED, "author", "valid"}
    posts.add(net.site, "etabli", posts.read(net.site, "etabli", "note", "Bonjour", False))  # type: ignore[arg-type]
    [(note,)] = rows(net.site, "SELECT id FROM documents WHERE type = 'Note'")
    assert failed(await examine(net.council, str(note))) == []
    for name, count in (("/outbox", 3), ("/changes", 3), ("/documents", 3), ("/followers", 0)):
        collection = await examine(net.council, actor + name)
        assert (collection.kind, failed(collection)) == ("collection", [])
        assert [c.detail for c in collection.checks if c.name == "items"] == [str(count)], name
    [(secret,)] = rows(net.site, "SELECT id FROM documents WHERE sharing = 'network'")
    assert failed(await examine(net.council, str(secret))) == [("status", "not_found")]
    await relations.share(net.site, "etabli", net.council.config.node_actor, "network")
    assert failed(await examine(net.council, str(secret))) == []
    net.site.store.write(lambda c: delete_document(c, net.site, "etabli", str(secret)))
    assert failed(await examine(net.council, str(secret))) == [("status", "gone")]


async def test_what_we_hold_is_compared(net: Net) -> None:
    actor = net.site.config.actor("etabli")
    follows(net.council, actor)
    await harvested(net.council)
    report = await examine(net.council, actor + "/documents/report-2025")
    assert [c.detail for c in report.checks if c.name == "held"] == ["1 / 1"]
    for column, value, reason in (("version", 9, "older_version"), ("digest", "'x'", "equivocation")):
        net.council.store.write(
            lambda c, sql=f"UPDATE documents SET version = 1, {column} = {value}": c.exec_driver_sql(sql)
        )  # type: ignore[misc]
        assert failed(await examine(net.council, actor + "/documents/report-2025")) == [("held", reason)]
    net.council.store.write(lambda c: c.exec_driver_sql("UPDATE documents SET owner = 'https://other.example/a'"))
    assert ("stored_owner", "stored_owner") in failed(await examine(net.council, actor + "/documents/report-2025"))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"proof": None}, [("proof", "proof_absent")]),
        ({"period": "2024"}, [("proof", "proof"), ("graph", "graph_digest"), ("valid", "invalid")]),
        ({"attributedTo": "https://other.example/a"}, None),
        ({"@set": []}, None),
        ({"version": 0}, None),
    ],
)
async def test_a_document_that_was_changed(net: Net, changed: dict[str, Any], expected: list[Any] | None) -> None:
    report = {**net.far.report("r", 1), **changed}
    url = net.serves("/documents/r", {name: value for name, value in report.items() if value is not None})
    found = failed(await examine(net.council, url))
    if expected is None:
        assert len(found) >= 2
        assert {"@set": "shape", "version": "form"}.get(*changed, "origin") in {name for name, _ in found}
    else:
        assert [each for each in found if each[0] != "valid" or each in expected] == expected


async def test_a_proof_by_another_key_and_a_key_of_another(net: Net) -> None:
    url = net.serves("/documents/r", Sender(net.far.id).report("r", 1))
    assert failed(await examine(net.council, url)) == [("proof", "proof")]
    net.serves("", net.profile(assertionMethod=[]))
    found = failed(await examine(net.council, url))
    assert found[0] == ("key_found", "key_owner")
    assert found[1] == ("proof", "key_unknown")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (404, ("status", "not_found")),
        (410, ("status", "gone")),
        (500, ("status", "remote_refused")),
        (answering(200, b"<html>", Content_Type="text/html"), ("media_type", "content_type")),
        (answering(200, b'{"a": 1, "a": 2}'), ("json", "duplicate_key")),
        (answering(200, b" " * (1 << 20) + b"{}"), ("size", "too_large")),
        ("http://127.0.0.1:1/", ("answer", "redirected")),
    ],
)
async def test_an_answer_that_is_no_page(net: Net, page: Any, expected: tuple[str, str]) -> None:
    assert failed(await examine(net.council, net.serves("/x", page))) == [expected]


async def test_an_actor_that_is_not_one(net: Net) -> None:
    weak = {"id": net.far.id + "#k", "owner": net.far.id, "publicKeyPem": WEAK_PEM}
    net.serves("", net.profile(publicKey=weak))
    assert failed(await examine(net.council, net.far.id)) == [("key", "key_weak"), ("key", "key_unknown")]
    net.serves("", net.profile(inbox="https://other.example/inbox"))
    assert failed(await examine(net.council, net.far.id)) == [("inbox", "document_form")]
    url = net.serves("2", net.profile())
    assert failed(await examine(net.council, url))[0] == ("actor_id", "actor_document_id")


async def test_a_name_that_leads_elsewhere(net: Net) -> None:
    link = {"rel": "self", "type": "application/activity+json", "href": net.site.config.actor("etabli")}
    net.host.pages[f"/.well-known/webfinger?resource=acct%3Afar%40127.0.0.1%3A{net.host.host.rpartition(':')[2]}"] = {
        "links": [link]
    }
    found = await examine(net.council, f"@far@{net.host.host}")
    assert failed(found) == []  # a host may delegate a name
    assert found.url == net.site.config.actor("etabli")
    link["href"] = net.far.id
    found = await examine(net.council, f"@far@{net.host.host}")
    assert failed(found) == []
    assert failed(await examine(net.council, f"@near@{net.host.host}")) == [("webfinger", "webfinger")]
    assert failed(await examine(net.council, "what?")) == [("webfinger", "handle")]
    net.serves("", net.profile(preferredUsername="else"))
    assert failed(await examine(net.council, f"@far@{net.host.host}")) == [("webfinger_back", "webfinger")]


@pytest.mark.parametrize("url", ["https://10.0.0.1/a", "http://example.org/a", "https://[::1]/a"])
async def test_an_address_that_is_forbidden(net: Net, url: str) -> None:
    assert failed(await examine(net.council, url)) == [("address", "forbidden_address")]


def test_the_command_says_it_in_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = make(tmp_path, 9, [9])
    node.close()
    words = ["--dir", str(tmp_path), "fetch", "https://10.0.0.1/places/far"]
    assert main(["--lang", "fr", *words]) == 3
    said = capsys.readouterr().out
    assert "✗ l'adresse est publique et permise" in said
    assert "il est interdit de s'y connecter" in said
    assert main(["--lang", "en", "--json", *words]) == 3
    [check] = json.loads(capsys.readouterr().out)["checks"]
    assert (check["name"], check["result"], check["reason"]) == ("address", "failed", "forbidden_address")


def test_every_reason_has_a_sentence_and_every_check_a_name() -> None:
    code = Path("node/examine.py").read_text(encoding="utf-8")
    names = set(re.findall(r'(?:note|tell)\(\s*"([a-z_]+)"', code)) | {*PROVED, *READ}
    for lang in ("fr", "en"):
        assert [reason for reason in STATUS if explained(lang, reason) == reason] == []
        assert all(text(lang, f"fetch.check.{name}") for name in names)
