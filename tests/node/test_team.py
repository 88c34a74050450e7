"""The pages of the team and of moving: who may do what, links shown once, the file, over real HTTP."""

import io
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.moving import archive, unpacking
from node.moving.archive import Unfit
from node.moving.unpacking import Luggage
from node.people import links, quotas, roles
from node.people.roles import Role
from node.publish import publish
from tests.node.desk import OTHER, SLUG, Site, of, populated, served
from tests.node.net import rows

TEAM, MOVE = f"/manage/{SLUG}/team", f"/manage/{SLUG}/move"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    node = populated(tmp_path / "node")
    publish(node)
    async with served(node) as opened:
        opened.come_in("owner")
        yield opened


@pytest.mark.parametrize("path", [TEAM, MOVE])
async def test_only_an_owner_comes_here(site: Site, path: str) -> None:
    for kind, status in (("owner", 200), ("editor", 403), ("reader", 403), ("host", 404), ("stranger", 404)):
        site.come_in(kind)
        assert (await site.get(path)).status == status, kind
        form = {"do": "withdraw"} if path == TEAM else {"do": "export"}
        answer = await site.post(path, form)
        assert answer.status == (status if status != 200 else 303 if path == TEAM else 200), kind


async def test_an_invitation_is_shown_once_and_opens_a_role(site: Site) -> None:
    html = await (await site.post(TEAM, {"do": "invite", "role": "editor"})).text()
    token = re.search(r"/join/([A-Za-z0-9_-]{43})", html)
    assert token is not None
    assert token[1] not in await (await site.get(TEAM)).text()
    found = links.read(site.node, links.INVITE, token[1])
    assert found is not None
    assert (found.place, found.role, found.made_by) == (SLUG, "editor", "owner")
    site.come_in("stranger")
    assert (await site.post(f"/join/{token[1]}", {})).status == 303
    assert roles.role(site.node, "stranger", SLUG) is Role.EDITOR
    site.come_in("owner")
    assert "Stranger" in await (await site.get(TEAM)).text()


async def test_an_invitation_can_be_withdrawn_by_its_own_place_alone(site: Site) -> None:
    token = links.make(site.node, links.INVITE, place=SLUG, role="owner")
    theirs = links.make(site.node, links.INVITE, place=OTHER, role="owner")
    for waiting in links.waiting(site.node):
        await site.post(TEAM, {"do": "withdraw", "link": waiting.hash})
    assert links.read(site.node, links.INVITE, token) is None
    assert links.read(site.node, links.INVITE, theirs) is not None


async def test_roles_change_and_somebody_always_decides(site: Site) -> None:
    await site.post(TEAM, {"do": "role", "account": "editor", "role": "reader"})
    assert roles.role(site.node, "editor", SLUG) is Role.READER
    for form in ({"do": "role", "account": "owner", "role": "editor"}, {"do": "remove", "account": "owner"}):
        html = await (await site.post(TEAM, form)).text()
        assert "personne responsable" in html
    assert roles.role(site.node, "owner", SLUG) is Role.OWNER
    await site.post(TEAM, {"do": "role", "account": "stranger", "role": "owner"})  # has no role here
    assert roles.role(site.node, "stranger", SLUG) is None
    await site.post(TEAM, {"do": "role", "account": "editor", "role": "owner"})
    answer = await site.post(TEAM, {"do": "remove", "account": "owner"})
    assert answer.headers["Location"].startswith("/manage?")
    assert (await site.get(TEAM)).status == 404
    site.come_in("editor")
    html = await (await site.get(TEAM)).text()
    assert "Owner" in html  # what was done stays said
    assert "a retiré Owner de l’équipe" in html


async def test_the_file_of_a_place_is_given_to_its_owner(site: Site) -> None:
    quotas.suspend(site.node, SLUG, True)  # even then: what it published is its own
    answer = await site.post(MOVE, {"do": "export"})
    raw = await answer.read()
    assert (answer.content_type, answer.headers["Cache-Control"]) == ("application/zip", "no-store")
    assert f'filename="{SLUG}.zip"' in answer.headers["Content-Disposition"]
    with archive.opened(io.BytesIO(raw)) as found:
        assert not isinstance(found, Unfit)
        luggage = unpacking.judge(found)
    assert isinstance(luggage, Luggage)
    assert [said.kind for said in luggage.said] == ["Description"]
    assert zipfile.ZipFile(io.BytesIO(raw)).testzip() is None
    assert not list(site.node.dir.glob("tmp*"))


async def test_a_move_is_announced_when_it_is_sure_and_true(site: Site) -> None:
    here = site.node.config.actor(SLUG)
    for form, words in (
        ({"target": ""}, "Donnez la nouvelle adresse"),
        ({"target": here}, "Cochez la case"),
        ({"target": here, "sure": "1"}, "l’adresse que le lieu a déjà"),
        ({"target": "http://127.0.0.1:1/places/x", "sure": "1"}, 'role="alert"'),
    ):
        answer = await site.post(MOVE, {"do": "depart", **form})
        assert answer.status == 200
        assert words in await answer.text()
    assert rows(site.node, "SELECT moved FROM actors WHERE moved IS NOT NULL") == []
    assert of(site.node, "owner").id == "owner"
