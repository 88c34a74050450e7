"""The yearly questions over real HTTP: typed, mended, taken from one year to the next, shared, and by spreadsheet."""

import csv
import io
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import FormData

from node import reports
from node.people import entries, sharing, yearbook
from node.publish import plan, publish
from tests.node.desk import SLUG, Site, populated, served
from vocab import questionnaire
from vocab.model import Observation

YEAR = "/manage/etabli/figures/2025"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with served(populated(tmp_path / "node")) as opened:
        opened.come_in("owner")
        yield opened


def entered(site: Site, period: str = "2025") -> dict[str, tuple[Decimal | None, str]]:
    return {each.indicator: (each.value, each.status) for each in yearbook.figures(site.node, SLUG).get(period, ())}


async def test_every_question_of_the_vocabulary_has_its_input(site: Site) -> None:
    seen = set()
    for section in questionnaire.sections():
        html = await (await site.get(f"{YEAR}?theme={section.id}")).text()
        seen |= set(re.findall(r'name="(\w+)"', html))
        for question in section.questions():
            assert question.rule.label["fr"].replace("'", "&#39;") in html, question.field
    assert {question.field for section in questionnaire.sections() for question in section.questions()} <= seen
    html = await (await site.get(f"{YEAR}?lang=en")).text()
    assert "Visits" in html
    assert "Not collected" in html
    assert (await site.get(f"{YEAR}?theme=nothing")).status == 404
    assert (await site.get("/manage/etabli/figures/2025-13-01_P1Y")).status == 404


async def test_what_is_typed_is_entered_and_the_first_time_its_sharing_is_asked(site: Site) -> None:
    form = {"visits": "4 210", "visits.status": "E", "volunteerHours.status": "L", "publicServiceHosted": "1"}
    answer = await site.post(YEAR, form)
    assert answer.headers["Location"].startswith("/manage/etabli/sharing?next=")
    assert entered(site) == {
        "visits": (Decimal(4210), "E"),
        "volunteerHours": (None, "L"),
        "publicServiceHosted": (Decimal(1), "A"),
    }
    html = await (await site.get("/manage/etabli/figures")).text()
    assert "3 questions sur" in html
    assert "Brouillon" in html
    html = await (await site.get(YEAR)).text()
    assert 'value="4210"' in html


async def test_a_mistake_is_said_beside_its_input_and_what_was_typed_stays(site: Site) -> None:
    await site.post(YEAR, {"events": "12"})
    html = await (await site.post(YEAR, {"visits": "environ 4000", "events": "13"})).text()
    assert 'id="visits-wrong"' in html
    assert 'href="#visits"' in html
    assert 'value="environ 4000"' in html
    assert entered(site) == {"events": (Decimal(12), "A")}, "all or nothing"
    again = await (await site.get(YEAR)).text()
    assert 'value="environ 4000"' in again, "nothing is lost by leaving"
    assert "Vous aviez commencé" in again
    await site.post(YEAR, {"visits": "4000", "events": "13"})
    assert entered(site)["visits"] == (Decimal(4000), "A")
    assert entries.kept(site.node, SLUG, "figures/2025-core") is None


async def test_what_looks_odd_is_said_and_taken(site: Site) -> None:
    await site.post(YEAR, {"events": "40", "eventAttendance": "45"})
    html = await (await site.get(YEAR)).text()
    assert "check-it" in html
    assert entered(site)["eventAttendance"] == (Decimal(45), "A")


async def test_a_form_is_kept_while_it_is_typed(site: Site) -> None:
    answer = await site.post("/manage/etabli/entries/figures/2025-core", {"visits": "42"})
    assert answer.status == 204
    html = await (await site.get(YEAR)).text()
    assert 'value="42"' in html
    assert entered(site) == {}
    assert (await site.post("/manage/etabli/entries/sheet/2025", {"a": "b"})).status == 404
    site.come_in("reader")
    assert (await site.post("/manage/etabli/entries/figures/2025-core", {"visits": "43"})).status == 403


async def test_last_year_is_shown_and_what_seldom_changes_is_proposed(site: Site) -> None:
    area = Observation("floorArea", "2024", Decimal(420), "m2")
    last = (area, Observation("visits", "2024", Decimal(9000), "{visit}"))
    yearbook.keep(site.node, SLUG, "2024", last)
    html = await (await site.get(YEAR)).text()
    assert re.search(r'id="floorArea"[^>]*value="420"|name="floorArea" value="420"', html)
    assert not re.search(r'name="visits" value="9000"', html)
    assert "9 000" in html.replace("\u202f", " ")
    assert entered(site) == {}, "proposed is not entered"


async def test_each_theme_goes_as_far_as_was_chosen_and_no_figure_is_in_two_levels(site: Site) -> None:
    await site.post(YEAR, {"visits": "4210", "volunteerHours": "300"})
    await site.post(f"{YEAR}?theme=economy", {"operatingIncome": "120000"})

    def levels() -> dict[str, set[str]]:
        found = reports.figures_of(site.node, SLUG)
        return {level: {each.indicator for each in some} for (_, level), some in found.items()}

    assert levels() == {"public": {"visits", "volunteerHours"}, "aggregate-only": {"operatingIncome"}}
    publish(site.node, SLUG)
    await site.post("/manage/etabli/sharing", {"use": "network", "economy": "private"})
    assert levels() == {"public": {"volunteerHours"}, "network": {"visits"}, "private": {"operatingIncome"}}
    kinds = {(change.name, change.kind) for change in plan(site.node, SLUG).changes}
    assert ("report/2025/aggregate-only", "delete") in kinds
    assert ("report/2025/public", "update") in kinds
    html = await (await site.get("/manage/etabli/sharing")).text()
    assert re.search(r'<option value="private" selected>', html)
    site.come_in("editor")
    assert (await site.get("/manage/etabli/sharing")).status == 403
    assert sharing.choices(site.node, SLUG)["use"] == "network"


@pytest.mark.parametrize("written", ["Comptabilité", "accounts", "comptabilité "])
async def test_how_a_figure_was_made_is_written_in_words_and_kept_as_a_code(site: Site, written: str) -> None:
    await site.post(YEAR, {"visits": "4210", "visits.method": written, "events": "3", "events.method": "survey-v1"})
    kept = {figure.indicator: figure.method for figure in yearbook.figures(site.node, SLUG)["2025"]}
    assert kept == {"visits": "accounts", "events": "survey-v1"}
    html = await (await site.get(f"{YEAR}?lang=fr")).text()
    assert re.search(r'name="visits.method" value="comptabilité"', html)
    assert '<option value="comptabilité">' in html
    assert 'name="visits.method" value="accounts"' in await (await site.get(f"{YEAR}?lang=en")).text()


async def test_an_accounting_year_and_its_calendar_year_share_no_figure(site: Site) -> None:
    answer = await site.post("/manage/etabli/figures", {"from": "2024-07"})
    path = answer.headers["Location"].partition("?")[0]
    assert path == "/manage/etabli/figures/2024-07-01_P1Y"
    await site.post(path, {"visits": "100"})
    html = await (await site.post(YEAR, {"visits": "100"})).text()
    assert 'id="visits-wrong"' in html
    assert "YYYY" not in html
    assert "écrivez l’année" in (await (await site.post("/manage/etabli/figures", {"from": "juillet"})).text()).lower()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
async def test_a_sheet_comes_back_with_its_differences(site: Site, kind: str) -> None:
    visits = Observation("visits", "2025", Decimal(4210), "{visit}", "E", method="estimate")
    yearbook.keep(site.node, SLUG, "2025", (visits,))
    answer = await site.get(f"{YEAR}/sheet.{kind}")
    assert answer.status == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    body = await answer.read()
    same = await (await site.post(f"{YEAR}/sheet", _file(body, kind))).text()
    assert "la même chose" in same
    from node.importers.table import as_csv

    rows = list(csv.DictReader(io.StringIO(as_csv(body).decode("utf-8-sig")), delimiter=_mark(as_csv(body))))
    assert len(rows) > 45
    for row in rows:
        if row["Repère"] == "events":
            row["Votre réponse"] = "38"
        if row["Repère"] == "floorArea":
            row["État"] = "non collecté"
    filled = io.StringIO()
    writer = csv.DictWriter(filled, fieldnames=list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    html = await (await site.post(f"{YEAR}/sheet", _file(filled.getvalue().encode(), "csv"))).text()
    assert "2 différences" in html
    for page in ("sheet", "sheet/take"):
        english = await (await site.get(f"{YEAR}/{page}?lang=en")).text()
        assert "2 differences" in english, "in the other language, and by the back button, they are still there"
        assert 'lang="en"' in english
    assert entered(site) == {"visits": (Decimal(4210), "E")}, "nothing is taken yet"
    await site.post(f"{YEAR}/sheet/take")
    assert entered(site) == {"visits": (Decimal(4210), "E"), "events": (Decimal(38), "A"), "floorArea": (None, "L")}
    assert (await site.post(f"{YEAR}/sheet/take")).headers["Location"].startswith(YEAR), "it serves once"
    assert (await site.get(f"{YEAR}/sheet")).headers["Location"].startswith(YEAR), "nothing waits: the questions"


async def test_a_sheet_to_mend_leaves_nothing_of_the_one_before(site: Site) -> None:
    unanswered = await (await site.get(f"{YEAR}/sheet.csv")).read()
    good = unanswered.replace(b"Passages;;;", b"Passages;;4210;", 1)
    assert "1 différence" in await (await site.post(f"{YEAR}/sheet", _file(good, "csv"))).text()
    bad = unanswered.replace(b"Passages;;;", b"Passages;;beaucoup;", 1)
    assert "à corriger" in await (await site.post(f"{YEAR}/sheet", _file(bad, "csv"))).text()
    assert (await site.get(f"{YEAR}/sheet")).headers["Location"].startswith(YEAR)
    assert (await site.post(f"{YEAR}/sheet/take")).headers["Location"].startswith(YEAR)
    assert entered(site) == {}


async def test_a_sheet_that_cannot_be_read_is_said_line_by_line_and_changes_nothing(site: Site) -> None:
    bad = "indicator;value;unit;status\nvisits;beaucoup;{visit};A\nnothing;3;1;A\n"
    html = (await (await site.post(f"{YEAR}/sheet", _file(bad.encode(), "csv"))).text()).lower()
    assert "ligne 2" in html
    assert "ligne 3" in html
    other = await (await site.post(f"{YEAR}/sheet", _file("Question;Votre réponse\nPassages;4".encode(), "csv"))).text()
    assert "titres de colonnes ont changé" in other
    assert "Il manque la colonne «\u202fUnité\u202f»" in other
    unanswered = await (await site.get(f"{YEAR}/sheet.csv")).read()
    assert "encore aucun chiffre" in await (await site.post(f"{YEAR}/sheet", _file(unanswered, "csv"))).text()
    big = b"x" * 200_000  # more than a cell may hold
    for junk in (b"PK\x03\x04nothing", b"\x00" * 100, b"", big, b"question;value;status\n" + big):
        assert (await site.post(f"{YEAR}/sheet", _file(junk, "xlsx"))).status in (200, 303)
    assert entered(site) == {}


def _mark(raw: bytes) -> str:
    first = raw.decode("utf-8-sig").partition("\n")[0]
    return max(",;", key=first.count)


def _file(body: bytes, kind: str) -> FormData:
    form = FormData()
    form.add_field("file", body, filename=f"chiffres.{kind}", content_type="application/octet-stream")
    return form


async def test_two_figures_that_contradict_each_other_have_their_names(site: Site) -> None:
    html = await (await site.post(f"{YEAR}?lang=fr", {"events": "40", "eventAttendance": "12"})).text()
    assert "Événements organisés\u202f» (40) ne peut pas dépasser «\u202fParticipations aux événements\u202f»" in html
