"""The fictitious sample has the dirt of the real list: every row is taken, mended, joined or refused, and says why."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from node.context import Node, init_node
from node.importers.anct import read as read_anct
from node.importers.candidate import Candidate, Merged, Rejected
from node.importers.intake import import_file
from node.importers.refused import FileRefused
from node.importers.report import ImportReport, Outcome
from node.importers.table import read
from node.outgoing import delete_document
from node.store import schema
from vocab.model import Listing
from vocab.parse import document as parsed

SAMPLE = Path(__file__).parents[2] / "examples" / "import_sample.csv"
URL = "https://council.example"
REFUSED = {
    22: "geocoded_only",
    23: "codes_contradict",
    33: "nowhere",
    34: "missing",
    35: "twice",
    40: "ragged",
}


def said() -> dict[str, Candidate | Merged | Rejected]:
    return {each.id: each for each in read_anct(read(SAMPLE.read_bytes()).rows) if each.row != 35}


def taken(name: str) -> Candidate:
    found = said()[name]
    assert isinstance(found, Candidate), found
    return found


def test_a_label_row_that_repeats_a_place_is_no_second_place() -> None:
    assert isinstance(said()["ex-label-1"], Merged)
    place = taken("ex-1").place
    assert (place.typology, place.programme) == (("coworking",), ("fabrique-de-territoire",))
    assert taken("ex-1").source == "Exemple fictif, liste A 2019-06 ; Exemple fictif, labels B 2024-09"


def test_a_label_row_whose_place_is_absent_stands_for_itself() -> None:
    found = taken("ex-label-5")
    assert found.place.typology == ("shared-workshop",)
    assert [note.code for note in found.notes] == ["sameas_missing"]


def test_a_row_that_groups_identifiers_stays_one_listing() -> None:
    found = taken("ex-label-7")
    assert found.place.name == "La Halle supposée; Le Quai imaginaire"
    assert [note.code for note in found.notes] == ["grouped"]


@pytest.mark.parametrize(
    ("name", "commune"),
    [
        ("ex-6", "75056"),
        ("ex-9", "69149"),
        ("ex-11", "49307"),
        ("ex-13", "03190"),
        ("ex-16", "97415"),
        ("ex-17", "75056"),
        ("ex-20", "05061"),
        ("ex-28", "2A004"),
        ("ex-29", "14762"),
    ],
)
def test_communes(name: str, commune: str) -> None:
    assert taken(name).place.address.commune == commune


def test_cells_are_mended() -> None:
    place = taken("ex-19").place
    assert (place.name, place.address.street, place.website) == ("Bureau des Volcans inventé", "5 rue Exemple", "")
    assert taken("ex-20").place.address.postcode == "05000"
    assert taken("ex-30").place.name == "Nom avec trop d'espaces"
    assert taken("ex-label-3").place.summary["fr"].endswith("L'Atelier fictif du canal")
    assert (taken("ex-23").place.lat, taken("ex-24").place.lat) == (None, None)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = init_node(tmp_path / "council", URL, ("aggregator",), "Council", {})
    yield node
    node.close()


def listings(node: Node) -> dict[str, Listing]:
    query = select(schema.documents.c.id, schema.blobs.c.bytes).join(
        schema.blobs, (schema.blobs.c.seq == schema.documents.c.seq) & (schema.blobs.c.kind == "document")
    )
    with node.store.read() as connection:
        rows = connection.execute(query.where(schema.documents.c.type == "Listing")).all()
    found = {row.id.rpartition("/")[2]: parsed(json.loads(row.bytes)) for row in rows}
    assert all(isinstance(each, Listing) for each in found.values()), found
    return found  # type: ignore[return-value]


def entries(node: Node) -> int:
    with node.store.read() as connection:
        return connection.execute(select(func.count()).select_from(schema.journal)).scalar_one()


def test_the_sample_is_imported_whole_and_each_row_answered(node: Node) -> None:
    report = import_file(node, SAMPLE, "anct")
    assert (report.taken, report.merged, report.refused, report.unchanged) == (31, 2, 6, 0)
    assert {row.row: row.notes[0].code for row in report.rows if row.outcome is Outcome.REFUSED} == REFUSED
    found = listings(node)
    assert len(found) == 31
    first = found["ex-1"]
    assert first.place.iri == f"{URL}/listings/anct/ex-1#place"
    assert first.envelope.license == "https://spdx.org/licenses/etalab-2.0"
    assert (first.envelope.sharing, first.envelope.version, first.row_id) == ("public", 1, "ex-1")
    assert first.source.startswith("Exemple fictif, liste A 2019-06")


def test_the_same_import_twice_writes_nothing(node: Node) -> None:
    import_file(node, SAMPLE, "anct")
    before = entries(node)
    report = import_file(node, SAMPLE, "anct")
    assert (report.taken, report.unchanged) == (0, 31)
    assert entries(node) == before


def test_a_dry_run_writes_nothing_and_says_the_same(node: Node) -> None:
    before = entries(node)
    dry = import_file(node, SAMPLE, "anct", dry_run=True)
    assert entries(node) == before
    real = import_file(node, SAMPLE, "anct")
    assert dry.rows == real.rows


def edited(tmp_path: Path, row_id: str, column: str, value: str) -> Path:
    rows = list(csv.DictReader(io.StringIO(SAMPLE.read_text("utf-8-sig")), delimiter=";"))
    for row in rows:
        if row["id"] == row_id:
            row[column] = value
    path = tmp_path / "edited.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("row_id", ["ex-1", "ex-label-1"])
def test_a_changed_row_makes_a_new_version_of_its_one_listing(node: Node, tmp_path: Path, row_id: str) -> None:
    import_file(node, SAMPLE, "anct")
    column, value = ("name", "Un autre nom") if row_id == "ex-1" else ("source", "Une autre date")
    report = import_file(node, edited(tmp_path, row_id, column, value), "anct")
    changed = [row.id for row in report.rows if row.outcome is Outcome.CHANGED]
    assert changed == ["ex-1"]
    assert listings(node)["ex-1"].envelope.version == 2
    assert len(listings(node)) == 31


def test_a_withdrawn_listing_is_not_put_back(node: Node) -> None:
    import_file(node, SAMPLE, "anct")
    node.store.write(lambda c: delete_document(c, node, "actor", f"{URL}/listings/anct/ex-3"))
    before = entries(node)
    report = import_file(node, SAMPLE, "anct")
    (row,) = [row for row in report.rows if row.id == "ex-3" and row.outcome is Outcome.UNCHANGED]
    assert row.notes[-1].code == "withdrawn"
    assert entries(node) == before


def test_no_contact_reaches_what_is_published(node: Node) -> None:
    import_file(node, SAMPLE, "anct")
    with node.store.read() as connection:
        stored = [bytes(raw).decode() for (raw,) in connection.execute(select(schema.blobs.c.bytes)) if raw]
    assert stored
    assert not [text for text in stored if "volcans.example" in text or "04 65 71" in text or "accueil@" in text]


def test_the_report_reads_in_both_languages(node: Node) -> None:
    report = import_file(node, SAMPLE, "anct", dry_run=True)
    assert isinstance(report, ImportReport)
    for lang in ("fr", "en"):
        lines = report.lines(lang)
        assert sum(line.startswith(("Ligne ", "Row ")) for line in lines) == 6
        assert "39" in lines[-1]
    told = json.loads(json.dumps(report.to_json()))
    assert told["rows"] == 39
    assert told["dry_run"] is True


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"a,b\n1,2\n", "import_columns"), (SAMPLE.read_bytes().split(b"\n")[0], "import_empty")],
)
def test_a_file_of_another_shape_is_refused_whole(node: Node, tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        import_file(node, path, "anct")
    assert refused.value.code == code
    assert all(refused.value.text(lang) for lang in ("fr", "en"))
    with pytest.raises(FileRefused):
        import_file(node, SAMPLE, "unknown")
