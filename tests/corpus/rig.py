"""A real node on loopback under attack: foreign sites beside it, strangers whose keys it knows, its rows compared.

Nothing is simulated: requests are signed, sent over a socket and answered by the whole node. `untouched` compares every
table of its three databases before and after.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from federation.actor import Profile, place_actor
from federation.canonical import jcs
from federation.httpsig import sign_cavage
from federation.keys import ActorKeys
from node.context import Node, utc_now
from tests.federation.web import Site
from tests.node.net import Clock
from tests.node.sender import Sender
from vocab.contexts import CONTEXT

ACTIVITY_JSON = "application/activity+json"
FOUND_BY_LOOKING = frozenset({"peers", "peer_keys"})
_FILES = ("maillage.sqlite", "cache/public.sqlite", "cache/restricted.sqlite")
Said = dict[str, Any]


def tables(folder: Path) -> dict[str, str]:
    """Every table of a node with the digest of its rows."""
    found = {}
    for file in filter(Path.exists, (folder / name for name in _FILES)):
        connection = sqlite3.connect(file)
        names = connection.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")
        for (name,) in names.fetchall():
            rows = sorted(map(repr, connection.execute(f"SELECT * FROM {name}")))
            found[f"{file.stem}.{name}"] = f"{len(rows)} {sha256(''.join(rows).encode()).hexdigest()}"
        connection.close()
    return found


@contextmanager
def untouched(node: Node, but: frozenset[str] = frozenset()) -> Iterator[None]:
    """No row of any table changes meanwhile; `but`: tables of what a look-up finds."""
    before = tables(node.dir)
    yield
    after = tables(node.dir)
    changed = [name for name in after if after[name] != before.get(name) and name.partition(".")[2] not in but]
    assert changed == [], changed


@dataclass
class Rig:
    """The node; `evil` and `victim`: sites that it may ask; `outside`: one that it may not."""

    node: Node
    clock: Clock
    evil: Site
    victim: Site
    outside: Site
    session: aiohttp.ClientSession
    count: int = field(default=0)

    @property
    def inbox(self) -> str:
        return self.node.config.url + "/inbox"

    async def answer(
        self, body: bytes, headers: Mapping[str, str] | list[tuple[str, str]], url: str = ""
    ) -> tuple[int, str]:
        """The status, and the reason of a refusal, of a POST as it is."""
        async with self.session.post(url or self.inbox, data=BytesIO(body), headers=headers) as response:
            said = await response.read()
            is_problem = response.content_type == "application/problem+json"
            assert response.status == 202 or is_problem, (response.status, said)
            return response.status, json.loads(said)["reason"] if is_problem else ""

    async def refuses(self, reason: str, body: bytes, headers: Any, url: str = "", looks: bool = False) -> None:
        """It must refuse for this reason, and no row may change; `looks`: but of what a look-up finds."""
        with untouched(self.node, FOUND_BY_LOOKING if looks else frozenset()):
            status, found = await self.answer(body, headers, url)
        assert (status >= 400, found) == (True, reason), found

    async def refuses_said(self, reason: str, by: Sender, said: Any, looks: bool = False) -> None:
        """The same of an activity signed by somebody."""
        body = said if isinstance(said, bytes) else jcs(said)
        await self.refuses(reason, body, by.headers(self.inbox, body), looks=looks)

    async def takes(self, by: Sender, said: Any) -> None:
        """It must take what somebody signed."""
        body = said if isinstance(said, bytes) else jcs(said)
        assert await self.answer(body, by.headers(self.inbox, body)) == (202, "")

    async def ignores(self, by: Sender, said: Any, but: frozenset[str] = frozenset({"journal", "blobs"})) -> None:
        """It takes what somebody signed, keeps it in the journal, and nothing else changes."""
        with untouched(self.node, but):
            await self.takes(by, said)

    def activity(self, by: str, kind: str, content: Any, **more: Any) -> Said:
        """An activity with an id of its own."""
        self.count += 1
        said = {"@context": CONTEXT, "id": f"{by}/activities/{self.count}", "type": kind, "actor": by}
        return said | {"object": content} | more

    def shows(self, site: Site, path: str, keys: ActorKeys, **more: Any) -> Sender:
        """A site serves an actor there."""
        actor = Sender(site.url + path, keys)
        site.pages[path] = actor_document(actor, **more)
        return actor


def actor_document(actor: Sender, **more: Any) -> Said:
    return place_actor(Profile(actor.id, "a", "A"), actor.keys, actor.id, actor.id + "/inbox") | more


def get_headers(by: Sender, url: str, method: str = "GET") -> dict[str, str]:
    """The signed headers of a request without a body."""
    return sign_cavage(method, url, None, by.id + "#main-key", by.keys.rsa, utc_now())


@asynccontextmanager
async def raw(node: Node) -> AsyncIterator[Any]:
    """A bare socket to the node: a function that sends bytes and gives the status line, or `""` once closed."""
    import asyncio

    host, _, port = node.config.authority.rpartition(":")

    async def send(request: bytes) -> str:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        await writer.drain()
        line = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        return line.decode("latin-1").strip()

    yield send
