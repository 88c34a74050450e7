"""A total as people read it: its unit and its method in words, and where it has no value, why."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.cli.run import main
from node.context import Node, init_node
from node.views.panel import changes
from node.views.totals import totals
from node.web.shown import total
from tests.node.filled import a_figure, a_place, fill

FIGURES = [
    a_figure(0, "visits", 1234567, "E", method="estimate"),
    a_figure(0, "floorArea", 420),
    a_figure(0, "publicServiceHosted", 1),
    a_figure(1, "publicServiceHosted", 0),
    a_figure(0, "useValueScore", "4.25", method="survey-v1"),
    a_figure(0, "surveyRespondents", 10),
    a_figure(0, "hoursGiven", 30),
    a_figure(0, "reciprocityTarget", 0),
    a_figure(0, "openingHours", 40),
    *(a_figure(n, "energyUse", None, "M") for n in range(3)),
]
KEPT = [a_figure(0, "directJobsFte", 3, sharing="network")]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = init_node(tmp_path / "council", "https://council.example", ("aggregator",), "", {})
    fill(made, [a_place(n, commune=code) for n, code in enumerate(("69123", "23096", "23176"))], FIGURES, KEPT)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("visits", "1\u202f234\u202f567", "passages"),
        ("publicServiceHosted", "50", "% des répondants"),
        ("useValueScore", "4,25", "sur 5"),
        ("openingHours", "répartition seulement", ""),
        ("reciprocityAttainment", "pas de valeur\u202f: on diviserait par zéro", ""),
        ("directJobsFte", "pas de chiffre public", ""),
        ("energyUse", "sans objet", ""),
        ("events", "non collecté", ""),
    ],
)
def test_a_value_and_its_unit_or_why_there_is_none(node: Node, name: str, value: str, unit: str) -> None:
    (row,) = totals(node, name, "country", "2025")
    about = total(row, "fr")
    assert (about["value"].replace(" :", "\u202f:"), about["unit"]) == (value, unit)
    assert about["uncollected"] is (name == "events")


def test_a_method_that_nobody_told_is_said_to_be_missing(node: Node) -> None:
    for name, is_missing in (("visits", False), ("floorArea", True), ("events", False), ("placesCount", False)):
        (row,) = totals(node, name, "country", "2025")
        assert total(row, "en")["no_method"] is is_missing, name


def test_the_command_speaks_in_words(
    node: Node, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.project.catch_up", lambda _node: 0)  # the rows are put in by hand
    assert main(["--dir", str(node.dir), "totals", "--lang", "en"]) == 0
    lines = {line.split("  ")[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["Visits"][1:] == ["1,234,567", "visits", "1", "/", "3", "/", "3", "estimated", "estimate"]
    assert lines["Useful floor area"][3:5] == ["420", "m²"]
    assert lines["Useful floor area"][-2:] == ["not", "said"]
    assert not any("{" in word for line in lines.values() for word in line)


def test_what_is_counted_over_a_year_is_of_no_day(
    node: Node, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.project.catch_up", lambda _node: 0)
    asked = ["--dir", str(node.dir), "--lang", "fr", "totals", "--period", "2025-12-31", "--indicator"]
    assert main([*asked, "visits"]) == 2
    assert "« Passages » n'est pas le chiffre d'un jour" in capsys.readouterr().err
    assert main([*asked, "floorArea"]) == 0


def test_a_change_keeps_the_order_of_the_classes(node: Node) -> None:
    rows = changes(node, ("visits",), "townsize", "2024", "2025")
    assert [row.area for row in rows] == [row.area for row in totals(node, "visits", "townsize", "2025")]
    assert [row.area for row in rows] != sorted(row.area for row in rows)
