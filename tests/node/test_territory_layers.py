"""Layers of the territory: loaded from tables as people have them, then a division of totals like any other."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from node.cli.run import main
from node.context import Node, init_node
from node.errors import NodeError
from node.layers import Told, layer_of
from node.messages import LANGUAGES
from node.views.areas import (
    FIXED,
    UNSTATED,
    USUAL_LAYERS,
    area_name,
    division_name,
    divisions,
    sizes,
    town_size,
)
from node.views.totals import totals
from tests.node.filled import a_figure, a_place, fill
from vocab import territory

NOW = "2026-11-23T00:00:00Z"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = init_node(tmp_path / "council", "https://council.example", ("aggregator",), "", {})
    figures = [a_figure(n, "visits", 10**n) for n in range(4)]
    fill(made, [*(a_place(n) for n in range(4)), a_place(9, commune="23096") | {"commune": None}], figures)
    yield made
    made.close()


def loaded(node: Node, tmp_path: Path, content: str, *more: str) -> int:
    file = tmp_path / "layer.csv"
    file.write_text(content, encoding="utf-8-sig")
    return main(["--dir", str(node.dir), "territory", "load", str(file), *more])


def test_a_list_of_members(node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        loaded(node, tmp_path, "INSEE\n23096\n89024\n", "--layer", "acv", "--date", "2018-03", "--source", "ANCT") == 0
    )
    rows = {row.area: row for row in totals(node, "visits", "acv", "2025")}
    assert {area: row.value for area, row in rows.items()} == {"no": "1010", "yes": "101", UNSTATED: None}
    country = totals(node, "visits", "country", "2025")[0]
    assert sum(row.n_known for row in rows.values()) == country.n_known
    people = divisions(node)
    inside = territory.commune("23096").population + territory.commune("89024").population  # type: ignore[union-attr]
    assert people.population("acv", "yes") == inside
    assert people.population("acv", "no") == territory.population("country", "FR") - inside
    capsys.readouterr()
    assert main(["--dir", str(node.dir), "territory", "list", "--json"]) == 0
    (said,) = json.loads(capsys.readouterr().out)
    assert (said["name"], said["source"], said["date"], said["communes"]) == ("acv", "ANCT", "2018-03", 2)


def test_many_columns_and_the_past(node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = "code;nom;qpv;densite7\n75101;Paris 1;0;1\n75110;Paris 10;1;1\n69152;Pierre-Bénite;1;2\n00000;Rien;1;1\n"
    assert loaded(node, tmp_path, content, "--layer", "qpv", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["classes"] == {"yes": 2}, "a commune that had two classes is a member if one part was"
    assert said["mended"] == 3
    assert said["problems"] == [{"line": 5, "code": "unknown", "written": "00000", "detail": ""}]
    assert loaded(node, tmp_path, content, "--layer", "density", "--column", "densite7") == 0
    assert divisions(node).names() == (*FIXED, "density", "qpv")
    assert main(["--dir", str(node.dir), "totals", "--indicator", "visits", "--by", "density"]) == 0
    assert "non précisé" in capsys.readouterr().out
    assert main(["--dir", str(node.dir), "totals", "--indicator", "visits", "--by", "nothing"]) == 2
    assert "density, qpv" in capsys.readouterr().err


def test_a_layer_is_replaced_and_removed(node: Node, tmp_path: Path) -> None:
    where = ["--dir", str(node.dir), "territory"]
    assert loaded(node, tmp_path, "code,zone\n23096,A\n", "--layer", "zone") == 0
    assert [row.value for row in totals(node, "visits", "zone", "2025") if row.area == "A"] == ["1"]
    assert loaded(node, tmp_path, "code,zone\n23096,B\n", "--layer", "zone") == 0
    assert {row.area for row in totals(node, "visits", "zone", "2025")} == {"B", UNSTATED}
    assert main([*where, "remove", "zone"]) == 0
    assert main([*where, "remove", "zone"]) == 4
    with pytest.raises(ValueError):  # noqa: PT011 - a division that is not there
        totals(node, "visits", "zone", "2025")


@pytest.mark.parametrize(
    ("content", "told", "code"),
    [
        ("code,x\n23096,1\n", Told("Region"), "layer_name"),
        ("code,x\n23096,1\n", Told("region"), "layer_name"),
        ("a,b\n1,2\n", Told("x"), "layer_codes"),
        ("code,a,b\n23096,1,2\n", Told("x"), "layer_column"),
        ("code,a\n23096,1\n", Told("x", column="b"), "layer_column"),
        ("code,x\n99999,1\n", Told("x"), "layer_empty"),
        ("", Told("x"), "layer_no_row"),
        ("code,x\n", Told("x"), "layer_no_row"),
        ("code,x,x\n23096,1,0\n", Told("x"), "layer_twice"),
        ("\x00\x01", Told("x"), "import_unreadable"),
        ('code,x\n23096,"' + "9" * 140_000, Told("x"), "import_unreadable"),
        ("code,x\n" + "".join(f"010{n:02},{n}\n" for n in range(1, 100)), Told("x"), "layer_classes"),
    ],
)
def test_what_is_no_layer_is_refused_in_words(content: str, told: Told, code: str) -> None:
    with pytest.raises(NodeError) as refused:
        layer_of(content.encode(), told, NOW)
    assert refused.value.code == code
    assert all(refused.value.text(lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Code INSEE;Libellé\n23096;Guéret\n89024;Auxerre\n", Told("acv")),
        ("code_commune\tnom_commune\n23096\tGuéret\n89024\tAuxerre\n", Told("acv")),
        ("INSEE\n23096\n89024\n23096\n", Told("acv")),
        ("code_qp,nom_qp,insee,ville\nQN1,A,23096,G\nQN2,B,23096,G\nQN3,C,89024,A\n", Told("acv", column="insee")),
        ("code,acv\n23096,Oui\n89024,x\n56178,\n75056,NON\n", Told("acv")),
    ],
)
def test_lists_of_members_as_people_save_them(content: str, told: Told) -> None:
    for raw in (content.encode("utf-8-sig"), content.encode("cp1252"), content.replace("\n", "\r\n").encode()):
        read = layer_of(raw, told, NOW)
        assert {code for code, value in read.classes.items() if value == "yes"} == {"23096", "89024"}
        assert set(read.classes.values()) <= {"yes", "no"}
        assert read.problems == ()


def test_a_spreadsheet_whose_codes_are_numbers() -> None:
    """A spreadsheet drops the zero in front: 1004 is Ambérieu-en-Bugey."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for line in (("Code INSEE", "QPV"), (1004, 1), (23096, 0), ("2A004", 1), (None, 1), ("97411", None)):
        book.active.append(line)
    book.save(out)
    read = layer_of(out.getvalue(), Told("qpv"), NOW)
    assert read.classes == {"01004": "yes", "23096": "no", "2A004": "yes", "97411": "no"}
    assert [(each.line, each.code) for each in read.problems] == [(5, "unknown")]
    assert read.blank == 1


def test_nothing_of_a_dirty_file_is_lost_without_a_word(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = "code;zone\n1004;A\n;A\nParis;B\n\n99352;B\n75056;A\n75101;B\n69152;\n2a004;A\n2A004;A\n23096\n"
    assert loaded(node, tmp_path, content, "--layer", "zone", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["classes"] == {"A": 3}
    told = {(each["line"], each["code"], each["written"]) for each in said["problems"]}
    unknown = {(3, "unknown", ""), (4, "unknown", "Paris"), (6, "unknown", "99352")}
    assert told == {*unknown, (8, "two_classes", "75101")}, "what is written of the whole counts before its parts"
    assert said["blank"] == 2
    for lang in LANGUAGES:
        assert loaded(node, tmp_path, content, "--layer", "zone", "--lang", lang) == 0
        words = capsys.readouterr().out
        assert all(f" {line}" in words for line in (3, 4, 6, 8))
        assert "Paris: A / B" in words


def test_dates_are_dates(node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for date in ("2024-13", "hier", "2024-02-30"):
        assert loaded(node, tmp_path, "code\n23096\n", "--layer", "acv", "--date", date) == 2
        assert date in capsys.readouterr().err
    assert divisions(node).names() == FIXED
    assert main(["--dir", str(node.dir), "territory", "load", str(tmp_path / "none.csv"), "--layer", "acv"]) == 4
    assert main(["--dir", str(node.dir), "territory", "load", str(tmp_path), "--layer", "acv"]) == 4


def test_a_file_that_is_refused_leaves_the_layer_as_it_was(node: Node, tmp_path: Path) -> None:
    assert loaded(node, tmp_path, "code\n23096\n", "--layer", "acv") == 0
    assert loaded(node, tmp_path, "code\n99999\n", "--layer", "acv") == 1
    assert divisions(node).layers["acv"].by_commune == {"23096": "yes"}


def test_numbered_classes_and_sizes_in_their_order(node: Node, tmp_path: Path) -> None:
    classes = zip(("23096", "56178", "89024", "13004"), ("10", "9", "2", "2"), strict=True)
    content = "code,level\n" + "".join(f"{code},{value}\n" for code, value in classes)
    assert loaded(node, tmp_path, content, "--layer", "level") == 0
    assert [row.area for row in totals(node, "visits", "level", "2025")] == ["2", "9", "10", UNSTATED]
    sizes_there = [row.area for row in totals(node, "visits", "townsize", "2025")]
    assert sizes_there == ["10000-19999", "20000-99999", UNSTATED]


def test_the_usual_layers_have_names() -> None:
    assert area_name("density", "3", "fr") == "3 · petites villes"
    assert area_name("density", "9", "fr") == "9"
    assert area_name("zone", "3", "fr") == "3"
    for lang in LANGUAGES:
        assert all(division_name(name, lang) != name for name in USUAL_LAYERS)


def test_two_classes_of_one_commune_are_told() -> None:
    read = layer_of(b"code,density\n75101,1\n75110,2\n", Told("density"), NOW)
    assert read.classes == {"75056": "1"}
    assert [(p.line, p.code) for p in read.problems] == [(3, "two_classes")]


def test_a_row_with_more_cells_than_the_head_is_left_aside() -> None:
    read = layer_of("code,nom,x\n01004,Ambérieu, en Bugey,1\n23096,Guéret,1\n".encode(), Told("x"), NOW)
    assert read.classes == {"23096": "yes"}
    assert [(p.line, p.code) for p in read.problems] == [(2, "ragged")]


def test_an_empty_cell_says_nothing_of_a_class() -> None:
    read = layer_of(b"code,density\n23096,3\n89024,\n", Told("density"), NOW)
    assert read.classes == {"23096": "3"}
    assert layer_of(b"code,in\n23096,oui\n89024,\n", Told("in"), NOW).classes == {"23096": "yes", "89024": "no"}


def test_sizes_of_towns() -> None:
    assert [town_size(code) for code in ("23096", "56178", "89024", "75056", "", "00000")] == [
        "10000-19999", "10000-19999", "20000-99999", "200000-", UNSTATED, UNSTATED,
    ]  # fmt: skip
    people = {size: sum(c.population for c in territory.communes() if town_size(c.code) == size) for size in sizes()}
    assert sum(people.values()) == territory.population("country", "FR")
