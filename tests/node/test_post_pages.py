"""The pages of posts over real HTTP: in two languages, for people or machines, harmless, and gone once withdrawn."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from node import posts
from node.app import build_app
from node.context import Node
from node.people import quotas
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from tests.node.net import make, place
from tests.node.test_posts import ARTICLE, EVENT, correct, say
from tests.vocab.test_richtext import ATTACKS, Seen

DATA = re.compile(r'<script type="application/ld\+json">[^<]*</script>')  # runs nothing
HTML, MACHINE = {"Accept": "text/html"}, {"Accept": "application/activity+json"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[tuple[Node, aiohttp.ClientSession]]:
    node = make(tmp_path, 9001, [9001])
    add_place(node, "etabli", place(node, "etabli"))
    quotas.put(node, "etabli", documents=1_000, media=0, posts=1_000)
    publish(node)
    async with TestServer(build_app(node)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        yield node, session
    node.close()


Site = tuple[Node, aiohttp.ClientSession]


async def page(site: Site, path: str, lang: str = "fr", status: int = 200) -> str:
    node, session = site
    catch_up(node)
    path = path.removeprefix(node.config.url)
    async with session.get(path, params={"lang": lang}, headers=HTML) as answer:
        assert (answer.status, answer.content_type) == (status, "text/html")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "Accept" in answer.headers["Vary"]
        return await answer.text()


@pytest.mark.parametrize(
    ("lang", "words"), [("fr", ("Quand", "12 mai 2026, 18:30")), ("en", ("When", "12 May 2026, 18:30"))]
)
async def test_an_event_is_shown_in_both_languages(site: Site, lang: str, words: tuple[str, ...]) -> None:
    said = say(site[0], "event")
    shown = await page(site, said.id, lang)
    assert all(word in shown for word in (*words, "Atelier vélo", "L&#39;Établi, 1 rue Exemple, 23000 Guéret"))
    assert f'<link rel="alternate" type="application/activity+json" href="{said.id}">' in shown


SHOWN = {
    "date: 2026-05-12": "12 mai 2026</time>",
    "date: 2026-05-12\nfin: 2026-05-12": "12 mai 2026</time>",
    "date: 2026-05-12\nfin: 2026-05-14": "12 mai 2026 – 14 mai 2026</time>",
    "date: 2026-05-12 18:30\nfin: 2026-05-12 20:00": "12 mai 2026, 18:30 – 20:00</time>",
    "date: 2026-05-12 18:30\nfin: 2026-05-13 02:00": "12 mai 2026, 18:30 – 13 mai 2026, 02:00</time>",
    "date: 2026-05-12 18:30\nstatut: annulé": "Cet événement est annulé.",
    "date: 2026-05-12 18:30\nstatut: à confirmer": "À confirmer",
    "date: 2026-05-12 18:30\nlieu: https://visio.example/a": 'href="https://visio.example/a"',
    "date: 2026-05-12 18:30\nlien: https://e.example/a": 'href="https://e.example/a"',
    "date: 2026-05-12 18:30\nrésumé: En bref": '<p class="lead" lang="fr">En bref</p>',
    "date: 2026-05-12T18:30Z\nfuseau: Indian/Reunion": "12 mai 2026, 22:30</time>",
}


async def test_what_an_event_says_of_itself(site: Site) -> None:
    for head, shown in SHOWN.items():
        said = say(site[0], "event", f"---\ntitre: Bal\n{head}\n---\nDansez.")
        assert shown in await page(site, said.id), head


async def test_a_person_and_a_machine_read_the_same_address(site: Site) -> None:
    node, session = site
    said = say(node, "article")
    assert "Comment" in await page(site, said.id)
    path = said.id.removeprefix(node.config.url)
    async with session.get(path, headers=MACHINE) as answer:
        assert answer.content_type == "application/activity+json"
        assert (await answer.json(content_type=None))["name"] == "Partager un broyeur"
    posts.delete(node, posts.find(node, said.id))
    assert "Partager" not in await page(site, said.id, status=410)
    await page(site, "/places/etabli/posts/never-was", status=404)
    async with session.get("/places/etabli/posts/never-was", headers=MACHINE) as answer:
        assert answer.status == 404


async def test_a_place_shows_its_newest_posts_and_lists_all(site: Site) -> None:
    node = site[0]
    await page(site, "/places/etabli/posts", status=404)
    assert "posts" not in await page(site, "/places/etabli")
    for number in range(4):
        say(node, "note", f"Numéro {number}")
    say(node, "event")
    own, everything = await page(site, "/places/etabli"), await page(site, "/places/etabli/posts", "en")
    assert [n for n in range(4) if f"Numéro {n}" in own] == [2, 3]
    assert "Atelier vélo" in own
    assert [n for n in range(4) if f"Numéro {n}" in everything] == [0, 1, 2, 3]
    assert "News and events" in everything


async def test_a_correction_is_shown_and_dated(site: Site) -> None:
    node = site[0]
    said = say(node, "article")
    assert "modifié" not in await page(site, said.id)
    correct(node, said.id, ARTICLE.replace("À trois", "À quatre"))
    shown = await page(site, said.id)
    assert "À quatre" in shown
    assert "modifié le" in shown


async def test_nothing_that_is_written_runs(site: Site) -> None:
    node, paths = site[0], ["/places/etabli", "/places/etabli/posts"]
    for attack in ATTACKS:
        paths.append(say(node, "event", EVENT.replace("nombreux", f"\n\n{attack}\n\n")).id)
        quiet = attack.replace('"', "'").replace("\n", " ").replace("\x00", "").replace("\t", " ")
        head = f'titre: "{quiet}"\ndate: 2026-05-12\nlieu: "{quiet}"\nrésumé: "{quiet}"'
        paths.append(say(node, "event", f"---\n{head}\n---\nx").id)
    for path in paths:
        seen = Seen(DATA.sub("", await page(site, path)))
        assert not seen.tags & {
            "script",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "style",
            "img",
            "animate",
            "math",
        }
        for _, name, value in seen.attributes:
            assert not name.startswith("on")
            assert not value.strip().lower().startswith(("javascript:", "data:", "vbscript:"))
