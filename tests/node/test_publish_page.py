"""The page where a manager reads what will leave, publishes it, and sees who has it and what they answer."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from node import audience, relations
from node.context import Node
from node.outgoing import Letter, post
from node.places import add_place
from node.publish import publish
from node.reports import add_report, remove_report
from tests.node.desk import SLUG, Site, populated, served
from tests.node.net import free_ports, listening, make, place, rows, until, visits
from tests.node.sender import Sender
from vocab.errors import Mistake
from vocab.model import Observation

PAGE = f"/manage/{SLUG}/publish"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        yield opened


def seen(html: str) -> str:
    """What the button sends with it."""
    return html.partition('name="seen" value="')[2].partition('"')[0]


async def text(site: Site, path: str = PAGE) -> str:
    answer = await site.get(path)
    assert answer.status == 200
    return await answer.text()


async def test_nothing_leaves_before_the_button_and_all_that_was_shown_after(site: Site) -> None:
    site.come_in("editor")
    add_report(site.node, SLUG, "2025", visits(4210), "public")
    add_report(site.node, SLUG, "2024", visits(77, "2024"), "network")
    add_report(site.node, SLUG, "2023", visits(88, "2023"), "private")
    html = await text(site)
    for shown in (
        "Pour tout le monde",
        "4\u202f210",
        "Guéret",
        "Pour vos partenaires seulement",
        "Pour vous seulement",
    ):
        assert shown in html
    assert rows(site.node, "SELECT count(*) FROM journal") == [(0,)]
    answer = await site.post(PAGE, {"seen": seen(html)})
    assert answer.status == 303, await answer.text()
    assert answer.headers["Location"] == PAGE + "?lang=fr"
    assert rows(site.node, "SELECT sharing FROM documents ORDER BY sharing") == [("network",), ("public",), ("public",)]
    after = await text(site)
    assert "publié" in after
    assert 'name="seen"' not in after
    assert "personne ne suit encore votre lieu" in after
    assert "vous n’avez choisi aucun partenaire" in after
    assert rows(site.node, "SELECT account, action, place FROM audit") == [("editor", "published", SLUG)]


async def test_what_has_changed_is_shown_beside_what_was(site: Site) -> None:
    site.come_in("owner")
    add_report(site.node, SLUG, "2025", visits(4210), "public")
    publish(site.node, SLUG)
    figures = (*visits(5000), Observation("members", "2025", None, "{person}", "L"))
    add_report(site.node, SLUG, "2025", figures, "public")
    add_place(site.node, SLUG, place(site.node, SLUG, "L'Établi <b>neuf</b>"))
    html = await text(site)
    assert "<del>4\u202f210 passages" in html.replace("\u00a0", " ")
    assert "5\u202f000 passages" in html
    assert "non collecté" in html
    assert "<del>L&#39;Établi</del>" in html
    assert "&lt;b&gt;neuf" in html
    assert "lignes sans changement" in html
    remove_report(site.node, SLUG, "2025", "public")
    assert "ceux qui l’ont reçu sont priés de l’effacer" in await text(site)


async def test_what_was_changed_meanwhile_is_read_again_first(site: Site) -> None:
    site.come_in("owner")
    before = seen(await text(site))
    add_report(site.node, SLUG, "2025", visits(1), "public")
    answer = await site.post(PAGE, {"seen": before})
    assert answer.status == 200
    html = await answer.text()
    assert "Quelque chose a changé" in html
    assert rows(site.node, "SELECT count(*) FROM journal") == [(0,)]
    assert (await site.post(PAGE, {"seen": seen(html)})).status == 303


async def test_what_the_network_would_not_take_is_said_beside_the_line(site: Site) -> None:
    site.come_in("owner")
    add_report(
        site.node, SLUG, "2025", (Observation("visits", "2025", Decimal(-5), "{visit}", method="estimate"),), "public"
    )
    html = await text(site)
    assert 'href="#report-2025-public-visits"' in html
    line = html.partition('<div id="report-2025-public-visits">')[2].partition("</div>")[0]
    assert "Passages : la valeur est négative." in line.replace("\u00a0", " ")
    assert 'name="seen"' not in html
    answer = await site.post(PAGE, {"seen": "x"})
    assert 'role="alert"' in await answer.text()
    assert rows(site.node, "SELECT count(*) FROM journal") == [(0,)]


async def test_a_reader_reads_and_a_stranger_sees_nothing(site: Site) -> None:
    site.come_in("reader")
    html = await text(site)
    assert "Pour tout le monde" in html
    assert "<button>Publier" not in html
    assert (await site.post(PAGE, {"seen": "x"})).status == 403
    for kind in ("stranger", "host"):
        site.come_in(kind)
        assert (await site.get(PAGE)).status == 404
        assert (await site.post(PAGE, {"seen": "x"})).status == 404
    assert rows(site.node, "SELECT count(*) FROM journal") == [(0,)]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Site, Node]]:
    """The site, with its work going on, and a council that follows its place."""
    ports = free_ports(2)
    node, council = populated(tmp_path / "site", ports=ports), make(tmp_path / "c", ports[1], ports, "aggregator")
    add_place(node, SLUG, place(node, SLUG), [council.config.node_actor])
    async with served(node, work=True) as site, listening(council):
        await relations.follow(council, node.config.actor(SLUG))
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        yield site, council
    council.close()


async def test_who_has_it_is_seen_without_a_script_and_by_one(two: tuple[Site, Node]) -> None:
    site, council = two
    site.come_in("editor")
    html = await text(site)
    assert "Envoyé à : Essai" in html.replace("\u00a0", " ")
    await site.post(PAGE, {"seen": seen(html)})
    await until(lambda: rows(site.node, "SELECT 1 FROM deliveries WHERE state!='delivered'") == [])
    html = (await text(site)).replace("\u00a0", " ")
    assert "Tout est arrivé : 1 sur 1." in html
    assert "Tout reçu" in html
    assert "data-live" not in html
    part = await text(site, PAGE + "?part=status")
    assert part.startswith('<div id="receivers"')
    assert "Tout reçu" in part
    await until(lambda: rows(council, "SELECT 1 FROM documents WHERE type='Description'"))


async def test_what_is_on_its_way_is_said_to_be_and_asks_to_be_looked_at_again(site: Site) -> None:
    far = Sender().known_by(site.node)
    site.come_in("editor")
    follower = f"('{site.node.config.actor(SLUG)}', '{far.id}', 'accepted', 'https://far.example/f', '')"
    site.node.store.write(
        lambda c: c.exec_driver_sql(f"INSERT INTO followers (actor, follower, state, follow, since) VALUES {follower}")
    )
    publish(site.node, SLUG)
    html = await text(site)
    assert f'data-live="{PAGE}?part=status&amp;lang=fr"' in html
    assert "Voir où cela en est" in html
    assert "En route" in html
    assert 'src="/static/live.js' in html
    site.node.store.write(
        lambda c: c.exec_driver_sql("UPDATE deliveries SET state='parked', reason='unreachable', attempts=9")
    )
    html = await text(site)
    assert "son site ne répond pas" in html
    assert "data-live" not in html


async def test_what_the_council_refuses_stands_beside_what_it_is_about(two: tuple[Site, Node]) -> None:
    site, council = two
    site.come_in("owner")
    add_report(site.node, SLUG, "2025", visits(4210), "public")
    publish(site.node, SLUG)
    document = f"{site.node.config.actor(SLUG)}/documents/report-2025"
    await until(lambda: rows(council, "SELECT 1 FROM documents WHERE type='Report'"))
    refuse(council, document)
    await until(lambda: rows(site.node, "SELECT 1 FROM journal WHERE type='Reject' AND direction='in'"))
    html = (await text(site)).replace("\u00a0", " ")
    assert "Refusé, à corriger" in html
    answer = html.partition("Ce que répond Essai")[2].partition("</dl>")[0]
    assert "4\u202f210 passages" in answer
    assert "Passages : la valeur est négative." in answer
    assert f'href="/manage/{SLUG}/figures/2025?lang=fr#visits"' in answer
    form = await text(site, f"/manage/{SLUG}/figures/2025")
    assert '<span class="mend" id="visits-wrong">La valeur est négative.</span>' in form
    assert "visits-wrong" not in await text(site, f"/manage/{SLUG}/figures/2024")
    add_report(site.node, SLUG, "2025", visits(4211), "public")
    assert "visits-wrong" not in await text(site, f"/manage/{SLUG}/figures/2025")
    assert "publiez pour envoyer la correction" in await text(site)
    publish(site.node, SLUG)
    await until(lambda: rows(site.node, "SELECT 1 FROM deliveries WHERE state!='delivered'") == [])
    html = await text(site)
    assert "Pris par 1 destinataire" in html
    assert "Refusé, à corriger" not in html


async def test_what_the_council_refuses_of_a_description_stands_beside_its_field(two: tuple[Site, Node]) -> None:
    site, council = two
    site.come_in("owner")
    publish(site.node, SLUG)
    document = f"{site.node.config.actor(SLUG)}/documents/description"
    await until(lambda: rows(council, "SELECT 1 FROM documents WHERE type='Description'"))
    refuse(council, document, Mistake("address.postcode", "postcode.bad", {"value": "23000"}), Mistake("x", "y.z"))
    await until(lambda: rows(site.node, "SELECT 1 FROM journal WHERE type='Reject' AND direction='in'"))
    html = await text(site, f"/manage/{SLUG}/description")
    assert 'id="address.postcode-wrong"' in html
    assert f"/manage/{SLUG}/description?lang=fr#address" in await text(site)


def refuse(council: Node, document: str, *mistakes: Mistake) -> None:
    """What a council answers to what its own rules do not take; a negative figure, if nothing is said."""
    errors = [each.to_json() for each in mistakes or (Mistake("observations[1].value", "value.negative"),)]
    letter = Letter("Reject", document, document, "Report", 1, more={"version": 1, "errors": errors})
    owner = document.partition("/documents/")[0]
    council.store.write(lambda c: post(c, council, "actor", letter, audience.one(c, owner)))
