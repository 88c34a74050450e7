"""Finding a commune as it is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocab import communes, territory


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Guéret", "23096"), ("gueret (23)", "23096"), ("23096", "23096"), ("st-denis 93200", "93066"),
        ("Pontivy 56300", "56178"), ("PARIS", "75056"), ("75011", "75056"),
        ("saint-jean (31)", "31488"), ("Arles", "13004"),
    ],
)  # fmt: skip
def test_what_means_one_commune(typed: str, code: str) -> None:
    found = communes.only(typed)
    assert found is not None
    assert found.code == code
    assert communes.only(communes.label(found)) == found


@pytest.mark.parametrize("typed", ["Saint-Denis", "23000", "La Rochelle", "xyzzy", "", "a", "(23)"])
def test_what_means_none_or_several(typed: str) -> None:
    assert communes.only(typed) is None


def test_the_larger_ones_come_first_and_no_more_than_asked() -> None:
    found = communes.like("montp", 5)
    assert len(found) == 5
    assert [each.population for each in found] == sorted((each.population for each in found), reverse=True)
    assert communes.like("gueret")[0].code == "23096"
    assert {each.departement for each in communes.like("23000")} == {"23"}


@given(st.text(max_size=200))
def test_anything_can_be_typed(typed: str) -> None:
    assert len(communes.like(typed)) <= 12


def test_a_postcode_finds_what_it_serves() -> None:
    assert [each.code for each in territory.of_postcode("75011")] == ["75056"]
    assert territory.of_postcode("00000") == ()
