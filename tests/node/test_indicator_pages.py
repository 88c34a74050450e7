"""The pages of indicators and themes over real HTTP: what they say is what the totals say, in three dresses."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from node.app import build_app
from node.context import Node, init_node
from node.views import panel, totals
from node.views.totals import Row
from node.web import wording
from tests.node.filled import a_figure, a_place, fill
from vocab.reference import Indicator, dimensions, indicators, themes

SECRET = "8641.375"
PLACES = 14
HOSTILE = (
    "<script>alert(1)</script>",
    "'; drop table observations --",
    "../../etc/passwd",
    "\x00",
    "9" * 400,
    "–",
    "%%",
)


def _figures() -> list[dict[str, object]]:
    """Visits of twelve in 2025 and five in 2024; events of three of them; scores, shares, heads, opening hours."""
    made = [a_figure(n, "visits", 1000 + 10 * n, "E" if n == 3 else "A", method="counter") for n in range(12)]
    made += [a_figure(n, "visits", 900 + 20 * n, period="2024") for n in range(5)]
    made += [a_figure(n, "eventAttendance", 300 + n) for n in range(5)]
    made += [a_figure(n, "events", 7 + n) for n in range(2, 7)]
    made += [a_figure(n, "openingHours", 20 + n) for n in range(11)]
    made += [a_figure(n, "uniqueUsers", 50) for n in range(4)]
    made += [a_figure(n, "useValueScore", f"{3 + n % 2}.5", method="uv-1") for n in range(4)]
    made += [a_figure(n, "surveyRespondents", 10 + n) for n in range(3)]
    made += [a_figure(n, "publicServiceHosted", n % 2, period=year) for n in range(5) for year in ("2024", "2025")]
    made += [a_figure(n, "events", n, breakdown="eventAccess=public") for n in range(2, 6)]
    return made


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("indicators") / "council"
    node = init_node(folder, "https://council.example", ("aggregator",), "Conseil", {})
    listings = [a_place(n, kind="listing") for n in range(PLACES, PLACES + 6)]
    hidden = [a_figure(12, "visits", SECRET), a_figure(1, "directJobsFte", SECRET)]
    said_of_a_listing = a_figure(PLACES, "visits", 777_777)
    fill(node, [*(a_place(n) for n in range(PLACES)), *listings], [*_figures(), said_of_a_listing], hidden)
    yield node
    node.close()


@pytest.fixture
async def client(council: Node) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        TestServer(build_app(council)) as server,
        aiohttp.ClientSession(server.make_url("/"), headers={"Accept": "text/html"}) as session,
    ):
        yield session


async def text(client: aiohttp.ClientSession, path: str, **query: str) -> str:
    async with client.get(path, params=query) as answer:
        assert answer.status == 200, (path, query)
        return re.sub(r"[ \n]+", " ", await answer.text())


async def data(client: aiohttp.ClientSession, path: str, **query: str) -> dict[str, Any]:
    async with client.get(path, params=query) as answer:
        assert (answer.status, answer.content_type) == (200, "application/json"), path
        said: dict[str, Any] = await answer.json()
        return said


async def table(client: aiohttp.ClientSession, path: str, **query: str) -> list[dict[str, str]]:
    async with client.get(path, params=query) as answer:
        assert (answer.status, answer.content_type) == (200, "text/csv"), path
        return list(csv.DictReader(io.StringIO(await answer.text())))


def national(node: Node, name: str, period: str = "2025") -> Row:
    (row,) = totals.totals(node, name, "country", period)
    return row


async def test_every_indicator_is_listed_with_its_latest_total(council: Node, client: aiohttp.ClientSession) -> None:
    said = await data(client, "/indicators.json")
    assert [row["indicator"] for row in said["indicators"]] == list(indicators())
    by_name = {row["indicator"]: row for row in said["indicators"]}
    for name, rule in indicators().items():
        row = by_name[name]
        assert (row["theme"], row["tier"], row["kind"], row["unit"]) == (rule.theme, rule.tier, rule.kind, rule.unit)
        expected = national(council, name, row["period"]).to_json()
        assert {key: row[key] for key in expected} == expected
    assert (by_name["visits"]["period"], by_name["visits"]["years"]) == ("2025", ["2025", "2024"])
    assert by_name["attendancePerEvent"]["years"] == ["2025"]
    assert (await data(client, "/indicators.json", period="2024"))["indicators"][1]["value"] == "4700"
    lines = await table(client, "/indicators.csv")
    assert [(line["indicator"], line["value"], line["years"]) for line in lines] == [
        (row["indicator"], row["value"] or "", " ".join(row["years"])) for row in said["indicators"]
    ]


@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_the_list_is_filtered_by_words_in_both_languages(client: aiohttp.ClientSession, lang: str) -> None:
    for words, found, left in (("evenement", "attendancePerEvent", "kitchen"), ("VISITS", "visits", "energyUse")):
        page = await text(client, "/indicators", q=words, lang=lang)
        assert f"/indicators/{found}?" in page
        assert f"/indicators/{left}?" not in page
    nothing = await text(client, "/indicators", q="zzzz", lang=lang)
    assert ("Aucun indicateur" if lang == "fr" else "No indicator") in nothing
    whole = await text(client, "/indicators", lang=lang)
    assert all(rule.label[lang].replace("'", "&#39;") in whole for rule in indicators().values())
    assert all(f"/themes/{theme}?" in whole for theme in themes())


@pytest.mark.parametrize("name", indicators())
async def test_the_page_of_each_indicator_says_what_the_totals_say(
    council: Node, client: aiohttp.ClientSession, name: str
) -> None:
    rule, row = indicators()[name], national(council, name)
    said = await data(client, f"/indicators/{name}.json", by="region", period="2025")
    assert said["total"] == row.to_json()
    assert said["rows"] == [each.to_json() for each in totals.totals(council, name, "region", "2025")]
    assert {each["id"] for each in said["dimensions"]} >= set(rule.dimensions)
    lines = await table(client, f"/indicators/{name}.csv", by="region", period="2025")
    assert lines == await table(client, "/totals.csv", indicator=name, by="region", period="2025")
    assert {line["by"] for line in lines} == {"region"}, "a code alone names no area"
    for lang in ("fr", "en"):
        page = await text(client, f"/indicators/{name}", by="region", period="2025", lang=lang)
        value, unit = wording.figure(rule, None if row.value is None else Decimal(row.value), lang, total=True)
        assert row.value is None or f'<b>{value}</b> <span class="unit">{unit}</span>' in page
        assert wording.typeset(said["rule"][lang], lang).replace("'", "&#39;") in page
        assert "<script" not in page
        assert not re.search(r"\bnan\b|None|Decimal\(|\{[a-z]+\}(?!\))", re.sub(r"UCUM[^)]*\)", "", page)), name


async def test_a_total_stands_with_its_counts_coverages_and_what_is_left_out(client: aiohttp.ClientSession) -> None:
    french = await text(client, "/indicators/visits", lang="fr", period="2025")
    for said in (
        "12 répondants sur 14 connectés sur 20 connus", "85,7\u202f% des connectés, 60\u202f% des connus",
        "1 chiffre non public", "compteur", "estimé", "Un flux", "12\u202f660", "passages",
    ):  # fmt: skip
        assert said in french.replace("\u00a0", "\u202f").replace(" %", "\u202f%"), said
    english = await text(client, "/indicators/visits", lang="en", period="2025")
    assert "12 answering of 14 connected of 20 known" in english
    assert "12,660" in english
    assert "777" not in french + english


async def test_a_sum_is_computed_again_from_its_inputs(client: aiohttp.ClientSession) -> None:
    said = await data(client, "/indicators/visits.json", period="2025")
    assert sum(Decimal(each["value"]) for each in said["answers"]) == Decimal(said["total"]["value"])
    whole = [each for each in said["inputs"] if each["indicator"] == "visits" and not each["breakdown"]]
    assert sum(Decimal(each["value"]) for each in whole) == Decimal(said["total"]["value"])
    assert len(whole) == said["inputs_count"] == said["total"]["n_reporting"]
    for each in whole:
        assert each["document"].startswith(each["place"].removesuffix("#place"))
        assert (each["version"], each["period"], each["method"]) == (1, "2025", "counter")
    assert {each["obsStatus"] for each in whole} == {"A", "E"}


async def test_a_ratio_is_computed_again_from_those_that_give_both(client: aiohttp.ClientSession) -> None:
    said = await data(client, "/indicators/attendancePerEvent.json", period="2025")
    given: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for each in said["inputs"]:
        if not each["breakdown"]:
            given[each["place"]][each["indicator"]] = Decimal(each["value"])
    both = [mine for mine in given.values() if {"eventAttendance", "events"} <= mine.keys()]
    top, bottom = (sum(mine[name] for mine in both) for name in ("eventAttendance", "events"))
    assert Decimal(said["total"]["value"]) == (Decimal(top) / Decimal(bottom)).quantize(Decimal("0.000001"))
    assert said["halves"] == {"numerator": str(top), "denominator": str(bottom), "n": len(both)}
    assert (len(both), len(said["answers"])) == (3, 6)
    assert [row["value"] for row in said["components"]] == ["1510", "55"]
    page = await text(client, "/indicators/attendancePerEvent", lang="fr", period="2025")
    assert f"{top} ÷ {bottom}" in page
    assert "/indicators/eventAttendance?" in page
    assert "/indicators/events?" in page


async def test_a_weighted_mean_shows_its_weights_and_the_version_asked(client: aiohttp.ClientSession) -> None:
    said = await data(client, "/indicators/useValueScore.json", period="2025")
    top = sum(Decimal(value) * weight for value, weight in (("3.5", 10), ("4.5", 11), ("3.5", 12)))
    assert said["halves"] == {"numerator": "126.5", "denominator": "33", "n": 3}
    assert (top, said["total"]["methods"]) == (Decimal("126.5"), ["uv-1"])
    page = await text(client, "/indicators/useValueScore", lang="fr", period="2025")
    assert "Version du questionnaire</dt><dd>uv-1" in page


async def test_heads_say_that_they_may_be_counted_twice(client: aiohttp.ClientSession) -> None:
    assert "comptée deux fois" in await text(client, "/indicators/uniqueUsers", lang="fr", period="2025")
    assert "counted twice" in await text(client, "/indicators/uniqueUsers", lang="en", period="2025")
    assert "comptée deux fois" not in await text(client, "/indicators/visits", lang="fr", period="2025")


async def test_the_spread_is_said_from_ten_answers_and_without_extremes(client: aiohttp.ClientSession) -> None:
    said = await data(client, "/indicators/visits.json", period="2025")
    spread = said["distribution"]
    assert spread["quantiles"] == {"0.1": "1011", "0.25": "1027.5", "0.5": "1055", "0.75": "1082.5", "0.9": "1099"}
    assert spread["n"] == sum(each["n"] for each in spread["bins"]) == 12
    assert (spread["bins"][0]["low"], spread["bins"][-1]["high"]) == (None, None)
    few = await data(client, "/indicators/visits.json", period="2024")
    assert (few["total"]["n_reporting"], few["distribution"]) == (5, None)
    assert 'id="spread"' in await text(client, "/indicators/visits", period="2025")
    assert 'id="spread"' not in await text(client, "/indicators/visits", period="2024")
    assert (await data(client, "/indicators/publicServiceHosted.json"))["distribution"] is None


async def test_a_chart_has_a_name_and_a_table_beside_it(client: aiohttp.ClientSession) -> None:
    page = await text(client, "/indicators/visits", lang="fr", period="2025")
    for name, title in (("series", "Passages, par année"), ("spread", "Passages : nombre de réponses par tranche")):
        assert f'role="img" aria-labelledby="chart-{name}-title chart-{name}-desc"' in page
        assert f'<title id="chart-{name}-title">{title}' in page
        assert page.index(f'id="chart-{name}-desc"') < page.index("<table", page.index(f'id="chart-{name}-desc"'))
    assert '<text class="up"' in page
    assert "15\u202f000</text>" in page
    assert "15,000</text>" in await text(client, "/indicators/visits", lang="en", period="2025")


async def test_what_does_not_add_up_has_a_spread_and_no_total(client: aiohttp.ClientSession) -> None:
    said = await data(client, "/indicators/openingHours.json", period="2025")
    assert (said["total"]["value"], said["total"]["n_reporting"], said["distribution"]["n"]) == (None, 11, 11)
    assert [each["median"] for each in said["series"]] == ["25"]
    page = await text(client, "/indicators/openingHours", lang="fr", period="2025")
    assert "ne s&#39;additionne pas" in page
    assert "11 répondants sur 14 connectés" in page
    assert "répartition seulement" in await text(client, "/indicators", lang="fr")


async def test_the_series_has_the_open_total_and_the_constant_panel(
    council: Node, client: aiohttp.ClientSession
) -> None:
    said = await data(client, "/indicators/visits.json", period="2025")
    assert [(each["period"], each["value"], each["n_reporting"]) for each in said["series"]] == [
        ("2024", "4700", 5),
        ("2025", "12660", 12),
    ]
    (change,) = panel.changes(council, ["visits"], "country", "2024", "2025")
    assert said["series"][1]["panel"] == change.to_json()
    assert (change.before, change.after, change.n) == ("4700", "5100", 5)
    page = await text(client, "/indicators/visits", lang="fr")
    assert "+8,5" in page
    assert "5 répondants aux deux années" in page
    assert "+169" not in page
    shares = await text(client, "/indicators/publicServiceHosted", lang="en")
    assert "0 points since 2024, over 5 that answered both years" in shares


async def test_parts_have_who_gave_them_and_add_up_only_in_a_partition(client: aiohttp.ClientSession) -> None:
    said = await data(client, "/indicators/events.json", period="2025")
    (part,) = said["parts"]["eventAccess"]
    assert (part["code"], part["value"], part["n_reporting"]) == ("public", "14", 4)
    about = next(each for each in said["dimensions"] if each["id"] == "eventAccess")
    assert about["partition"] == dimensions()["eventAccess"].partition
    assert (part["share"] is None) == (about["partition"] != "yes")
    page = await text(client, "/indicators/events", lang="fr", period="2025")
    assert "(80" in page  # four of the five that answer the indicator
    assert dimensions()["eventAccess"].codes["public"].label["fr"] in page


@pytest.mark.parametrize("by", ["country", "region", "departement", "epci", "commune", "typology", "townsize"])
async def test_the_table_is_divided_as_asked(council: Node, client: aiohttp.ClientSession, by: str) -> None:
    rows = totals.totals(council, "visits", by, "2025")
    said = await data(client, "/indicators/visits.json", by=by, period="2025")
    assert (said["by"], said["rows"]) == (by, [row.to_json() for row in rows])
    assert {each["area"] for each in said["inputs"]} <= {row.area for row in rows}
    for lang in ("fr", "en"):
        page = await text(client, "/indicators/visits", by=by, period="2025", lang=lang)
        assert all(f"<b>{wording.number(Decimal(row.value), lang)}</b>" in page for row in rows if row.value)
        assert ('class="map"' in page) == (by == "departement")


async def test_the_directory_answers_with_its_places(client: aiohttp.ClientSession) -> None:
    said = await data(client, "/indicators/placesCount.json", period="2025")
    assert said["total"]["value"] == str(len(said["inputs"])) == "20"
    assert {each["kind"] for each in said["inputs"]} == {"description", "listing"}
    assert all(each["document"] and each["version"] for each in said["inputs"])


async def test_inputs_come_page_by_page(client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.web.indicator_file.MOST", 5)
    path, found = "/indicators/visits.json?period=2025", []
    while path:
        said = await data(client, path)
        found += said["inputs"]
        path = said["inputs_next"]
    assert (len(found), len({each["id"] for each in found}), said["inputs_count"]) == (12, 12, 12)
    assert (await data(client, "/indicators/visits.json", inputs="99999"))["inputs"] == []


async def test_an_unknown_name_is_answered_with_the_nearest(client: aiohttp.ClientSession) -> None:
    for path in ("/indicators/visit", "/indicators/VISITS", "/indicators/visit.json", "/indicators/visit.csv"):
        async with client.get(path, params={"lang": "fr"}) as answer:
            assert answer.status == 404
            said = await answer.text()
            assert "visits (Passages)" in said
    for path in ("/indicators/qqqqq", "/themes/nowhere", "/themes/nowhere.json"):
        async with client.get(path) as answer:
            assert answer.status == 404


@pytest.mark.parametrize("said", HOSTILE)
async def test_a_hostile_question_is_refused_or_answered_and_never_breaks(
    client: aiohttp.ClientSession, said: str
) -> None:
    for path in ("/indicators", "/indicators/visits", "/themes/use"):
        for kind in ("", ".json", ".csv"):
            for name in ("q", "period", "by", "page", "inputs", "lang"):
                async with client.get(path + kind, params={name: said}) as answer:
                    assert answer.status in (200, 400), (path, kind, name)
                    assert "<script>" not in await answer.text() or answer.content_type != "text/html"
                    assert kind != ".json" or answer.content_type.endswith("json")


async def test_what_is_not_public_is_nowhere(client: aiohttp.ClientSession) -> None:
    paths = ["/indicators", "/themes/use", "/themes/work", "/indicators/visits", "/indicators/directJobsFte"]
    for path in paths:
        for kind in ("", ".json", ".csv"):
            async with client.get(path + kind, params={"lang": "fr"}) as answer:
                said = await answer.text()
            assert not re.search(r"8.?641", said), path + kind
    jobs = await data(client, "/indicators/directJobsFte.json", period="2025")
    assert (jobs["total"]["value"], jobs["total"]["restricted_left_out"], jobs["inputs"]) == (None, 1, [])


async def test_a_theme_says_what_is_collected_and_what_is_not(council: Node, client: aiohttp.ClientSession) -> None:
    said = await data(client, "/themes/use.json")
    names = [rule.id for rule in indicators().values() if rule.theme == "use"]
    assert [each["indicator"] for each in said["indicators"]] == names
    assert sorted(said["collected"] + said["not_collected"]) == sorted(names)
    assert {"visits", "openingHours", "attendancePerEvent"} <= set(said["collected"])
    assert {"regularUsers", "occupancyRate"} <= set(said["not_collected"])
    assert said["years"] == ["2024", "2025"]
    for each in said["indicators"]:
        expected = [national(council, each["indicator"], year).to_json() for year in said["years"]]
        assert each["series"] == expected
    tiers = [each["tier"] for each in said["questions"]]
    assert tiers == sorted(tiers, key=("core", "standard", "component").index)
    assert {each["id"] for each in said["questions"]} == {n for n in names if indicators()[n].origin == "entered"}
    lines = await table(client, "/themes/use.csv")
    assert [(line["indicator"], line["period"], line["value"]) for line in lines] == [
        (each["indicator"], year["period"], year["value"] or "")
        for each in said["indicators"]
        for year in each["series"]
    ]
    for lang in ("fr", "en"):
        page = await text(client, "/themes/use", lang=lang)
        assert themes()["use"][lang] in page
        assert all(f"/indicators/{name}?" in page for name in names)
        assert wording.number(Decimal(12660), lang) in page


async def test_every_theme_has_a_page(client: aiohttp.ClientSession) -> None:
    for theme in themes():
        for lang in ("fr", "en"):
            assert themes()[theme][lang] in await text(client, f"/themes/{theme}", lang=lang)
    earlier = await data(client, "/themes/use.json", period="2024")
    assert (earlier["period"], earlier["years"]) == ("2024", ["2024"])


def again(rule: Indicator, answers: list[dict[str, Any]]) -> Decimal | None:
    """The total by its rule, from the answers that a file gives; a stranger's reading of the rule."""
    by_name: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for each in answers:
        by_name[each["indicator"]][each["unit"]] = Decimal(each["value"])
    mine, six = by_name[rule.id], Decimal("0.000001")
    if rule.across_sites in ("sum", "distinct", "model"):
        return sum(mine.values(), Decimal(0)) if mine else None
    if rule.across_sites == "share":
        return (sum(mine.values(), Decimal(0)) / len(mine)).quantize(six) if mine else None
    if rule.across_sites == "wmean":
        weights = by_name[rule.weight]
        whole = sum(weights.values(), Decimal(0))
        top = sum((value * weights[unit] for unit, value in mine.items()), Decimal(0))
        return (top / whole).quantize(six) if whole else None
    if rule.across_sites == "ratio":
        top, bottom = (sum(by_name[name].values(), Decimal(0)) for name in (rule.numerator, rule.denominator))
        return (top * (rule.scale or 1) / bottom).quantize(six) if bottom else None
    return None


async def test_every_total_is_computed_again_from_its_answers(tmp_path: Path) -> None:
    node = init_node(tmp_path / "council", "https://council.example", ("aggregator",), "Conseil", {})
    entered = [rule for rule in indicators().values() if rule.origin == "entered"]
    figures = [
        a_figure(n, rule.id, (n + at) % 2 if rule.kind == "flag" else 3 + (7 * n + 5 * at) % 40, method="m-1")
        for n in range(6)
        for at, rule in enumerate(entered)
        if (n + at) % 4
    ]
    one_operator = [a_place(n, operator="urn:siren:000000001") for n in (1, 2)]
    fill(node, [*one_operator, *(a_place(n) for n in (0, 3, 4, 5))], figures)
    async with TestServer(build_app(node)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        asked = 0
        for name, rule in indicators().items():
            said = await data(session, f"/indicators/{name}.json", period="2025")
            if rule.origin in ("aggregator", "reference") or rule.across_sites == "none":
                continue
            total = said["total"]["value"]
            assert again(rule, said["answers"]) == (None if total is None else Decimal(total)), name
            units = {each["operator" if rule.asked_of == "operator" else "place"] for each in said["inputs"]}
            assert {each["unit"] for each in said["answers"]} <= units, name
            asked += total is not None
        assert asked > 70
    node.close()
