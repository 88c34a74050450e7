"""One set of reports with mistakes in it, three ways in: `check`, an import and the arrival of documents warn alike."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from node.checking import check
from node.importers.intake import import_file
from node.importers.report import Note
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from node.reports import add_report
from node.views.warnings import warnings
from tests.node.net import free_ports, make, place
from tests.vocab.simulated import NEAR, Case, figures_of, seeded
from vocab.intake.report import Line, together
from vocab.model import Observation, breakdown_text

Warned = tuple[str, str, str, str, str]
YEARS = ("2023", "2024")


def of_year(case: Case, year: str) -> tuple[Observation, ...]:
    return tuple(figures_of(case.report if year == "2024" else case.before, year))


def reports(count: int) -> dict[str, dict[str, tuple[Observation, ...]]]:
    """Places with their two years, without those whose figures contradict each other: these are refused, not odd."""
    cases = seeded(NEAR, 7, count, 14, with_before=True)
    found = {f"Lieu {n:02}": {year: of_year(case, year) for year in YEARS} for n, case in enumerate(cases)}
    return {name: years for name, years in found.items() if not any(map(contradicts, years.values()))}


def contradicts(figures: tuple[Observation, ...]) -> bool:
    return bool(together([Line(str(n), "", figure) for n, figure in enumerate(figures)]))


def written(rows: Iterable[Iterable[object]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def checked(said: dict[str, dict[str, tuple[Observation, ...]]]) -> set[Warned]:
    rows = (
        (name, year, each.indicator, each.value, each.unit, each.status)
        for name, years in said.items()
        for year, figures in years.items()
        for each in figures
    )
    found = check(written([("place", "period", "indicator", "value", "unit", "status"), *rows]), "2024")
    assert found.errors == ()
    odds = ((each.place, each.odd) for each in found.warnings)
    return {(place, odd.period, odd.indicator, breakdown_text(odd.breakdown), odd.code) for place, odd in odds}


def imported(said: dict[str, dict[str, tuple[Observation, ...]]], folder: Path) -> set[Warned]:
    asked = sorted({(each.indicator, year) for years in said.values() for year in YEARS for each in years[year]})
    rows = []
    for name, years in said.items():
        values = {(each.indicator, year): each.value for year in YEARS for each in years[year]}
        rows.append((name, name, "23096", *(values.get(key, "") for key in asked)))
    file = folder / "census.csv"
    file.write_bytes(written([("id", "name", "commune", *(f"{name}@{year}" for name, year in asked)), *rows]))
    ports = free_ports(1)
    node = make(folder / "importer", ports[0], ports, "aggregator")
    try:
        report = import_file(node, file, "table", dry_run=True)
    finally:
        node.close()
    assert len(report.rows) == len(said)
    return {_noted(row.name, note) for row in report.rows for note in row.notes if note.code == "odd"}


def _noted(name: str, note: Note) -> Warned:
    said = note.params
    return name, said["period"], said["indicator"], said["breakdown"], said["rule"]


def arrived(said: dict[str, dict[str, tuple[Observation, ...]]], folder: Path) -> set[Warned]:
    ports = free_ports(1)
    node = make(folder / "network", ports[0], ports, "site", "aggregator")
    try:
        for number, (name, years) in enumerate(said.items()):
            add_place(node, f"p{number}", place(node, f"p{number}", name))
            for year, figures in years.items():
                add_report(node, f"p{number}", year, figures, "public")
        publish(node)
        catch_up(node)
        return {(w.name, w.period, w.indicator, w.breakdown, w.code) for w in warnings(node)}
    finally:
        node.close()


def test_the_same_figures_are_warned_of_alike_by_every_way_in(tmp_path: Path) -> None:
    said = reports(60)
    assert len(said) > 40
    found = checked(said)
    assert len({code for *_, code in found}) > 5
    assert {code for *_, code in found} >= {"copy.place", "copy.year"}
    assert imported(said, tmp_path) == found
    assert arrived(said, tmp_path) == found
