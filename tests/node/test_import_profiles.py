"""Each profile on a fictitious file of its shape: what is taken of it, what is left out, and that no contact stays."""

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from node.app import build_app
from node.context import Node, init_node
from node.importers import mapping
from node.importers.candidate import Candidate, Rejected, Said
from node.importers.intake import Options, import_file, read
from node.importers.refused import FileRefused
from node.importers.report import Outcome
from node.outgoing import delete_document
from node.project import catch_up, rebuild
from node.store import schema
from node.views import totals
from node.views.place import of_document
from node.web.site import _tables
from tests.node.net import projected
from tests.shared import shared
from vocab.model import Hours, Observation

FILES = Path(__file__).parent / "imports"
URL = "https://council.example"
VISITS = mapping.Mapping("census", {"visites_an": "visits@2023"})


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = init_node(tmp_path / "council", URL, ("aggregator",), "Council", {})
    yield node
    node.close()


def said(name: str, profile: str, **options: object) -> dict[str, Said]:
    return {each.id: each for each in reversed(read(FILES / name, profile, Options(**options)))}  # type: ignore[arg-type]


def taken(found: Said) -> Candidate:
    assert isinstance(found, Candidate), found
    return found


def codes(found: Said) -> list[str]:
    return [note.code for note in found.notes] if isinstance(found, Candidate) else []


def stored(node: Node) -> str:
    with node.store.read() as connection:
        return "\n".join(bytes(raw).decode() for (raw,) in connection.execute(select(schema.blobs.c.bytes)) if raw)


def test_the_census_has_a_bom_decimal_commas_and_questions_of_several_choices() -> None:
    found = said("census.csv", "bdftl", mapping=VISITS)
    first = taken(found["TL-0001"])
    assert first.place.name == "L'Établi supposé"
    assert (first.place.lat, first.place.lon) == (Decimal("46.17094"), Decimal("1.871849"))
    assert first.place.typology == ("coworking", "fablab")
    assert (first.place.status, first.place.opened) == ("open", "2021-09-01")
    assert first.place.operator is not None
    assert first.place.operator.legal_form == "association"
    assert first.place.website == "http://etabli.example"
    second = taken(found["TL-0002"]).place
    assert (second.typology, second.status, second.opened) == (("shared-kitchen",), "project", "2019")
    assert isinstance(found["TL-0003"], Rejected)


def test_figures_of_the_census_are_those_that_a_mapping_names() -> None:
    found = said("census.csv", "bdftl", mapping=VISITS)
    assert taken(found["TL-0002"]).figures == (Observation("visits", "2023", Decimal(1200), "{visit}"),)
    assert "figure_refused" in codes(found["TL-0001"])  # 4 210,5 visits
    assert taken(said("census.csv", "bdftl")["TL-0002"]).figures == ()


def test_an_element_of_a_map_with_its_taxonomy() -> None:
    found = said("gogocarto.json", "gogocarto", source="Carte fictive, 2025-01")
    hangar = taken(found["a1B"])
    assert hangar.source == "Carte fictive, 2025-01 – Carte d'exemple"
    assert hangar.place.typology == ("coworking", "fablab")
    assert hangar.place.hours[:2] == (Hours(("Mo",), "09:00", "12:00"), Hours(("Mo",), "14:00", "18:00"))
    assert (len(hangar.place.hours), "hours_unreadable" in codes(hangar)) == (3, True)
    assert hangar.place.summary == {"fr": "Un hangar."}
    assert taken(found["42"]).place.typology == ("cultural-cafe",)
    abroad = found["bxl"]
    assert isinstance(abroad, Rejected)
    assert abroad.reason.code == "abroad"


def test_an_organisation_of_communecter() -> None:
    place = taken(said("communecter.json", "gogocarto")["55"]).place
    assert (place.address.commune, place.website) == ("97415", "https://commun.example")
    assert place.typology == ("coworking", "shared-garden")


def test_places_of_schema_org_wherever_they_stand() -> None:
    found = said("schema.jsonld", "schema")
    mill, barn = (taken(each).place for each in sorted(found.values(), key=lambda each: each.row))
    assert mill.name == "Le Moulin supposé"
    assert mill.hours == (Hours(("Mo", "Tu", "We", "Th", "Fr"), "09:00", "18:00"), Hours(("Sa",), "10:00", "12:00"))
    assert mill.operator is not None
    assert (mill.operator.name, mill.opened, mill.typology) == ("Association du Moulin", "2020-05", ("fablab",))
    assert (barn.name, barn.hours) == ("La Grange inventée", (Hours(("Mo", "Tu"), "09:00", "17:00"),))


def test_commune_mesure_has_figures_of_which_noughts_and_means_are_none() -> None:
    place = taken(said("commune_mesure.json", "commune-mesure", period="2020")["l-atelier-suppose-23000"])
    given = {(each.indicator, each.breakdown): each.value for each in place.figures}
    assert given[("floorArea", ())] == Decimal("800.5")
    assert given[("investment", ())] == Decimal(25000)
    assert given[("operatingIncome", ())] == Decimal(60000)
    assert given[("events", (("eventAccess", "public"),))] == Decimal(30)
    assert not {name for name, _ in given} & {"organizationsCreated", "eventAttendance"}
    assert {"mean_no_total", "zero_no_answer"} <= set(codes(place))
    undated = taken(said("commune_mesure.json", "commune-mesure")["l-atelier-suppose-23000"])
    assert (undated.figures, "figure_no_period" in codes(undated)) == ((), True)


def test_what_a_source_has_not_published_is_not_published_here(node: Node) -> None:
    report = import_file(node, FILES / "commune_mesure.json", "commune-mesure", options=Options(period="2020"))
    shown, discreet = report.rows
    assert (shown.figures > 5, discreet.figures) == (True, 0)
    assert "figures_unpublished" in [note.code for note in discreet.notes]
    assert stored(node).count('"Report"') > 0
    assert "le-lieu-discret-23000/figures" not in stored(node)


def test_a_part_without_its_total_says_what_it_is_a_part_of(node: Node) -> None:
    import_file(node, FILES / "commune_mesure.json", "commune-mesure", options=Options("Fictif, 2021-01", "2020"))
    catch_up(node)
    found = of_document(node, f"{URL}/listings/commune-mesure/l-atelier-suppose-23000")
    assert found is not None
    lines = {line["id"]: line for table in _tables(found, "fr") for line in table["lines"]}
    assert (lines["events"]["label"], lines["events"]["part"]) == ("Événements organisés", "public")
    assert lines["floorArea"]["part"] == ""


def test_figures_found_elsewhere_are_on_the_page_of_the_listing_and_in_no_total(node: Node) -> None:
    import_file(node, FILES / "commune_mesure.json", "commune-mesure", options=Options("Fictif, 2021-01", "2020"))
    catch_up(node)
    listing = f"{URL}/listings/commune-mesure/l-atelier-suppose-23000"
    page = of_document(node, listing)
    assert page is not None
    assert {line.indicator.id for line in page.lines} >= {"floorArea", "volunteers"}
    assert [document.source for document in page.documents] == ["Fictif, 2021-01"]
    (row,) = totals.totals(node, "floorArea", "country", "2020")
    assert (row.value, row.n_reporting, row.n_known) == (None, 0, 2)
    for table in ("observations", "answers", "warnings"):
        assert projected(node, f"SELECT * FROM {table}") == []
    before = projected(node, "SELECT * FROM listed_observations ORDER BY 1")
    rebuild(node)
    assert projected(node, "SELECT * FROM listed_observations ORDER BY 1") == before != []
    node.store.write(lambda c: delete_document(c, node, "actor", listing + "/figures/2020"))
    catch_up(node)
    assert projected(node, "SELECT * FROM listed_observations") == []


async def test_the_page_of_a_listing_promises_nothing_that_only_a_place_has(node: Node) -> None:
    import_file(node, FILES / "commune_mesure.json", "commune-mesure", options=Options("Fictif, 2021-01", "2020"))
    catch_up(node)
    path = "/listings/commune-mesure/l-atelier-suppose-23000"
    async with TestServer(build_app(node)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        async with session.get(path, headers={"Accept": "text/html"}) as answer:
            page = await answer.text()
        assert not re.search(r"/actor/follow|feed\.atom|rel=\"canonical\"|og:url", page)
        rows = {row[0]: row[1] for row in re.findall(r">([^<>]+)</a>.*?</th>(.*?)</tr>", page, re.DOTALL)}
        assert "non précisée" in rows["Surface utile"]
        computed = [row for row in rows.values() if "calculé" in row]
        assert computed
        assert not any("non précisée" in row for row in computed)
        for href in sorted({html.unescape(href) for href in re.findall(r'href="(/[^"]*|' + URL + '/[^"]*)"', page)}):
            async with session.get(href.removeprefix(URL)) as answer:
                assert answer.status == 200, href


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("census.csv", "bdftl"),
        ("gogocarto.json", "gogocarto"),
        ("communecter.json", "gogocarto"),
        ("commune_mesure.json", "commune-mesure"),
        ("schema.jsonld", "schema"),
    ],
)
def test_the_same_import_twice_writes_nothing_and_no_contact_is_ever_stored(
    node: Node, name: str, profile: str
) -> None:
    options = Options("Source fictive, 2024", "2023")
    first = import_file(node, FILES / name, profile, options=options)
    before = stored(node)
    again = import_file(node, FILES / name, profile, options=options)
    assert first.taken == again.unchanged > 0
    assert [row.document for row in first.rows] == [row.document for row in again.rows]
    assert stored(node) == before
    assert not [
        each for each in ("@etabli.example", "@hangar", "@moulin", "@lieu", "00 11 22", "0299001122") if each in before
    ]
    told = json.dumps(first.whole(), ensure_ascii=False)
    assert "00 11 22" not in told
    assert "jeanne@" not in told


def test_what_was_withdrawn_stays_withdrawn_with_its_figures(node: Node) -> None:
    options = Options(period="2020")
    import_file(node, FILES / "commune_mesure.json", "commune-mesure", options=options)
    listing = f"{URL}/listings/commune-mesure/l-atelier-suppose-23000"
    node.store.write(lambda c: delete_document(c, node, "actor", listing + "/figures/2020"))
    again = import_file(node, FILES / "commune_mesure.json", "commune-mesure", options=options)
    assert {row.outcome for row in again.rows} == {Outcome.UNCHANGED}
    node.store.write(lambda c: delete_document(c, node, "actor", listing))
    report = import_file(node, FILES / "commune_mesure.json", "commune-mesure", options=Options(period="2021"))
    assert report.rows[0].notes[-1].code == "withdrawn"
    assert "/figures/2021" not in stored(node)


def test_the_real_table_of_commune_mesure(node: Node) -> None:
    path = shared("data/commune_mesure.csv")
    report = import_file(node, path, "commune-mesure", options=Options("Commune Mesure, 2021", "2020"))
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    assert (len(report.rows), report.refused) == (len(rows), 0)
    published = [row["published"] == "True" for row in rows]
    assert [row.figures > 0 for row in report.rows] == published
    assert sum("odd" in [note.code for note in row.notes] for row in report.rows) >= 5


HOSTILE = {
    "gogocarto": [b"", b"{", b"[" * 100_000, b'{"data": 3}', b'[{"id": NaN}]', b'{"data": []}', b"\xff\xfe\x00"],
    "schema": [b"[]", b'"x"', b'{"@graph": {"@graph": []}}', b'{"@type": "Person", "name": "x"}'],
    "commune-mesure": [b'{"blocs": 1}', b"[1, 2]", b"name;b\n1;2\n", b""],
    "bdftl": [b"", b"\x00\x01", b"id_unique;nom;ville;codpost\n", b'a,"' + b"x" * 200_000],
    "table": [b"", b"a" * 200_000, b"PK\x03\x04nothing", b"name\n" + b"x\n" * 100_001, b",".join([b"a"] * 3000)],
}


@pytest.mark.parametrize(("profile", "raw"), [(profile, raw) for profile, some in HOSTILE.items() for raw in some])
def test_a_wrong_or_hostile_file_is_refused_in_words(tmp_path: Path, profile: str, raw: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(FileRefused) as refused:
        read(path, profile, Options())
    assert all(refused.value.text(lang) for lang in ("fr", "en"))


def test_a_spreadsheet_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    cell = '<table:table-cell table:number-columns-repeated="16000" office:value-type="string"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-cell></table:table-row>'
    sheet = f'<office:spreadsheet><table:table table:name="a">{row}</table:table></office:spreadsheet>'
    content = f"<office:document-content {spaces}><office:body>{sheet}</office:body></office:document-content>"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    path = tmp_path / "bomb.ods"
    path.write_bytes(made.getvalue())
    with pytest.raises(FileRefused) as refused:
        read(path, "table", Options())
    assert refused.value.code == "import_spreadsheet"


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("table", "id,name,postcode,locality,visits@2024\n1,A,23000,Guéret,5\n2,B,23000,Guéret, dit le bas,7\n"),
        ("bdftl", "ID_UNIQUE;NOM;CODPOST;VILLE\n1;A;23000;Guéret;;\n2;B;23000;Guéret; dit le bas\n"),
        (
            "commune-mesure",
            "name;cp;city;ev_public_people;hours_week;surface_m2\nA;23000;Guéret;1;2;3\nB;23000;Guéret; le bas;1;2;3\n",
        ),
    ],
)
def test_a_row_with_more_cells_than_the_head_is_refused_for_a_cell_may_be_under_another_head(
    tmp_path: Path, profile: str, text: str
) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    first, second = read(tmp_path / "t.csv", profile, Options(period="2024"))
    assert isinstance(first, Candidate)
    assert isinstance(second, Rejected)
    assert second.reason.code == "ragged"


def test_two_columns_of_one_name_are_not_chosen_between(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,name,postcode,visits@2024,visits@2024\n1,A,23000,5,6\n", encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        read(tmp_path / "t.csv", "table", Options())
    assert refused.value.code == "import_columns_twice"
