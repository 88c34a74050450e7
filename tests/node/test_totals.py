"""Totals over real projections: the indicator's own rule, who could answer, and what is not public left out."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.context import Node, init_node
from node.views import network
from node.views.areas import FIXED, exclusive_family
from node.views.totals import default_period, read, rows, totals, years
from tests.node.filled import a_figure, a_place, fill
from vocab.units import canonical


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = init_node(tmp_path_factory.mktemp("totals") / "council", "https://council.example", ("aggregator",), "", {})
    yield made
    made.close()


def country(node: Node, name: str, period: str = "2025") -> dict[str, object]:
    (row,) = totals(node, name, "country", period)
    return row.to_json()


def test_a_row_has_the_published_fields(node: Node) -> None:
    fill(node, [a_place(0), a_place(1)], [a_figure(0, "visits", "1200.50", "E", method="estimate")])
    assert country(node, "visits") == {
        "indicator": "visits",
        "area": "FR",
        "period": "2025",
        "value": "1200.5",
        "unit": "{visit}",
        "obsStatus": "E",
        "confStatus": "F",
        "n_operators": 1,
        "n_reporting": 1,
        "n_connected": 2,
        "n_known": 2,
        "coverage": "0.5",
        "coverage_known": "0.5",
        "methods": ["estimate"],
        "restricted_left_out": 0,
    }


def test_a_year_that_still_runs_is_not_the_one_to_show(node: Node) -> None:
    now = node.clock().year
    fill(node, [a_place(0)], [a_figure(0, "visits", 1, period=str(year)) for year in (now - 3, now)])
    assert years(node, ["visits"]) == (str(now), str(now - 3))
    assert default_period(node, "visits") == str(now - 3)
    fill(node, [a_place(0)], [a_figure(0, "visits", 1, period=f"{now}-01")])
    assert default_period(node, "visits") == str(now)
    assert default_period(node, "events") == str(now - 1)


def test_nothing_is_null_and_never_zero(node: Node) -> None:
    fill(node, [a_place(0), a_place(1)], [a_figure(0, "visits", None, "L")])
    row = country(node, "visits")
    assert (row["value"], row["obsStatus"], row["n_reporting"], row["n_connected"]) == (None, "L", 0, 2)


def test_a_ratio_is_made_from_those_that_report_both(node: Node) -> None:
    figures = [
        a_figure(0, "eventAttendance", 300),
        a_figure(0, "events", 10),
        a_figure(1, "eventAttendance", 50),
        a_figure(1, "events", 10),
        a_figure(2, "eventAttendance", 9999),
    ]
    fill(node, [a_place(n) for n in range(3)], figures)
    row = country(node, "attendancePerEvent")
    assert (row["value"], row["n_reporting"], row["n_connected"]) == ("17.5", 2, 3)


def test_what_is_not_public_is_counted_and_not_used(node: Node) -> None:
    hidden = [
        a_figure(1, "directJobsFte", 6.875),
        a_figure(1, "directJobsFte", 5, period="2024"),
        a_figure(0, "visits", 3),
    ]
    fill(node, [a_place(0), a_place(1)], [a_figure(0, "directJobsFte", 2)], hidden)
    row = country(node, "directJobsFte")
    assert (row["value"], row["n_reporting"], row["restricted_left_out"]) == ("2", 1, 1)
    assert country(node, "volunteerHours")["restricted_left_out"] == 0
    by_departement = {r.area: r.restricted_left_out for r in totals(node, "directJobsFte", "departement", "2025")}
    assert by_departement == {"23": 0, "56": 1}


def test_an_accounting_year_that_is_not_public_counts_in_the_year_it_ends(node: Node) -> None:
    fill(node, [a_place(0)], hidden=[a_figure(0, "purchases", 6, period="2024-07-01/P1Y")])
    assert country(node, "purchases", "2025")["restricted_left_out"] == 1
    assert country(node, "purchases", "2024")["restricted_left_out"] == 0


def test_known_is_open_at_the_end_of_the_period(node: Node) -> None:
    places = [
        a_place(0, opened="2024-06-01"),
        a_place(1, opened=None, closed="2024-12-30", status="closed"),
        a_place(2, opened="2026", status="project"),
        a_place(3, kind="listing", opened=None),
    ]
    fill(node, places)
    known = {period: country(node, "placesCount", period)["value"] for period in ("2023", "2024", "2025")}
    assert known == {"2023": "2", "2024": "2", "2025": "2"}
    assert country(node, "visits")["n_connected"] == 3


def test_a_listing_is_known_and_not_connected(node: Node) -> None:
    fill(node, [a_place(0), a_place(1, kind="listing")])
    row = country(node, "visits")
    assert (row["n_connected"], row["n_known"]) == (1, 2)


@pytest.mark.parametrize(
    ("typology", "family"),
    [
        (["coworking"], "coworking"),
        (["coworking", "fablab"], "hybrid"),
        (["cultural", "artist-studio"], "cultural"),
        (["nothing-known"], "unstated"),
        ([], "unstated"),
    ],
)
def test_a_place_is_of_one_family_or_hybrid(typology: list[str], family: str) -> None:
    assert exclusive_family(typology) == family


@given(st.lists(st.one_of(st.none(), st.decimals(0, 100_000, places=2)), min_size=1, max_size=7))
def test_areas_add_up_to_the_country_and_silence_changes_nothing(node: Node, values: list[Decimal | None]) -> None:
    said = [a_figure(n, "visits", value, "A" if value is not None else "L") for n, value in enumerate(values)]
    places = [a_place(n) for n in range(len(values))]
    fill(node, places, said)
    whole = country(node, "visits")
    for by in ("region", "departement", "epci"):
        parts = [row.value for row in totals(node, "visits", by, "2025") if row.value is not None]
        total = canonical(sum(map(Decimal, parts), Decimal(0))) if parts else None
        assert total == whole["value"], by
    fill(node, places, [row for row in said if row["value"] is not None])
    assert country(node, "visits") == whole


def test_one_reading_gives_what_each_question_gives(node: Node) -> None:
    figures = [
        a_figure(n, name, n + 1) for n in range(5) for name in ("visits", "events", "eventAttendance", "floorArea")
    ]
    fill(node, [a_place(n) for n in range(5)], figures)
    ground = read(node, network.HEADLINES, "2025")
    for name in network.HEADLINES:
        for by in FIXED:
            assert rows(ground, name, by) == totals(node, name, by, "2025")


def test_years_that_have_a_figure(node: Node) -> None:
    figures = [a_figure(0, "visits", 1, period=period) for period in ("2023", "2024-12-31", "2024-07-01/P1Y")]
    fill(node, [a_place(0)], figures)
    assert years(node) == ("2025", "2024", "2023")
    assert years(node, ("events",)) == ()


def test_an_unknown_question_or_division(node: Node) -> None:
    with pytest.raises(KeyError):
        totals(node, "nothing", "country", "2025")
    with pytest.raises(ValueError, match="galaxy"):
        totals(node, "visits", "galaxy", "2025")
