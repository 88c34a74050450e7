"""A node with an account of each kind, and a client that logs in as one of them, over real HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy import insert

from node import jobs
from node.api.signer import LOOKUP
from node.app import build_app, runner_of
from node.context import Node
from node.people import accounts, password, roles, sessions
from node.people.accounts import Account
from node.people.roles import Role
from node.places import add_place
from node.store.people import accounts as table
from tests.node.net import free_ports, make, place

PASSWORD = "une phrase bien longue"
KINDS = ("host", "owner", "editor", "reader", "stranger")
SLUG = "etabli"
OTHER = "voisin"


def populated(folder: Path, *node_roles: str, ports: list[int] | None = None) -> Node:
    """A node with two places: `etabli` with an owner, an editor and a reader; `voisin`, which is the stranger's.
    `ports`: its own, then those of its peers."""
    ports = ports or free_ports(1)
    node = make(folder, ports[0], ports, *node_roles)
    add_place(node, SLUG, place(node, SLUG))
    add_place(node, OTHER, place(node, OTHER, "Le Voisin"))
    for kind in KINDS:
        _account(node, kind)
        if kind in ("owner", "editor", "reader"):
            roles.give(node, kind, SLUG, Role(kind))
    roles.give(node, of(node, "stranger").id, OTHER, Role.OWNER)
    return node


@cache
def _hashed() -> str:
    return password.hashed(PASSWORD)


def _account(node: Node, kind: str) -> None:
    """What `accounts.create` makes, without hashing each time: the id is the kind."""
    row = {"id": kind, "email": f"{kind}@example.org", "name": kind.title(), "password": _hashed(), "language": "fr"}
    made = insert(table).values(row | {"host": kind == "host", "created": "2026-01-01T00:00:00.000Z"})
    node.store.write(lambda connection: connection.execute(made))


def of(node: Node, kind: str) -> Account:
    """The account of a kind."""
    found = accounts.by_email(node, f"{kind}@example.org")
    assert found is not None
    return found


@dataclass(slots=True)
class Site:
    """A running node and one browser that keeps a cookie."""

    node: Node
    client: aiohttp.ClientSession
    cookie: str = ""

    def _headers(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        cookie = {"Cookie": f"{sessions.COOKIE}={self.cookie}"} if self.cookie else {}
        return (
            {"Origin": self.node.config.url, "Accept": "text/html", "Accept-Language": "fr"} | cookie | dict(more or {})
        )

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        response = await self.client.get(
            self.node.config.url + path, headers=self._headers(headers), allow_redirects=False
        )
        await response.read()
        return response

    async def post(
        self, path: str, data: Any = None, headers: Mapping[str, str] | None = None
    ) -> aiohttp.ClientResponse:
        """Send a form (a mapping, a list of pairs, or `aiohttp.FormData` for files)."""
        url = self.node.config.url + path
        body = aiohttp.FormData() if data is None else data
        response = await self.client.post(url, data=body, headers=self._headers(headers), allow_redirects=False)
        await response.read()
        self._keep(response)
        return response

    def _keep(self, response: aiohttp.ClientResponse) -> None:
        if sessions.COOKIE in response.cookies:
            self.cookie = response.cookies[sessions.COOKIE].value

    async def login(self, kind: str) -> None:
        """Come in as the account of a kind, by the form."""
        answer = await self.post("/login", {"email": f"{kind}@example.org", "password": PASSWORD})
        assert answer.status == 303, await answer.text()

    def come_in(self, kind: str) -> None:
        """Come in without the form, which takes its time."""
        self.cookie = sessions.begin(self.node, of(self.node, kind).id)


@asynccontextmanager
async def served(node: Node, work: bool = False) -> AsyncIterator[Site]:
    """The node with every page, and a client of nobody yet; `work`: with deliveries and projections."""
    runner = runner_of(build_app(node))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(node.config.authority.rpartition(":")[2])).start()
    try:
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
            if work:
                await stack.enter_async_context(jobs.running(node, runner.app[LOOKUP]))
            yield Site(node, client)
    finally:
        await runner.cleanup()
        node.close()
