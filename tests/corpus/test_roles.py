"""Every address of a manager, by every role, on one's own place and on another: who sees, who changes, and that nothing
else does. The addresses are read from the application, so that a new one cannot be forgotten."""

import hashlib
import sqlite3
from pathlib import Path

from aiohttp import FormData

from node.app import build_app
from node.context import Node
from node.people import roles
from node.people.roles import Right
from node.store.engine import DATABASE
from node.web.desk import right_of
from tests.e2e.samples import HOLE
from tests.node.desk import KINDS, OTHER, SLUG, Site, of, populated, served

SAMPLES = {
    "period": "2025",
    "form": "description",
    "kind": "csv",
    "name": "rien",
    "file": "rien",
    "id": "1",
    "token": "x",
}
QUIET = ("sessions", "attempts", "audit")  # what a request that is refused may still write


def addresses(node: Node) -> list[tuple[str, str, Right]]:
    """Method, address with a hole for the place, and the right that it asks for."""
    found = []
    for route in build_app(node).router.routes():
        right, resource = right_of(route.handler), route.resource
        if right is not None and resource is not None and route.method in ("GET", "POST"):
            path = HOLE.sub(lambda hole: "{slug}" if hole[1] == "slug" else SAMPLES[hole[1]], resource.canonical)
            found.append((route.method, path, right))
    return found


def state(node: Node) -> str:
    """A digest of all that the node holds to be true, but for sessions and what is logged."""
    with sqlite3.connect(f"file:{node.dir / DATABASE}?mode=ro", uri=True) as database:
        lines = [line for line in database.iterdump() if not any(f'INTO "{name}"' in line for name in QUIET)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def expected(node: Node, kind: str, slug: str, right: Right) -> set[int]:
    """What may be answered; 200 stands for anything that is no refusal of who asks."""
    account = of(node, kind)
    role = roles.role(node, account.id, slug)
    if role is None and right not in (Right.HOST, Right.ACCOUNT):
        return {404}
    return {200} if roles.allows(account, role, right) else {403}


async def ask(site: Site, method: str, path: str) -> int:
    if method == "GET":
        return (await site.get(path)).status
    status = (await site.post(path, FormData())).status
    if status == 400:  # it takes files
        form = FormData()
        form.add_field("file", b"", filename="x.csv")
        status = (await site.post(path, form)).status
    return status


def test_what_only_an_owner_may_do_is_theirs(tmp_path: Path) -> None:
    """Said here once more, so that a page that asks for too little is seen."""
    node = populated(tmp_path / "node", "site", "aggregator")
    asked = {(method, path.removeprefix("/manage/{slug}")): right for method, path, right in addresses(node)}
    owners = ("/team", "/sharing", "/programs", "/move", "/network")
    assert {path: asked["POST", path] for path in owners} == dict.fromkeys(owners, Right.OWN)
    assert {right for (method, _), right in asked.items() if method == "POST"} <= set(Right) - {Right.SEE} or (
        [path for (method, path), right in asked.items() if method == "POST" and right is Right.SEE] == ["/figures"]
    )
    node.close()


async def test_every_address_by_every_role_on_every_place(tmp_path: Path) -> None:
    node = populated(tmp_path / "node", "site", "aggregator")
    wrong, asked = [], addresses(node)
    assert len(asked) > 30
    assert {right for _, _, right in asked} == set(Right)
    async with served(node) as site:
        for kind in KINDS:
            for method, path, right in asked:
                if path == "/logout":
                    continue
                for slug in (SLUG, OTHER) if "{slug}" in path else ("",):
                    site.come_in(kind)
                    allowed, before = expected(node, kind, slug, right), state(node)
                    status = await ask(site, method, path.replace("{slug}", slug))
                    refused = status in (403, 404) and {status} == allowed
                    if allowed == {200}:
                        fine = status not in (401, 403) and status < 500
                    else:
                        fine = refused and state(node) == before
                    if not fine:
                        wrong.append((kind, method, path, slug, status, allowed))
    assert wrong == []


async def test_nobody_is_let_in_without_a_session(tmp_path: Path) -> None:
    node = populated(tmp_path / "node", "site", "aggregator")
    before, asked = state(node), addresses(node)
    async with served(node) as site:
        for cookie in ("", "x", "a" * 43, "' OR 1=1 --"):
            site.cookie = cookie
            for method, path, _ in asked:
                where = path.replace("{slug}", SLUG)
                answer = await (site.get(where) if method == "GET" else site.post(where, FormData()))
                assert answer.status == 303, (method, where)
                assert answer.headers["Location"].startswith("/login?next=%2F"), (method, where)
        assert state(node) == before


async def test_every_change_is_refused_to_a_page_of_another_site(tmp_path: Path) -> None:
    node = populated(tmp_path / "node", "site", "aggregator")
    async with served(node) as site:
        for kind in ("owner", "host"):
            site.come_in(kind)
            before = state(node)
            for method, path, _ in addresses(node):
                if method == "POST":
                    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
                        answer = await site.post(path.replace("{slug}", SLUG), {"name": "x"}, headers)
                        assert answer.status == 403, path
            assert state(node) == before
