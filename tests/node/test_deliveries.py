"""Who has what was sent: what the command says of real deliveries to real hosts, and what it puts back in the queue."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from node.cli.run import main
from node.context import Node
from node.places import add_place
from node.publish import publish
from node.relations import follow, share
from node.reports import add_report, remove_report
from tests.federation.web import answering
from tests.node.net import free_ports, listening, make, place, rows, until, visits
from tests.node.test_delivery import Sending, sending  # noqa: F401 - a fixture

GARBLED = (
    b'{"type": "about:blank", "status": 401, "title": "signature", "reason": "signature", "detail": "' + b"x" * 400
)


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Any:
    """A command as it is typed: its exit code and what it says."""

    def run(node: Node, *words: str, lang: str = "en") -> tuple[int, str]:
        code = main(["--dir", str(node.dir), "--lang", lang, *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def as_json(typed: Any, node: Node, *words: str) -> Any:
    code, said = typed(node, "--json", "deliveries", *words)
    assert code == 0
    return json.JSONDecoder().raw_decode(said)[0]


async def test_each_recipient_has_a_state_and_a_reason(sending: Sending, typed: Any) -> None:  # noqa: F811
    taken, refusing, absent = sending.sites
    taken.pages["/inbox"] = 202
    refusing.pages["/inbox"] = answering(401, GARBLED)
    absent.pages["/inbox"] = answering(404, "no \u202einbox".encode())
    sending.queue(taken, refusing, absent)
    await sending.deliverer.once()
    said = as_json(typed, sending.node)
    assert said["counts"] == {"waiting": 1, "delivered": 1, "refused": 1, "parked": 0}
    seen = [(d["host"], d["state"], d["attempts"], d["status"], d["reason"]) for d in said["deliveries"]]
    assert seen == [
        (taken.host, "delivered", 1, 202, ""),
        (refusing.host, "waiting", 1, 401, "signature"),
        (absent.host, "refused", 1, 404, "no  inbox"),
    ]
    waiting = said["deliveries"][1]
    assert waiting["next"] > waiting["since"]
    assert "does not match the key" in waiting["explained"]
    assert [d["host"] for d in as_json(typed, sending.node, "--failed")["deliveries"]] == [refusing.host, absent.host]
    code, french = typed(sending.node, "deliveries", "--failed", lang="fr")
    assert code == 0
    assert "en attente" in french
    assert "La signature ne correspond pas à la clé" in french
    assert "En attente : 1. Reçus : 1. Refusés : 1." in french


async def test_what_was_set_aside_is_put_back(sending: Sending, typed: Any) -> None:  # noqa: F811
    site = sending.sites[0]
    site.pages["/inbox"] = 500
    sending.queue(site)
    sending.queue(site)
    await sending.deliverer.once()
    sending.clock.now += timedelta(days=4)
    await sending.deliverer.once()
    assert [state for state, *_ in sending.states()] == ["parked", "parked"]
    code, said = typed(sending.node, "deliveries")
    assert code == 0
    assert "set aside" in said
    assert "--retry-parked" in said
    site.pages["/inbox"] = 202
    assert typed(sending.node, "deliveries", "--retry", "1")[0] == 0
    assert as_json(typed, sending.node, "--retry-parked") == {"queued": 1}
    assert typed(sending.node, "deliveries", "--retry", "1")[0] == 4
    assert typed(sending.node, "deliveries", "--retry", "99")[0] == 4
    sending.clock.now += timedelta(days=1)
    while await sending.deliverer.once():
        pass
    assert [state for state, *_ in sending.states()] == ["delivered", "delivered"]


async def test_what_was_withdrawn_is_not_put_back(tmp_path: Any, typed: Any) -> None:
    """Real nodes: a follower that is down, a document that is withdrawn before it came back."""
    ports = free_ports(2)
    site, council = make(tmp_path / "s", ports[0], ports), make(tmp_path / "c", ports[1], ports)
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    async with listening(site):
        async with listening(council):
            await follow(council, site.config.actor("etabli"))
            await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
            await share(site, "etabli", council.config.node_actor, "network")
            add_report(site, "etabli", "2025", visits(7), "public")
            publish(site)
            await until(lambda: rows(council, "SELECT 1 FROM documents WHERE type='Report'"))
            await until(lambda: not rows(site, "SELECT 1 FROM deliveries WHERE state='queued'"))
        add_report(site, "etabli", "2025", visits(9), "network")
        publish(site)
        await until(lambda: rows(site, "SELECT 1 FROM deliveries WHERE attempts > 0 AND state='queued'"))
    [one] = as_json(typed, site, "report-2025")["deliveries"]
    assert (one["type"], one["object_type"], one["name"], one["state"]) == (
        "Create",
        "Report",
        "report-2025",
        "delivered",
    )
    assert one["handle"] == f"@actor@{council.config.authority}" or one["recipient"] == council.config.node_actor
    assert (
        as_json(typed, site, one["activity"])["deliveries"]
        == as_json(typed, site, one["object"])["deliveries"]
        == [one]
    )
    assert typed(site, "deliveries", "report-1999")[0] == 4
    [late] = as_json(typed, site, "--failed")["deliveries"]
    assert (late["state"], late["reason"]) == ("waiting", "unreachable")
    remove_report(site, "etabli", "2025", "network")
    publish(site)
    erased = as_json(typed, site, late["activity"])["deliveries"][0]
    assert (erased["state"], erased["reason"]) == ("parked", "erased")
    assert as_json(typed, site, "--retry-parked") == {"queued": 0}
    assert typed(site, "deliveries", "--retry", str(late["id"]))[0] == 4
    await asyncio.to_thread(site.close)
    council.close()
