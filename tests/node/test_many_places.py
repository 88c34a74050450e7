"""One node, two hundred places: what a page asks of the database does not depend on their number."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, insert
from sqlalchemy.engine import Engine

from node.context import Node
from node.places import content_text
from node.store.people import media, place_roles
from node.store.schema import actors, documents, drafts
from node.views import hosting
from tests.node.desk import SLUG, Site, populated, served
from tests.node.net import place

PAGES = ("/manage", "/manage/host", "/manage/host/accounts", f"/manage/host/places/{SLUG}", f"/manage/{SLUG}/team")
NOW = "2026-11-01T08:00:00Z"


def crowd(node: Node, first: int, last: int) -> None:
    """Places as they are kept once they have published a description, a report and a picture; but for their keys."""
    rows: dict[str, list[dict[str, object]]] = {"actors": [], "drafts": [], "documents": [], "media": [], "roles": []}
    for number in range(first, last):
        slug = f"lieu_{number}"
        actor, content = node.config.actor(slug), content_text(place(node, slug, f"Lieu {number}").to_json())
        rows["actors"].append({"id": actor, "kind": "place", "slug": slug, "created": NOW, "name": f"Lieu {number}"})
        rows["drafts"].append({"actor": actor, "name": "description", "content": content, "updated": NOW})
        for name in ("description", "report-2025"):
            about = {"id": f"{actor}/documents/{name}", "owner": actor, "type": "Report", "version": 1, "seq": 0}
            about |= {"sharing": "public", "digest": "", "published": NOW, "updated": NOW, "own": True}
            rows["documents"].append(about)
        picture = {"id": f"{number:032x}", "place": slug, "type": "image/jpeg", "width": 1, "height": 1, "alt": "x"}
        rows["media"].append(picture | {"bytes": 200_000, "digest": "", "created": NOW})
        rows["roles"].append({"account": "owner", "place": slug, "role": "owner", "since": NOW})
    tables = {"actors": actors, "drafts": drafts, "documents": documents, "media": media, "roles": place_roles}
    for name, table in tables.items():
        node.store.write(lambda c, table=table, name=name: c.execute(insert(table), rows[name]))  # type: ignore[misc]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that SQLAlchemy executes meanwhile."""
    said: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        yield opened


async def test_what_a_page_asks_does_not_grow_with_the_places(site: Site) -> None:
    async def asked() -> dict[str, list[str]]:
        found = {}
        for path in PAGES:
            site.come_in("owner" if path.endswith("/team") else "host")
            with counted() as said:
                assert (await site.get(path)).status == 200
            found[path] = list(said)
        return found

    crowd(site.node, 0, 1)
    few = await asked()
    crowd(site.node, 1, 200)
    many = await asked()
    assert {path: len(said) for path, said in many.items()} == {path: len(said) for path, said in few.items()}
    assert max(map(len, many.values())) < 30


async def test_two_hundred_places_are_shown_a_hundred_a_page(site: Site) -> None:
    crowd(site.node, 0, 200)
    site.come_in("host")
    answer = await site.get("/manage/host", **{"Accept-Encoding": "gzip"})
    html = await answer.text()
    assert "202 lieux" in html
    assert html.count('scope="row"') == 100
    last = await (await site.get("/manage/host?page=3")).text()
    assert last.count('scope="row"') == 2
    found = await (await site.get("/manage/host?q=lieu_17")).text()
    assert found.count('scope="row"') == 11
    [one] = [each for each in hosting.hosted(site.node) if each.slug == "lieu_17"]
    assert (one.used.documents, one.used.media, one.owners, one.last) == (2, 200_000, 1, NOW)
