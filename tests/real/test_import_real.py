"""The real list of 1,952 rows, taken in as a council would: every row answered, every place in the graph.

The expected numbers are counted here from the file, not copied from what the import says.
"""

import csv
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from node.context import Node, init_node
from node.exports.entries import entries
from node.exports.formats import FORMATS
from node.importers.candidate import Candidate
from node.importers.intake import Options, import_file, read
from node.importers.report import ImportReport, Outcome
from node.project import catch_up
from node.sparql.pool import QueryAnswer, query
from node.store import schema
from tests.shared import shared

FILE = "data/tierslieux.csv"
COUNT = "SELECT (COUNT(DISTINCT ?p) AS ?n) { GRAPH ?g { ?p a <https://w3id.org/tierslieux/ns#TiersLieu> } }"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with shared(FILE).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, ImportReport, float]]:
    file = shared(FILE)
    node = init_node(tmp_path_factory.mktemp("real") / "council", "https://council.example", ("aggregator",), "", {})
    begun = time.process_time()
    report = import_file(node, file, "anct")
    catch_up(node)
    yield node, report, time.process_time() - begun
    node.close()


def value(node: Node, text: str) -> int:
    answered = query(node, text, "json")
    assert isinstance(answered, QueryAnswer), answered
    return int(json.loads(answered.body)["results"]["bindings"][0]["n"]["value"])


def test_every_row_is_answered_once(council: tuple[Node, ImportReport, float], rows: list[dict[str, str]]) -> None:
    _, report, _ = council
    assert [row.row for row in report.rows] == list(range(2, len(rows) + 2))
    repeated = sum(bool(row["sameas"]) for row in rows)
    assert report.merged == repeated
    assert report.taken + report.merged + report.refused == len(rows)
    assert report.refused <= 10
    assert all(row.notes for row in report.rows if row.outcome is Outcome.REFUSED)
    assert all(note.text(lang) for row in report.rows for note in row.notes for lang in ("fr", "en"))


def test_the_belgian_town_is_not_in_cannes(council: tuple[Node, ImportReport, float]) -> None:
    node, report, _ = council
    (row,) = [row for row in report.rows if row.id == "cget2019-848"]
    assert (row.outcome, row.notes[0].code) == (Outcome.REFUSED, "geocoded_only")
    assert value(node, 'SELECT (COUNT(*) AS ?n) { ?p <https://schema.org/name> "SPRING BOX COWORKING" }') == 0


@pytest.mark.parametrize(
    ("name", "commune"),
    [("La Mezz", "69149"), ("Le Quai", "16393"), ("Team Frog", "49307"), ("zBis", "85146"), ("Okartié", "97415")],
)
def test_dead_and_dirty_codes(council: tuple[Node, ImportReport, float], name: str, commune: str) -> None:
    node, _, _ = council
    with node.cache.public.read() as connection:
        found = connection.execute(select(schema.directory.c.commune).where(schema.directory.c.name == name)).scalars()
    assert commune in list(found)


def test_the_graph_and_the_directory_hold_each_place_once(council: tuple[Node, ImportReport, float]) -> None:
    node, report, _ = council
    with node.cache.public.read() as connection:
        listed = connection.execute(select(func.count()).select_from(schema.directory)).scalar_one()
        wrong = connection.execute(select(func.count()).select_from(schema.quarantine)).scalar_one()
    assert (listed, wrong) == (report.taken, 0)
    assert value(node, COUNT) == report.taken


def test_departements_are_those_of_the_file_but_for_what_was_mended(
    council: tuple[Node, ImportReport, float], rows: list[dict[str, str]]
) -> None:
    node, report, _ = council
    kept = {row.row for row in report.rows if row.outcome is Outcome.NEW}
    moved = {row.row for row in report.rows if any(note.code == "postcode_wins" for note in row.notes)}
    expected: Counter[str | None] = Counter(row["dep"] for number, row in enumerate(rows, 2) if number in kept - moved)
    with node.cache.public.read() as connection:
        pairs = connection.execute(
            select(schema.directory.c.departement, func.count()).group_by(schema.directory.c.departement)
        ).all()
    found: Counter[str | None] = Counter()
    for departement, count in pairs:
        found[departement] += count
    assert len(moved) == 6
    assert sum((found - expected).values()) == 6
    assert not expected - found


def test_the_same_import_twice_changes_nothing(council: tuple[Node, ImportReport, float]) -> None:
    node, first, _ = council
    with node.store.read() as connection:
        before = connection.execute(select(func.max(schema.journal.c.seq))).scalar_one()
    again = import_file(node, shared(FILE), "anct")
    with node.store.read() as connection:
        after = connection.execute(select(func.max(schema.journal.c.seq))).scalar_one()
    assert (again.taken, again.unchanged, after) == (0, first.taken, before)


def test_no_contact_is_published(council: tuple[Node, ImportReport, float]) -> None:
    node, _, _ = council
    email = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}")
    with node.cache.public.read() as connection:
        contents = connection.execute(select(schema.directory.c.content)).scalars().all()
    assert not [content for content in contents if email.search(content)]


def test_labels_are_joined_to_their_places(council: tuple[Node, ImportReport, float]) -> None:
    node, _, _ = council
    with node.cache.public.read() as connection:
        wanted = schema.directory.c.document.endswith("/cget2019-1324")
        content = json.loads(connection.execute(select(schema.directory.c.content).where(wanted)).scalar_one())
    assert content["programme"] == ["manufacture-de-proximite"]
    assert content["typology"] == ["fablab", "shared-workshop"]


def test_it_is_quick(council: tuple[Node, ImportReport, float]) -> None:
    assert council[2] < 20


@pytest.mark.parametrize("name", ["table", "xlsx", "ods", "schema", "gogocarto", "commune-mesure"])
def test_the_whole_directory_is_exported_and_read_back_the_same(
    council: tuple[Node, ImportReport, float], tmp_path: Path, name: str
) -> None:
    made = entries(council[0])
    path = tmp_path / "file"
    path.write_bytes(FORMATS[name](made, council[0].config.license))
    found = read(path, "table" if name in ("xlsx", "ods") else name, Options())
    assert len(found) == len(made) == council[1].taken
    for entry, each in zip(made, found, strict=True):
        assert isinstance(each, Candidate), each
        assert (each.id, each.source, each.place) == (entry.id, entry.source, replace(entry.place, iri=""))
