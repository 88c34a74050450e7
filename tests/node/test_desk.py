"""Coming in, staying in, and who may do what: over real HTTP."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import FormData, web

from node.app import build_app
from node.people import accounts, audit, links, roles, sessions
from node.people import password as passwords
from node.people.accounts import AccountRefused
from node.people.roles import LastOwner, Right, Role
from node.store.engine import DATABASE
from node.web import desk
from tests.node.desk import KINDS, OTHER, PASSWORD, SLUG, Site, of, populated, served


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        yield opened


async def test_a_manager_comes_in_sees_the_place_and_goes_out(site: Site) -> None:
    asked = await site.get("/manage/etabli")
    assert asked.status == 303
    assert asked.headers["Location"] == "/login?next=%2Fmanage%2Fetabli&lang=fr"
    answer = await site.post("/login?next=/manage/etabli", {"email": " Owner@example.org", "password": PASSWORD})
    assert answer.headers["Location"] == "/manage/etabli?lang=fr"
    cookie = answer.cookies[sessions.COOKIE]
    assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["samesite"], cookie["domain"]) == (
        True, True, "/", "Lax", "",
    )  # fmt: skip
    page = await site.get("/manage/etabli")
    html = await page.text()
    assert page.status == 200
    assert "Où en êtes-vous" in html
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    before = site.cookie
    await site.post("/logout")
    site.cookie = before
    assert (await site.get("/manage/etabli")).status == 303


async def test_where_a_login_leads_is_one_of_our_pages(site: Site) -> None:
    for bad in ("https://evil.example/", "//evil.example", "/managed", "/manage.evil.example", "\\evil"):
        answer = await site.post(f"/login?next={bad}", {"email": "owner@example.org", "password": PASSWORD})
        assert answer.headers["Location"] == "/manage?lang=fr", bad


async def test_a_login_never_takes_the_session_it_came_with(site: Site) -> None:
    site.cookie = "a" * 43
    await site.login("owner")
    first = site.cookie
    assert first != "a" * 43
    await site.login("owner")
    assert site.cookie != first
    site.cookie = first
    assert (await site.get("/manage/etabli")).status == 303


async def test_who_fails_often_waits_and_so_does_a_known_account(site: Site) -> None:
    for _ in range(5):
        answer = await site.post("/login", {"email": "owner@example.org", "password": "non"})
        assert "ne correspond pas" in await answer.text()
    answer = await site.post("/login", {"email": "owner@example.org", "password": PASSWORD})
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15
    assert "Trop d’essais" in await answer.text()
    other = await site.post("/login", {"email": "editor@example.org", "password": PASSWORD})
    assert other.status == 303, "somebody else is not kept out"
    assert [entry.action for entry in audit.of(site.node)][1:] == ["login_failed"] * 5


async def test_many_tries_at_once_are_as_many(site: Site) -> None:
    tries = [site.post("/login", {"email": "owner@example.org", "password": f"non{n}"}) for n in range(30)]
    found = [answer.status for answer in await asyncio.gather(*tries)]
    assert (found.count(200), found.count(429)) == (5, 25)
    assert [entry.action for entry in audit.of(site.node)] == ["login_failed"] * 5


async def test_who_comes_in_often_never_waits(site: Site) -> None:
    for _ in range(25):
        await site.login("editor")


async def test_who_holds_a_session_does_not_guess_its_password(site: Site) -> None:
    site.come_in("owner")
    form = {"current": "non", "password": "une autre bien longue"}
    for _ in range(5):
        assert "n’est pas celui-là" in await (await site.post("/manage/account", form)).text()
    html = await (await site.post("/manage/account", form | {"current": PASSWORD})).text()
    assert "Trop d’essais" in html
    assert accounts.authenticated(site.node, "owner@example.org", PASSWORD) is not None


async def test_the_proxy_of_this_machine_says_who_tries(site: Site) -> None:
    for n in range(20):
        headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
        await site.post("/login", {"email": f"nobody{n}@example.org", "password": "non"}, headers)
    tried = {"email": "owner@example.org", "password": PASSWORD}
    assert (await site.post("/login", tried, {"X-Forwarded-For": "198.51.100.1"})).status == 429
    assert (await site.post("/login", tried, {"X-Forwarded-For": "198.51.100.2"})).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_a_change_is_asked_from_our_pages_only(site: Site, headers: dict[str, str]) -> None:
    site.come_in("owner")
    form = {"name": "Autre", "language": "fr"}
    answer = await site.post("/manage/account", form, headers)
    assert answer.status == 403
    assert of(site.node, "owner").name == "Owner"
    assert (await site.post("/manage/account", form)).status == 303
    assert of(site.node, "owner").name == "Autre"


async def test_a_request_without_any_origin_changes_nothing(site: Site) -> None:
    site.come_in("owner")
    url, cookie = site.node.config.url + "/manage/account", {"Cookie": f"{sessions.COOKIE}={site.cookie}"}
    async with site.client.post(url, data={"name": "Autre"}, headers=cookie) as answer:
        assert answer.status == 403


async def test_a_session_ends_when_it_is_not_used_and_in_any_case_one_day(site: Site) -> None:
    node = site.node
    made = sessions.begin(node, of(node, "owner").id)
    assert sessions.read(node, made) is not None
    object.__setattr__(node, "clock", lambda now=node.clock: now() + timedelta(days=15))
    assert sessions.read(node, made) is None


async def test_a_notice_is_said_once(site: Site) -> None:
    site.come_in("owner")
    await site.post("/manage/account", {"name": "Claire", "language": "fr"})
    assert "C’est enregistré." in await (await site.get("/manage/account")).text()
    assert "C’est enregistré." not in await (await site.get("/manage/account")).text()


async def test_a_new_password_ends_the_other_sessions(site: Site) -> None:
    node = site.node
    elsewhere = sessions.begin(node, of(node, "owner").id)
    site.come_in("owner")
    new = "une autre phrase bien longue"
    wrong = await site.post("/manage/account", {"current": "non", "password": new})
    assert wrong.status == 200
    assert 'aria-invalid="true"' in await wrong.text()
    short = await site.post("/manage/account", {"current": PASSWORD, "password": "court"})
    assert "au moins 10" in await short.text()
    assert (await site.post("/manage/account", {"current": PASSWORD, "password": new})).status == 303
    assert sessions.read(node, elsewhere) is None
    assert (await site.get("/manage/account")).status == 200
    assert accounts.authenticated(node, "owner@example.org", new) is not None


async def test_a_reset_link_serves_once(site: Site) -> None:
    node = site.node
    token = links.make(node, links.RESET, account=of(node, "owner").id, days=1)
    assert "owner@example.org" in await (await site.get(f"/reset/{token}")).text()
    assert "au moins 10" in await (await site.post(f"/reset/{token}", {"password": "court"})).text()
    assert (await site.post(f"/reset/{token}", {"password": "une phrase toute neuve"})).status == 303
    assert (await site.get("/manage/etabli")).status == 200
    assert (await site.get(f"/reset/{token}")).status == 404
    assert (await site.post(f"/reset/{token}", {"password": "encore une autre phrase"})).status == 404
    invited = links.make(node, links.INVITE, place=SLUG, role="editor")
    assert (await site.get(f"/reset/{invited}")).status == 404, "a link of another kind"


async def test_each_sees_what_the_role_gives(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    seen: dict[tuple[str, str], int] = {}
    async with served(node) as site:
        for kind in KINDS:
            site.come_in(kind)
            for slug in (SLUG, OTHER, "personne"):
                seen[kind, slug] = (await site.get(f"/manage/{slug}")).status
    assert seen == {
        **{(kind, "personne"): 404 for kind in KINDS},
        **{(kind, SLUG): 200 if kind in ("owner", "editor", "reader") else 404 for kind in KINDS},
        **{(kind, OTHER): 200 if kind == "stranger" else 404 for kind in KINDS},
    }


def test_rights_follow_roles(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    given = {
        kind: {
            right for right in Right if roles.allows(of(node, kind), roles.role(node, of(node, kind).id, SLUG), right)
        }
        for kind in KINDS
    }
    assert given["owner"] == {Right.ACCOUNT, Right.SEE, Right.EDIT, Right.OWN}
    assert given["editor"] == {Right.ACCOUNT, Right.SEE, Right.EDIT}
    assert given["reader"] == {Right.ACCOUNT, Right.SEE}
    assert given["host"] == {Right.ACCOUNT, Right.HOST}
    assert given["stranger"] == {Right.ACCOUNT}
    node.close()


def test_a_place_keeps_an_owner(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    owner, editor = of(node, "owner").id, of(node, "editor").id
    with pytest.raises(LastOwner):
        roles.take(node, owner, SLUG)
    with pytest.raises(LastOwner):
        roles.give(node, owner, SLUG, Role.EDITOR)
    roles.give(node, editor, SLUG, Role.OWNER)
    roles.take(node, owner, SLUG)
    assert roles.of(node, SLUG) == [(of(node, "editor"), Role.OWNER), (of(node, "reader"), Role.READER)]
    node.close()


def test_the_database_holds_no_secret(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    cookie, token = sessions.begin(node, of(node, "owner").id), links.make(node, links.INVITE, place=SLUG)
    node.close()
    kept = "".join(map(str, sqlite3.connect(tmp_path / "node" / DATABASE).iterdump()))
    assert not [secret for secret in (cookie, token, PASSWORD) if secret in kept]
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept


def test_an_account_is_refused_with_the_field_that_is_wrong(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    for email, name, password, field in (
        ("claire", "Claire", PASSWORD, "email"),
        ("claire@example", "Claire", PASSWORD, "email"),
        ("claire@example.org", " ", PASSWORD, "name"),
        ("claire@example.org", "Claire", "court", "password"),
        ("OWNER@example.org", "Claire", PASSWORD, "email"),
    ):
        with pytest.raises(AccountRefused) as refused:
            accounts.create(node, email, name, password)
        assert refused.value.field == field
        assert refused.value.text("fr") != refused.value.text("en")
    assert not passwords.is_right(PASSWORD, None)
    node.close()


async def test_a_form_with_files_is_read_within_its_bounds(tmp_path: Path) -> None:
    node = populated(tmp_path / "node")
    got: list[object] = []

    def take(visit: desk.Visit) -> web.Response:
        got.append((visit.form["a"], [(each.name, each.data) for each in visit.files.values()]))
        return visit.go("/manage")

    async with served(node) as site:
        site.come_in("owner")
        # the same routes, with a page that takes files
        app = build_app(node)
        app.add_routes(desk.routes(node, "/manage/{slug}/file", Right.EDIT, act=take, upload=1000))
        from tests.node.net import free_ports

        port = free_ports(1)[0]
        runner = web.AppRunner(app, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        headers = {"Cookie": f"{sessions.COOKIE}={site.cookie}", "Sec-Fetch-Site": "same-origin"}

        async def send(size: int, path: str = SLUG) -> int:
            form = FormData()
            form.add_field("a", "é")
            form.add_field("file", b"x" * size, filename="chiffres.csv", content_type="text/csv")
            url = f"http://127.0.0.1:{port}/manage/{path}/file"
            async with site.client.post(url, data=form, headers=headers, allow_redirects=False) as answer:
                return answer.status

        assert await send(900) == 303
        assert got == [("é", [("chiffres.csv", b"x" * 900)])]
        assert await send(300_000) == 413
        assert await send(900, OTHER) == 404
        await runner.cleanup()
    assert len(got) == 1
