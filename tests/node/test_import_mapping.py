"""Any table, by a mapping: proposed from its heads, corrected by hand, kept; and a file that fills in one place."""

import json
from pathlib import Path

import pytest

from node.__main__ import main
from node.context import init_node, open_node
from node.importers import mapping
from node.importers.intake import import_file
from node.importers.mapping import Target, proposed, target
from node.importers.refused import FileRefused
from node.places import show_place
from node.reports import list_all
from tests.node.net import projected

TABLE = (
    "Nom du lieu;CP;Ville;Type;Passages 2024;Événements organisés;Couleur préférée\n"
    "L'Établi supposé;23000;Guéret;Espace de travail;4 210;38;bleu\n"
    "Le Moulin imaginaire;56100;Lorient;Fablab;L;;vert\n"
)


def test_heads_in_french_and_english_are_understood() -> None:
    heads = (
        "Nom du lieu",
        "Code postal",
        "City",
        "Latitude",
        "Passages 2024",
        "Visits 2023",
        "events@2025",
        "Note interne",
    )
    assert dict(proposed("x", heads).columns) == {
        "Nom du lieu": "name",
        "Code postal": "postcode",
        "City": "locality",
        "Latitude": "lat",
        "Passages 2024": "visits@2024",
        "Visits 2023": "visits@2023",
        "events@2025": "events@2025",
        "Note interne": "",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name", Target("name")),
        ("visits", Target("visits")),
        ("Events@2025[eventAccess=public]#status", Target("events", "2025", (("eventAccess", "public"),), "status")),
        ("events@2024-07-01/P1Y", Target("events", "2024-07-01/P1Y")),
        ("nothing", None),
        ("visits#colour", None),
        ("visits[x]", None),
    ],
)
def test_what_a_column_can_be(text: str, said: Target | None) -> None:
    assert target(text) == said


@pytest.mark.parametrize("text", ["x = ", "[columns]\na = 'nothing'", "[columns]\na = 'lat'", "columns = 1", ""])
def test_a_wrong_mapping_says_what_to_mend(text: str) -> None:
    with pytest.raises(FileRefused) as refused:
        mapping.read(text, "x")
    assert all(refused.value.text(lang) for lang in ("fr", "en"))


def test_a_head_that_comes_twice_is_proposed_once() -> None:
    assert proposed("x", ("Nom", "Passages 2024", "Passages 2024")).columns["Passages 2024"] == "visits@2024"


def test_what_is_written_is_read_back() -> None:
    made = mapping.Mapping(
        "x", {'a "b"\\c': "name", "é": "", "visites": "visits@2025"}, 'Une "source"', "2025", codes={"typology": {}}
    )
    assert mapping.read(mapping.written(made, ["à lire"]), "x") == made


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "enquete.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_first_run_proposes_a_mapping_and_the_next_one_uses_it(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "council"
    at = ["--dir", str(folder), "--lang", "fr"]
    assert main([*at, "init", "--url", "https://council.example", "--role", "aggregator"]) == 0
    assert main([*at, "import", str(table), "--profile", "table", "--dry-run"]) == 1
    kept = folder / "mappings" / "enquete.toml"
    assert not kept.exists()
    assert main([*at, "import", str(table), "--profile", "table"]) == 1
    assert "--mapping enquete" in capsys.readouterr().out
    written = kept.read_text(encoding="utf-8")
    assert '"Passages 2024" = "visits@2024"' in written
    kept.write_text(
        written.replace('source = ""', 'source = "Enquête fictive, 2025"').replace('period = ""', 'period = "2024"')
        + '"Espace de travail" = "coworking"\n',
        encoding="utf-8",
    )
    assert main([*at, "import", str(table), "--profile", "table"]) == 1
    assert "Enquête fictive" in kept.read_text(encoding="utf-8")  # what was corrected is not proposed again
    told = tmp_path / "report.json"
    args = [*at, "import", str(table), "--profile", "table", "--mapping", "enquete", "--report", str(told)]
    assert main(args) == 0
    report = json.loads(told.read_text(encoding="utf-8"))
    assert (report["taken"], report["figures"], report["source"]) == (2, 3, ["Enquête fictive, 2025"])
    assert report["results"][0]["document"] == "https://council.example/listings/enquete/l-etabli-suppose-23000"
    assert set(report["results"][0]["text"]) == {"fr", "en"}
    node = open_node(folder)
    try:
        found = projected(
            node, "SELECT indicator, period, value, status, source FROM listed_observations ORDER BY 1, 3"
        )
        typology = projected(node, "SELECT typology FROM directory ORDER BY name")
    finally:
        node.close()
    assert [tuple(row) for row in found] == [
        ("events", "2024", "38", "A", "Enquête fictive, 2025"),
        ("visits", "2024", None, "L", "Enquête fictive, 2025"),
        ("visits", "2024", "4210", "A", "Enquête fictive, 2025"),
    ]
    assert [row[0] for row in typology] == ['["coworking"]', '["fablab"]']


def test_a_contact_in_any_column_is_in_no_document_and_no_report(tmp_path: Path) -> None:
    contact = "06 39 98 12 34"
    heads = ("id", *mapping.OWN[2:-6], "visits@2024", "source")
    path = tmp_path / "odd.csv"
    rows = [[contact for _ in heads], ["jeanne@lieu.example" for _ in heads]]
    lines = [["id", "name", *heads[1:]], *([row[0], f"Lieu {n} {row[0]}", *row[1:]] for n, row in enumerate(rows))]
    known = {"postcode": "23000", "locality": "Guéret", "commune": "23096", "lat": "", "lon": "", "summary_en": ""}
    kept = [lines[0], *([known.get(head, cell) for head, cell in zip(lines[0], row, strict=True)] for row in lines[1:])]
    path.write_text("\n".join(";".join(row) for row in kept), encoding="utf-8")
    node = init_node(tmp_path / "council", "https://council.example", ("aggregator",), "", {})
    try:
        report = import_file(node, path, "table")
        told = json.dumps(report.whole(), ensure_ascii=False)
    finally:
        node.close()
    assert report.taken == 2
    stored = b"".join(file.read_bytes() for file in (tmp_path / "council").glob("maillage.sqlite*"))
    for text in ("39 98", "39981234", "jeanne", "lieu.example"):
        assert text not in told
        assert text.encode() not in stored


def test_a_file_fills_in_one_place_and_overwrites_nothing(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "site"
    at = ["--dir", str(folder), "--lang", "en"]
    assert main([*at, "init", "--url", "https://etabli.example", "--role", "site"]) == 0
    rules = tmp_path / "own.toml"
    columns = '"Nom du lieu" = "name"\n"CP" = "postcode"\n"Ville" = "locality"\n"Type" = "typology"\n'
    figures = '"Passages 2024" = "visits@2024"\n"Événements organisés" = "volunteers@2024"\n'
    rules.write_text(f'[columns]\n{columns}{figures}[codes.typology]\n"Espace de travail" = "coworking"\n', "utf-8")
    into = [*at, "import", str(table), "--profile", "table", "--mapping", str(rules), "--place", "etabli"]
    assert main(into) == 1
    assert "one place" in capsys.readouterr().err
    table.write_text("".join(TABLE.splitlines(keepends=True)[:2]), encoding="utf-8")
    assert main([*into, "--dry-run"]) == 0
    node = open_node(folder)
    try:
        assert show_place(node, "etabli") is None
        assert main(into) == 0
        state = show_place(node, "etabli")
        assert state is not None
        assert (state.place.typology, state.state) == (("coworking",), "draft")
        levels = [(each.period, each.sharing, each.count, each.state) for each in list_all(node)]
        assert levels == [("2024", "network", 1, "draft"), ("2024", "public", 1, "draft")]
        table.write_text(table.read_text("utf-8").replace("4 210", "9999").replace("supposé", "autrement"), "utf-8")
        assert main(into) == 0
        again = show_place(node, "etabli")
        assert again == state
        assert "9999" not in (folder / "maillage.sqlite").read_bytes().decode("latin-1")
    finally:
        node.close()
