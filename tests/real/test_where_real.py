"""The founding question on the real list and the real layers, recomputed here from the two files alone."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from node.context import Node, init_node
from node.importers.intake import import_file
from node.layers import Told, load
from node.project import catch_up
from node.views.areas import sizes
from node.views.founding import founding
from tests.shared import shared

PROGRAMMES = ("fabrique-de-territoire", "manufacture-de-proximite")
Shares = dict[tuple[str, str, str], tuple[int, int, Decimal, Decimal]]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, set[str]]]:
    places, communes = shared("data/tierslieux.csv"), shared("data/communes.csv")
    node = init_node(tmp_path_factory.mktemp("where") / "council", "https://council.example", ("aggregator",), "", {})
    report = import_file(node, places, "anct")
    for layer in ("qpv", "acv", "pvd"):
        assert not load(node, communes, Told(layer)).problems
    load(node, communes, Told("density", column="densite7"))
    catch_up(node)
    yield node, {row.id for row in report.rows if row.outcome.value == "refused"}
    node.close()


def recomputed(refused: set[str]) -> Shares:
    """In a commune with a priority neighbourhood, in a Cœur de Ville commune, in neither; beside the population."""
    communes = {row["code"]: row for row in rows(shared("data/communes.csv"))}
    people = sum(int(row["pop"] or 0) for row in communes.values())
    listed = [row for row in rows(shared("data/tierslieux.csv")) if row["id"].partition(";")[0].strip() not in refused]
    found: Shares = {}
    for programme in PROGRAMMES:
        where = [communes[row["cog"]] for row in listed if programme in row["labels"] and row["cog"] in communes]
        for layer in ("qpv", "acv", "pvd"):
            n = sum(commune[layer] == "1" for commune in where)
            living = sum(int(commune["pop"] or 0) for commune in communes.values() if commune[layer] == "1")
            found[layer, "yes", programme] = (n, len(where), Decimal(n) / len(where), Decimal(living) / people)
        n = sum(commune["qpv"] == commune["acv"] == "0" for commune in where)
        living = sum(int(c["pop"] or 0) for c in communes.values() if c["qpv"] == c["acv"] == "0")
        found["qpv+acv", "neither", programme] = (n, len(where), Decimal(n) / len(where), Decimal(living) / people)
    return found


def test_the_shares_are_those_of_the_files(council: tuple[Node, set[str]]) -> None:
    node, refused = council
    said = {(row.division, row.area, row.group): row for row in founding(node).rows}
    for key, (n, of, share, living) in recomputed(refused).items():
        row = said[key]
        assert (row.n, row.of) == (n, of), key
        assert row.share is not None
        assert abs(Decimal(row.share) - share) < Decimal("0.000001")
        assert abs(Decimal(row.population_share) - living) < Decimal("0.001"), "another edition of the population"


def test_each_partition_adds_up(council: tuple[Node, set[str]]) -> None:
    found = founding(council[0])
    assert not found.missing
    for division in {row.division for row in found.rows}:
        for group in (*PROGRAMMES, "all"):
            here = [row for row in found.rows if (row.division, row.group) == (division, group)]
            assert sum(row.n for row in here) == here[0].of
            assert abs(sum(Decimal(row.population_share) for row in here) - 1) < Decimal("0.00001")
    by_size = [row.area for row in found.rows if (row.division, row.group) == ("townsize", "all")]
    assert by_size == list(sizes())
