"""Hosts that are blocked or allowed, said to a node that runs; and the rate of each origin."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.policy import Policy, host_name
from federation.rates import Bucket, Rate, spend
from node import hosts, relations
from node.context import Node, open_node
from node.hosts import Allowed
from node.peering import list_peers
from node.places import add_place
from node.policy import Rates, policy
from node.publish import publish
from node.store.host_rules import ALLOW, BLOCK
from tests.node.net import free_ports, listening, make, place, projected, rows, until
from tests.node.sender import Sender


@pytest.fixture
async def council(tmp_path: Path) -> AsyncIterator[Node]:
    [port] = free_ports(1)
    node = make(tmp_path / "council", port, [port], "aggregator")
    async with listening(node, work=False):
        yield node
    node.close()


async def posted(node: Node, far: Sender, said: int | str) -> tuple[int, str]:
    """What the inbox answers to one more note, or to what was said, and how long it asks to wait."""
    note = {"id": f"{far.id}/n{said}", "type": "Note", "attributedTo": far.id}
    name = said if isinstance(said, str) else far.say(said, "Create", note)
    inbox, body = node.config.url + "/inbox", far.sent[name]
    async with (
        aiohttp.ClientSession() as session,
        session.post(inbox, data=body, headers=far.headers(inbox, body)) as response,
    ):
        return response.status, response.headers.get("Retry-After", "")


async def test_a_block_holds_at_once_and_is_lifted_at_once(council: Node) -> None:
    far = Sender().known_by(council)
    assert (await posted(council, far, 1))[0] == 202
    assert hosts.block(council, "far.example", "spam")
    await until(lambda: policy(council).judge(far.id) is not None)
    assert (await posted(council, far, 2))[0] == 403
    assert not hosts.block(council, "far.example")
    assert [rule.comment for rule in hosts.listed(council, BLOCK)] == ["spam"]
    assert hosts.allow(council, "far.example") == Allowed("lifted", ())
    await until(lambda: policy(council).judge(far.id) is None)
    assert (await posted(council, far, 2))[0] == 202
    assert rows(council, "SELECT count(*) FROM journal") == [(2,)]


async def test_a_list_made_by_hand_restricts_once_it_is_switched_on(tmp_path: Path, council: Node) -> None:
    assert hosts.allow(council, "friend.example").outcome == "listed"
    assert hosts.allow(council, "friend.example").outcome == "known"
    assert hosts.block(council, "later.example")
    assert policy(council).judge("https://far.example/a") is None
    (council.dir / "config.toml").write_text(
        (council.dir / "config.toml").read_text("utf-8") + "[federation]\nallow_list = true\n", "utf-8"
    )
    again = open_node(council.dir)
    assert policy(again).judge("https://far.example/a") is not None
    assert policy(again).judge("https://sub.friend.example/a") is None
    assert hosts.allow(again, "later.example") == Allowed("lifted", ())
    assert {rule.host for rule in hosts.listed(again, ALLOW)} == {"friend.example", "later.example"}
    assert hosts.remove(again, "friend.example", ALLOW)
    assert not hosts.remove(again, "friend.example", ALLOW)
    again.close()


async def test_blocking_a_host_ends_what_binds_us_to_it(tmp_path: Path) -> None:
    ports = free_ports(2)
    site, council = make(tmp_path / "site", ports[0], ports), make(tmp_path / "council", ports[1], ports, "aggregator")
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    async with listening(site), listening(council):
        await relations.follow(council, f"@etabli@127.0.0.1:{ports[0]}")
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        publish(site)
        await until(lambda: projected(council, "SELECT 1 FROM directory"))
        [peer] = [each for each in list_peers(council) if each.followed]
        assert (peer.handle, peer.followed, peer.implements, peer.keys) == (
            f"@etabli@{site.config.authority}",
            "accepted",
            True,
            2,
        )
        await until(lambda: [each.follows_us for each in list_peers(site)] == [("accepted",)])

        hosts.block(council, f"127.0.0.1:{ports[0]}")
        await until(lambda: projected(council, "SELECT 1 FROM directory") == [])
        assert rows(council, "SELECT state FROM following") == [("ended",)]
        await until(lambda: [each.blocked for each in list_peers(council) if each.handle] == [True])
        parked = "SELECT reason FROM deliveries WHERE state='parked'"
        assert rows(council, parked) == [("blocked",)]
        refused = await relations.follow(council, f"@etabli@127.0.0.1:{ports[0]}")
        assert isinstance(refused, relations.Unreachable)
        assert refused.refused.reason == "blocked"

        hosts.block(site, f"127.0.0.1:{ports[1]}")
        assert rows(site, "SELECT 1 FROM followers") == []
        await until(lambda: rows(site, "SELECT 1 FROM deliveries WHERE state='queued'") == [])

        assert hosts.allow(site, f"127.0.0.1:{ports[1]}").outcome == "lifted"
        assert hosts.allow(council, f"127.0.0.1:{ports[0]}").outcome == "lifted"
        await until(lambda: not policy(council).block and not policy(site).block)
        assert isinstance(await relations.follow(council, f"@etabli@127.0.0.1:{ports[0]}"), relations.Asked)
        await until(lambda: rows(council, "SELECT state FROM following") == [("accepted",)], 30)
        await until(lambda: projected(council, "SELECT 1 FROM directory"))
    site.close()
    council.close()


async def test_what_the_configuration_blocks_is_left_when_the_node_starts(tmp_path: Path) -> None:
    [port] = free_ports(1)
    node = make(tmp_path, port, [port])
    add_place(node, "etabli", place(node, "etabli"))
    far, near = Sender().known_by(node), Sender("https://near.example/places/n").known_by(node)
    async with listening(node, work=False):
        for sender in (far, near):
            await posted(node, sender, sender.say("f", "Follow", node.config.actor("etabli")))
    assert len(rows(node, "SELECT 1 FROM followers")) == 2
    with (node.dir / "config.toml").open("a", encoding="utf-8") as file:
        file.write('[federation]\nblock = ["https://Far.Example/"]\n')
    node.close()
    node = open_node(tmp_path)
    hosts.heed_configuration(node)
    assert rows(node, "SELECT follower FROM followers") == [(near.id,)]
    allowed = hosts.allow(node, "sub.far.example")
    assert allowed == Allowed("listed", ("far.example",))
    node.close()


async def test_one_origin_says_no_more_than_it_may_and_spends_nobody_else_s(tmp_path: Path) -> None:
    [port] = free_ports(1)
    node = make(tmp_path, port, [port], "aggregator")
    (node.dir / "config.toml").write_text(
        (node.dir / "config.toml").read_text("utf-8") + "[federation]\nrate = 1\nburst = 3\n", "utf-8"
    )
    node.close()
    node = open_node(tmp_path)
    far, other = Sender().known_by(node), Sender("https://other.example/places/o").known_by(node)
    forged = Sender(far.id)
    async with listening(node, work=False):
        assert [(await posted(node, forged, number))[0] for number in range(90, 94)] == [401] * 4
        answers = [await posted(node, far, number) for number in range(5)]
        assert [status for status, _ in answers][:3] == [202, 202, 202]
        assert answers[-1] == (429, "1")
        assert (await posted(node, other, 1))[0] == 202
        assert (await posted(node, forged, 95))[0] == 429  # nothing is verified for one who has nothing left to say
    node.close()


def test_the_loopback_peers_of_a_trial_are_not_counted(tmp_path: Path) -> None:
    ports = free_ports(2)
    node = make(tmp_path, ports[0], ports)
    rates = Rates(replace(node.config, rate=1, burst=1))
    peer, other = f"http://127.0.0.1:{ports[1]}/places/a", "http://127.0.0.1:1/places/a"
    assert [rates.judge(peer) for _ in range(3)] == [None] * 3
    assert [rates.judge(other) is None for _ in range(2)] == [True, False]
    assert [rates.foresee(name) is None for name in (peer, other, "https://[", "no iri")] == [True, False, True, True]
    node.close()


def test_lists_are_exchanged_as_mastodon_writes_them(council: Node) -> None:
    text = (
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
        'bad.example,suspend,true,true,"spam, and more",false\nquiet.example,silence,false,false,,false\n'
        f"no host,suspend,,,,\nÉLAN.example.,suspend,,,,\n{council.config.authority},suspend,,,,\n"
    )
    done = hosts.import_blocks(council, text)
    assert done.blocked == ("bad.example", "xn--lan-9la.example")
    assert done.refused == (
        (3, "quiet.example", "severity"),
        (4, "no host", "host"),
        (6, council.config.authority, "own"),
    )
    assert hosts.import_blocks(council, text).known == done.blocked
    exported = hosts.export(hosts.listed(council, BLOCK))
    [first, *others] = csv.DictReader(io.StringIO(exported))
    assert (first["#domain"], first["#severity"], first["#public_comment"]) == (
        "bad.example",
        "suspend",
        "spam, and more",
    )
    assert len(others) == 1
    for rule in hosts.listed(council, BLOCK):
        hosts.remove(council, rule.host, BLOCK)
    assert hosts.import_blocks(council, exported).blocked == done.blocked
    assert hosts.import_blocks(council, "plain.example\nother.example\n").blocked == ("plain.example", "other.example")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Exemple.FR.", "exemple.fr"),
        ("https://exemple.fr:8443/x?y", "exemple.fr:8443"),
        ("@nom@exemple.fr", "exemple.fr"),
        ("élan.fr", "xn--lan-9la.fr"),
        ("ÉLAN。fr", "xn--lan-9la.fr"),
        ("straße.de", "xn--strae-oqa.de"),
        ("[2001:DB8:0:0::1]:443", "[2001:db8::1]:443"),
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("[::1]:80", "[::1]:80"),
        ("[::1]", "[::1]"),
        ("", None),
        ("a b", None),
        ("a:b", None),
        ("-a.fr", None),
        ("exemple.fr:99999", None),
        ("a..fr", None),
    ],
)
def test_hosts_as_people_write_them(text: str, name: str | None) -> None:
    assert host_name(text) == name


def test_an_address_has_one_form_and_no_parents() -> None:
    policy_ = Policy(block=frozenset({"[2001:db8::1]", "0.1", "xn--lan-9la.fr"}))
    refused = ("https://[2001:db8:0:0::1]/a", "https://[2001:DB8::1]:8443/a", "https://a.xn--lan-9la.fr.:443/a")
    heard = ("https://127.0.0.1/a", "https://[2001:db8::2]/a", "no iri", "https://[::1")
    assert [bool(policy_.judge(iri)) for iri in refused + heard] == [True] * 3 + [False] * 4


@given(st.text(max_size=40))
def test_whatever_is_a_host_is_one_already(text: str) -> None:
    name = host_name(text)
    if name is not None:
        assert host_name(name) == name
        assert Policy(block=frozenset({name})).judge(f"https://{name}/x") is not None


@given(st.lists(st.floats(0, 100), max_size=60), st.floats(0.1, 50), st.integers(1, 40))
def test_no_more_than_the_burst_and_the_rate_ever_pass(gaps: list[float], a_second: float, burst: int) -> None:
    rate, now, bucket, passed = Rate(a_second, burst), 0.0, None, 0
    for gap in gaps:
        now += gap
        bucket, early = spend(bucket, rate, now)
        passed += early == 0
        assert isinstance(bucket, Bucket)
        assert passed <= burst + now * a_second + 1e-6
        assert early <= 1 / a_second + 1e-9
