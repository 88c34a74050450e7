"""What is typed is kept unchecked, by those who may edit the place, until it is saved or given up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.people import entries
from node.places import delete_place
from tests.node.desk import OTHER, SLUG, Site, populated, served


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        yield opened


async def test_what_is_typed_is_kept_as_it_is(site: Site) -> None:
    site.come_in("editor")
    typed = [("name", " L’Établi <b>"), ("typology", "coworking"), ("typology", "fablab"), ("opened", "hier")]
    assert (await site.post(f"/manage/{SLUG}/entries/description", typed)).status == 204
    kept = entries.kept(site.node, SLUG, "description")
    assert kept is not None
    assert (list(kept.pairs), kept.who) == (typed, "Editor")
    await site.post(f"/manage/{SLUG}/entries/description", {"name": "Autre"})
    await site.post(f"/manage/{SLUG}/entries/figures/2025", {"visits": "12"})
    assert [(entry.form, entry.pairs) for entry in entries.of(site.node, SLUG)] == [
        ("description", (("name", "Autre"),)),
        ("figures/2025", (("visits", "12"),)),
    ]
    assert entries.of(site.node, OTHER) == []
    entries.drop(site.node, SLUG, "description")
    assert entries.kept(site.node, SLUG, "description") is None
    delete_place(site.node, SLUG)
    assert entries.of(site.node, SLUG) == []


@pytest.mark.parametrize(("kind", "status"), [("reader", 403), ("host", 404), ("stranger", 404), ("", 303)])
async def test_only_those_who_edit_the_place_keep_anything(site: Site, kind: str, status: int) -> None:
    if kind:
        site.come_in(kind)
    answer = await site.post(f"/manage/{SLUG}/entries/description", {"name": "Pris"})
    assert answer.status == status
    assert entries.of(site.node, SLUG) == []


async def test_nothing_larger_than_a_form_is_kept(site: Site) -> None:
    site.come_in("owner")
    assert (await site.post(f"/manage/{SLUG}/entries/description", {"name": "x" * 600_000})).status == 413
    assert (await site.post(f"/manage/{SLUG}/entries/other", {"name": "x"})).status == 404
    assert entries.of(site.node, SLUG) == []
