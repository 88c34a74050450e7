"""`maillage account …` and `invite` as they are typed: what they print, what they refuse, what the links open."""

import io
from pathlib import Path

import pytest

from node.context import open_node
from node.people import accounts, links
from tests.node.test_move_commands import EXAMPLE
from tests.node.test_post_commands import Typed

CLAIRE = "claire@monlieu.fr"


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    typed = Typed(tmp_path, capsys)
    typed.run("init", "--url", "https://etabli.example", "--role", "site")
    typed.run("place", "add", "etabli", "--file", str(EXAMPLE))
    return typed


def test_an_account_is_made_given_roles_and_forgotten(typed: Typed) -> None:
    made = typed.json("account", "add", CLAIRE, "--name", "Claire", "--host")
    assert made["link"].startswith("https://etabli.example/reset/")
    assert typed.json("account", "role", CLAIRE, "etabli", "owner")["role"] == "owner"
    [listed] = typed.json("account", "list")
    assert (listed["email"], listed["host"], listed["places"]) == (CLAIRE, True, {"etabli": "owner"})
    assert "hébergement" in typed.run("account", "list")[1]
    for words in (("role", CLAIRE, "etabli", "none"), ("role", CLAIRE, "etabli", "reader"), ("remove", CLAIRE)):
        code, out, err = typed.run("account", *words)
        assert (code, out) == (1, "")
        assert "responsable" in err
    typed.json("account", "add", "paul@monlieu.fr")
    assert "le rôle « Responsable »" in typed.run("account", "role", "paul@monlieu.fr", "etabli", "owner")[1].replace(
        "\u202f", " "
    ).replace("\xa0", " ")
    assert "hébergement" in typed.run("account", "host", CLAIRE, "--remove")[2]
    typed.json("account", "host", "paul@monlieu.fr")
    typed.json("account", "remove", CLAIRE)
    assert [each["email"] for each in typed.json("account", "list")] == ["paul@monlieu.fr"]


def test_a_password_is_chosen_behind_a_link_or_read(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("une phrase bien longue\n"))
    assert typed.json("account", "add", CLAIRE, "--stdin")["link"] == ""
    link = typed.json("account", "password", CLAIRE)["link"]
    node = open_node(tmp_path / "node")
    assert accounts.authenticated(node, CLAIRE, "une phrase bien longue")
    opened = links.read(node, links.RESET, link.rpartition("/")[2])
    assert opened is not None
    assert opened.account == accounts.by_email(node, CLAIRE).id  # type: ignore[union-attr]
    node.close()
    monkeypatch.setattr("sys.stdin", io.StringIO("court\n"))
    assert typed.run("account", "password", CLAIRE, "--stdin")[0] == 1


def test_an_invitation_is_a_link_that_is_shown_once(typed: Typed, tmp_path: Path) -> None:
    said = typed.json("invite", "etabli", "--role", "editor", "--days", "2")
    assert said["link"].startswith("https://etabli.example/join/")
    new = typed.json("invite")
    node = open_node(tmp_path / "node")
    first, second = (links.read(node, links.INVITE, each["link"].rpartition("/")[2]) for each in (said, new))
    node.close()
    assert first is not None
    assert (first.place, first.role) == ("etabli", "editor")
    assert second is not None
    assert (second.place, second.role) == ("", "owner")
    assert typed.run("invite", "nulle_part")[0] == 4


@pytest.mark.parametrize("words", [("password", "x@y.fr"), ("role", "x@y.fr", "etabli", "owner"), ("remove", "x@y.fr")])
def test_nobody_of_that_address(typed: Typed, words: tuple[str, ...]) -> None:
    code, out, err = typed.run("account", *words)
    assert (code, out) == (4, "")
    assert "x@y.fr" in err
