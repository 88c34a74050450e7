"""A change over the years on the constant panel, beside the open totals: more respondents are no growth."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.cli.run import main
from node.context import Node, init_node
from node.views.panel import changes
from node.views.totals import table, totals
from tests.node.filled import a_figure, a_place, fill


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = init_node(tmp_path / "council", "https://council.example", ("aggregator",), "", {})
    figures = [
        a_figure(0, "visits", 100, period="2023"),
        a_figure(0, "visits", 150, period="2025"),
        a_figure(1, "visits", 1000, period="2025"),
        a_figure(2, "visits", 40, period="2023"),
        a_figure(0, "useValueScore", 50, period="2023", method="v1"),
        a_figure(0, "useValueScore", 60, period="2025", method="v2"),
        a_figure(0, "surveyRespondents", 10, period="2023"),
        a_figure(0, "surveyRespondents", 10, period="2025"),
    ]
    fill(made, [a_place(n) for n in range(3)], figures)
    yield made
    made.close()


def test_only_those_that_answer_both_years(node: Node) -> None:
    (row,) = changes(node, ("visits",), "country", "2023", "2025")
    assert (row.before, row.after, row.difference, row.percent, row.n) == ("100", "150", "50", "50", 1)
    assert (row.open_before, row.open_after) == ("140", "1150")
    assert (row.n_reporting_before, row.n_reporting_after, row.n_connected) == (2, 2, 3)
    by_region = {row.area: row for row in changes(node, ("visits",), "region", "2023", "2025")}
    assert [(area, row.n, row.difference) for area, row in by_region.items()] == [
        ("27", 0, None), ("53", 0, None), ("75", 1, "50"),
    ]  # fmt: skip
    assert by_region["53"].open_after == "1000"


def test_two_methods_are_not_compared(node: Node) -> None:
    (row,) = changes(node, ("useValueScore",), "country", "2023", "2025")
    assert (row.n, row.comparable, row.difference) == (1, False, None)
    assert row.methods == ("v1", "v2")


def test_many_questions_from_one_reading(node: Node) -> None:
    found = table(node, ("visits", "events"), "region", ("2023", "2025"))
    assert set(found) == {(name, year) for name in ("visits", "events") for year in ("2023", "2025")}
    assert all(rows == totals(node, name, "region", year) for (name, year), rows in found.items())


def test_the_command(node: Node, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.project.catch_up", lambda _node: 0)  # the rows are put in by hand
    where = ["--dir", str(node.dir)]
    assert main([*where, "totals", "--panel", "2023-2025", "--json"]) == 0
    said = {row["indicator"]: row for row in json.loads(capsys.readouterr().out)}
    assert (said["visits"]["difference"], said["visits"]["n"], said["events"]["difference"]) == ("50", 1, None)
    assert main([*where, "totals", "--panel", "2023-2025", "--lang", "fr"]) == 0
    shown = capsys.readouterr().out
    assert "+50 (+50 %)" in shown
    assert "140 (2) → 1\u202f150 (2)" in shown
    assert (
        main([*where, "totals", "--panel", "2023-2025", "--indicator", "visits", "--by", "region", "--lang", "en"]) == 0
    )
    assert "Nouvelle-Aquitaine" in capsys.readouterr().out
    assert main([*where, "totals", "--lang", "en"]) == 0
    assert "Headline figures, 2025" in capsys.readouterr().out
    for wrong in ("2025-2023", "2025", "x"):
        assert main([*where, "totals", "--panel", wrong]) == 2
    assert main([*where, "totals", "--panel", "2023-2025", "--period", "2025"]) == 2
    assert main([*where, "totals", "--by", "region"]) == 2
