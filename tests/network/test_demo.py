"""The demo is right, and its check is a real one: alter one stored value, and it fails."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.cli.demo import check
from node.cli.out import Out
from node.cli.road import COUNCIL, ROLES, walk
from node.testrig import Rig

OUT = Out("en", as_json=False)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("demo"), ROLES) as rig:
        walk(rig, lambda *_, **__: None)
        yield rig


def _public(rig: Rig) -> Path:
    return rig[COUNCIL].dir / "cache" / "public.sqlite"


def test_the_whole_road_is_recomputed_from_the_input_files(rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    code = check(rig, OUT)
    said = capfd.readouterr().out
    assert code == 0, said
    assert "9 checks right, 0 wrong" in said


@pytest.mark.parametrize(
    ("change", "back", "line"),
    [
        (
            "UPDATE observations SET value = '4211' WHERE value = '4210' AND indicator = 'visits'",
            "UPDATE observations SET value = '4210' WHERE value = '4211' AND indicator = 'visits'",
            "WRONG  totals recomputed",
        ),
        (
            "UPDATE graphs SET nquads = replace(nquads, '\"4210\"', '\"4211\"'), seq = seq + 1000",
            "UPDATE graphs SET nquads = replace(nquads, '\"4211\"', '\"4210\"'), seq = seq + 1000",
            "WRONG  SPARQL gives each public figure",
        ),
    ],
    ids=["figure", "graph"],
)
def test_the_check_fails_when_one_stored_value_is_altered(
    rig: Rig, capfd: pytest.CaptureFixture[str], change: str, back: str, line: str
) -> None:
    _write(rig, change)
    try:
        assert check(rig, OUT) == 1
    finally:
        _write(rig, back)
    assert line in capfd.readouterr().out


def _write(rig: Rig, statement: str) -> None:
    connection = sqlite3.connect(_public(rig), timeout=10)
    with connection:
        assert connection.execute(statement).rowcount > 0
        connection.execute("UPDATE cursor SET seq = seq + 1 WHERE name = 'figures'")  # another state: totals look again
    connection.close()
