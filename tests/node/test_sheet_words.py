"""The sheet of the yearly questions: in the words of whoever fills it in, and understood however it comes back."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from xml.etree import ElementTree as ET

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.exports import tables
from node.exports.grid import Cell
from node.importers.refused import FileRefused
from node.importers.table import as_csv
from node.messages import LANGUAGES
from node.people import sheet_words, worksheet
from vocab.errors import Mistake
from vocab.model import Observation
from vocab.reference import indicators

KNOWN = (
    Observation("visits", "2025", Decimal(4210), "{visit}", "E", method="estimate"),
    Observation("publicServiceHosted", "2025", Decimal(1), "1"),
    Observation("floorArea", "2025", None, "m2", "L"),
    Observation("events", "2025", Decimal(38), "{event}", method="survey-v1"),
    Observation("events", "2025", Decimal(30), "{event}", breakdown=(("eventAccess", "public"),)),
)
LAST = (Observation("visits", "2024", Decimal(3980), "{visit}"), Observation("accessiblePmr", "2024", Decimal(0), "1"))


def sheet(lang: str, known: Iterable[Observation] = KNOWN) -> list[list[Cell]]:
    return sheet_words.dressed(worksheet.rows(tuple(known), LAST, lang), "2024", lang)


def read(raw: bytes) -> tuple[Observation, ...]:
    found = worksheet.read(sheet_words.undressed(raw), "2025", ())
    assert not [each for each in found if isinstance(each, Mistake)], found
    return found  # type: ignore[return-value]


def written(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows(rows)
    return out.getvalue().encode()


def test_no_code_is_left_for_a_reader_but_the_reference() -> None:
    heads, *rows = sheet("fr")
    assert heads[:4] == ["Question", "Pour mémoire (2024)", "Votre réponse", "Unité"]
    assert ["Passages", Decimal(3980), Decimal(4210), "passages", "Estimé", "estimation", "", "visits"] in rows
    assert ["Héberge un service public", None, "oui", "oui/non", "Compté", "", "", "publicServiceHosted"] in rows
    assert ["Accessible PMR", "non", None, "oui/non", "", "", "", "accessiblePmr"] in rows
    assert not [row for row in rows if "{" in str(row[3])]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_what_comes_back_untouched_says_the_same(lang: str, kind: str) -> None:
    rows = sheet(lang)
    look = sheet_words.look(rows, lang)
    make = {
        "csv": lambda: tables.csv_rows(rows),
        "xlsx": lambda: tables.xlsx_rows(rows, "2025", sheet_words.FROZEN, look),
        "ods": lambda: tables.ods_rows(rows, "2025", look),
    }
    assert sorted(read(make[kind]()), key=repr) == sorted(KNOWN, key=repr)


def test_codes_are_understood_as_before() -> None:
    coded = written([worksheet.HEAD, *list(worksheet.rows(KNOWN, LAST, "fr"))[1:]])
    assert sorted(read(coded), key=repr) == sorted(KNOWN, key=repr)
    plain = b"indicator,value,unit,status\nvisits,12,{visit},A\n"
    assert sheet_words.as_report(plain) == plain
    assert read(plain)[0].value == 12


def test_a_comma_among_digits_is_not_read_in_another_way() -> None:
    rows = 'Repère,Votre réponse,Unité,État\nvisits,"1,234",passages,\n'
    found = worksheet.read(sheet_words.undressed(rows.encode()), "2025", ())
    assert [each.code for each in found if isinstance(each, Mistake)][:1] == ["number.ambiguous"]


def test_a_question_is_known_by_its_words_where_its_reference_is_gone() -> None:
    rows = [["question", "VOTRE RÉPONSE", "unité", "état"], ["passages ", "4 210", "Passages", "estimé"]]
    assert read(written(rows)) == (Observation("visits", "2025", Decimal(4210), "{visit}", "E"),)
    assert read(written(rows).decode().encode("cp1252"))[0].value == 4210


@pytest.mark.parametrize(("typed", "value"), [("Oui", 1), ("yes", 1), ("NON", 0), ("no", 0), ("1", 1)])
def test_yes_and_no(typed: str, value: int) -> None:
    rows = [["Repère", "Votre réponse", "Unité", "État"], ["publicServiceHosted", typed, "oui/non", ""]]
    assert read(written(rows))[0].value == value


def test_what_is_no_word_of_ours_is_said_with_its_line() -> None:
    head = ["Repère", "Votre réponse", "Unité", "État"]
    bad = ["peut-être", "12 k€", "environ 30"]
    rows = [head, [], *(["visits", each, "passages", ""] for each in bad), ["events", "3", "passages", "vu"]]
    found = worksheet.read(sheet_words.undressed(written(rows)), "2025", ())
    mistakes = [each for each in found if isinstance(each, Mistake)]
    assert [(each.field, each.code) for each in mistakes][:3] == [(str(n), "number.bad") for n in (3, 4, 5)]
    assert {each.code for each in mistakes if each.field == "6"} == {"unit.wrong", "status.unknown"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Passages;12 k€;passages;;;;visits", "Ligne 2, Passages : « 12 k€ » n'est pas un nombre."),
        ("Passages;3;passages;vu;;;visits", "(possible : compté, estimé, provisoire, sans objet, non collecté)"),
        ("Heures de bénévolat;40;journées;;;;volunteerHours", "L'unité est « heures », pas « journées »."),
        ("Héberge un service public;bof;oui/non;;;;publicServiceHosted", "« bof » : répondez oui ou non."),
        ("Surface utile;4;m²;Non collecté;;;floorArea", "Avec le statut non collecté, la valeur reste vide."),
        ("Partenaires;3;structures;;dans un cahier;;partners", "en un mot sans accent, par exemple registre"),
        ("Question inventée;3;;;;;", "Ligne 2 : la question « Question inventée » n’est pas de ce tableau."),
        ("Bénévoles réguliers;3;personnes;;;audience=x;volunteers", "(possible : genre, tranche d'âge)"),
    ],
)
def test_what_is_to_mend_is_said_without_a_code(line: str, said: str) -> None:
    head = "Question;Votre réponse;Unité;État;Comment compté;Détail;Repère\n"
    coded = sheet_words.undressed((head + line).encode())
    (mistake,) = worksheet.read(coded, "2025", ())
    assert isinstance(mistake, Mistake)
    shown = sheet_words.plainly(mistake, sheet_words.lines(coded)["2"], "fr")
    assert said in shown
    assert "{" not in sheet_words.plainly(mistake, sheet_words.lines(coded)["2"], "en")


def test_a_cell_too_many_is_still_seen() -> None:
    rows = [["Repère", "Votre réponse", "Unité", "État"], ["visits", "4", "passages", "", "210"]]
    found = worksheet.read(sheet_words.undressed(written(rows)), "2025", ())
    assert [each.code for each in found if isinstance(each, Mistake)] == ["row.long"]


def test_a_spreadsheet_proposes_what_can_be_answered() -> None:
    rows = sheet("fr")
    look = sheet_words.look(rows, "fr")
    book = openpyxl.load_workbook(io.BytesIO(tables.xlsx_rows(rows, "2025", "B2", look)))
    lists = {each.formula1: str(each.sqref).split() for each in book.active.data_validations.dataValidation}
    yes = next(at for at, row in enumerate(rows, start=1) if row[-1] == "publicServiceHosted")
    assert f"C{yes}" in " ".join(lists['"oui,non"'])
    assert any(formula.startswith('"Compté,Estimé') for formula in lists)
    assert all(len(formula) < 256 for formula in lists), "the most that a list may hold (ECMA-376, 18.3.1.32)"
    assert book.active.column_dimensions["A"].width > 40
    with zipfile.ZipFile(io.BytesIO(tables.ods_rows(rows, "2025", look))) as ods:
        content = ET.fromstring(ods.read("content.xml"))
    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    proposed = {
        each.get(f"{table}name"): each.get(f"{table}condition") for each in content.iter(f"{table}content-validation")
    }
    named = [cell.get(f"{table}content-validation-name") for cell in content.iter(f"{table}table-cell")]
    assert set(filter(None, named)) == set(proposed)
    assert 'of:cell-content-is-in-list("oui";"non")' in proposed.values()


@given(st.text(), st.sampled_from(["csv", "xlsx"]))
def test_any_answer_is_read_or_refused_and_never_an_accident(text: str, kind: str) -> None:
    rows = [
        ["Repère", "Votre réponse", "Unité", "État", text],
        [text, text, text, text],
        ["visits", text, "passages", ""],
    ]
    raw = written(rows) if kind == "csv" else text.encode("utf-8", "surrogatepass")
    with suppress(FileRefused):
        worksheet.read(sheet_words.undressed(raw), "2025", ())


def test_each_question_has_its_own_words() -> None:
    entered = [rule for rule in indicators().values() if rule.origin == "entered"]
    assert len({rule.label["fr"].casefold() for rule in entered}) == len(entered)
    assert as_csv(b"a;b") == b"a;b"
