"""Forms are the shapes: what is asked, and what a browser sends read back into a place or into what to mend."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vocab import check, forms
from vocab.errors import Mistake, beside
from vocab.intake.form import AMONG, COMMUNE, place_form, place_pairs, renumbered, with_commune
from vocab.intake.typed import typed
from vocab.model import Address, Hours, Operator, Place

IRI = "https://etabli.example/places/etabli#place"
LEAST = [("name", "L’Établi"), ("typology", "coworking"), (COMMUNE, "Nantes")]
FULL = Place(
    iri=IRI,
    name="L’Établi",
    address=Address("44109", "3 rue de la Paix", "44000", "Nantes"),
    typology=("coworking", "fablab"),
    building_origin=("school",),
    programme=("fabrique-de-territoire",),
    opened="2019-09",
    summary={"fr": "Un lieu.\nPour tous.", "en": "A place."},
    lat=Decimal("47.2184"),
    lon=Decimal("-1.5536"),
    operator=Operator("L’Établi", "association", "732829320", "W442012345"),
    hours=(Hours(("Mo", "Tu"), "09:00", "18:30"), Hours(("Sa",), "10:00", "12:00")),
    website="https://etabli.example/",
)


def wrong(*more: tuple[str, str]) -> dict[str, str]:
    read = place_form([*LEAST, *more], IRI)
    assert isinstance(read, tuple)
    return {mistake.field: mistake.code for mistake in read}


def test_every_field_of_a_place_is_asked() -> None:
    assert [group.id for group in forms.form()] == ["identity", "where", "building", "organisation", "access"]
    assert not check.place(FULL)
    asked = {name for name, _ in place_pairs(FULL)} | {"closed", "address.locality"}
    assert all(forms.field(name) for name in asked)
    leaves = {name for name, field in forms.fields().items() if not field.fields}
    assert leaves == {(found := forms.field(name)) and found.name for name in asked}


def test_choices_come_from_the_lists() -> None:
    typology, status = forms.fields()["typology"], forms.fields()["status"]
    assert len(typology.choices()) == 8
    assert "makerspace" in {each.code for top in typology.choices() for each in top.narrower}
    assert "unknown" not in {each.code for each in status.choices()}
    assert forms.fields()["hours.days"].choices()[0].label == {"fr": "lundi", "en": "Monday"}


def test_a_place_is_its_form() -> None:
    assert place_form(place_pairs(FULL), IRI) == FULL


def test_the_least_that_makes_a_place() -> None:
    read = place_form(LEAST, IRI)
    assert isinstance(read, Place)
    assert (read.address.commune, read.address.locality, read.operator, read.hours) == ("44109", "Nantes", None, ())


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("opened", " 1/9/2021 ", "2021-09-01"),
        ("opened", "09/2021", "2021-09"),
        ("opened", "2021", "2021"),
        ("opened", "hier", "hier"),
        ("hours.opens", "9h", "09:00"),
        ("hours.opens", "9 h 30", "09:30"),
        ("hours.opens", "9:30", "09:30"),
        ("website", "www.etabli.fr", "https://www.etabli.fr"),
        ("website", "http://etabli.fr/a", "http://etabli.fr/a"),
        ("operator.siren", "732 829 320", "732829320"),
        ("operator.siren", "732 829 320 00074", "732829320"),
        ("operator.rna", "w442012345", "W442012345"),
        ("address.postcode", "44 000", "44000"),
        ("geo.lat", "47,2184", "47.2184"),
        ("geo.lon", "−1,50", "-1.5"),
        ("name", " L’Établi \t du port ", "L’Établi du port"),
        ("summary", "Un.\r\nDeux.", "Un.\nDeux."),
    ],
)
def test_what_people_type(name: str, text: str, kept: str) -> None:
    assert typed(forms.fields()[name], text) == kept


def test_each_mistake_is_named_after_its_field() -> None:
    assert wrong(("opened", "hier")) == {"opened": "date.bad"}
    assert wrong(("operator.siren", "12")) == {"operator.name": "field.missing", "operator.siren": "siren.bad"}
    assert wrong(("hours[4].opens", "9h")) == {"hours[1].days": "field.missing", "hours[1].closes": "time.bad"}
    assert wrong(("geo.lat", "nord")) == {"geo.lat": "number.bad"}


def test_the_commune_is_chosen_or_typed() -> None:
    def commune(*pairs: tuple[str, str]) -> str:
        read = place_form([("name", "A"), ("typology", "coworking"), *pairs], IRI)
        return read.address.commune if isinstance(read, Place) else ",".join(mistake.code for mistake in read)

    assert commune() == "field.missing"
    assert commune((COMMUNE, "saint denis")) == "commune.choose"
    assert commune((COMMUNE, "zzzz")) == "commune.none"
    assert commune((COMMUNE, "Saint-Denis (93)")) == "93066"
    assert commune((COMMUNE, "saint denis"), (AMONG, "93066")) == "93066"
    assert commune((COMMUNE, "saint denis"), (AMONG, "44109")) == "commune.choose"
    assert commune((COMMUNE, "Nantes"), (AMONG, "93066")) == "44109"


def test_rows_without_anything_leave_no_gap() -> None:
    rows = [
        ("hours[1].opens", " "),
        ("name", "A"),
        ("hours[3].days", "Mo"),
        ("hours[3].days", "Tu"),
        ("hours[7].closes", "9"),
    ]
    said = [("name", "A"), ("hours[1].days", "Mo"), ("hours[1].days", "Tu"), ("hours[2].closes", "9")]
    assert renumbered(rows) == said


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_problems_are_said_without_the_names_of_files(lang: str) -> None:
    for code, params in (
        ("field.missing", {}),
        ("time.bad", {"value": ""}),
        ("concept.unknown", {"value": "x"}),
        ("commune.choose", {"value": "Saint"}),
        ("shape", {"fr": "le SIREN a 9 chiffres.", "en": "the SIREN has 9 digits."}),
    ):
        text = beside(Mistake("operator.siren", code, params), lang)
        assert "operator" not in text
        assert text[0] in '«“"' or text[0].isupper()
        assert text.endswith((".", "?"))


_NAMES = st.sampled_from(
    [*forms.fields(), "hours[1].days", "hours[999].opens", "name.fr", "summary.fr", "iri", "a.b", ""]
)


@example([("summary", "0"), ("summary.fr", "0")])
@given(st.lists(st.tuples(_NAMES, st.text(max_size=12))))
def test_whatever_a_browser_sends_is_a_place_or_mistakes(pairs: list[tuple[str, str]]) -> None:
    read = place_form(with_commune(renumbered(pairs)), IRI)
    assert isinstance(read, Place) or all(beside(mistake, "fr") for mistake in read)
