"""Territory: present communes, dead codes, names; and against the published table where it is there."""

import csv

import pytest

from tests.shared import shared
from vocab.territory import (
    area_codes,
    commune,
    communes_of,
    departement,
    inhabitants,
    name_of,
    parents,
    population,
    resolve,
    search,
)


@pytest.mark.parametrize(
    ("code", "now", "reason"),
    [
        ("23096", "23096", "current"),
        ("1004", "01004", "current"),
        ("69152", "69149", "delegated"),
        ("75110", "75056", "arrondissement"),
        ("69232", "69123", "former"),
    ],
)
def test_codes(code: str, now: str, reason: str) -> None:
    found = resolve(code)
    assert found.commune is not None
    assert (found.commune.code, found.reason, found.was) == (now, reason, code)


@pytest.mark.parametrize(
    ("code", "name", "postcode", "now"),
    [
        ("0", "GUERET", "23000", "23096"),
        ("", "St-Denis", "93200", "93066"),
        ("", "Paris 10e Arrondissement", "75010", "75056"),
        ("", "Castres", "0", None),
        ("", "Saint-Denis", "", None),
        ("99999", "", "", None),
        ("", "", "", None),
        ("", "Nulle-Part-sur-Rien", "23000", None),
    ],
)
def test_names(code: str, name: str, postcode: str, now: str | None) -> None:
    found = resolve(code, name, postcode)
    assert (found.commune.code if found.commune else None) == now


def test_dead_and_postal_codes_are_no_present_communes() -> None:
    assert commune("69152") is None
    assert commune("23000") is None
    assert commune("2A004") is not None
    assert commune("") is None


def test_names_and_populations_add_up() -> None:
    assert name_of("region", "75") == "Nouvelle-Aquitaine"
    assert name_of("epci", "200034825").endswith("Guéret")
    regions = sum(population("region", code) for code in area_codes("region"))
    departements = sum(population("departement", code) for code in area_codes("departement"))
    assert regions == departements == population("country", "FR") > 65_000_000


def test_same_as_the_published_communes() -> None:
    with shared("data/communes.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = commune(row["code"])
            assert found is not None, row["code"]
            assert (found.departement, found.region, found.epci) == (row["dep"], row["reg"], row["siren_epci"])


def test_what_contains_and_what_is_contained() -> None:
    assert parents("23096") == (("epci", "200034825"), ("departement", "23"), ("region", "75"), ("country", "FR"))
    assert parents("29083") == (("departement", "29"), ("region", "53"), ("country", "FR")), "no EPCI on this island"
    assert parents("75110") == ()
    assert "23096" in communes_of("epci", "200034825")
    assert communes_of("commune", "23096") == ("23096",)
    assert communes_of("commune", "75110") == communes_of("epci", "0") == communes_of("epci", "") == ()
    assert len(communes_of("country", "FR")) == len(inhabitants())
    assert sum(inhabitants()[code] for code in communes_of("departement", "23")) == population("departement", "23")
    departements = {epci: {code[:2] for code in communes_of("epci", epci)} for epci in area_codes("epci")}
    assert sum(len(some) > 1 for some in departements.values()) == 89, "EPCI that cross a département"


def test_search() -> None:
    assert search("guéret") == (("commune", "23096"), ("epci", "200034825"))
    assert search("Pierre-Bénite") == (("commune", "69149"),), "a part finds the whole"
    assert search("st denis")[0] == ("commune", "97411"), "whole names first, the largest first"
    assert search("") == search("  ") == search("'") == search("zzzz") == ()
    assert len(search("saint")) == 30


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ain", "01"),
        ("1", "01"),
        ("01 - Ain", "01"),
        ("Val-d'Oise", "95"),
        ("corse du sud", "2A"),
        ("2b", "2B"),
        ("x", ""),
    ],
)
def test_a_departement_as_people_write_it(text: str, code: str) -> None:
    assert departement(text) == code
