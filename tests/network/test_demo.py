"""The demo is right, and its check is a real one: alter a stored value, and it fails."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.cli.demo import check
from node.cli.out import Out
from node.cli.road import COUNCIL, ROLES, walk
from node.testrig import Rig
from tests.conftest import FULL

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


ALTERED = {
    "figure": (
        "UPDATE observations SET value = '4211' WHERE value = '4210' AND indicator = 'visits'",
        "UPDATE observations SET value = '4210' WHERE value = '4211' AND indicator = 'visits'",
        "WRONG  totals recomputed",
    ),
    "graph": (
        "UPDATE graphs SET nquads = replace(nquads, '\"4210\"', '\"4211\"'), seq = seq + 1000",
        "UPDATE graphs SET nquads = replace(nquads, '\"4211\"', '\"4210\"'), seq = seq + 1000",
        "WRONG  SPARQL gives each public figure",
    ),
}


@pytest.mark.parametrize("altered", [[name] for name in ALTERED] if FULL else [list(ALTERED)], ids=" and ".join)
def test_the_check_fails_when_a_stored_value_is_altered(
    rig: Rig, capfd: pytest.CaptureFixture[str], altered: list[str]
) -> None:
    """One at a time with MAILLAGE_FULL=1, where each must be seen without the other."""
    for name in altered:
        _write(rig, ALTERED[name][0])
    try:
        assert check(rig, OUT) == 1
    finally:
        for name in altered:
            _write(rig, ALTERED[name][1])
    said = capfd.readouterr().out
    assert [name for name in altered if ALTERED[name][2] not in said] == []


def _write(rig: Rig, statement: str) -> None:
    connection = sqlite3.connect(_public(rig), timeout=10)
    with connection:
        assert connection.execute(statement).rowcount > 0
        connection.execute("UPDATE cursor SET seq = seq + 1 WHERE name = 'figures'")  # another state: totals look again
    connection.close()
