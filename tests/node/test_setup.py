"""The first run, over real HTTP: three screens, one link, and the same process serves the node."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import paper
from node.context import open_node
from node.people import accounts, roles, sessions, welcome
from node.people.roles import Role
from node.places import show_place
from tests.node.net import free_ports

PLACE = {
    "screen": "place",
    "name": "L'Établi",
    "commune": "Guéret",
    "typology": "coworking",
    "identifier": "",
    "street": "",
}
YOU = {
    "screen": "you", "url": "https://etabli.example", "slug": "etabli", "person": "Claire",
    "email": "claire@example.org", "password": "une phrase bien longue",
}  # fmt: skip


class FirstRun:
    """`maillage serve` on an empty folder, and a browser without script that keeps its cookie."""

    def __init__(self, folder: Path, port: int, client: aiohttp.ClientSession) -> None:
        self.folder, self.base, self.client = folder, f"http://127.0.0.1:{port}", client
        self.link = self.cookie = ""

    async def ask(self, method: str, path: str, data: object = None) -> tuple[int, str]:
        headers = {"Origin": self.base, "Accept": "text/html", "Cookie": f"{sessions.COOKIE}={self.cookie}"}
        async with self.client.request(
            method, self.base + path, data=data, headers=headers, allow_redirects=False
        ) as answer:
            if sessions.COOKIE in answer.cookies:
                self.cookie = answer.cookies[sessions.COOKIE].value
            return answer.status, answer.headers.get("Location") or await answer.text()


@asynccontextmanager
async def first_run(folder: Path, **environ: str) -> AsyncIterator[FirstRun]:
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "node", "--dir", str(folder), "--json", "serve", "--bind", f"127.0.0.1:{port}"]
    child = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=os.environ | environ, limit=2**20
    )
    assert child.stdout is not None
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
            run = FirstRun(folder, port, client)
            said = await asyncio.wait_for(child.stdout.readuntil(b"}\n"), 20)
            run.link = json.loads(said)["setup"].removeprefix(run.base).partition("?")[0]
            yield run
            run.cookie = ""
    finally:
        child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(child.wait(), 20)


async def until_it_serves(run: FirstRun, path: str) -> str:
    """The page of the real node, once it has taken the port over."""
    for _ in range(200):
        try:
            status, html = await run.ask("GET", path)
            if status == 200:
                return html
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError(path)


async def test_from_nothing_to_a_place_that_its_manager_sees(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    async with first_run(folder) as run:
        assert re.fullmatch(r"/setup/[A-Za-z0-9_-]{43}", run.link)
        status, html = await run.ask("GET", run.link)
        assert status == 200
        assert html.count(" required") + 1 == 3, "name and commune; a typology is a set of boxes"
        assert await run.ask("POST", run.link, PLACE) == (303, f"{run.link}?screen=you&lang=fr")
        _, html = await run.ask("GET", f"{run.link}?screen=you")
        assert 'value="etabli"' in html, "the short name follows the name"
        assert html.count(" required") == 5
        assert (await run.ask("POST", run.link, YOU))[1] == f"{run.link}?screen=network&lang=fr"
        status, html = await run.ask("POST", run.link, {"screen": "network", "network": ""})
        assert status == 200
        signs = re.search(r'<p class="signs">(.*?)</p>', html, re.DOTALL)
        assert signs is not None
        sheet = signs[1].replace("<br>", " ")
        assert "@etabli@etabli.example" in html
        assert "C’est fait" in await until_it_serves(run, "/manage/etabli"), "logged in already"
        assert (await run.ask("GET", run.link))[0] == 404, "the link has served"
    node = open_node(folder)
    account = accounts.by_email(node, "claire@example.org")
    assert account is not None
    assert account.host
    assert roles.role(node, account.id, "etabli") is Role.OWNER
    state = show_place(node, "etabli")
    assert state is not None
    assert (state.state, state.place.address.commune, state.place.name) == ("draft", "23096", "L'Établi")
    assert "drawn" not in sheet
    assert len(paper.read(sheet)) == 32
    node.close()


async def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    async with first_run(folder) as run:
        wrong = PLACE | {"name": "", "commune": "Saint-Denis", "identifier": "123456789"}
        wrong.pop("typology")
        status, html = await run.ask("POST", run.link, wrong)
        assert status == 200
        for field in ("name", "commune", "typology", "identifier"):
            assert f'id="{field}-wrong"' in html, field
            assert f'href="#{field}"' in html, field
        assert "Saint-Denis (93)" in html
        assert 'value="Saint-Denis"' in html
        await run.ask("POST", run.link, PLACE)
        bad = YOU | {"url": "etabli", "slug": "Établi", "email": "claire", "password": "zqxj", "person": ""}
        status, html = await run.ask("POST", run.link, bad)
        assert status == 200
        assert all(f'id="{field}-wrong"' in html for field in ("url", "slug", "email", "password", "person"))
        assert "zqxj" not in html, "a password is never shown again"
        _, html = await run.ask("POST", run.link, {"screen": "network", "network": ""})
        assert 'id="url-wrong"' in html, "no screen is jumped"
        assert not (folder / "config.toml").exists()


async def test_without_the_link_there_is_nothing_to_see(tmp_path: Path) -> None:
    async with first_run(tmp_path / "state") as run:
        for path in ("/manage", "/setup/" + "a" * 43, "/places/etabli"):
            status, html = await run.ask("GET", path)
            assert status == 404
            assert run.link not in html
        assert (await run.ask("POST", "/setup/" + "a" * 43, PLACE))[0] == 404
        status, answer = await run.ask("GET", "/setup/communes.json?q=gueret")
        assert json.loads(answer)[0] == "Guéret (23)"


async def test_the_address_that_was_configured_is_proposed(tmp_path: Path) -> None:
    async with first_run(tmp_path / "state", MAILLAGE_NODE__URL="https://lieu.example") as run:
        await run.ask("POST", run.link, PLACE)
        assert 'value="https://lieu.example"' in (await run.ask("GET", f"{run.link}?screen=you"))[1]


def test_at_most_twelve_fields_are_required_in_at_most_three_screens() -> None:
    assert len(welcome.SCREENS) <= 3
    assert len(welcome.REQUIRED) <= 12
    assert set(welcome.REQUIRED) <= set(sum(welcome.SCREENS.values(), ()))
    empty: dict[str, list[str]] = {}
    wrong = {
        **welcome.wrong_with_place(empty),
        **welcome.wrong_with_address(empty),
        **welcome.wrong_with_account(empty),
    }
    assert set(wrong) == set(welcome.REQUIRED)
    assert wrong["commune"].key == "setup.wrong.commune_none", "what is empty was not looked for"


@pytest.mark.parametrize(
    ("typed", "siren", "rna"),
    [("732 829 320", "732829320", ""), ("73282932000074", "732829320", ""), ("w751212517", "", "W751212517")],
)
def test_who_runs_the_place_by_either_number(typed: str, siren: str, rna: str) -> None:
    found = welcome.operator_of({"identifier": [typed], "name": ["L'Établi"]})
    assert found is not None
    assert (found.siren, found.rna) == (siren, rna)


@given(st.text(max_size=60))
def test_a_suggested_short_name_can_be_taken_or_is_empty(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]{0,30}", welcome.slug_of(name)) or not welcome.slug_of(name).isascii()


def command(folder: Path, *words: str, typed: str = "une phrase bien longue\n") -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "node", "--dir", str(folder), "--lang", "fr", "setup", *words, "--stdin"]
    return subprocess.run(line, input=typed, capture_output=True, text=True, check=False)


SAID = ("--name", "L'Établi", "--commune", "Guéret", "--typology", "coworking", "--url", "https://etabli.example")
WHO = ("--person", "Claire", "--email", "claire@example.org")


def test_the_terminal_does_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    done = command(folder, *SAID, *WHO)
    assert done.returncode == 0, done.stderr
    assert "@etabli@etabli.example" in done.stdout
    node = open_node(folder)
    assert accounts.authenticated(node, "claire@example.org", "une phrase bien longue") is not None
    assert show_place(node, "etabli") is not None
    node.close()
    again = command(folder, *SAID, *WHO)
    assert again.returncode == 1


def test_the_terminal_says_everything_that_is_wrong_and_writes_nothing(tmp_path: Path) -> None:
    done = command(tmp_path / "state", "--commune", "Saint-Denis", "--email", "claire", typed="court\n")
    assert done.returncode == 1
    for label in (
        "Nom du lieu",
        "Commune",
        "Ce qu'on y fait",
        "Adresse du site",
        "Votre nom",
        "E-mail",
        "Mot de passe",
    ):
        assert label.lower() in done.stderr.lower(), label
    assert not (tmp_path / "state" / "config.toml").exists()
