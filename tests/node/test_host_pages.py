"""Hosting: the places of a node, their limits, invitations, accounts, and a place that arrives, over real HTTP."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import FormData

from node.moving import packing
from node.people import accounts, links, quotas, roles
from node.people.roles import Role
from node.places import add_place, list_all
from node.publish import publish
from tests.node.desk import OTHER, SLUG, Site, populated, served
from tests.node.net import free_ports, make, place, rows

HOST, PLACE, PEOPLE = "/manage/host", f"/manage/host/places/{SLUG}", "/manage/host/accounts"
PATHS = (HOST, HOST + "/new", HOST + "/import", PLACE, PEOPLE)
ACTS = {"invite", "limits", "suspend", "resume", "password", "host", "unhost", "remove"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    node = populated(tmp_path / "node")
    publish(node, SLUG)
    async with served(node) as opened:
        opened.come_in("host")
        yield opened


@pytest.mark.parametrize("path", PATHS)
async def test_only_a_host_comes_here(site: Site, path: str) -> None:
    assert (await site.get(path)).status == 200
    before = rows(site.node, "SELECT * FROM accounts ORDER BY id"), rows(site.node, "SELECT * FROM quotas")
    for kind in ("owner", "editor", "reader", "stranger"):
        site.come_in(kind)
        assert (await site.get(path)).status == 403
        for do in ACTS:
            assert (await site.post(path, {"do": do, "account": "reader"})).status == 403
    assert (rows(site.node, "SELECT * FROM accounts ORDER BY id"), rows(site.node, "SELECT * FROM quotas")) == before
    assert links.waiting(site.node) == []


async def test_the_places_and_what_may_need_somebody(site: Site) -> None:
    html = await (await site.get(HOST)).text()
    assert "2 lieux" in html
    assert "Le Voisin" in html
    assert "1 lieu n’a encore rien publié" in html
    assert ("suspendu" in html) is False
    html = await (await site.get(HOST + "?q=VOISIN")).text()
    assert "1 lieu trouvé" in html
    assert "L&#39;Établi" not in html
    for page in ("0", "9", "x", "-1", "9" * 30):
        assert (await site.get(f"{HOST}?page={page}")).status == 200


async def test_a_host_without_a_place_is_led_to_those_that_are_hosted(site: Site) -> None:
    mine = await (await site.get("/manage")).text()
    assert 'class="button" href="/manage/host' in mine
    assert "Demandez une invitation" not in mine


async def test_a_place_is_suspended_and_opened_again(site: Site) -> None:
    await site.post(PLACE, {"do": "suspend"})
    assert "Rouvrir le lieu" in await (await site.get(PLACE)).text()
    assert "1 lieu est suspendu" in await (await site.get(HOST)).text()
    site.come_in("owner")
    assert (await site.post(f"/manage/{SLUG}/posts/new", {"kind": "note", "text": "x"})).status == 409
    site.come_in("host")
    await site.post(PLACE, {"do": "resume"})
    assert "Rouvrir le lieu" not in await (await site.get(PLACE)).text()
    log = rows(site.node, "SELECT action, account FROM audit WHERE place='etabli' ORDER BY id")
    assert log == [("suspended", "host"), ("resumed", "host")]


async def test_limits_are_whole_numbers_or_the_usual_ones(site: Site) -> None:
    for bad in ("-1", "1,5", "beaucoup", "9999999", "１２"):
        answer = await site.post(PLACE, {"do": "limits", "documents": bad})
        html = await answer.text()
        assert answer.status == 200
        assert 'aria-describedby="documents-wrong' in html
    await site.post(PLACE, {"do": "limits", "documents": "5", "media": "12", "posts": ""})
    with site.node.store.read() as connection:
        assert quotas.of(connection, site.node, SLUG) == quotas.Quota(5, 12_000_000, 50, own=True)
    html = await (await site.get(PLACE)).text()
    assert 'value="12"' in html


async def test_a_host_invites_to_a_place_or_to_make_one(site: Site) -> None:
    for path, expected in ((PLACE, (SLUG, "owner")), (HOST, ("", "owner"))):
        html = await (await site.post(path, {"do": "invite", "role": "owner"})).text()
        token = re.search(r"/join/([A-Za-z0-9_-]{43})", html)
        assert token is not None
        assert token[1] not in await (await site.get(path)).text()
        found = links.read(site.node, links.INVITE, token[1])
        assert found is not None
        assert (found.place, found.role) == expected
    [new] = links.waiting(site.node, "")
    await site.post(HOST, {"do": "withdraw", "link": new.hash})
    assert links.waiting(site.node, "") == []
    assert len(links.waiting(site.node, SLUG)) == 1


async def test_a_host_makes_a_place(site: Site) -> None:
    form = {"name": "La Forge", "commune": "Guéret (23)", "typology": "fablab", "slug": "forge"}
    wrong = await site.post(HOST + "/new", form | {"slug": SLUG, "name": ""})
    html = await wrong.text()
    assert (wrong.status, 'id="slug-wrong"' in html, 'id="name-wrong"' in html) == (200, True, True)
    made = await site.post(HOST + "/new", form)
    assert made.headers["Location"].startswith("/manage/host/places/forge")
    assert {state.slug for state in list_all(site.node)} == {SLUG, OTHER, "forge"}
    assert roles.of(site.node, "forge") == []
    html = await (await site.get("/manage/host/places/forge")).text()
    assert "Personne ne s’occupe encore de ce lieu" in html


async def test_the_accounts_and_who_must_stay(site: Site) -> None:
    html = await (await site.post(PEOPLE, {"do": "password", "account": "reader"})).text()
    token = re.search(r"/reset/([A-Za-z0-9_-]{43})", html)
    assert token is not None
    found = links.read(site.node, links.RESET, token[1])
    assert found is not None
    assert found.account == "reader"
    for account, do, words in (
        ("owner", "remove", "personne responsable"),
        ("host", "remove", "hébergement"),
        ("host", "unhost", "hébergement"),
    ):
        assert words in await (await site.post(PEOPLE, {"do": do, "account": account})).text()
        assert accounts.by_id(site.node, account) is not None
    await site.post(PEOPLE, {"do": "remove", "account": "reader"})
    assert accounts.by_id(site.node, "reader") is None
    await site.post(PEOPLE, {"do": "host", "account": "editor"})
    await site.post(PEOPLE, {"do": "unhost", "account": "host"})
    assert (await site.get(HOST)).status == 403
    site.come_in("editor")
    assert (await site.get(HOST)).status == 200


@pytest.fixture
def raw(tmp_path: Path) -> bytes:
    """The file of a place of another node."""
    [port] = free_ports(1)
    old = make(tmp_path / "old", port, [port])
    add_place(old, SLUG, place(old, SLUG, "L'Établi d'ailleurs"))
    publish(old)
    packing.pack(old, SLUG, tmp_path / "place.zip")
    old.close()
    return (tmp_path / "place.zip").read_bytes()


def sent(data: bytes, slug: str, **more: str) -> FormData:
    form = FormData()
    form.add_field("file", data, filename="../../x.zip", content_type="application/zip")
    for name, value in {"slug": slug, **more}.items():
        form.add_field(name, value)
    return form


async def test_whoever_is_invited_brings_a_place_along(site: Site, raw: bytes) -> None:
    token = links.make(site.node, links.INVITE, role="owner")
    other = links.make(site.node, links.INVITE, place=SLUG, role="owner")
    site.cookie = ""
    you = {"person": "Claire", "email": "claire@monlieu.fr", "password": "une phrase bien longue"}
    for path in (f"/join/{'x' * 43}/bring", f"/join/{other}/bring"):
        assert (await site.get(path)).status == 404
        assert (await site.post(path, sent(raw, "ailleurs", **you))).status == 404
    path = f"/join/{token}/bring"
    assert path in await (await site.get(f"/join/{token}")).text()
    for form, field in (
        (sent(b"PK", "ailleurs", **you), "file"),
        (sent(raw, SLUG, **you), "slug"),
        (sent(raw, "ailleurs", **you | {"password": "court"}), "password"),
        (sent(raw, "ailleurs", **you | {"email": "reader@example.org"}), "email"),
    ):
        answer = await site.post(path, form)
        assert (answer.status, f'id="{field}-wrong"' in await answer.text()) == (200, True), field
    assert {state.slug for state in list_all(site.node)} == {SLUG, OTHER}
    answer = await site.post(path, sent(raw, "ailleurs", **you))
    assert answer.headers["Location"].startswith("/manage/ailleurs")
    assert (await site.get("/manage/ailleurs/team")).status == 200
    assert (await site.post(path, sent(raw, "encore", **you))).status == 404


async def test_a_place_that_moves_here_is_welcomed(site: Site, raw: bytes) -> None:
    for data, slug, words in (
        (b"", "ailleurs", "Choisissez le fichier"),
        (b"PK", "ailleurs", "archive de lieu"),
        (raw, "", SLUG),
        (raw, "../x", "../x"),
    ):
        answer = await site.post(HOST + "/import", sent(data, slug))
        assert answer.status == 200
        assert words in await answer.text()
    answer = await site.post(HOST + "/import", sent(raw, "ailleurs"))
    assert answer.headers["Location"].startswith("/manage/host/places/ailleurs")
    html = await (await site.get("/manage/host/places/ailleurs")).text()
    assert f"@ailleurs@{site.node.config.authority}" in html
    site.come_in("stranger")
    assert (await site.get("/manage/ailleurs")).status == 404
    assert roles.role(site.node, "host", "ailleurs") is None
    assert Role.OWNER not in {role for _, role in roles.of(site.node, "ailleurs")}


async def test_a_place_that_is_not_there(site: Site) -> None:
    assert (await site.get("/manage/host/places/nulle_part")).status == 404
    assert (await site.post("/manage/host/places/nulle_part", {"do": "suspend"})).status == 404
    assert rows(site.node, "SELECT * FROM quotas") == []
