"""From an older version to this one: what would be done, a copy first, and never under a node that runs."""

import json
from pathlib import Path

import pytest

from node.cli.run import main
from node.context import open_node
from node.errors import NodeServed
from node.ops.backup import checked, copies
from node.ops.steps import waiting
from node.ops.turn import serving
from node.places import add_place
from node.publish import publish
from node.store.engine import DATABASE
from node.store.migrate import HEAD, current
from tests.node.net import free_ports, make, place, rows
from tests.node.older import as_of


@pytest.fixture
def old(tmp_path: Path) -> Path:
    ports = free_ports(1)
    node = make(tmp_path / "node", ports[0], ports)
    add_place(node, "etabli", place(node, "etabli"))
    publish(node)
    node.close()
    as_of(node.dir, "0002")
    return node.dir


def made(directory: Path) -> list[Path]:
    return sorted((directory / "backups" / "upgrades").glob("*.tar.gz"))


def test_a_dry_run_names_the_steps_and_changes_nothing(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(old), "upgrade", "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"steps": [step.revision for step in waiting(old)], "done": False, "backup": ""}
    assert said["steps"][:2] == ["0003", "0004"]
    assert said["steps"][-1] == HEAD
    assert (current(old / DATABASE), made(old)) == ("0002", [])


def test_a_copy_comes_first(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(old), "upgrade", "--json"]) == 0
    [file] = made(old)
    assert json.loads(capsys.readouterr().out)["backup"] == str(file)
    assert current(old / DATABASE) == HEAD
    assert checked(file).revision == "0002"
    assert main(["--dir", str(old), "upgrade"]) == 0
    assert made(old) == [file], "nothing to do, nothing to copy"


def test_whatever_opens_an_older_node_copies_it_first(old: Path) -> None:
    node = open_node(old, environ={})
    try:
        assert rows(node, "SELECT count(*) FROM documents") == [(1,)]
        assert copies(old / "backups", node.config.url) == [], "those of the night are others"
    finally:
        node.close()
    [file] = made(old)
    assert checked(file).documents == 1


def test_the_tables_of_a_node_that_runs_are_left_alone(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(old):
        with pytest.raises(NodeServed):
            open_node(old, environ={})
        assert main(["--dir", str(old), "upgrade"]) == 1
        assert main(["--dir", str(old), "upgrade", "--dry-run"]) == 0
    assert "arrêtez-le" in capsys.readouterr().err
    assert (current(old / DATABASE), made(old)) == ("0002", [])
