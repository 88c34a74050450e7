"""What people write: everything to mend at once, one readable line each, in both languages."""

import json
from decimal import Decimal
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocab import plausible
from vocab.build import description
from vocab.errors import Mistake, catalogue, message
from vocab.intake.place import place_jsonld, place_toml
from vocab.intake.report import report_csv
from vocab.model import Envelope, Observation, Place
from vocab.terms import LICENCE_OUVERTE, PUBLIC

IRI = "https://etabli.example/places/etabli#place"
GOOD = """
name = "Exemple – L'Établi de Guéret"
typology = ["coworking", "fablab"]
building_origin = ["station"]
opened = "2021-09-01"
status = "open"
[summary]
fr = "Atelier et bureaux partagés"
en = "Shared workshop and desks"
[address]
street = "1 rue Exemple"
postcode = "23000"
commune = "23096"
[geo]
lat = "46.17"
lon = "1.87"
[operator]
name = "Association Exemple"
legal_form = "association"
siren = ""
rna = ""
[[hours]]
days = ["Mo", "Tu"]
opens = "09:00"
closes = "18:00"
"""
ABOVE = "parts.above_total"
HEAD = "indicator,value,unit,status,method,breakdown\n"


def codes(result: object) -> list[tuple[str, str]]:
    assert isinstance(result, tuple)
    assert result
    for mistake in result:
        assert isinstance(mistake, Mistake), mistake
        for lang in ("fr", "en"):
            line = message(mistake, lang)
            assert line
            assert "\n" not in line
            asked = {name for _, name, _, _ in Formatter().parse(catalogue().texts(lang)[mistake.code]) if name}
            assert not [name for name in asked - set(mistake.params) if f"{{{name}}}" in line]
    return [(m.field, m.code) for m in result]


def test_the_example_is_read() -> None:
    place = place_toml(GOOD, IRI)
    assert isinstance(place, Place)
    assert (place.name, place.typology, place.lat) == (
        "Exemple – L'Établi de Guéret",
        ("coworking", "fablab"),
        Decimal("46.17"),
    )
    assert place.operator is not None
    assert place.operator.iri == ""


def test_every_mistake_at_once() -> None:
    text = (
        GOOD.replace('"fablab"', '"fablabb"')
        .replace('commune = "23096"', 'commune = "23000"')
        .replace('"09:00"', '"9h"')
        .replace('siren = ""', 'siren = "123456789"')
        .replace("opened =", "opend =")
    )
    assert codes(place_toml(text, IRI)) == [
        ("opend", "field.unknown_near"),
        ("typology", "concept.unknown_near"),
        ("address.commune", "commune.unknown"),
        ("hours[1].opens", "time.bad"),
        ("operator.siren", "siren.bad"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('name = "Exemple – L\'Établi de Guéret"\n', "", ("name", "field.missing")),
        ('typology = ["coworking", "fablab"]\n', "", ("typology", "field.missing")),
        ('["coworking", "fablab"]', '"coworking"', ("typology", "kind.list")),
        ('["coworking", "fablab"]', "[1]", ("typology", "kind.texts")),
        ('commune = "23096"', "", ("address.commune", "field.missing")),
        ('lon = "1.87"', "", ("geo", "geo.half")),
        ('lat = "46.17"', 'lat = "146,17"', ("geo.lat", "geo.range")),
        ('lat = "46.17"', 'lat = "nord"', ("geo.lat", "number.bad")),
        ('"2021-09-01"', '"01/09/2021"', ("opened", "date.bad")),
        ('"2021-09-01"', '"2021-02-30"', ("opened", "date.bad")),
        ('postcode = "23000"', 'postcode = "2300"', ("address.postcode", "postcode.bad")),
        ('rna = ""', 'rna = "123"', ("operator.rna", "rna.bad")),
        ('status = "open"', 'status = "ouvert"', ("status", "concept.unknown")),
        ('["Mo", "Tu"]', '["lundi"]', ("hours[1].days", "day.bad")),
        ("[geo]", "geo = 3\n[geo]", ("address.geo", "field.unknown")),
        ("[[hours]]", "[hours]", ("hours", "kind.tables")),
        ('commune = "23096"', 'commune = "69152"', ("address.commune", "commune.former")),
        ('commune = "23096"', 'commune = "75110"', ("address.commune", "commune.former")),
        ('opened = "2021-09-01"', 'opened = "2021-09-01"\nclosed = "2021-08"', ("closed", "closed.before")),
        ("1 rue Exemple", "1 rue\\u001b[31m Exemple", ("address.street", "text.control")),
        ("Association Exemple", "\\u202eExemple", ("operator.name", "text.control")),
        ('lat = "46.17"', "lat = 46.17", ("geo.lat", "kind.text")),
        ("[geo]", "[geo", ("place.toml", "toml.bad")),
    ],
)
def test_one_mistake(old: str, new: str, code: tuple[str, str]) -> None:
    assert code in codes(place_toml(GOOD.replace(old, new), IRI))


def test_jsonld_is_read_under_our_own_name() -> None:
    place = place_toml(GOOD, "https://old.example/places/x#place")
    assert isinstance(place, Place)
    moment = "2026-01-01T00:00:00Z"
    old = Envelope(
        "https://old.example/places/x/d",
        "https://old.example/places/x",
        1,
        moment,
        moment,
        LICENCE_OUVERTE,
        "public",
        (PUBLIC,),
    )
    document = description(place, old)
    assert place_jsonld(json.dumps(document), IRI) == place_toml(GOOD, IRI)
    assert place_jsonld(json.dumps(document["about"]), IRI) == place_toml(GOOD, IRI)
    assert codes(place_jsonld("{", IRI)) == [("place.jsonld", "json.bad")]
    assert codes(place_jsonld("[]", IRI)) == [("about", "field.missing")]
    assert codes(place_jsonld("{}", IRI))


REPORT = (
    HEAD + "visits,4210,{visit},E,estimate,\nevents,38,{event},A,register,\n"
    "events,30,{event},A,register,eventAccess=public\nevents,8,{event},A,register,eventAccess=private\n"
    "useValueScore,4.1,1,A,survey-v1,\nsurveyRespondents,62,{person},A,survey-v1,\nenergyUse,,kW.h,L,,\n"
)


@pytest.mark.parametrize(
    "raw",
    [
        REPORT.encode(),
        b"\xef\xbb\xbf" + REPORT.encode(),
        REPORT.replace(",", ";").encode(),
        REPORT.replace(",", ";").replace("4.1", "4,1").replace("4210", "4 210").encode(),
        REPORT.replace("\n", "\r\n").encode(),
        (REPORT + "\n,,,,,\n").encode(),
    ],
)
def test_the_same_report_however_it_is_saved(raw: bytes) -> None:
    figures = report_csv(raw, "2025")
    assert all(isinstance(f, Observation) for f in figures)
    assert [f.value for f in figures if isinstance(f, Observation)] == [
        *map(Decimal, ("4210", "38", "30", "8", "4.1", "62")),
        None,
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("visits,,{visit},A,,", "value.empty"),
        ("visits,12,{visit},L,,", "value.with_status"),
        ("visits,-1,{visit},A,,", "value.negative"),
        ("visits,1.5,{visit},A,,", "value.whole"),
        ("visits,douze,{visit},A,,", "number.bad"),
        ("visits,=1+1,{visit},A,,", "number.bad"),
        ("visits,12,{event},A,,", "unit.wrong"),
        ("visit,12,{visit},A,,", "indicator.unknown_near"),
        ("zzzz,12,{visit},A,,", "indicator.unknown"),
        ("teleworkShare,12,%,A,,", "indicator.computed"),
        ("placesCount,12,{place},A,,", "indicator.computed"),
        ("visits,12,{visit},Z,,", "status.unknown"),
        ("visits,12,{visit},A,Ma Méthode,", "method.bad"),
        ("useValueScore,4,1,A,,", "method.missing"),
        ("useValueScore,6,1,A,survey-v1,", "value.score"),
        ("publicServiceHosted,2,1,A,,", "value.flag"),
        ("events,3,{event},A,,gender=women", "dimension.not_here"),
        ("events,3,{event},A,,eventAccess=publi", "code.unknown_near"),
        ("events,3,{event},A,,eventAccess", "breakdown.bad"),
        ("events,3,{event},A,,,,x", "row.long"),
        ("events,3,{event},A,,\nevents,3,{event},A,,", "row.twice"),
        ("events,3,{event},A,,\nevents,4,{event},A,,eventAccess=public", "parts.above_total"),
    ],
)
def test_refused_rows(row: str, code: str) -> None:
    found = codes(report_csv((HEAD + row + "\n").encode(), "2025"))
    assert code in [c for _, c in found]
    assert all(field in ("2", "3") for field, _ in found)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("visits,40,{visit},A,,\nvisits,50,{visit},A,,audience=children", "parts.one_above_total"),
        ("events,9,{event},A,,\nevents,5,{event},A,,eventType=talk\nevents,6,{event},A,,eventType=market", ABOVE),
        ("events,5,{event},A,,eventAccess=public\nevents,6,{event},A,,eventAccess=public&eventType=talk", ABOVE),
        ("floorArea,100,m2,A,,\nreusedFloorArea,120,m2,A,,", "figure.above"),
        ("events,38,{event},A,,\neventAttendance,12,{visit},A,,", "figure.above"),
        ("volunteers,80,{person},A,,\nvolunteerHours,12,{person}.h,A,,", "figure.above"),
    ],
)
def test_figures_that_contradict_each_other(rows: str, code: str) -> None:
    assert [c for _, c in codes(report_csv((HEAD + rows + "\n").encode(), "2025"))] == [code]


@pytest.mark.parametrize(
    "rows",
    [
        "hoursGiven,120,{person}.h,A,,\nreciprocityTarget,100,{person}.h,A,,",
        "openingHours,35,h/wk,A,,\nopeningHours,168,h/wk,A,,access=badge",
        "events,30,{event},A,,eventAccess=public",
        "events,,{event},L,,\nevents,30,{event},A,,eventAccess=public",
        "useValueScore,4.1,1,A,survey-v1,\nuseValueScore,4.9,1,A,survey-v1,audience=students",
    ],
)
def test_figures_that_may_be_true_together(rows: str) -> None:
    assert all(isinstance(f, Observation) for f in report_csv((HEAD + rows + "\n").encode(), "2025"))


def test_a_comma_before_three_digits_is_read_as_written_by_its_file() -> None:
    area = 'indicator,value,unit,status\nfloorArea,"1,234",m2,A\n'
    assert codes(report_csv(area.encode(), "2025")) == [("2", "number.ambiguous")]
    message_fr = message(report_csv(area.encode(), "2025")[0], "fr")  # type: ignore[arg-type]
    assert "1234" in message_fr
    assert "1.234" in message_fr
    french = report_csv(b"indicator;value;unit;status\nfloorArea;1,234;m2;A\n", "2025")[0]
    assert isinstance(french, Observation)
    assert french.value == Decimal("1.234")


@pytest.mark.parametrize(
    "raw",
    [
        b"sep=;\r\nindicator;value;unit;status\r\nfloorArea;120,5;m2;A\r\n",
        b"indicator;value;unit;status;;;\nfloorArea;120,5;m2;A;;;\n",
        b"indicator\tvalue\tunit\tstatus\nfloorArea\t120,5\tm2\tA\n",
        b'"Indicator";"Value";"Unit";"Status"\n"floorArea";"120,50";"m2";"a"\n',
    ],
)
def test_what_spreadsheets_add(raw: bytes) -> None:
    figures = report_csv(raw, "2025")
    assert [f.value for f in figures if isinstance(f, Observation)] == [Decimal("120.5")]


def test_every_mistake_of_a_row_at_once() -> None:
    found = codes(report_csv((HEAD + "visits,douze,{event},Z,,\nevents,,{event},A,,\n").encode(), "2025"))
    assert found == [("2", "number.bad"), ("2", "status.unknown"), ("2", "unit.wrong"), ("3", "value.empty")]


def test_a_line_says_where_it_is_in_the_readers_language() -> None:
    empty = Mistake("7", "value.empty")
    assert message(empty, "fr").startswith("Ligne 7 : ")
    assert message(empty, "en").startswith("Line 7: ")
    assert message(Mistake("observations[3]", "value.empty"), "fr").startswith("observations[3] : ")
    hostile = Mistake("name", "concept.unknown", {"value": "\x1b[2J\n" + "x" * 5_000})
    assert "\x1b" not in message(hostile, "en")
    assert len(message(hostile, "en")) < 500


def test_both_languages_can_say_the_same_with_the_same_evidence() -> None:
    texts = {lang: catalogue().texts(lang) for lang in ("fr", "en")}
    assert texts["fr"].keys() == texts["en"].keys()
    for key, french in texts["fr"].items():
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (french, texts["en"][key])]
        assert names[0] == names[1] or key == "shape", key


def test_one_figure_is_not_given_for_two_years_that_share_days() -> None:
    def visits(period: str) -> Observation:
        return Observation("visits", period, Decimal(1), "{visit}")

    for new, old, clash in (
        ("2025", "2024-07-01/P1Y", True),
        ("2024-10-01/P1Y", "2024-07-01/P1Y", True),
        ("2025", "2025", False),
        ("2025", "2025-03", False),
        ("2024", "2025-07-01/P1Y", False),
    ):
        found = plausible.overlaps([visits(new)], ["2"], [visits(old)])
        assert bool(found) is clash, (new, old)
        assert not found or codes(found) == [("2", "period.overlap")]


def test_a_period_that_is_none_is_a_mistake() -> None:
    assert report_csv(REPORT.encode(), "25") == (Mistake("period", "period.bad"),)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "report.empty"),
        (HEAD.encode(), "report.empty"),
        (b"\xff\xfe\x00", "csv.encoding"),
        (HEAD.encode("utf-16"), "csv.encoding"),
        (b"indicator,value\nvisits,1\n", "column.missing"),
        (HEAD.replace("value", "valeur").encode(), "column.unknown_near"),
        (b"x" * 3_000_000, "file.big"),
    ],
)
def test_refused_files(raw: bytes, code: str) -> None:
    assert code in [c for _, c in codes(report_csv(raw, "2025"))]


def test_a_monthly_figure_only_where_months_are_asked() -> None:
    assert codes(report_csv((HEAD + "directJobsFte,2,{FTE},A,,\n").encode(), "2025-03")) == [("2", "period.not_here")]
    assert all(isinstance(f, Observation) for f in report_csv((HEAD + "visits,2,{visit},A,,\n").encode(), "2025-03"))


@given(st.binary(max_size=300))
def test_no_bytes_raise(raw: bytes) -> None:
    codes(report_csv(raw, "2025")) if not any(isinstance(f, Observation) for f in report_csv(raw, "2025")) else None


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    assert isinstance(place_toml(text, IRI), Place | tuple)
    assert isinstance(place_jsonld(text, IRI), Place | tuple)
    rows = report_csv((HEAD + text).encode("utf-8", "surrogatepass"), "2025")
    assert isinstance(rows, tuple)


def test_a_unit_is_told_in_words() -> None:
    (mistake,) = report_csv((HEAD + "visits,1.5,{visit},A\n").encode(), "2025")
    assert isinstance(mistake, Mistake)
    assert message(mistake, "fr") == "Ligne 2 : un nombre entier est attendu (passages)."
    assert message(mistake, "en") == "Line 2: a whole number is expected (visits)."
