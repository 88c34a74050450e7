"""`maillage serve` where nobody can be answered: it says why, in words, and nothing is made."""

import socket
from pathlib import Path

import pytest

from node.cli.out import USAGE
from node.cli.run import main
from tests.node.net import free_ports, make


@pytest.mark.parametrize("made", [False, True], ids=["first run", "a node"])
@pytest.mark.parametrize(
    ("lang", "host", "words"),
    [
        ("fr", "127.0.0.1", "est déjà pris : un autre programme y répond"),
        ("en", "127.0.0.1", "is already in use: another program answers there"),
        ("fr", "192.0.2.1", "n'est pas une adresse de cette machine"),
        ("en", "nowhere.invalid", "is not an address of this machine"),
    ],
)
def test_where_it_cannot_listen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], made: bool, lang: str, host: str, words: str
) -> None:
    folder, [port] = tmp_path / "node", free_ports(1)
    if made:
        make(folder, port, [port]).close()
    with socket.create_server(("127.0.0.1", port)):
        code = main(["--dir", str(folder), "--lang", lang, "serve", "--bind", f"{host}:{port}"])
    said = capsys.readouterr()
    assert code == USAGE
    assert words in said.err.replace("\u202f", " ").replace("\u00a0", " ")
    assert "Traceback" not in said.err
