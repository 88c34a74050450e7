"""What is exported is imported back the same, for what each format can carry; and no cell acts in a spreadsheet."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sqlalchemy import insert

from node.context import Node, init_node
from node.exports.entries import Entry, entries
from node.exports.formats import FORMATS
from node.importers.candidate import Candidate
from node.importers.intake import Options, import_file, read
from node.importers.wording import clean
from node.project import catch_up
from node.store.schema import directory, observations, restricted_observations
from tests.node.filled import a_figure, a_place
from tests.node.net import projected
from vocab import check, territory
from vocab.model import Address, Hours, Observation, Operator, Place
from vocab.reference import indicators, scheme
from vocab.terms import LICENCE_OUVERTE

TOWNS = (("23096", "23000"), ("56121", "56100"), ("97415", "97460"), ("2A004", "20000"), ("75056", "75011"))
LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u2028")
PROFILE = {name: name if name not in ("xlsx", "ods") else "table" for name in FORMATS}


def whole(text: str) -> str:
    """A text that an import leaves as it is: one space between words, nothing to mend, no contact."""
    plain = " ".join(text.split())
    return plain if plain and clean(plain) == (plain, ()) and not check.line("", plain) else "Lieu d'exemple"


LINE = st.text(LETTERS, min_size=1, max_size=40).map(whole)
SPECIAL = st.sampled_from(["=1+1", "+33", "-", "@SUM(A1)", "'=x", "'", '"', "a;b", "a,b", "<b>&x", "\\", "_x0041_"])
NAME = st.one_of(LINE, SPECIAL)


def several(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(sorted(scheme(name).codes)), unique=True, max_size=4).map(tuple)


@st.composite
def places(draw: st.DrawFn) -> Place:
    code, postcode = draw(st.sampled_from(TOWNS))
    commune = territory.commune(code)
    assert commune is not None
    near = {"23096": ("46.17", "1.87"), "97415": ("-20.98", "55.28")}.get(code)
    lat, lon = (
        (Decimal(near[0]) + draw(SMALL), Decimal(near[1]) + draw(SMALL))
        if near and draw(st.booleans())
        else (None, None)
    )
    form = draw(st.sampled_from(["", *sorted(scheme("legal_form").codes)]))
    operator = draw(st.one_of(st.none(), LINE.map(lambda name: Operator(name, form, "732829320"))))
    times = st.sampled_from(["00:00", "09:00", "17:30", "24:00"])
    days = st.lists(st.sampled_from(check.DAYS), min_size=1, unique=True).map(tuple)
    lines = st.lists(LINE, min_size=1, max_size=3).map("\n".join)
    return Place(
        iri=f"https://lieu.example/{draw(st.integers(0, 10**9))}#place",
        name=draw(NAME),
        address=Address(code, draw(st.one_of(st.just(""), NAME)), postcode, commune.name),
        typology=draw(several("typology")),
        building_origin=draw(several("building_origin")),
        programme=draw(several("programme")),
        status=draw(st.sampled_from(sorted(scheme("status").codes))),
        opened=draw(st.sampled_from(["", "2019", "2019-05", "2019-05-31"])),
        closed=draw(st.sampled_from(["", "2024"])),
        summary=draw(st.dictionaries(st.sampled_from(["fr", "en"]), lines)),
        lat=lat,
        lon=lon,
        operator=operator,
        hours=tuple(draw(st.lists(st.builds(Hours, days, times, times), max_size=3))),
        website=draw(st.sampled_from(["", "https://lieu.example/a?b=c&d=1"])),
    )


SMALL = st.decimals("-0.02", "0.02", places=6)
ASKED = [
    name
    for name, rule in indicators().items()
    if rule.kind == "flow" and rule.origin == "entered" and rule.unit == "{EUR}"
]
FIGURE = st.builds(
    lambda name, period, value, status, method: Observation(
        name, period, None if status in "LM" else value, indicators()[name].unit, status, method=method
    ),
    st.sampled_from(ASKED),
    st.sampled_from(["2023", "2024", "2024-07-01/P1Y"]),
    st.decimals(0, 10**20 - 1, places=2),
    st.sampled_from("AEPML"),
    st.sampled_from(["", "register"]),
)
FIGURES = st.lists(FIGURE, max_size=5, unique_by=lambda figure: (figure.indicator, figure.period)).map(tuple)


def back(name: str, given: list[Entry]) -> list[Candidate]:
    with tempfile.NamedTemporaryFile(suffix=".file") as file:
        Path(file.name).write_bytes(FORMATS[name](given, LICENCE_OUVERTE))
        found = read(Path(file.name), PROFILE[name], Options())
    assert all(isinstance(each, Candidate) for each in found), found
    return [each for each in found if isinstance(each, Candidate)]


def carried(name: str, place: Place) -> Place:
    """What a format can say of a place."""
    plain = replace(place, iri="")
    if name != "bdftl":
        return plain
    operator = None if place.operator is None else replace(place.operator, siren="", rna="")
    summary = {lang: text for lang, text in place.summary.items() if lang == "fr"}
    return replace(plain, operator=operator, building_origin=(), programme=(), closed="", hours=(), summary=summary)


GIVEN = st.tuples(places(), FIGURES)
CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]
SHEETS = ("xlsx", "ods")


def same(name: str, given: list[tuple[Place, tuple[Observation, ...]]]) -> None:
    made = [
        Entry(f"id-{n}", "listing", place, "Fictif, 2025", "2025-01-01", "x", some)
        for n, (place, some) in enumerate(given)
    ]
    found = back(name, made)
    assert [each.id for each in found] == [entry.id for entry in made]
    for entry, each in zip(made, found, strict=True):
        assert each.place == carried(name, entry.place)
        if name != "bdftl":
            assert (each.source, each.published) == ("Fictif, 2025", True)
            assert sorted(each.figures, key=str) == sorted(entry.figures, key=str)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - set(SHEETS)))
@settings(max_examples=20, deadline=None, suppress_health_check=CALM)
@given(given=st.lists(GIVEN, min_size=1, max_size=3, unique_by=lambda pair: pair[0].iri))
def test_what_is_exported_is_imported_back_the_same(
    name: str, given: list[tuple[Place, tuple[Observation, ...]]]
) -> None:
    same(name, given)


@pytest.mark.parametrize("name", SHEETS)
@settings(max_examples=4, deadline=None, suppress_health_check=CALM)
@given(given=st.lists(GIVEN, min_size=8, max_size=12, unique_by=lambda pair: pair[0].iri))
def test_what_is_exported_to_a_spreadsheet_is_imported_back_the_same(
    name: str, given: list[tuple[Place, tuple[Observation, ...]]]
) -> None:
    same(name, given)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = init_node(tmp_path / "council", "https://council.example", ("aggregator",), "Council", {})
    catch_up(node)
    with node.cache.public.write() as public, node.cache.restricted.write() as restricted:
        public.execute(insert(directory), [a_place(0), a_place(1)])
        public.execute(insert(observations), [a_figure(0, "visits", 120)])
        restricted.execute(
            insert(restricted_observations), [a_figure(0, "operatingIncome", 918273645) | {"sharing": "network"}]
        )
    yield node
    node.close()


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_not_public_is_in_no_file_and_an_import_takes_the_file_whole(
    node: Node, tmp_path: Path, name: str
) -> None:
    made = entries(node)
    assert [len(entry.figures) for entry in made] == [1, 0]
    raw = FORMATS[name](made, node.config.license)
    assert b"918273645" not in raw
    path = tmp_path / "file"
    path.write_bytes(raw)
    other = init_node(tmp_path / "other", "https://other.example", ("aggregator",), "Other", {})
    try:
        report = import_file(other, path, PROFILE[name])
        again = import_file(other, path, PROFILE[name])
        catch_up(other)
        assert (report.taken, report.refused, again.unchanged) == (2, 0, 2)
        assert len(projected(other, "SELECT * FROM listed_observations")) == (0 if name == "bdftl" else 1)
        assert projected(other, "SELECT * FROM observations") == []
    finally:
        other.close()


def test_every_place_says_its_source_its_date_and_its_licence(node: Node) -> None:
    made = entries(node)
    rows = list(csv.DictReader(io.StringIO(FORMATS["table"](made, "x").decode("utf-8-sig")), delimiter=";"))
    assert [(row["licence"], row["updated"], row["source"]) for row in rows] == [
        (LICENCE_OUVERTE, "2026-01-01", f"https://site{n}.example/places/lieu, 2026-01-01") for n in (0, 1)
    ]
    graph = json.loads(FORMATS["schema"](made, "x"))["@graph"]
    assert {node["license"] for node in graph if "license" in node} == {LICENCE_OUVERTE}
    assert json.loads(FORMATS["gogocarto"](made, LICENCE_OUVERTE))["licence"] == LICENCE_OUVERTE


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@x", '=HYPERLINK("http://x")', "＝1"])
def test_no_cell_acts_in_a_spreadsheet(text: str) -> None:
    place = Place("https://lieu.example/1#place", text, Address("23096"))
    made = [Entry("id", "listing", place, "Fictif, 2025", "2025", "x")]
    for name in ("table", "bdftl"):
        (row,) = csv.reader(io.StringIO(FORMATS[name](made, "x").decode("utf-8-sig").partition("\n")[2]), delimiter=";")
        assert row[1] == "'" + text
    sheet = load_workbook(io.BytesIO(FORMATS["xlsx"](made, "x"))).active
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("'" + text, "s")
    assert back("table", made)[0].place.name == text


@pytest.mark.parametrize("code", ["93066", "97411"])
def test_communes_of_one_name_come_back_from_the_columns_of_the_census(code: str) -> None:
    place = Place("https://lieu.example/1#place", "Lieu", Address(code, locality="Saint-Denis"))
    (found,) = back("bdftl", [Entry("id", "listing", place, "Fictif, 2025", "2025", "x")])
    assert found.place.address == place.address
