"""Invitations: a role on a place, or a place of one's own; each link serves once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.people import accounts, links, roles
from node.people.roles import Role
from node.places import show_place
from tests.node.desk import PASSWORD, SLUG, Site, of, populated, served

YOU = {"person": "Inès", "email": "ines@example.org", "password": PASSWORD}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        yield opened


async def test_somebody_new_gets_an_account_and_the_role(site: Site) -> None:
    path = "/join/" + links.make(site.node, links.INVITE, place=SLUG, role="editor", made_by="owner")
    html = await (await site.get(path)).text()
    assert "Établi" in html
    assert "Rédaction" in html
    wrong = await (await site.post(path, YOU | {"email": "ines"})).text()
    assert 'id="email-wrong"' in wrong
    assert (await site.post(path, YOU)).headers["Location"] == "/manage/etabli?lang=fr"
    assert (await site.get("/manage/etabli")).status == 200
    account = accounts.by_email(site.node, "ines@example.org")
    assert account is not None
    assert not account.host
    assert roles.role(site.node, account.id, SLUG) is Role.EDITOR
    assert (await site.get(path)).status == 404
    assert (await site.post(path, YOU | {"email": "autre@example.org"})).status == 404


async def test_an_account_that_exists_is_not_taken_over(site: Site) -> None:
    path = "/join/" + links.make(site.node, links.INVITE, place=SLUG, role="owner")
    html = await (await site.post(path, YOU | {"email": "stranger@example.org"})).text()
    assert "existe déjà" in html
    assert roles.role(site.node, "stranger", SLUG) is None
    assert f"/login?next={path.replace('/', '%2F')}" in html
    form = {"email": "stranger@example.org", "password": PASSWORD}
    assert (await site.post(f"/login?next={path}", form)).headers["Location"] == f"{path}?lang=fr"
    assert (await site.post(path)).status == 303
    assert roles.role(site.node, "stranger", SLUG) is Role.OWNER


async def test_a_link_that_many_use_at_once_makes_one_place(site: Site) -> None:
    path, form = "/join/" + links.make(site.node, links.INVITE), {"commune": "Pontivy", "typology": "coworking"}
    tries = [
        site.post(path, YOU | form | {"name": f"Halle {n}", "slug": f"halle{n}", "email": f"a{n}@example.org"})
        for n in range(8)
    ]
    assert sorted([answer.status for answer in await asyncio.gather(*tries)]) == [303] + [404] * 7
    assert sum(show_place(site.node, f"halle{n}") is not None for n in range(8)) == 1
    assert sum(accounts.by_email(site.node, f"a{n}@example.org") is not None for n in range(8)) == 1


async def test_a_lower_role_takes_nothing_away(site: Site) -> None:
    path = "/join/" + links.make(site.node, links.INVITE, place=SLUG, role="reader")
    site.come_in("owner")
    assert (await site.post(path)).status == 303
    assert roles.role(site.node, of(site.node, "owner").id, SLUG) is Role.OWNER


async def test_a_hosted_place_is_made_by_its_manager(site: Site) -> None:
    path = "/join/" + links.make(site.node, links.INVITE)
    form = YOU | {"name": "La Halle", "commune": "Pontivy", "typology": "coworking", "slug": SLUG}
    taken = await (await site.post(path, form)).text()
    assert 'id="slug-wrong"' in taken
    assert show_place(site.node, SLUG).place.name == "L'Établi"  # type: ignore[union-attr]
    assert accounts.by_email(site.node, "ines@example.org") is None
    answer = await site.post(path, form | {"slug": "halle"})
    assert answer.status == 303, await answer.text()
    state = show_place(site.node, "halle")
    assert state is not None
    assert (state.place.name, state.place.address.commune, state.state) == ("La Halle", "56178", "draft")
    assert (await site.get("/manage/etabli")).status == 404


async def test_one_link_makes_one_place_however_often_it_is_sent(site: Site) -> None:
    path = "/join/" + links.make(site.node, links.INVITE)
    site.come_in("stranger")
    forms = [
        {"name": f"La Halle {n}", "commune": "Pontivy", "typology": "coworking", "slug": f"halle{n}"} for n in range(4)
    ]
    answers = await asyncio.gather(*(site.post(path, form) for form in forms))
    assert sorted(answer.status for answer in answers) == [303, 404, 404, 404]
    assert sum(show_place(site.node, f"halle{n}") is not None for n in range(4)) == 1


async def test_two_people_do_not_get_the_same_short_name(site: Site) -> None:
    paths = ["/join/" + links.make(site.node, links.INVITE) for _ in range(3)]
    site.come_in("stranger")
    form = {"commune": "Pontivy", "typology": "coworking", "slug": "halle"}
    answers = await asyncio.gather(*(site.post(path, form | {"name": f"Halle {n}"}) for n, path in enumerate(paths)))
    assert sorted(answer.status for answer in answers) == [200, 200, 303]
