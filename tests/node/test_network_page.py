"""Where a manager finds, follows, accepts, shares, keeps out and sends again; nobody does it for a neighbour."""

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest

from node import relations, wishes
from node.context import Node
from node.places import add_place
from node.publish import publish
from node.reports import add_report
from node.timeline import timeline
from tests.node.desk import OTHER, SLUG, Site, populated, served
from tests.node.net import free_ports, make, place, projected, rows, until, visits
from tests.node.sender import Sender
from vocab.terms import PUBLIC

PAGE = f"/manage/{SLUG}/network"
FOLLOWERS = "SELECT state FROM followers"
FOLLOWED = "following (actor, target, state, follow, since, behind, vanished)"
FOLLOWING = "SELECT state FROM following"
CANNOT: tuple[dict[str, str], ...] = (
    {"do": "follow", "who": "http://169.254.169.254/latest/meta-data"},
    {"do": "follow", "who": "http://127.0.0.1:22/actor"},
    {"do": "follow", "who": "https://localhost/actor"},
    {"do": "follow", "who": "https://[::1]/actor"},
    {"do": "follow", "who": "file:///etc/passwd"},
    {"do": "follow", "who": "@root@127.0.0.1"},
    {"do": "follow", "who": ""},
    {"do": "share", "address": "https://10.0.0.1/actor", "level": "network"},
    {"do": "share", "address": "https://somewhere.example/actor", "level": "public"},
    {"do": "block", "address": "deux mots"},
    {"do": "approve", "who": "https://far.example/actor"},
    {"do": "unblock", "who": "far.example"},
    {"do": "drop"},
    {},
)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Site, Node]]:
    """The site, with its work going on, and a council that knows a place called `Le Moulin`."""
    ports = free_ports(2)
    node, council = populated(tmp_path / "site", ports=ports), make(tmp_path / "c", ports[1], ports, "aggregator")
    add_place(council, "moulin", place(council, "moulin", "Le Moulin"))
    publish(council)
    async with served(node, work=True) as site, served(council, work=True):
        site.come_in("owner")
        await until(lambda: projected(council, "SELECT 1 FROM directory"))
        yield site, council


@pytest.fixture
async def site_alone(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as site:
        yield site


async def text(site: Site, path: str = PAGE) -> str:
    answer = await site.get(path)
    assert answer.status == 200
    return (await answer.text()).replace("\u00a0", " ").replace("\u202f", " ")


async def said(site: Site, form: Mapping[str, str]) -> str:
    """What the page says once a button was pressed."""
    answer = await site.post(PAGE, form)
    assert answer.status == 303, await answer.text()
    html = await text(site, answer.headers["Location"])
    return html.partition('role="status">')[2].partition("</p>")[0]


async def is_refused(site: Site, form: Mapping[str, str], path: str = PAGE) -> str:
    """What the page says when nothing was done; empty when something was."""
    answer = await site.post(path, form)
    html = await answer.text() if answer.status == 200 else ""
    return html.partition('role="alert">')[2].partition("</p>")[0]


def names(html: str, part: str) -> str:
    """A section of the page."""
    return html.partition(f'aria-labelledby="{part}"')[2].partition("</section>")[0]


async def test_a_request_is_accepted_shared_with_and_sent_to(two: tuple[Site, Node]) -> None:
    site, council = two
    add_report(site.node, SLUG, "2025", visits(7), "network")
    publish(site.node, SLUG)
    await relations.follow(council, site.node.config.actor(SLUG))
    await until(lambda: rows(site.node, FOLLOWERS) == [("pending",)])
    html = await text(site)
    assert "Essai" in names(html, "waiting")
    me = council.config.node_actor
    assert await said(site, {"do": "approve", "who": me}) == "Essai vous suit désormais."
    await until(lambda: rows(council, FOLLOWING) == [("accepted",)])
    html = await text(site)
    assert "Demandes à valider" not in html
    assert "Essai" in names(html, "followers")
    assert f'<option value="{me}">Essai</option>' in names(html, "share")

    await said(site, {"do": "share", "who": me, "level": "network"})
    await until(lambda: rows(council, "SELECT 1 FROM documents WHERE sharing='network'"))
    html = await text(site)
    assert "Ce que vous réservez à vos partenaires" in names(html, "share")
    assert "Tout reçu" in names(html, "sent")
    assert await said(site, {"do": "revoke", "who": me}) == "Vous ne partagez plus avec Essai."
    assert rows(site.node, "SELECT 1 FROM grants") == []
    assert await said(site, {"do": "block", "who": me}) == "Essai est écarté."
    await until(lambda: rows(council, FOLLOWING) == [("rejected",)])
    assert "Ne plus écarter" in names(await text(site), "shut")
    assert await said(site, {"do": "unblock", "who": me}) == "Essai n’est plus écarté."
    actions = [action for (action,) in rows(site.node, "SELECT action FROM audit ORDER BY id")]
    assert actions == ["approved", "shared", "revoked", "blocked", "unblocked"]


async def test_a_network_is_pasted_followed_and_asked_for_places(two: tuple[Site, Node]) -> None:
    site, council = two
    html = await text(site, PAGE + "?q=" + council.config.url)
    assert "Il pourra suivre mon lieu sans attendre" in html
    form = {"do": "follow", "who": council.config.node_actor, "welcome": "1"}
    assert "La demande est partie" in await said(site, form)
    await until(lambda: rows(site.node, FOLLOWING) == [("accepted",)])
    for asked in ("?q=moulin", "?q=gueret", "?near=1"):
        html = await text(site, PAGE + asked)
        assert "Le Moulin" in names(html, "find"), asked
        assert "Réseaux interrogés : Essai." in html
    moulin = council.config.actor("moulin")
    assert f'value="{moulin}"' in html
    assert "Ce réseau ne suit pas encore votre lieu" in names(html, "wanted")
    await relations.follow(council, site.node.config.actor(SLUG))
    await until(lambda: rows(site.node, FOLLOWERS) == [("accepted",)])  # it was welcome
    assert "Ce réseau ne suit pas encore votre lieu" not in await text(site)

    await said(site, {"do": "follow", "who": moulin})
    await until(lambda: rows(council, "SELECT state FROM followers WHERE actor LIKE '%moulin'") == [("pending",)])
    assert "Demande envoyée" in names(await text(site), "wanted")
    await relations.approve(council, "moulin", site.node.config.node_actor)
    await until(lambda: timeline(site.node, 9, slug=SLUG))
    html = await text(site)
    assert "a mis à jour sa présentation" in names(html, "news")
    assert await said(site, {"do": "unfollow", "who": moulin}) == "Vous ne suivez plus Le Moulin."
    assert "Le Moulin" not in names(await text(site), "news")


async def test_who_finds_nobody_is_told_what_else_to_try(two: tuple[Site, Node]) -> None:
    site, _ = two
    assert "Personne de ce nom" in names(await text(site, PAGE + "?q=zzzz"), "find")
    assert "autour du vôtre" in names(await text(site, PAGE + "?near=1"), "find")


async def test_the_map_has_the_neighbours_of_the_same_node_and_a_table_beside_it(two: tuple[Site, Node]) -> None:
    site, _ = two
    for slug, name, lat in ((SLUG, "L'Établi", "46.17"), (OTHER, "Le Voisin", "46.27")):
        add_place(site.node, slug, place(site.node, slug, name, lat=Decimal(lat), lon=Decimal("1.87")))
    publish(site.node)
    await until(lambda: len(projected(site.node, "SELECT 1 FROM directory")) == 2)
    html = await text(site)
    found = names(html, "find")
    assert "<svg" in found
    assert "<title>Le Voisin</title>" in found
    assert "11 km" in found
    answer = await said(site, {"do": "follow", "who": site.node.config.actor(OTHER)})
    assert answer == "Vous suivez Le Voisin."
    assert "a mis à jour sa présentation" in names(await text(site), "news")
    itself = {"do": "follow", "who": f"@{SLUG}@{site.node.config.authority}"}
    assert "C’est votre propre lieu." in await is_refused(site, itself)


async def test_what_did_not_arrive_says_why_and_is_sent_again(two: tuple[Site, Node]) -> None:
    site, council = two
    add_place(site.node, SLUG, place(site.node, SLUG), [council.config.node_actor])
    await relations.follow(council, site.node.config.actor(SLUG))
    await until(lambda: rows(council, FOLLOWING) == [("accepted",)])
    publish(site.node, SLUG)
    publish(site.node, OTHER)
    await until(lambda: rows(site.node, "SELECT 1 FROM deliveries WHERE state!='delivered'") == [])
    parked = "UPDATE deliveries SET state='parked', status=NULL, reason='unreachable', attempts=9"
    site.node.store.write(lambda c: c.exec_driver_sql(parked))
    html = names(await text(site), "sent")
    assert "la présentation du lieu : son site ne répond pas." in html
    number = html.partition('name="delivery" value="')[2].partition('"')[0]
    assert await said(site, {"do": "retry", "delivery": number}) == "Nouvel essai en cours (1)."
    await until(lambda: rows(site.node, f"SELECT state FROM deliveries WHERE id={number}") == [("delivered",)])
    await said(site, {"do": "retry"})
    signers = "SELECT DISTINCT signer FROM deliveries WHERE state='parked'"
    await until(lambda: rows(site.node, signers) == [])
    for bad in ("999999", "x", "-1"):
        assert await is_refused(site, {"do": "retry", "delivery": bad})


async def test_what_cannot_be_done_says_so_and_changes_nothing(two: tuple[Site, Node]) -> None:
    site, _ = two
    before = rows(site.node, "SELECT count(*) FROM journal")
    for form in CANNOT:
        assert await is_refused(site, form), form
        assert rows(site.node, "SELECT count(*) FROM journal") == before, form
        for table in ("followed_for", "grants", "place_blocks", "audit"):
            assert rows(site.node, f"SELECT count(*) FROM {table}") == [(0,)], form


async def test_the_site_that_hosts_a_place_is_neither_shut_out_nor_shared_with(two: tuple[Site, Node]) -> None:
    site, _ = two
    for form in ({"do": "block", "address": site.node.config.authority}, {"do": "block", "who": site.node.config.url}):
        assert await is_refused(site, form)
    neighbour = {"do": "share", "address": site.node.config.actor(OTHER), "level": "network"}
    assert "hébergé avec le vôtre" in await is_refused(site, neighbour)


async def test_who_may_not_decide_reads_and_a_neighbour_decides_for_itself(two: tuple[Site, Node]) -> None:
    site, council = two
    moulin = council.config.actor("moulin")
    await wishes.follow(site.node, SLUG, moulin)
    for kind in ("editor", "reader"):
        site.come_in(kind)
        html = await text(site)
        assert 'name="do"' not in html
        for do in ("follow", "unfollow", "share", "block", "retry"):
            assert (await site.post(PAGE, {"do": do, "who": moulin})).status == 403
    site.come_in("stranger")
    assert (await site.get(PAGE)).status == 404
    assert (await site.post(PAGE, {"do": "unfollow", "who": moulin})).status == 404
    theirs = f"/manage/{OTHER}/network"
    assert await is_refused(site, {"do": "unfollow", "who": moulin}, theirs)
    assert [wish.target for wish in wishes.wishes(site.node, SLUG)] == [moulin]


async def test_what_strangers_write_is_shown_as_they_wrote_it_and_runs_nothing(site_alone: Site) -> None:
    site, node = site_alone, site_alone.node
    far = Sender("https://far.example/places/x").known_by(node)
    bad = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    named = "UPDATE peers SET name=?, handle=?, host=?"
    node.store.write(lambda c: c.exec_driver_sql(named, (bad, "@" + bad + "@far.example", '"><i>')))
    actor, me = node.config.actor(SLUG), node.config.node_actor
    for statement in (
        f"INSERT INTO followers VALUES ('{actor}', '{far.id}', 'pending', 'https://far.example/f', '{bad}')",
        f"INSERT INTO grants VALUES ('{actor}', '{far.id}', 'network', '')",
        f"INSERT INTO followed_for VALUES ('{actor}', '{far.id}', '')",
        f"INSERT INTO place_blocks VALUES ('{actor}', '{bad}', '')",
        f"INSERT INTO {FOLLOWED} VALUES ('{me}', '{far.id}', 'accepted', 'https://far.example/f', '', 0, 0)",
    ):
        node.store.write(lambda c, statement=statement: c.exec_driver_sql(statement))
    site.come_in("owner")
    async with aiohttp.ClientSession() as session:
        note = {
            "id": far.id + "/n",
            "type": "Note",
            "attributedTo": far.id,
            "content": "x",
            "name": bad,
            "to": [PUBLIC],
        }
        await far.post(session, node.config.url + "/inbox", far.say(1, "Create", note))
    add_report(node, SLUG, "2025", visits(1), "network")
    publish(node, SLUG)
    parked = "UPDATE deliveries SET state='refused', status=400, reason=?"
    node.store.write(lambda c: c.exec_driver_sql(parked, (bad,)))
    for page in (PAGE, PAGE + "?" + urlencode({"q": bad}), f"/manage/{SLUG}/publish"):
        html = await text(site, page)
        assert "<script>alert" not in html
        assert "<img" not in html
        assert '"><i>' not in html
        assert "&lt;script&gt;alert(1)" in html
    assert "écrit : " in names(await text(site), "news")
