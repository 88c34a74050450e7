"""Figures computed from a place's own answers, operators that run several places, and changes on a constant panel."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vocab.test_indicators import fact, universe
from vocab.derived import of_answers, operands
from vocab.indicators import aggregate, own
from vocab.panel import change
from vocab.reference import dimensions, indicators
from vocab.resolve import Answer, Fact
from vocab.sharing import LEVELS, proposed, strictest, wider

YEARS = ("2024", "2025")
amounts = st.decimals(min_value=0, max_value=10**9, places=2)


def accounts(place: str, income: str | None, costs: str | None) -> list[Fact]:
    return [fact(place, "operatingIncome", income), fact(place, "operatingCosts", costs)]


def test_every_computed_figure_can_be_computed() -> None:
    for rule in indicators().values():
        if rule.origin == "computed" and rule.id not in ("placeAge", "ageMix"):
            given_parts = {name: Answer(Decimal(2), "A") for name in operands(rule)}
            assert of_answers(rule, given_parts) is not None, rule.id


def test_a_result_is_of_those_who_give_both_and_may_be_negative() -> None:
    facts = [*accounts("a", "100", "130"), *accounts("b", "50", "20"), *accounts("c", "999", None)]
    total = aggregate("operatingResult", "2025", facts, universe("a", "b", "c"))
    assert (total.value, total.n_reporting, total.n_connected) == (Decimal(0), 2, 3)
    balanced = aggregate("atLeastBalanced", "2025", facts, universe("a", "b", "c"))
    assert (balanced.value, balanced.n_reporting) == (Decimal("0.5"), 2)
    alone = own("operatingResult", "2025", accounts("a", "100", "130"))
    assert alone is not None
    assert alone.value == -30


def test_not_applicable_passes_to_what_is_computed() -> None:
    facts = [fact("a", "operatingIncome", "5"), fact("a", "operatingCosts", None, status="M")]
    total = aggregate("operatingResult", "2025", facts, universe("a", "b"))
    assert (total.value, total.n_connected) == (None, 1)


def test_what_is_never_pooled_says_how_many_gave_it() -> None:
    facts = [fact("a", "hoursGiven", "30"), fact("a", "hoursReceived", "40"), fact("b", "hoursGiven", "9")]
    total = aggregate("reciprocityBalance", "2025", facts, universe("a", "b"))
    assert (total.value, total.n_reporting, total.note) == (None, 1, "distribution")
    alone = own("reciprocityBalance", "2025", facts[:2])
    assert alone is not None
    assert alone.value == Decimal("0.75")
    share = [fact("a", "topFunderAmount", "30"), fact("a", "operatingIncome", "120")]
    assert aggregate("topFunderShare", "2025", share, universe("a")).n_reporting == 1
    funder = own("topFunderShare", "2025", share)
    assert funder is not None
    assert funder.value == 25


def test_age_mix_is_one_when_bands_are_equal_and_zero_when_one_has_all() -> None:
    bands = list(dimensions()["ageBand"].codes)
    even = [fact("a", "regularUsers", "7", breakdown=f"ageBand={band}") for band in bands]
    one = [fact("a", "regularUsers", "7" if band == bands[0] else "0", breakdown=f"ageBand={band}") for band in bands]
    for facts, expected in ((even, 1), (one, 0)):
        mix = own("ageMix", "2025", facts)
        assert mix is not None
        assert mix.value == expected
    assert own("ageMix", "2025", even[:1]) is None
    assert aggregate("ageMix", "2025", even, universe("a")).n_reporting == 1


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=5).filter(any))
def test_age_mix_stays_between_zero_and_one(counts: list[int]) -> None:
    bands = list(dimensions()["ageBand"].codes)
    facts = [fact("a", "regularUsers", str(n), breakdown=f"ageBand={b}") for n, b in zip(counts, bands, strict=False)]
    mix = own("ageMix", "2025", facts)
    assert mix is not None
    assert mix.value is not None
    assert 0 <= mix.value <= 1


def test_what_is_asked_of_a_place_adds_up_for_its_operator() -> None:
    facts = [fact("a", "cash", "60"), fact("a", "operatingCosts", "200"), fact("b", "operatingCosts", "40")]
    net = universe("a", "b", operators={"a": "o", "b": "o"})
    assert aggregate("cashMonths", "2025", facts, net).n_reporting == 1
    assert aggregate("operatingCosts", "2025", facts, net).value == 240


def test_counts_of_persons_add_up_by_an_attribute_of_persons_only() -> None:
    by_gender = [fact("a", "volunteers", "3", breakdown=f"gender={g}") for g in ("women", "men", "other")]
    assert aggregate("volunteers", "2025", by_gender, universe("a")).value == 9
    themes = dimensions()["trainingTheme"].codes
    by_theme = [fact("a", "traineesCount", "3", breakdown=f"trainingTheme={t}") for t in themes]
    assert aggregate("traineesCount", "2025", by_theme, universe("a")).value is None


def test_a_model_by_parts_has_one_method() -> None:
    modes = list(dimensions()["mode"].codes)
    parts = [fact("a", "commuteKmAvoided", "10", breakdown=f"mode={m}", method="m-v2") for m in modes]
    assert aggregate("commuteKmAvoided", "2025", parts, universe("a")).value == 10 * len(modes)
    mixed = [*parts[:-1], fact("a", "commuteKmAvoided", "10", breakdown=f"mode={modes[-1]}", method="m-v1")]
    assert aggregate("commuteKmAvoided", "2025", mixed, universe("a")).value is None


def test_of_two_versions_as_common_the_later_is_kept() -> None:
    facts = [fact("a", "ghgAvoided", "1", method="m-v9"), fact("b", "ghgAvoided", "5", method="m-v10")]
    total = aggregate("ghgAvoided", "2025", facts, universe("a", "b"))
    assert (total.value, total.methods, total.note, total.n_reporting) == (Decimal(5), ("m-v10",), "methods", 1)


def test_a_score_keeps_its_version_whatever_counted_its_respondents() -> None:
    facts = [
        fact("a", "useValueScore", "4", method="survey-v1"),
        fact("a", "surveyRespondents", "10", method="register"),
    ]
    assert aggregate("useValueScore", "2025", facts, universe("a")).methods == ("survey-v1",)


def test_a_count_of_the_general_meeting_is_found_at_its_date() -> None:
    facts = [fact("a", "votersPresent", "30", "2025-06-12"), fact("a", "votersEntitled", "60", "2025-06-12")]
    rate = aggregate("participationRate", "2025", facts, universe("a"))
    assert (rate.value, rate.obs_status) == (Decimal(50), "A")


def test_a_place_without_a_relation_covers_nobody() -> None:
    net = universe("a", "b")
    stranger = type(net)(net.operators, frozenset({"b"}), net.known)
    total = aggregate("visits", "2025", [fact("a", "visits", "5")], stranger)
    assert (total.n_reporting, total.n_connected, total.coverage) == (1, 1, Decimal(0))


def test_the_directory_answers_for_itself() -> None:
    net = universe("a", "b")
    known = {"placesOpened3y": Decimal(10), "placesStillOpen3y": Decimal(7), "organizationsAlive3y": Decimal(3)}
    with_counts = type(net)(net.operators, net.connected, net.known, 0, known)
    assert aggregate("openAfter3Years", "2025", [], with_counts).value == 70
    assert aggregate("organizationsAlive3y", "2025", [], with_counts).value == 3
    nothing = aggregate("openAfter3Years", "2025", [], net)
    assert (nothing.value, nothing.obs_status, nothing.n_reporting) == (None, "L", 0)


# Change


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.none() | amounts, st.none() | amounts), min_size=1),
)
def test_a_change_is_that_of_the_units_that_report_both(
    years: dict[str, tuple[Decimal | None, Decimal | None]],
) -> None:
    facts = [
        fact(p, "visits", value, year) for p, pair in years.items() for year, value in zip(YEARS, pair, strict=True)
    ]
    found = change("visits", "2024", "2025", facts, universe(*years))
    both = [(a, b) for a, b in years.values() if a is not None and b is not None]
    assert found.n == len(both) == found.before.n_reporting == found.after.n_reporting
    assert found.difference == (sum((b - a for a, b in both), Decimal(0)) if both else None)


def test_two_surveys_are_not_compared() -> None:
    facts = [
        fact("a", name, value, year, method=f"survey-v{version}")
        for year, version in (("2024", 1), ("2025", 2))
        for name, value in (("useValueScore", "4"), ("surveyRespondents", "9"))
    ]
    found = change("useValueScore", "2024", "2025", facts, universe("a"))
    assert (found.n, found.comparable, found.difference) == (1, False, None)


# Sharing


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("visits", "public"),
        ("useValueScore", "network"),
        ("operatingIncome", "aggregate-only"),
        ("teleworkShare", "public"),
        ("localUserShare", "network"),
        ("atLeastBalanced", "aggregate-only"),
    ],
)
def test_proposed_levels(name: str, level: str) -> None:
    assert proposed(name) == level


def test_a_ratio_is_as_confidential_as_its_strictest_part() -> None:
    for rule in indicators().values():
        for part in operands(rule):
            assert LEVELS.index(proposed(rule.id)) >= LEVELS.index(proposed(part))


def test_what_is_shared_more_widely_than_proposed() -> None:
    assert wider(["visits", "cash", "useValueScore", "cash"], "network") == ("cash",)
    assert wider(["visits", "cash", "useValueScore"], "private") == ()
    assert strictest([]) == "public"
