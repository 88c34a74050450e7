"""A document that is authentic but not valid: its author is told, once, field by field, and may mend it."""

import json
import subprocess
import sys
from pathlib import Path

import aiohttp

from federation.canonical import jcs
from node import relations
from node.context import Node
from node.outgoing import put_document
from node.places import add_place
from node.project import catch_up, rebuild
from node.publish import publish
from node.rejections import Rejections, told
from node.reports import add_report
from tests.node.net import free_ports, listening, make, peers_of, place, rows, until, visits
from tests.node.sender import Sender
from vocab import build

ROOT = Path(__file__).parents[2]
REJECTS = "SELECT object, version FROM journal WHERE type='Reject' AND direction='out' ORDER BY seq"


def spoil(site: Node, document: str) -> None:
    """Sign and send what `publish` would never let pass: an indicator that is none."""
    actor = site.config.actor("etabli")

    def made(envelope):  # type: ignore[no-untyped-def]
        said = build.report(actor + "#place", "2025", visits(1), envelope)
        said["observations"][0]["indicator"] = "tli:nonsense"
        return said

    site.store.write(lambda c: put_document(c, site, "etabli", document, "Report", "public", made))


def command(node: Node, ports: list[int], *words: str) -> str:
    line = [sys.executable, "-m", "node", "--dir", str(node.dir), *words]
    environ = peers_of(ports) | {"PATH": "/usr/bin", "LANG": "fr_FR.UTF-8"}
    done = subprocess.run(line, env=environ, cwd=ROOT, capture_output=True, check=True, text=True)
    return done.stdout


async def test_the_author_is_told_field_by_field_and_a_new_version_wipes_the_slate(tmp_path: Path) -> None:
    ports = free_ports(2)
    site, council = make(tmp_path / "site", ports[0], ports), make(tmp_path / "council", ports[1], ports, "aggregator")
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    add_report(site, "etabli", "2025", visits(4210), "public")
    actor = site.config.actor("etabli")
    document = f"{actor}/documents/report-2025"
    async with listening(site), listening(council):
        await relations.follow(council, f"@etabli@127.0.0.1:{ports[0]}")
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        publish(site)
        spoil(site, document)
        with site.store.read() as connection:
            assert told(connection, actor) == []
        await until(lambda: rows(site, "SELECT 1 FROM journal WHERE type='Reject' AND direction='in'"))
        with site.store.read() as connection:
            [rejection] = told(connection, actor)
        assert (rejection.document, rejection.by) == (document, council.config.node_actor)
        assert [mistake.code for mistake in rejection.mistakes] == ["doc.bad"]
        assert rows(site, "SELECT state FROM followers") == [("accepted",)]
        assert rows(council, "SELECT state FROM following") == [("accepted",)]

        shown = command(site, ports, "report", "list")
        assert "refusé par" in shown
        [said] = json.loads(command(site, ports, "report", "list", "--json"))
        assert said["rejections"][0]["by"] == council.config.node_actor
        assert all(error["field"] and error["text"] for error in said["rejections"][0]["errors"])
        assert json.loads(command(site, ports, "place", "show", "etabli", "--json"))["rejections"] == []

        add_report(site, "etabli", "2025", visits(5000), "public")
        publish(site)
        with site.store.read() as connection:
            assert told(connection, actor) == []
    site.close()
    council.close()


async def test_each_version_is_answered_once_whatever_happens(tmp_path: Path) -> None:
    [port] = free_ports(1)
    council = make(tmp_path, port, [port], "aggregator")
    far = Sender().known_by(council)
    row = f"('{council.config.node_actor}', '{far.id}', 'accepted', 'https://c.example/f', '')"
    council.store.write(
        lambda c: c.exec_driver_sql(f"INSERT INTO following (actor, target, state, follow, since) VALUES {row}")
    )
    async with listening(council, work=False), aiohttp.ClientSession() as session:
        inbox = council.config.url + "/inbox"
        accept = {"type": "Follow", "id": "https://c.example/f", "actor": council.config.node_actor, "object": far.id}
        await far.post(session, inbox, far.say("a", "Accept", accept))
        bad = far.report("r", 1, observations=[])
        await far.post(session, inbox, far.say(1, "Create", bad))
        catch_up(council)
        assert await Rejections(council).answer() == 1
        rejections = Rejections(council)
        assert await rejections.answer() == 0
        rebuild(council)
        assert await Rejections(council).answer() == 0
        await far.post(session, inbox, far.say(2, "Update", far.report("r", 1, version=2, observations=[])))
        catch_up(council)
        assert await rejections.answer() == 1
        assert rows(council, REJECTS) == [(bad["id"], 1), (bad["id"], 2)]
        late = Sender("https://late.example/places/l").known_by(council)
        await late.post(session, inbox, late.say(3, "Create", late.report("r", 1, observations=[])))
        await far.post(session, inbox, far.say(4, "Create", far.report("q", 1, observations=[])))
        catch_up(council)
        assert await rejections.answer() == 1
        row = f"('{council.config.node_actor}', '{late.id}', 'requested', 'https://c.example/g', '')"
        council.store.write(
            lambda c: c.exec_driver_sql(f"INSERT INTO following (actor, target, state, follow, since) VALUES {row}")
        )
        await late.post(session, inbox, late.say(5, "Accept", "https://c.example/g"))
        catch_up(council)
        assert await rejections.answer() == 1  # put apart only now, under a lower number
        [*_, (_, number)] = rows(council, REJECTS)
        assert number == 1
        [(raw,)] = rows(council, "SELECT bytes FROM blobs JOIN journal USING (seq) WHERE type='Reject' LIMIT 1")
        said = json.loads(bytes(raw))  # type: ignore[call-overload]
        assert (said["object"], said["version"]) == (bad["id"], 1)
        assert said["summaryMap"].keys() == {"fr", "en"}
        assert all(error["field"] for error in said["errors"])
    council.close()


async def test_who_was_sent_nothing_has_no_say_and_what_is_said_is_read_with_care(tmp_path: Path) -> None:
    [port] = free_ports(1)
    site = make(tmp_path, port, [port])
    add_place(site, "etabli", place(site, "etabli"))
    publish(site)
    far = Sender().known_by(site)
    document = site.config.actor("etabli") + "/documents/description"
    async with listening(site, work=False), aiohttp.ClientSession() as session:
        odd = [
            {"field": "x" * 999, "code": "no.such"},
            {"field": 3},
            "text",
            {"field": "a", "code": "b", "params": [1]},
        ]
        name = far.say(1, "Reject", document)
        activity = json.loads(far.sent[name]) | {"errors": odd}
        far.sent[name] = jcs(activity)
        await far.post(session, site.config.url + "/inbox", name)
        with site.store.read() as connection:
            assert told(connection, site.config.actor("etabli")) == []
        site.store.write(
            lambda c: c.exec_driver_sql(
                "INSERT INTO deliveries (seq, signer, recipient, inbox, host, state, attempts, next) "
                f"SELECT seq, '', '{far.id}', 'x', 'x', 'delivered', 1, '' FROM documents WHERE id = '{document}'"
            )
        )
        with site.store.read() as connection:
            [rejection] = told(connection, site.config.actor("etabli"))
        assert [(len(mistake.field), mistake.code) for mistake in rejection.mistakes] == [(200, "no.such"), (1, "b")]
    assert "no.such" in command(site, [port], "place", "show", "etabli")
    fan = Sender("https://fan.example/places/f").known_by(site)
    async with listening(site, work=False), aiohttp.ClientSession() as session:
        for number in (1, 2):  # it speaks of the version that stands, or of another
            name = fan.say(number, "Reject", document)
            fan.sent[name] = jcs(json.loads(fan.sent[name]) | {"version": 3 - number, "errors": odd})
        await fan.post(session, site.config.url + "/inbox", fan.say(3, "Follow", site.config.actor("etabli")))
        site.store.write(lambda c: c.exec_driver_sql("UPDATE followers SET state='accepted'"))
        for number, expected in ((1, {far.id}), (2, {far.id, fan.id})):
            await fan.post(session, site.config.url + "/inbox", f"{fan.id}/activities/{number}")
            with site.store.read() as connection:
                assert {each.by for each in told(connection, site.config.actor("etabli"))} == expected
    site.close()
