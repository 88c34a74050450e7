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
