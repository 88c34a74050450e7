"""What a place may take up on a node, and a place that says nothing new: refused with a reason, nothing written."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node import posts
from node.context import Node
from node.people import quotas
from node.people.quotas import Closed, Quota, QuotaReached, Used
from node.places import add_place, delete_place, list_all
from node.publish import publish
from tests.node.desk import OTHER, SLUG, Site, populated, served
from tests.node.net import place, rows
from vocab.post import Post


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return populated(tmp_path / "node")


def note(text: str = "<p>Bonjour</p>") -> Post:
    return Post("note", text, "fr", "https://spdx.org/licenses/etalab-2.0")


def used(node: Node, slug: str = SLUG) -> Used:
    with node.store.read() as connection:
        return quotas.used(connection, node, slug).get(slug, Used())


def test_a_place_has_the_usual_quota_until_it_has_its_own(node: Node) -> None:
    with node.store.read() as connection:
        assert quotas.of(connection, node, SLUG) == Quota(2_000, 200_000_000, 50)
    quotas.put(node, SLUG, documents=3, media=None, posts=None)
    with node.store.read() as connection:
        assert quotas.of(connection, node, SLUG) == Quota(3, 200_000_000, 50, own=True)
        assert quotas.of(connection, node, OTHER) == Quota(2_000, 200_000_000, 50)
    node.close()


def test_no_more_posts_a_day_than_the_quota(node: Node) -> None:
    quotas.put(node, SLUG, documents=None, media=None, posts=2)
    posts.add(node, SLUG, note())
    second = posts.add(node, SLUG, note())
    with pytest.raises(QuotaReached) as refused:
        posts.add(node, SLUG, note())
    assert "2 publications" in refused.value.text("fr")
    assert used(node) == Used(2, 0, 2)
    posts.add(node, OTHER, note())
    posts.delete(node, posts.find(node, second.id))
    with pytest.raises(QuotaReached):  # what was deleted was written today all the same
        posts.add(node, SLUG, note())
    node.close()


def test_no_more_documents_at_once_than_the_quota(node: Node) -> None:
    quotas.put(node, SLUG, documents=1, media=None, posts=None)
    publish(node, SLUG)
    with pytest.raises(QuotaReached):
        posts.add(node, SLUG, note())
    add_place(node, SLUG, place(node, SLUG, "L'Établi corrigé"))
    assert publish(node, SLUG).changes[0].version == 2  # what is there can still be corrected
    node.close()


def test_no_more_media_than_the_quota(node: Node) -> None:
    quotas.put(node, SLUG, documents=None, media=1_000_000, posts=None)

    def kept(size: int) -> None:
        node.store.write(lambda connection: quotas.check_media(connection, node, SLUG, size))

    kept(1_000_000)
    with pytest.raises(QuotaReached):
        kept(1_000_001)
    node.close()


def test_a_suspended_place_says_nothing_new_and_can_be_deleted(node: Node) -> None:
    publish(node, SLUG)
    quotas.suspend(node, SLUG, True)
    before = rows(node, "SELECT count(*) FROM journal")
    add_place(node, SLUG, place(node, SLUG, "Autre nom"))
    for act in (lambda: publish(node, SLUG), lambda: posts.add(node, SLUG, note())):
        with pytest.raises(Closed):
            act()
    assert rows(node, "SELECT count(*) FROM journal") == before
    quotas.suspend(node, SLUG, False)
    assert publish(node, SLUG).changes
    quotas.suspend(node, SLUG, True)
    delete_place(node, SLUG)
    node.close()


def test_one_that_is_suspended_holds_up_nobody_else(node: Node) -> None:
    quotas.suspend(node, SLUG, True)
    assert {state.slug: state.state for state in list_all(node)} == {SLUG: "suspended", OTHER: "draft"}
    assert [change.slug for change in publish(node).changes] == [OTHER]
    with pytest.raises(Closed):
        publish(node, SLUG)
    node.close()


@pytest.fixture
async def site(node: Node) -> AsyncIterator[Site]:
    async with served(node) as opened:
        yield opened


async def test_what_a_node_refuses_is_said_on_a_page(site: Site) -> None:
    quotas.suspend(site.node, SLUG, True)
    site.come_in("owner")
    assert "suspendu" in await (await site.get(f"/manage/{SLUG}")).text()
    answer = await site.post(f"/manage/{SLUG}/publish", {"seen": ""})
    assert answer.status == 409
    assert "suspendu" in await answer.text()
