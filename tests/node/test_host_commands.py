"""`maillage block`, `allow` and `peers` as they are typed: what they print, and what they refuse."""

from pathlib import Path

import pytest

from node.context import open_node
from node.store import peers
from tests.node.sender import Sender
from tests.node.test_post_commands import Typed

LIST = (
    "domain,severity,public_comment\nbad.example,suspend,\x1b[31mspam\nquiet.example,noop,\netabli.example,suspend,\n"
)


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    typed = Typed(tmp_path, capsys)
    typed.run("init", "--url", "https://etabli.example", "--role", "site")
    return typed


def test_a_host_is_blocked_listed_and_allowed_again(typed: Typed) -> None:
    assert typed.json("block", "@Nom@Bad.Example.", "--comment", "spam") == {
        "host": "bad.example",
        "rule": "block",
        "new": True,
    }
    [rule] = typed.json("block")
    assert (rule["host"], rule["rule"], rule["comment"]) == ("bad.example", "block", "spam")
    said = typed.json("allow", "sub.bad.example")
    assert (said["outcome"], said["blocked_by"], said["allow_list"]) == ("listed", ["bad.example"], False)
    code, out, _ = typed.run("allow", "sub.bad.example")
    assert code == 0
    assert "maillage allow bad.example" in out
    assert typed.json("allow", "bad.example")["outcome"] == "lifted"
    assert typed.json("block") == []
    assert typed.json("allow", "sub.bad.example", "--remove")["removed"] is True
    assert typed.run("allow", "sub.bad.example", "--remove")[0] == 4


@pytest.mark.parametrize("host", ["a b", "", "etabli.example", "https://etabli.example/x", "example"])
def test_hosts_that_cannot_be_blocked(typed: Typed, host: str) -> None:
    """What is no host, and what is or holds this node's own."""
    for lang in ("fr", "en"):
        code, out, err = typed.run("block", host, lang=lang)
        assert (code, out) == (1, "")
        assert host.removeprefix("https://").removesuffix("/x") in err
    assert typed.json("block") == []


def test_what_the_file_blocks_is_unblocked_in_the_file(typed: Typed) -> None:
    config = typed.folder / "node" / "config.toml"
    config.write_text(config.read_text("utf-8") + '[federation]\nblock = ["Bad.example"]\nallow_list = true\n', "utf-8")
    code, out, _ = typed.run("allow", "bad.example", lang="en")
    assert code == 0
    assert "config.toml names bad.example" in out
    assert "Only the hosts of this list are heard." in out


def test_a_list_of_mastodon_s_comes_and_goes(typed: Typed) -> None:
    done = typed.json("block", "--import", typed.file(LIST, "blocks.csv"))
    assert (done["blocked"], [each["reason"] for each in done["refused"]]) == (["bad.example"], ["severity", "own"])
    _, out, _ = typed.run("block")
    assert "spam" in out
    assert "\x1b" not in out
    exported = typed.folder / "out.csv"
    assert typed.json("block", "--export", str(exported)) == {"file": str(exported), "hosts": 1}
    assert typed.json("block", "--import", str(exported))["known"] == ["bad.example"]
    code, _, err = typed.run("block", "--import", typed.file('domain\n"' + "x" * 200_000, "odd.csv"))
    assert code == 1
    assert "odd.csv" in err


def test_who_is_known(typed: Typed) -> None:
    assert typed.json("peers") == []
    node = open_node(typed.folder / "node", {})
    far = Sender().known_by(node)
    node.close()
    [peer] = typed.json("peers")
    assert (peer["actor"], peer["host"], peer["keys"], peer["blocked"]) == (far.id, "far.example", 2, False)
    assert (peer["implements"], peer["followed"], peer["follows_us"], peer["waiting"]) == (True, "", [], 0)
    node = open_node(typed.folder / "node", {})
    node.store.write(lambda connection: peers.missing(connection, far.id, node.clock()))
    node.close()
    assert typed.json("peers")[0]["missing"]
    typed.run("block", "far.example")
    code, out, _ = typed.run("peers")
    assert code == 0
    assert far.id in out
    assert "bloqué, répond qu'il a disparu" in out
