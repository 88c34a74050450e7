"""Where a row lies, when its witnesses agree, when they do not, and when nobody can say."""

from decimal import Decimal

import pytest

from node.importers.placing import Clues, Placed, place
from node.importers.report import Note

CANNES = (Decimal("43.5662"), Decimal("7.0077"))
GUERET = (Decimal("46.17"), Decimal("1.87"))


def placed(clues: Clues) -> Placed:
    found = place(clues)
    assert isinstance(found, Placed), found
    return found


def refused(clues: Clues) -> Note:
    found = place(clues)
    assert isinstance(found, Note), found
    return found


@pytest.mark.parametrize(
    ("code", "now"),
    [
        ("23096", "23096"),
        ("69152", "69149"),
        ("75110", "75056"),
        ("69382", "69123"),
        ("13201", "13055"),
        ("16226", "16393"),
        ("49019", "49307"),
        ("85217", "85146"),
        ("2B033", "2B033"),
    ],
)
def test_codes_of_today_and_of_the_past(code: str, now: str) -> None:
    found = placed(Clues(codes=(code,)))
    assert found.commune.code == now
    assert bool(found.notes) == (code != now)
    assert all(note.text(lang) for note in found.notes for lang in ("fr", "en"))


def test_a_name_and_a_postcode_place_a_row_without_code() -> None:
    found = placed(Clues(codes=(), name="guéret", postcode="23000"))
    assert found.commune.code == "23096"
    assert found.notes[0].code == "code_by_name"


def test_nothing_places_nothing() -> None:
    assert refused(Clues(codes=())).code == "nowhere"
    assert refused(Clues(codes=("99999",))).code == "unplaced"


def test_a_town_that_only_a_geocoder_names_is_refused() -> None:
    clues = Clues(codes=("06029",), derived=True, point=CANNES, exact=True, street="479 Chaussée de Lille")
    assert refused(clues).code == "geocoded_only"


def test_unless_its_own_words_name_it() -> None:
    clues = Clues(codes=("06029",), derived=True, point=CANNES, exact=True, street="1 rue", words="Cowork Cannes")
    assert placed(clues).point == CANNES


def test_a_point_kept_by_hand_without_address_is_taken() -> None:
    assert placed(Clues(codes=("06029",), derived=True, point=CANNES)).commune.code == "06029"


def test_the_postcode_and_the_point_outvote_a_derived_code() -> None:
    reunion = (Decimal("-20.9829"), Decimal("55.2855"))
    found = placed(Clues(codes=("2A041",), derived=True, postcode="97460", point=reunion, exact=True, name="Bonifacio"))
    assert (found.commune.code, found.point) == ("97415", reunion)
    assert found.notes[0].code == "postcode_wins"


def test_the_postcode_picks_among_the_codes_of_the_row() -> None:
    paris = (Decimal("48.901"), Decimal("2.338"))
    found = placed(
        Clues(codes=("93070", "75056"), postcode="75018", point=paris, exact=True, name="Saint-Ouen-sur-Seine")
    )
    assert found.commune.code == "75056"


def test_a_code_and_a_postcode_that_no_point_reconciles_are_refused() -> None:
    clues = Clues(codes=("23096",), postcode="06400", point=GUERET, exact=True, name="Guéret")
    assert refused(clues).code == "contradiction"


def test_two_codes_and_a_point_in_the_other_one_are_refused() -> None:
    clues = Clues(codes=("14327", "06152"), point=(Decimal("43.6272"), Decimal("7.0412")), exact=True)
    assert refused(clues).code == "codes_contradict"


def test_a_point_elsewhere_is_dropped_when_code_and_postcode_agree() -> None:
    found = placed(Clues(codes=("23096",), postcode="23000", point=CANNES, exact=True))
    assert found.point is None
    assert found.notes[0].code == "point_dropped"


def test_the_middle_of_a_commune_is_not_the_place() -> None:
    assert placed(Clues(codes=("23096",), point=GUERET)).point is None


def test_what_was_published_wins_over_a_geocoder_next_door() -> None:
    toulon = (Decimal("43.12"), Decimal("5.93"))
    found = placed(Clues(codes=("83137",), derived=True, postcode="83500", point=toulon, exact=True, name="Toulon"))
    assert (found.commune.name, found.point, found.notes[0].code) == ("La Seyne-sur-Mer", None, "postcode_alone")
    assert placed(Clues(codes=("83137",), postcode="83500", point=toulon, exact=True)).commune.name == "Toulon"


def test_a_departement_decides_between_communes_of_one_name() -> None:
    assert refused(Clues(codes=(), name="Saint-Denis")) == Note("several", {"name": "Saint-Denis"})
    assert placed(Clues(codes=(), name="Saint-Denis", departement="93")).commune.code == "93066"
    assert placed(Clues(codes=(), name="Saint-Denis", departement="974")).commune.code == "97411"
    assert placed(Clues(codes=(), name="Saint-Denis", departement="974", postcode="93200")).commune.code == "93066"
    assert refused(Clues(codes=(), name="Guéret", departement="93")).code == "unplaced"
    assert refused(Clues(codes=(), postcode="01000")).code == "several_of_postcode"
