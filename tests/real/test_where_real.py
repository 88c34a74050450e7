"""The founding question on the real list and the real layers, recomputed here from the two files alone.

Of the 1,952 rows, 31 rows of a label repeat a row of 2019 that they name in `sameas`: one place, that has the label.
Each place stands in the commune of its column `cog`, but for the few rows of 2019 of which the import says that this
code was guessed from an address: it refuses them, or moves them to the commune of their postcode. None has a label.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from node.app import build_app
from node.context import Node, init_node
from node.importers.intake import import_file
from node.layers import Told, load
from node.project import catch_up
from node.views.areas import sizes
from tests.shared import shared

PROGRAMMES = ("fabrique-de-territoire", "manufacture-de-proximite")
Shares = dict[tuple[str, str, str], tuple[int, str, str]]


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, dict[str, str]]]:
    """The node, and the rows that are not where their `cog` says: the commune that the import says, or none."""
    places, communes = shared("data/tierslieux.csv"), shared("data/communes.csv")
    node = init_node(tmp_path_factory.mktemp("where") / "council", "https://council.example", ("aggregator",), "", {})
    report = import_file(node, places, "anct")
    for layer in ("qpv", "acv", "pvd"):
        assert not load(node, communes, Told(layer)).problems
    assert load(node, communes, Told("density", column="densite7")).blank == 94, "overseas, outside the grid"
    catch_up(node)
    notes = [(row.id, note) for row in report.rows for note in row.notes]
    moved = {id: str(note.params["now"]) for id, note in notes if note.code.startswith("postcode_")}
    yield node, moved | {row.id: "" for row in report.rows if row.outcome.value == "refused"}
    node.close()


@pytest.fixture
async def said(council: tuple[Node, dict[str, str]]) -> dict[str, Any]:
    async with TestClient(TestServer(build_app(council[0]))) as client:
        answer = await client.get("/where.json")
        found: dict[str, Any] = json.loads(await answer.text())
        return found


def share(part: int, whole: int) -> str:
    return str((Decimal(part) / whole).quantize(Decimal("0.000001"), ROUND_HALF_EVEN).normalize())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def recomputed(moved: dict[str, str]) -> Shares:
    """For each group and class: how many places, their share, and the share of the population."""
    communes = {row["code"]: row for row in rows(shared("data/communes.csv"))}
    for c in communes.values():
        c["qpv+acv"] = {"10": "qpv", "01": "acv", "11": "both", "00": "neither"}[c["qpv"] + c["acv"]]
        c |= {name: {"1": "yes", "0": "no"}[c[name]] for name in ("qpv", "acv", "pvd")}
        c["density"] = c["densite7"] or "unstated"
    read = [row | {"cog": moved.get(row["id"], row["cog"])} for row in rows(shared("data/tierslieux.csv"))]
    listed = [row for row in read if row["cog"]]
    groups = {name: [row for row in listed if row["labels"] == name] for name in PROGRAMMES}
    groups["all"] = [row for row in listed if not row["sameas"]]
    found: Shares = {}
    for division in ("qpv+acv", "qpv", "acv", "pvd", "density"):
        living = Counter[str]()
        for c in communes.values():
            living[c[division]] += int(c["pop"] or 0)
        for group, some in groups.items():
            there = Counter(communes[row["cog"]][division] for row in some)
            for area in living:
                whole = (share(there[area], len(some)), share(living[area], living.total()))
                found[division, area, group] = (there[area], *whole)
    return found


def test_the_page_says_what_the_files_say(council: tuple[Node, dict[str, str]], said: dict[str, Any]) -> None:
    key, figures = ("division", "area", "group"), ("n", "share", "population_share")
    of_page = {tuple(row[name] for name in key): tuple(row[name] for name in figures) for row in said["rows"]}
    assert {key: row for key, row in of_page.items() if key[0] != "townsize"} == recomputed(council[1])
    assert set(said["unplaced"].values()) == {0}
    assert said["not_loaded"] == []


def test_no_labelled_place_is_moved_or_refused(council: tuple[Node, dict[str, str]]) -> None:
    """So that the shares of the two programmes are those of the files as they are."""
    labelled = {row["id"] for row in rows(shared("data/tierslieux.csv")) if row["labels"]}
    assert len(labelled) == 440
    assert not labelled & council[1].keys()
    assert 0 < len(council[1]) < 20


def test_each_partition_adds_up(said: dict[str, Any]) -> None:
    for division in {row["division"] for row in said["rows"]}:
        for group in (*PROGRAMMES, "all"):
            here = [row for row in said["rows"] if (row["division"], row["group"]) == (division, group)]
            assert sum(row["n"] for row in here) == here[0]["of"]
            assert abs(sum(Decimal(row["population_share"]) for row in here) - 1) < Decimal("0.00001")
    order = list(dict.fromkeys(row["division"] for row in said["rows"]))
    assert order == ["qpv+acv", "qpv", "acv", "pvd", "townsize", "density"]
    assert [row["area"] for row in said["rows"] if (row["division"], row["group"]) == ("townsize", "all")] == [*sizes()]
