"""Warnings as they are typed: `check` on files of one and of many places; `report add` and `publish`, which go on."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from node.cli.run import main
from node.exports import tables
from node.people import sheet_words, worksheet
from vocab.reference import indicators

PLACE = (Path(__file__).parents[2] / "examples/one_site/place.toml").read_text(encoding="utf-8")
HEAD = "indicator,value,unit,status"
WIDE = "name,surface_m2,volunteers,hours_week,ev_public,ev_public_people\nA,400,1900,0,20,30\nB,x,5,30,0,0\n"


def table(*rows: str, head: str = HEAD) -> str:
    """Rows `[place,period,]indicator,value`, with their unit and status."""
    return "\n".join([head, *(f"{row},{indicators()[row.split(',')[-2]].unit},A" for row in rows)]) + "\n"


class Typed:
    """Commands on one node: their exit codes, and what they print."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def file(self, text: str, name: str = "report.csv") -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)

    def run(self, *words: str, lang: str = "fr") -> tuple[int, str]:
        code = main(["--dir", str(self.folder / "node"), "--lang", lang, *words])
        return code, self._capsys.readouterr().out

    def json(self, *words: str, code: int = 0) -> Any:
        done, out = self.run(*words, "--json")
        assert done == code, out
        return json.loads(out)


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(tmp_path, capsys)


def brief(said: Any) -> list[tuple[int, str, str, str]]:
    return [(each["row"], each["place"], each["indicator"], each["code"]) for each in said["warnings"]]


def test_a_file_is_checked_without_a_node(typed: Typed) -> None:
    file = typed.file(table("events,40", "eventAttendance,45", "visits,5200"))
    for lang, words in (("fr", "Ligne 3 : Participations aux événements :"), ("en", "Line 3: Event attendances:")):
        code, out = typed.run("check", file, lang=lang)
        assert code == 0
        assert words in out
    assert not (typed.folder / "node").exists()


def test_errors_leave_by_1_and_warnings_by_0(typed: Typed) -> None:
    odd = table("visits,5200000", "floorArea,120", "openingHours,30")
    said = typed.json("check", typed.file(odd), "--period", "2024")
    assert said["errors"] == []
    assert brief(said) == [(2, "", "visits", "thousands.high")]
    assert said["warnings"][0]["period"] == "2024"
    assert said["warnings"][0]["message"]
    wrong = odd.replace("floorArea,120,m2", "floorArea,many,m2")
    said = typed.json("check", typed.file(wrong), code=1)
    assert [(each["row"], each["code"]) for each in said["errors"]] == [(3, "number.bad")]
    assert brief(said) == [(2, "", "visits", "thousands.high")]
    for shapeless in ("", "a,b\n1,2\n", HEAD + "\n", "\x00\x01"):
        assert typed.json("check", typed.file(shapeless), code=1)["warnings"] == []
    assert typed.run("check", str(typed.folder / "nothing.csv"))[0] == 1
    assert typed.run("check", typed.file(odd), "--period", "soon")[0] == 2


def test_several_places_and_years_in_one_file(typed: Typed) -> None:
    head = "place,period," + HEAD
    same = ("visits,4210", "floorArea,365", "operatingCosts,71250", "openingHours,31")
    rows = [f"{place},2025,{row}" for place in ("a", "b") for row in same]
    rows += ["c,2024,visits,3900", "c,2025,visits,41000", "c,2025,events,0", "c,soon,events,1"]
    said = typed.json("check", typed.file(table(*rows, head=head)), code=1)
    assert [(each["row"], each["code"]) for each in said["errors"]] == [(13, "period.bad")]
    assert brief(said) == [
        (2, "a", "", "copy.place"),
        (6, "b", "", "copy.place"),
        (11, "c", "visits", "year.high"),
    ]


def test_the_file_of_the_year_before(typed: Typed) -> None:
    now = typed.file(table("visits,41000", "events,21"))
    before = typed.file(table("visits,3900", "events,20"), "before.csv")
    assert brief(typed.json("check", now)) == []
    said = typed.json("check", now, "--last", before)
    assert brief(said) == [(2, "", "visits", "year.high")]
    assert said["warnings"][0]["rule"] == "year.high"  # as the report of an import names it


def test_one_place_a_row_in_the_columns_of_a_source(typed: Typed) -> None:
    said = typed.json("check", typed.file(WIDE), code=1)
    assert [(each["row"], each["code"]) for each in said["errors"]] == [(3, "number.bad")]
    assert sorted(brief(said)) == [
        (2, "A", "eventAttendance", "source.mean"),
        (2, "A", "openingHours", "zero.odd"),
        (2, "A", "volunteers", "hours.as_heads"),
    ]
    assert {each["period"] for each in said["warnings"]} == {str(max(int(e["period"]) for e in said["warnings"]))}


def test_one_place_a_row_with_indicators_as_columns(typed: Typed) -> None:
    head = "place;period;visits;events;eventAttendance;floorArea;remark\n"
    rows = [
        "a;2024;4100;30;900;365;",
        "a;2025;41000;31;;365;ok",
        "b;2025;1200,5;12;2;;",
        "c;2025;;;;;",
        "d;2O25;1;1;1;1;",
    ]
    said = typed.json("check", typed.file(head + "\n".join(rows)), code=1)
    codes = [(each["row"], each["code"]) for each in said["errors"]]
    assert codes == [(4, "value.whole"), (6, "period.bad")]
    assert (3, "a", "visits", "year.high") in brief(said)
    assert (4, "b", "eventAttendance") in [each[:3] for each in brief(said)]
    assert {each[0] for each in brief(said)} == {3, 4}


def test_what_is_entered_and_published_is_warned_of_and_goes_on(typed: Typed) -> None:
    typed.run("init", "--url", "https://etabli.example", "--role", "site")
    typed.run("place", "add", "etabli", "--file", typed.file(PLACE, "place.toml"))
    add = ("report", "add", "etabli", "--file")
    typed.run(*add, typed.file(table("visits,4100")), "--period", "2024")
    typed.run(*add, typed.file(table("directJobsFte,2")), "--period", "2025", "--sharing", "private")
    file = typed.file(table("visits,41000", "ownResources,0"))
    said = typed.json(*add, file, "--period", "2025")
    found = [(each["indicator"], each["code"]) for each in said["warnings"]]
    assert found == [("ownResources", "zero.beside"), ("visits", "year.high")]
    code, out = typed.run("publish", "--dry-run")
    assert code == 0
    assert out.count("À vérifier") == 2
    assert "Passages" in out
    said = typed.json("publish")
    assert [len(each["warnings"]) for each in said["changes"] if each["name"].startswith("report/2025")] == [0, 2]
    assert typed.json("publish")["changes"] == []


def test_a_year_that_shares_days_with_one_already_given_is_refused(
    typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed.run("init", "--url", "https://etabli.example", "--role", "site")[0] == 0
    assert typed.run("place", "add", "etabli", "--file", typed.file(PLACE, "place.toml"))[0] == 0
    report = ("report", "add", "etabli", "--file")
    file = typed.file(table("visits,40", "operatingCosts,900"))
    assert typed.run(*report, file, "--period", "2024")[0] == 0
    only = typed.file(table("events,4", "operatingCosts,950"), "exercise.csv")
    for lang, words in (("fr", "déjà donné pour 2024, qui a des jours communs"), ("en", "already given for 2024")):
        assert main(["--dir", str(typed.folder / "node"), "--lang", lang, *report, only,
                     "--period", "2024-07-01/P1Y"]) == 1  # fmt: skip
        said = capsys.readouterr().err
        assert words in said
        assert "2024-07-01/P1Y" in said
    assert typed.run(*report, typed.file(table("visits,3")), "--period", "2024-03")[0] == 0
    assert typed.run("report", "remove", "etabli", "--period", "2024")[0] == 0
    assert typed.run(*report, only, "--period", "2024-07-01/P1Y")[0] == 0


def test_two_years_of_one_file_share_no_day(typed: Typed) -> None:
    head = "place,period,indicator,value,unit,status"
    rows = ("a,2024,operatingCosts,900", "a,2024-07-01/P1Y,operatingCosts,950", "b,2024-07-01/P1Y,operatingCosts,7")
    code, out = typed.run("check", typed.file(table(*rows, head=head)))
    assert code == 1
    assert out.count("jours communs") == 1


def test_what_was_checked_is_what_is_added_next(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    book = Workbook()
    for row in (HEAD.split(","), ["visits", 4210, "{visit}", "E"]):
        book.active.append(row)
    sheet = str(typed.folder / "chiffres.xlsx")
    book.save(sheet)
    code, out = typed.run("check", sheet, "--period", "2023")
    assert code == 0
    assert f"report add NOM --period 2023 --file {sheet}" in out
    assert typed.run("init", "--url", "https://etabli.example", "--role", "site")[0] == 0
    assert typed.run("place", "add", "etabli", "--file", typed.file(PLACE, "place.toml"))[0] == 0
    assert typed.run("report", "add", "etabli", "--period", "2023", "--file", sheet)[0] == 0


def test_a_file_that_says_nothing_is_called_the_file(typed: Typed) -> None:
    (typed.folder / "mien.csv").write_bytes("indicator,value\né".encode("latin-1"))
    for lang, words in (("fr", "Le fichier n'est pas en UTF-8"), ("en", "The file is not UTF-8")):
        code, out = typed.run("check", str(typed.folder / "mien.csv"), lang=lang)
        assert code == 1
        assert words in out


def test_a_year_before_that_does_not_read_is_not_passed_over(typed: Typed) -> None:
    file = typed.file(table("visits,4210"))
    code, out = typed.run("check", file, "--last", typed.file("a,b\n1,2\n", "last.csv"))
    assert code == 1
    assert "n'a aucun chiffre qui se lise" in out
    assert typed.run("check", file, "--last", file)[0] == 0


def test_a_file_that_is_not_there_is_said_so(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed.run("init", "--url", "https://council.example", "--role", "aggregator")[0] == 0
    for words in (("import", "absent.csv", "--profile", "anct"), ("export", "--format", "table", "absent/x.csv")):
        assert typed.run(*words)[0] == 1
    assert main(["--dir", str(typed.folder / "node"), "--lang", "fr", "import", "absent.csv", "--profile", "anct"]) == 1
    assert "« absent.csv » : ce fichier ou son dossier n'existe pas" in capsys.readouterr().err


def test_a_spreadsheet_is_checked_as_its_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [[*HEAD.split(",")], ["visits", 4210, "{visit}", "E"], ["floorArea", 420000, "m2", "A"]]
    plain, sheet = tmp_path / "report.csv", tmp_path / "report.xlsx"
    plain.write_text("\n".join(";".join(map(str, row)) for row in rows), encoding="utf-8")
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(sheet)
    said = []
    for file in (plain, sheet):
        assert main(["check", str(file), "--json"]) == 0
        said.append(json.loads(capsys.readouterr().out))
    assert said[0] == said[1]
    assert said[0]["figures"] == 2
    assert said[0]["warnings"]
    sheet.write_bytes(sheet.read_bytes()[:200])
    assert main(["check", str(sheet), "--lang", "fr"]) == 1
    assert "classeur" in capsys.readouterr().err


def test_a_column_that_is_missing_or_too_many_keeps_nothing_from_being_looked_at(typed: Typed) -> None:
    file = typed.file("place,town,period,indicator,value\nA,X,2025,events,40\nA,X,2025,visits,9000000\n")
    said = typed.json("check", file, code=1)
    assert [each["code"] for each in said["errors"]] == ["column.unknown", "column.missing", "column.missing"]
    assert brief(said) == [(3, "A", "visits", "thousands.high")]
    nothing = typed.json("check", typed.file("place,period,indicator,amount\nA,2025,events,40\n"), code=1)
    assert (nothing["figures"], "column.missing" in {each["code"] for each in nothing["errors"]}) == (0, True)


@pytest.mark.parametrize("head", ["Lieu;Année;Passages;Événements organisés", "name;year;Visits;Events held"])
def test_a_table_with_the_words_of_the_questions_as_heads(typed: Typed, head: str) -> None:
    file = typed.file(f"{head}\nA;2025;9000;40\nB;2025;9 000 000;40\n")
    assert brief(typed.json("check", file)) == [(3, "B", "visits", "thousands.high")]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_sheet_of_the_questions_is_read_as_it_came_back(typed: Typed, lang: str) -> None:
    rows = sheet_words.dressed(worksheet.rows((), (), lang), "", lang)
    at = next(number for number, row in enumerate(rows) if row[-1] == "visits")
    rows[at][2] = Decimal(4_000_000)
    (typed.folder / "etabli-2025.xlsx").write_bytes(tables.xlsx_rows(rows, "2025", sheet_words.FROZEN))
    said = typed.json("check", str(typed.folder / "etabli-2025.xlsx"))
    assert (said["errors"], brief(said)) == ([], [(at + 1, "", "visits", "thousands.high")])
    assert typed.run("init", "--url", "http://127.0.0.1:9", "--role", "site")[0] == 0
    assert typed.run("place", "add", "etabli", "--file", typed.file(PLACE, "place.toml"))[0] == 0
    (typed.folder / "etabli-2025.csv").write_bytes(tables.csv_rows(rows))
    report = ("report", "add", "etabli", "--period", "2025", "--file", str(typed.folder / "etabli-2025.csv"))
    assert typed.json(*report)["count"] == 1


def test_a_table_with_a_column_a_question_and_year_is_looked_at_as_an_import_would(typed: Typed) -> None:
    heads = "id,name,visits@2024,visits@2024#status,Événements organisés 2024,events@2024[eventAccess=public],members"
    rows = "a,Alpha,4000000,A,40,30,\nb,Bêta,,L,10,12,3\n"
    said = typed.json("check", typed.file(f"{heads}\n{rows}"), "--period", "2023", code=1)
    assert said["figures"] == 7
    assert brief(said) == [(2, "Alpha", "visits", "thousands.high")]
    assert said["warnings"][0]["period"] == "2024"
    assert [(each["row"], each["code"]) for each in said["errors"]] == [(3, "parts.above_total")]
