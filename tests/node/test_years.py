"""The figures of a place over its years: a year that says nothing keeps its room, and a month is no year."""

from decimal import Decimal

from node.views.place import Cell, Line
from node.web import years
from vocab.reference import indicators


def line(name: str, breakdown: str = "", **said: int | None) -> Line:
    values = {period.removeprefix("y").replace("_", "-"): value for period, value in said.items()}
    cells = (
        Cell(period, None if value is None else Decimal(value), "L" if value is None else "E", "estimate")
        for period, value in values.items()
    )
    return Line(indicators()[name], breakdown, tuple(cells))


def test_a_year_that_says_nothing_keeps_its_room() -> None:
    given = line("visits", y2025=30, y2025_03=4, y2024=None, y2022=10)
    assert years.by_year(given) == [
        ("2022", Decimal(10)), ("2023", None), ("2024", None), ("2025", Decimal(30)),
    ]  # fmt: skip
    drawing = years.course(given)
    assert drawing is not None
    assert drawing.runs == (), "no line from 2022 to 2025"
    assert len(drawing.dots) == 2


def test_a_long_series_is_its_last_years() -> None:
    found = years.by_year(line("visits", **{f"y{year}": year for year in range(1990, 2026)}))
    assert [year for year, _ in found] == [str(year) for year in range(2018, 2026)]


def test_months_alone_are_no_course() -> None:
    assert years.by_year(line("visits", y2025_03=4, y2025_04=5)) == []
    assert years.course(line("visits", y2025_03=4, y2025_04=5)) is None


def test_one_figure_a_theme_is_drawn_with_its_last_year_in_full() -> None:
    lines = (
        line("visits", y2025=3000, y2023=1000),
        line("visits", "a=b", y2025=3, y2024=1),
        line("volunteerHours", y2025=30),
        line("outdoorArea", y2025=5, y2024=4),
    )
    first = years.drawn(lines, "fr")[0]
    assert [card["id"] for card in years.drawn(lines, "fr")] == ["visits", "outdoorArea"]
    assert first["value"] == "3\u202f000"
    assert first["note"] == "2025 · estimé · estimation"
    assert "2024: pas de chiffre public" in first["about"]
    assert len(first["chart"].columns) == 2
