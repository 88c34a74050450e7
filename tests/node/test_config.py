"""The options of a node and the making of its folder."""

import json
import stat
from pathlib import Path

import pytest

from node.cli.run import main
from node.config import OPTIONS, Option, Setting, address, load
from node.context import init_node, open_node
from node.errors import ConfigError, NodeExists, NoNode, UrlChanged
from node.messages import LANGUAGES, text

URL = "https://lieu.example"


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'[node]\nurl = "{URL}"\nroles = ["site"]\n{content}', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Lieu.Example/", "https://lieu.example"),
        ("https://lieu.example:8443", "https://lieu.example:8443"),
        ("http://127.0.0.1:9001", "http://127.0.0.1:9001"),
        ("http://localhost:9001", "http://localhost:9001"),
    ],
)
def test_addresses_that_a_node_may_have(given: str, kept: str) -> None:
    assert address(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "http://lieu.example",
        "lieu.example",
        "https://",
        "https://a.example/x",
        "https://u@a.example",
        "ftp://a.example",
    ],
)
def test_addresses_that_it_may_not(given: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the reader turns it into a ConfigError
        address(given)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[http]\nbind = "127.0.0.1:1"\n')
    assert load(path, {}).bind == "127.0.0.1:1"
    assert load(path, {"MAILLAGE_HTTP__BIND": "127.0.0.1:2"}).bind == "127.0.0.1:2"
    assert load(written(tmp_path, ""), {}).bind == "127.0.0.1:8080"


def test_an_address_of_this_machine_is_listened_on_unless_another_is_asked(tmp_path: Path) -> None:
    path, url = written(tmp_path, ""), {"MAILLAGE_NODE__URL": "http://127.0.0.1:8601"}
    assert load(path, url).bind == "127.0.0.1:8601"
    assert load(path, url | {"MAILLAGE_HTTP__BIND": "0.0.0.0:8080"}).bind == "0.0.0.0:8080"


@pytest.mark.parametrize(
    ("content", "environ", "code", "near"),
    [
        ('[http]\nbimd = "x"\n', {}, "config.unknown", "http.bind"),
        ("", {"MAILLAGE_FEDERATION__LOOPBACK_PEER": "x"}, "config.unknown", "MAILLAGE_FEDERATION__LOOPBACK_PEERS"),
        ("", {"MAILLAGE_FEDERATION__LOOPBACK_PEERS": "10.0.0.1:80"}, "config.value", ""),
        ("", {"MAILLAGE_NODE__ROLES": "king"}, "config.value", ""),
        ("[http]\nbind = 3\n", {}, "config.value", ""),
        ("[[[", {}, "config.syntax", ""),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, content: str, environ: dict[str, str], code: str, near: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, content), environ)
    assert refused.value.code == code
    for lang in LANGUAGES:
        assert near in refused.value.text(lang)


def test_every_option_has_its_help() -> None:
    for option in OPTIONS:
        for lang in LANGUAGES:
            assert text(lang, f"config.help.{option.field}")


def test_a_node_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    node = init_node(folder, URL, ("site",), "Le « lieu »", environ={})
    assert (node.config.name, node.config.authority) == ("Le « lieu »", "lieu.example")
    node.close()
    for key in (folder / "keys").iterdir():
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with pytest.raises(NodeExists):
        init_node(folder, URL, ("site",), environ={})
    again = open_node(folder, {})
    assert again.config.name == "Le « lieu »"
    again.close()


def test_its_address_never_changes(tmp_path: Path) -> None:
    init_node(tmp_path, URL, ("site",), environ={}).close()
    with pytest.raises(UrlChanged):
        open_node(tmp_path, {"MAILLAGE_NODE__URL": "https://other.example"})
    (tmp_path / "config.toml").unlink()
    with pytest.raises(NoNode):
        open_node(tmp_path, {})
    with pytest.raises(UrlChanged):
        init_node(tmp_path, "https://other.example", ("site",), environ={})


def test_an_interrupted_init_can_be_run_again(tmp_path: Path) -> None:
    init_node(tmp_path, URL, ("site",), environ={}).close()
    before = {key.name: key.read_bytes() for key in (tmp_path / "keys").iterdir()}
    (tmp_path / "config.toml").unlink()
    init_node(tmp_path, URL, ("site",), environ={}).close()
    assert {key.name: key.read_bytes() for key in (tmp_path / "keys").iterdir()} == before


def test_what_can_never_work_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        init_node(tmp_path / "state", "http://lieu.example", ("site",), environ={})
    assert not (tmp_path / "state").exists()


def test_a_file_may_hold_the_value(tmp_path: Path) -> None:
    held = tmp_path / "name"
    held.write_text("Établi d’ici\n", encoding="utf-8")
    assert load(written(tmp_path, ""), {"MAILLAGE_NODE__NAME_FILE": str(held)}).name == "Établi d’ici"
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, ""), {"MAILLAGE_NODE__NAME_FILE": str(tmp_path / "absent")})
    assert refused.value.code == "config.file"
    assert all("absent" in refused.value.text(lang) for lang in LANGUAGES)


def test_each_value_says_where_it_comes_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "[federation]\nrate = 7\n")
    monkeypatch.setenv("MAILLAGE_HTTP__BIND", "127.0.0.1:2")
    assert main(["--dir", str(tmp_path), "config", "--json"]) == 0
    said = {row["option"]: (row["value"], row["source"]) for row in json.loads(capsys.readouterr().out)}
    assert said["federation.rate"] == ("7", str(tmp_path / "config.toml"))
    assert said["http.bind"] == ("127.0.0.1:2", "MAILLAGE_HTTP__BIND")
    assert said["federation.burst"] == ("5000", "default")
    assert set(said) == {f"{option.section}.{option.name}" for option in OPTIONS}
    assert main(["--dir", str(tmp_path), "config"]) == 0
    assert "par défaut" in capsys.readouterr().out
    assert main(["--dir", str(tmp_path / "nowhere"), "config"]) != 0


def test_a_secret_is_never_shown() -> None:
    secret = Option("x", "token", "token", str, secret=True)
    assert Setting(secret, "s3cret", "").shown == "***"
