"""The public page of a place: what search engines, feed readers, shared links and followers find there."""

import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from node import posts
from node.media import files
from node.people import writing
from node.people.writing import Typed
from node.places import add_place
from node.project import rebuild
from node.publish import publish
from node.reports import add_report
from node.store import times
from node.views import posts as views
from node.web.follow import server_of
from tests.node.desk import SLUG, Site, populated, served
from tests.node.net import place, visits
from tests.node.test_writing import photo
from vocab.model import Hours
from vocab.post import Post

ATOM = "{http://www.w3.org/2005/Atom}"
NASTY = "</script><script>alert(1)</script> & L'Établi"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    node = populated(tmp_path / "node")
    more = {
        "lat": Decimal("46.17"),
        "lon": Decimal("1.87"),
        "summary": {"fr": NASTY},
        "website": "https://etabli.example",
    }
    add_place(node, SLUG, place(node, SLUG, hours=(Hours(("Mo", "Tu"), "09:00", "24:00"),), **more))
    for year, count in (("2023", 3000), ("2024", 3500), ("2025", 4210)):
        add_report(node, SLUG, year, visits(count, year), "public")
    publish(node)
    kept = files.keep(node, SLUG, photo(), "Le four")
    say(site_node := node, Typed("note", {}, "Le four est allumé", (kept.id,)))
    say(site_node, Typed("event", {"title": "Fête", "date": "2099-05-01T18:00"}, "Venez"))
    say(site_node, Typed("article", {"title": "Prêter"}, "Comment nous faisons"))
    rebuild(node)
    async with served(node) as opened:
        yield opened


def say(node: object, said: Typed) -> posts.Said | None:
    post = writing.read(node, SLUG, said)  # type: ignore[arg-type]
    assert isinstance(post, Post)
    return writing.publish(node, SLUG, said, post, None)  # type: ignore[arg-type]


async def test_search_engines_find_who_where_when_and_what(site: Site) -> None:
    html = await (await site.get("/places/etabli")).text()
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    said = json.loads(block[1])
    assert said["name"] == "L'Établi"
    assert said["description"] == NASTY, "whole, and no tag of it ended the block"
    assert said["address"]["addressLocality"] == "Guéret"
    assert said["geo"] == {"@type": "GeoCoordinates", "latitude": "46.17", "longitude": "1.87"}
    hours = {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": ["Monday", "Tuesday"],
        "opens": "09:00",
        "closes": "23:59",
    }
    assert said["openingHoursSpecification"] == [hours]
    assert said["event"][0]["startDate"] == "2099-05-01T16:00:00Z"
    assert said["sameAs"] == "https://etabli.example"
    assert len(re.findall("<script", html)) == 1


async def test_a_shared_link_has_a_title_a_text_and_a_picture(site: Site) -> None:
    html = await (await site.get("/places/etabli")).text()
    assert '<meta property="og:title" content="L&#39;Établi">' in html
    assert re.search(r'<meta property="og:image" content="http[^"]*/media/[0-9a-f]{32}\.jpg">', html)
    assert '<meta property="og:image:alt" content="Le four">' in html
    assert "alert(1)</script>" not in html.replace("\\u003c", "<").split('type="application/ld+json"')[0]


async def test_the_page_says_what_happens_here_and_draws_the_years(site: Site) -> None:
    html = await (await site.get("/places/etabli")).text()
    assert [html.index(word) for word in ("À venir", "Pratiques", "Nouvelles")] == sorted(
        html.index(word) for word in ("À venir", "Pratiques", "Nouvelles")
    )
    assert 'class="spark"' in html
    assert '<svg class="chart"' in html
    assert re.search(r'<img src="/media/[0-9a-f]{32}-small\.jpg"[^>]*alt="Le four"', html)
    assert "4\u202f210" in html
    assert "estimation" in html
    assert len(await (await site.get("/places/etabli")).read()) < 100_000


def test_the_nearest_events_then_what_is_newest(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    publish(node)
    days = {
        "Loin": "2099-05-01",
        "Bientôt": "2098-05-01",
        "Passé": "2020-01-01",
        "Après": "2098-06-01",
        "Hier": "2025-01-01",
    }
    for title, day in days.items():
        say(node, Typed("event", {"title": title, "date": day + "T18:00"}, "Venez"))
    for number in range(4):
        say(node, Typed("article", {"title": f"Pratique {number}"}, "Comment"))
    say(node, Typed("note", {}, "Une nouvelle"))
    rebuild(node)
    found = views.in_three(node, node.config.actor(SLUG), times.text(node.clock()), 3)
    assert [post.title for post in found["next"]] == ["Bientôt", "Après", "Loin"]
    assert [post.title for post in found["practices"]] == ["Pratique 3", "Pratique 2", "Pratique 1"]
    assert [post.title or post.excerpt for post in found["news"]] == ["Une nouvelle", "Hier", "Passé"]
    node.close()


async def test_no_word_of_a_post_is_markup(site: Site) -> None:
    event = {"title": NASTY, "date": "2099-05-01T18:00", "place": NASTY, "link": "https://x.example/'()"}
    kept = files.keep(site.node, SLUG, photo(), '"><script>alert(2)</script>')
    said = say(site.node, Typed("event", event, "<script>alert(3)</script>[a](javascript:alert(4))", (kept.id,)))
    assert said is not None
    rebuild(site.node)
    for path in ("/places/etabli", "/places/etabli/posts", said.id.removeprefix(site.node.config.url)):
        html = await (await site.get(path)).text()
        blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
        assert len(re.findall("<script", html)) == len(blocks), path
        assert all(json.loads(block)["@context"] == "https://schema.org" for block in blocks), path
        assert not re.search(r'(href|src)="javascript:', html), path
    feed = ET.fromstring(await (await site.get("/places/etabli/feed.atom")).text())
    assert all("<script" not in (each.text or "") for each in feed.iter(ATOM + "content"))


async def test_the_way_there_is_on_a_map(site: Site) -> None:
    html = await (await site.get("/places/etabli")).text()
    assert 'href="https://www.openstreetmap.org/?mlat=46.17&amp;mlon=1.87#map=17/46.17/1.87"' in html


async def test_an_event_that_is_shared_says_when_and_where(site: Site) -> None:
    html = await (await site.get("/places/etabli/posts/fete")).text()
    assert '<meta property="og:title" content="Fête">' in html
    assert 'content="1er mai 2099, 18:00 · L&#39;Établi, 1 rue Exemple, 23000 Guéret"' in html
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    said = json.loads(block[1])
    assert (said["@type"], said["startDate"]) == ("Event", "2099-05-01T16:00:00Z")
    assert said["location"]["address"] == "L'Établi, 1 rue Exemple, 23000 Guéret"
    html = await (await site.get("/places/etabli/posts/le-four-est-allume")).text()
    assert re.search(r'<meta property="og:image" content="http[^"]*/media/[0-9a-f]{32}\.jpg">', html)
    assert "ld+json" not in html


async def test_the_feed_is_atom(site: Site) -> None:
    answer = await site.get("/places/etabli/feed.atom")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    root = ET.fromstring(await answer.text())
    assert root.tag == ATOM + "feed"
    assert [link.get("rel") for link in root.findall(ATOM + "link")] == ["self", "alternate"]
    entries = root.findall(ATOM + "entry")
    assert [each.findtext(ATOM + "title") for each in entries] == ["Prêter", "Fête", "Le four est allumé"]
    for each in (root, *entries):
        assert each.findtext(ATOM + "id")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", each.findtext(ATOM + "updated") or "")
    assert entries[1].findtext(ATOM + "summary") == "1er mai 2099, 18:00 · L'Établi, 1 rue Exemple, 23000 Guéret"
    assert entries[2].find(ATOM + "link[@rel='enclosure']") is not None
    assert (await site.get("/places/personne/feed.atom")).status == 404


async def test_whoever_has_an_account_elsewhere_is_sent_there(site: Site) -> None:
    html = await (await site.get("/places/etabli/follow?account=@claire@mastodon.example")).text()
    handle = f"etabli%40{site.node.config.authority.replace(':', '%3A')}"
    assert f'href="https://mastodon.example/authorize_interaction?uri={handle}"' in html
    html = await (await site.get("/places/etabli/follow?account=claire")).text()
    assert 'id="account-wrong"' in html
    assert "authorize_interaction" not in html
    assert (await site.get("/places/personne/follow")).status == 404


@pytest.mark.parametrize(
    ("typed", "server"),
    [
        ("@claire@mastodon.example", "mastodon.example"),
        ("claire@mastodon.example", "mastodon.example"),
        ("https://mastodon.example/@claire", "mastodon.example"),
        ("mastodon.example", "mastodon.example"),
        ("claire", ""),
        ("javascript:alert(1)", ""),
        ("@a@b@c.example", ""),
        ('x.example"onclick=', ""),
        ("", ""),
    ],
)
def test_the_server_of_an_account(typed: str, server: str) -> None:
    assert server_of(typed) == server
