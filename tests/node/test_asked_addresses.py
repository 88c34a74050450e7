"""Addresses that are typed into a page: none makes the node ask this machine or its network for anything."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from node.people import beginning
from node.store.schema import following, journal
from tests.federation.web import Site as Web
from tests.federation.web import listening
from tests.node.desk import SLUG, Site, populated, served
from tests.node.net import free_ports

PAGE = f"/manage/{SLUG}/network"
HOSTS = (
    "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]",
    "localhost.", "user@127.0.0.1", "user:x@localhost",
)  # fmt: skip
NEVER = (
    "http://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "https://192.168.1.1/actor", "https://[fe80::1]/",
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "ftp://127.0.0.1/", "javascript:alert(1)", "//127.0.0.1/",
    "http://127.0.0.1:22/", "https://metadata.internal/", "\r\nHost: x", "https://127.0.0.1\\@site.example/",
    "@x@", "@@",
)  # fmt: skip


@pytest.fixture
async def inside() -> AsyncIterator[Web]:
    """A service of this machine that no node may ask; it would answer anybody."""
    async with listening() as web:
        yield web


def addresses(inside: Web) -> list[str]:
    port = inside.host.rpartition(":")[2]
    hosts = [f"{host}:{port}" for host in HOSTS]
    return [
        *(f"{scheme}://{host}/x" for host in hosts for scheme in ("http", "https")),
        *(f"@x@{h}" for h in hosts),
        *NEVER,
    ]


async def test_nothing_typed_into_the_page_of_the_network_reaches_this_machine(tmp_path: Path, inside: Web) -> None:
    node = populated(tmp_path / "node", "site", "aggregator")
    async with served(node) as site:
        site.come_in("owner")
        before = rows(site)
        for address in addresses(inside):
            asked = await site.get(f"{PAGE}?{urlencode({'q': address})}")
            assert asked.status == 200, address
            for do in ("follow", "share", "approve", "retry", "unfollow", "revoke"):
                answer = await site.post(PAGE, {"do": do, "who": address, "level": "network", "welcome": "1"})
                assert answer.status in (200, 303), (do, address)
            assert inside.asked == [], address
        assert rows(site) == before, "nobody is followed, and nothing is said to anybody"


def rows(site: Site) -> list[object]:
    with site.node.store.read() as connection:
        return [*connection.execute(select(following.c.target)).all(), *connection.execute(select(journal.c.seq)).all()]


async def test_joining_a_network_reaches_no_address_of_this_machine(tmp_path: Path, inside: Web) -> None:
    node = populated(tmp_path / "node", "site")
    try:
        for address in addresses(inside):
            joined = await beginning.join(node, SLUG, address, "fr")
            assert joined["state"] == "unreachable", address
            assert joined["why"]
        assert inside.asked == []
    finally:
        node.close()


async def test_a_peer_of_this_machine_that_was_configured_is_asked(tmp_path: Path, inside: Web) -> None:
    """So that the tests above would see what reaches it."""
    node = populated(tmp_path / "node", "site", ports=[*free_ports(1), int(inside.host.rpartition(":")[2])])
    async with served(node) as site:
        site.come_in("owner")
        await site.get(f"{PAGE}?{urlencode({'q': inside.url + '/x'})}")
        assert inside.asked


async def test_an_account_elsewhere_leads_to_a_web_site_or_nowhere(tmp_path: Path) -> None:
    typed = ("@a@e.example\r\nX-Bad: 1", "@a@javascript:alert(1)", "a@//e.example", "a@b@c.example", "@a@x/../../y")
    async with served(populated(tmp_path / "node", "site")) as site:
        for account in (*typed, *NEVER):
            answer = await site.get(f"/places/{SLUG}/follow?{urlencode({'account': account})}")
            assert answer.status == 200, account
            assert "X-Bad" not in answer.headers
            for link in re.findall(r'href="([^"]*authorize_interaction[^"]*)"', await answer.text()):
                assert re.match(r"https://[a-z0-9.\-]+/authorize_interaction\?uri=", link), (account, link)
