"""Warnings on arrival: made from what stands, the same after a rebuild, and never from a figure that is not public."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from node.context import Node
from node.places import add_place
from node.project import catch_up, rebuild
from node.publish import publish
from node.reports import add_report, remove_report
from node.views.warnings import warnings
from tests.node.net import make, place, projected
from vocab.model import Observation
from vocab.reference import indicator


def figures(period: str, **values: object) -> list[Observation]:
    return [Observation(n, period, Decimal(str(v)), indicator(n).unit) for n, v in values.items()]


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Node]:
    node = make(tmp_path, 9001, [9001], "aggregator", "site")
    add_place(node, "etabli", place(node, "etabli"))
    yield node
    node.close()


def say(node: Node, period: str, sharing: str = "public", **values: object) -> None:
    add_report(node, "etabli", period, figures(period, **values), sharing)
    publish(node)
    catch_up(node)


def found(node: Node) -> list[tuple[str, str, str]]:
    return [(row.period, row.indicator, row.code) for row in warnings(node)]


def test_a_report_is_compared_with_the_year_before_whichever_comes_first(council: Node) -> None:
    say(council, "2025", visits=52000, events=30)
    assert found(council) == []
    say(council, "2024", visits=5200, events=30)
    assert found(council) == [("2025", "visits", "year.high")]
    (row,) = warnings(council, "2025")
    assert "5\u202f200" in row.sentence("fr")
    assert "Passages" in row.about("fr")
    assert warnings(council, "2024") == []
    assert warnings(council, place="https://nobody.example/#place") == []
    say(council, "2024", visits=42000, events=30)
    assert found(council) == []


def test_a_report_withdrawn_takes_its_warnings_with_it(council: Node) -> None:
    say(council, "2025", events=40, eventAttendance=35)
    assert found(council) == [("2025", "eventAttendance", "mean")]
    remove_report(council, "etabli", "2025", "public")
    publish(council)
    catch_up(council)
    assert found(council) == []


def test_a_rebuild_makes_the_same_warnings(council: Node) -> None:
    say(council, "2023", visits=4000, operatingIncome=80)
    say(council, "2025", visits=45, openingHours=0)
    say(council, "2024", visits=4400)
    say(council, "2023", visits=4100, operatingIncome=80)
    before = projected(council, "SELECT * FROM warnings ORDER BY 1, 2")
    assert len(before) >= 3
    rebuild(council)
    assert projected(council, "SELECT * FROM warnings ORDER BY 1, 2") == before


def test_a_figure_that_is_not_public_makes_no_warning_and_no_comparison(council: Node) -> None:
    say(council, "2024", "network", visits=5200)
    say(council, "2025", "network", operatingIncome=918273645000)
    say(council, "2025", visits=52000)
    assert found(council) == []


def test_two_places_that_give_the_same_report(council: Node) -> None:
    same = {"visits": 4210, "operatingCosts": 71250, "floorArea": 365, "events": 41, "eventAttendance": 980}
    say(council, "2025", **same)
    add_place(council, "fournil", place(council, "fournil", "Le fournil"))
    add_report(council, "fournil", "2025", figures("2025", **(same | {"visits": 3900})), "public")
    add_report(council, "fournil", "2024", figures("2024", **same), "public")
    publish(council)
    catch_up(council)
    copies = [row for row in warnings(council, "2025") if row.code == "copy.place"]
    assert [row.params["count"] for row in copies] == ["4", "4"]
    assert "Le fournil" in copies[0].sentence("en")
    assert copies[0].params["iri"] == copies[1].place
    assert {row.document for row in copies} == {row.place.replace("#place", "/documents/report-2025") for row in copies}
    assert warnings(council, "2024", copies[0].place) == []
    assert [row.code for row in warnings(council, "2025", copies[1].place)] == ["copy.place"]
    add_report(council, "fournil", "2025", figures("2025", visits=3900, events=12), "public")
    publish(council)
    catch_up(council)
    assert [row for row in warnings(council, "2025") if row.code == "copy.place"] == []


def test_places_of_one_operator_share_what_is_asked_of_it(council: Node) -> None:
    same = {"members": 127, "cash": 41250, "votersEntitled": 121, "votersPresent": 43, "boardSize": 11}
    add_place(council, "fournil", place(council, "fournil", "Le fournil"))
    for slug in ("etabli", "fournil"):
        add_report(council, slug, "2025", figures("2025", **same), "public")
    publish(council)
    catch_up(council)
    assert found(council) == []
