"""The arithmetic: the laws that every total must keep, over random networks, and each rule on small known cases."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocab.derived import of_opening
from vocab.errors import BadPeriod
from vocab.indicators import Universe, aggregate, questions
from vocab.periods import Period
from vocab.reference import indicator
from vocab.resolve import Fact, answer

Value = Decimal | str | None
AREAS = ("23", "56", "89")


def fact(place: str, name: str, value: Value, period: str = "2025", **more: object) -> Fact:
    number = None if value is None else Decimal(value)
    status = str(more.pop("status", "A" if value is not None else "L"))
    return Fact(place, name, period, number, status, **more)  # type: ignore[arg-type]


def universe(*places: str, operators: dict[str, str] | None = None, restricted: int = 0) -> Universe:
    mine = {p: (operators or {}).get(p, p) for p in places}
    return Universe(mine, frozenset(places), frozenset(places), restricted)


amounts = st.decimals(min_value=0, max_value=10**9, places=2)
networks = st.dictionaries(
    st.sampled_from([f"p{n}" for n in range(12)]),
    st.tuples(st.sampled_from(AREAS), st.none() | amounts, st.none() | amounts),
    min_size=1,
)


@given(networks, st.sampled_from(["visits", "volunteerHours", "floorArea", "directJobsFte", "hoursGiven"]))
def test_regions_add_up_to_the_nation(
    network: dict[str, tuple[str, Decimal | None, Decimal | None]], name: str
) -> None:
    facts = [fact(p, name, v) for p, (_, v, _) in network.items()]
    national = aggregate(name, "2025", facts, universe(*network))
    parts = []
    for area in AREAS:
        here = [p for p, (a, _, _) in network.items() if a == area]
        parts.append(aggregate(name, "2025", [f for f in facts if f.place in here], universe(*here)))
    given_values = [p.value for p in parts if p.value is not None]
    assert national.value == (sum(given_values, Decimal(0)) if given_values else None)
    assert national.n_reporting == sum(p.n_reporting for p in parts)
    assert national.n_connected == sum(p.n_connected for p in parts)


@given(networks)
def test_a_ratio_is_of_the_sums_of_those_who_report_both(
    network: dict[str, tuple[str, Decimal | None, Decimal | None]],
) -> None:
    facts = [fact(p, "hoursGiven", n) for p, (_, n, _) in network.items()]
    facts += [fact(p, "reciprocityTarget", d) for p, (_, _, d) in network.items()]
    both = [(n, d) for _, n, d in network.values() if n is not None and d is not None]
    total = aggregate("reciprocityAttainment", "2025", facts, universe(*network))
    bottom = sum((d for _, d in both), Decimal(0))
    assert total.n_reporting == len(both)
    if bottom == 0:
        assert total.value is None
    else:
        exact = sum((n for n, _ in both), Decimal(0)) * 100 / bottom
        assert total.value is not None
        assert abs(total.value - exact) <= Decimal("0.0000005") + abs(exact) * Decimal("1e-25")


@given(networks)
def test_not_collected_changes_coverage_and_not_the_value(
    network: dict[str, tuple[str, Decimal | None, Decimal | None]],
) -> None:
    facts = [fact(p, "visits", v) for p, (_, v, _) in network.items()]
    before = aggregate("visits", "2025", facts, universe(*network))
    after = aggregate("visits", "2025", [*facts, fact("new", "visits", None)], universe(*network, "new"))
    assert after.value == before.value
    assert after.n_reporting == before.n_reporting
    assert after.n_connected == before.n_connected + 1
    assert after.coverage is not None
    assert before.coverage is not None
    assert after.coverage < before.coverage or before.n_reporting == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(["2025-03-31", "2025-06-30", "2025-12-31"]), amounts),
        min_size=1,
        max_size=3,
        unique_by=lambda t: t[0],
    )
)
def test_a_stock_never_adds_over_dates(stocks: list[tuple[str, Decimal]]) -> None:
    facts = [fact("a", "floorArea", value, day) for day, value in stocks]
    total = aggregate("floorArea", "2025", facts, universe("a"))
    last, value = max(stocks)
    assert total.value == value
    assert total.obs_status == ("A" if last == "2025-12-31" else "E")


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.tuples(st.sampled_from(["survey-v1", "survey-v2"]), st.integers(1, 5), st.integers(0, 99)),
        min_size=1,
    )
)
def test_method_versions_never_mix(answers: dict[str, tuple[str, int, int]]) -> None:
    facts = [fact(p, "useValueScore", str(v), method=m) for p, (m, v, _) in answers.items()]
    facts += [fact(p, "surveyRespondents", str(w), method=m) for p, (m, _, w) in answers.items()]
    total = aggregate("useValueScore", "2025", facts, universe(*answers))
    assert len(total.methods) == 1
    chosen = {p: (v, w) for p, (m, v, w) in answers.items() if m == total.methods[0]}
    assert total.n_reporting == len(chosen)
    weight = sum(w for _, w in chosen.values())
    if weight == 0:
        assert total.value is None
    else:
        exact = Decimal(sum(v * w for v, w in chosen.values())) / weight
        assert total.value is not None
        assert abs(total.value - exact) <= Decimal("0.0000005")


def test_missing_is_never_zero() -> None:
    nobody = aggregate("visits", "2025", [fact("a", "visits", None)], universe("a", "b"))
    assert (nobody.value, nobody.obs_status, nobody.n_reporting, nobody.coverage) == (None, "L", 0, Decimal(0))
    zero = aggregate("visits", "2025", [fact("a", "visits", "0")], universe("a", "b"))
    assert (zero.value, zero.n_reporting, zero.coverage) == (Decimal(0), 1, Decimal("0.5"))


def test_not_applicable_leaves_the_denominators() -> None:
    facts = [fact("a", "visits", "10"), fact("b", "visits", None, status="M"), fact("c", "visits", None)]
    total = aggregate("visits", "2025", facts, universe("a", "b", "c"))
    assert (total.n_reporting, total.n_connected, total.n_known, total.coverage) == (1, 2, 2, Decimal("0.5"))


def test_an_operator_is_asked_once() -> None:
    facts = [fact("a", "boardSize", "9", seq=1), fact("b", "boardSize", "10", seq=2), fact("c", "boardSize", "5")]
    total = aggregate("boardSize", "2025", facts, universe("a", "b", "c", operators={"a": "o", "b": "o"}))
    assert (total.value, total.n_reporting, total.n_operators, total.n_connected) == (Decimal(15), 2, 2, 2)
    of_places = aggregate(
        "visits",
        "2025",
        [fact("a", "visits", "1"), fact("b", "visits", "2")],
        universe("a", "b", operators={"a": "o", "b": "o"}),
    )
    assert (of_places.n_reporting, of_places.n_operators) == (2, 1)


def test_the_total_wins_and_parts_need_a_whole_partition() -> None:
    public, private = {"breakdown": "eventAccess=public"}, {"breakdown": "eventAccess=private"}
    alone = [fact("a", "events", "30", **public)]
    assert aggregate("events", "2025", alone, universe("a")).value is None
    whole = [*alone, fact("a", "events", "8", **private)]
    assert aggregate("events", "2025", whole, universe("a")).value == 38
    assert aggregate("events", "2025", [*whole, fact("a", "events", "40")], universe("a")).value == 40
    unknown = [*alone, fact("a", "events", None, **private)]
    assert aggregate("events", "2025", unknown, universe("a")).value is None
    overlapping = [fact("a", "visits", "1", breakdown=f"audience={c}") for c in ("children", "teenagers", "other")]
    assert aggregate("visits", "2025", overlapping, universe("a")).value is None


def test_a_year_from_its_months() -> None:
    months = [fact("a", "visits", "10", f"2025-{m:02d}") for m in range(1, 13)]
    assert aggregate("visits", "2025", months, universe("a")).value == 120
    some = aggregate("visits", "2025", months[:5], universe("a"))
    assert (some.value, some.obs_status, some.note) == (Decimal(50), "E", "months")
    both = aggregate("visits", "2025", [*months, fact("a", "visits", "130")], universe("a"))
    assert (both.value, both.obs_status) == (Decimal(130), "A")


def test_an_accounting_year_belongs_where_it_ends() -> None:
    facts = [fact("a", "volunteerHours", "700", "2024-07-01/P1Y")]
    assert aggregate("volunteerHours", "2025", facts, universe("a")).value == 700
    assert aggregate("volunteerHours", "2024", facts, universe("a")).value is None


def test_shares_ratios_and_what_is_not_aggregated() -> None:
    flags = [fact(p, "publicServiceHosted", v) for p, v in (("a", "1"), ("b", "0"), ("c", "0"), ("d", None))]
    share = aggregate("publicServiceHosted", "2025", flags, universe("a", "b", "c", "d"))
    assert (share.value, share.n_reporting, share.n_connected) == (Decimal("0.333333"), 3, 4)
    reuse = [fact("a", "floorArea", "200"), fact("a", "reusedFloorArea", "50"), fact("b", "floorArea", "1000")]
    rate = aggregate("buildingReuseRate", "2025", reuse, universe("a", "b"))
    assert (rate.value, rate.n_reporting) == (Decimal(25), 1)
    mean = [
        fact("a", "eventAttendance", "100"),
        fact("a", "events", "10"),
        fact("b", "eventAttendance", "30"),
        fact("b", "events", "1"),
    ]
    assert aggregate("attendancePerEvent", "2025", mean, universe("a", "b")).value == Decimal("11.818182")
    hours = aggregate("openingHours", "2025", [fact("a", "openingHours", "35")], universe("a"))
    assert (hours.value, hours.n_reporting, hours.note) == (None, 1, "distribution")


def test_places_are_counted_from_the_directory() -> None:
    total = aggregate(
        "placesCount", "2025", [], Universe({"a": "o", "b": "o"}, frozenset({"a"}), frozenset({"a", "b"}))
    )
    assert (total.value, total.n_operators, total.n_known, total.n_connected) == (Decimal(2), 1, 2, 1)
    per = aggregate(
        "placesPer100k",
        "2025",
        [],
        Universe({"a": "a"}, frozenset(), frozenset({"a"}), 0, {"population": Decimal(50_000)}),
    )
    assert per.value == 2


def test_statuses_and_what_is_left_out() -> None:
    facts = [fact("a", "visits", "1"), fact("b", "visits", "2", status="E"), fact("c", "visits", "3", status="P")]
    total = aggregate("visits", "2025", facts, universe("a", "b", "c", restricted=4))
    assert (total.obs_status, total.restricted_left_out, total.conf_status) == ("E", 4, "F")
    none = aggregate("visits", "2025", [], universe("a", restricted=1))
    assert (none.value, none.conf_status) == (None, "N")


def test_a_fact_outside_the_area_does_not_count() -> None:
    assert aggregate("visits", "2025", [fact("elsewhere", "visits", "5")], universe("a")).value is None


def test_unknown_questions_raise() -> None:
    with pytest.raises(KeyError):
        aggregate("nothing", "2025", [], universe("a"))
    with pytest.raises(BadPeriod):
        aggregate("visits", "25", [], universe("a"))
    assert questions("useValueScore") == ("useValueScore", "surveyRespondents")


@pytest.mark.parametrize(
    ("text", "kind", "end"),
    [
        ("2025", "year", "2025-12-31"),
        ("2024-02", "month", "2024-02-29"),
        ("2025-12", "month", "2025-12-31"),
        ("2025-06-30", "date", "2025-06-30"),
        ("2024-07-01/P1Y", "accounting", "2025-06-30"),
    ],
)
def test_periods(text: str, kind: str, end: str) -> None:
    read = Period.parse(text)
    assert (read.text, read.kind, read.end.isoformat()) == (text, kind, end)


@pytest.mark.parametrize(
    "text", ["", "25", "2025-13", "2025-02-30", "2025/P1Y", "2025-01-01/P1Y", "P1Y", "2025-1", "٢٠٢٥"]
)
def test_not_periods(text: str) -> None:
    with pytest.raises(BadPeriod):
        Period.parse(text)


def test_overlaps() -> None:
    assert Period.parse("2025").overlaps(Period.parse("2024-07-01/P1Y"))
    assert not Period.parse("2025").overlaps(Period.parse("2024-12"))


def test_a_ratio_divides_the_same_months() -> None:
    used = [fact("a", "seatHoursUsed", "10", f"2025-{month:02d}") for month in (1, 2, 3)]
    offered = [fact("a", "seatHoursOffered", "100", f"2025-{month:02d}") for month in range(2, 13)]
    total = aggregate("occupancyRate", "2025", [*used, *offered], universe("a"))
    assert (total.value, total.obs_status) == (Decimal(10), "E")
    year = [fact("a", "seatHoursOffered", "1200")]
    assert aggregate("occupancyRate", "2025", [*used, *year], universe("a")).n_reporting == 0


def test_a_ratio_of_two_meetings_is_none() -> None:
    spring = [fact("a", "votersPresent", "20", "2025-03-01"), fact("a", "votersEntitled", "40", "2025-03-01")]
    autumn = fact("a", "votersEntitled", "50", "2025-10-01")
    assert aggregate("participationRate", "2025", [*spring, autumn], universe("a")).value == 50
    assert aggregate("participationRate", "2025", [spring[0], autumn], universe("a")).n_reporting == 0


def test_every_method_of_the_months_is_told() -> None:
    facts = [fact("a", "visits", "5", f"2025-{month:02d}", method=f"m{month % 2}") for month in (1, 2)]
    assert aggregate("visits", "2025", facts, universe("a")).methods == ("m0", "m1")


def test_no_day_counts_twice() -> None:
    def costs(period: str, *others: str) -> Value:
        facts = [fact("a", "operatingCosts", "7", each) for each in others]
        return aggregate("operatingCosts", period, facts, universe("a")).value

    assert costs("2025", "2024-07-01/P1Y") == 7
    assert costs("2025", "2024-07-01/P1Y", "2024") is None
    assert costs("2024", "2024-07-01/P1Y", "2024") == 7
    assert costs("2025", "2024-07-01/P1Y", "2023-09-01/P1Y") is None
    assert costs("2024", "2024-07-01/P1Y", "2023-09-01/P1Y") == 7
    assert costs("2025", "2024-07-01/P1Y", "2023-07-01/P1Y") == 7


def test_the_stock_of_31_december_comes_before_that_of_an_exercise() -> None:
    exercise = fact("a", "floorArea", "10", "2024-07-01/P1Y")
    alone = aggregate("floorArea", "2025", [exercise], universe("a"))
    assert (alone.value, alone.obs_status) == (Decimal(10), "E")
    dated = [exercise, fact("a", "floorArea", "12", "2025-12-31")]
    assert aggregate("floorArea", "2025", dated, universe("a")).value == 12


def test_an_operator_is_heard_by_its_latest_answer_of_the_period() -> None:
    facts = [
        fact("a", "members", "30", seq=1),
        fact("a", "members", "1", "2024", seq=9),
        fact("b", "members", "40", seq=5),
    ]
    both = universe("a", "b", operators={"a": "o", "b": "o"})
    assert aggregate("members", "2025", facts, both).value == 40


def test_a_level_of_some_months_is_their_mean() -> None:
    rule = replace(indicator("directJobsFte"), periods=("year", "month"))
    some = [fact("a", "directJobsFte", value, f"2025-{month:02d}") for month, value in ((1, "2"), (2, "4"))]
    found = answer(rule, "2025", some)
    assert found is not None
    assert (found.value, found.status, found.partial) == (Decimal(3), "E", True)


def test_the_coverage_of_the_directory_is_never_above_one() -> None:
    here = Universe({"a": "a", "b": "b"}, frozenset({"a", "b"}), frozenset({"a"}))
    assert aggregate("placesCount", "2025", [], here).coverage == 1


@pytest.mark.parametrize(
    ("opened", "period", "age", "status"),
    [
        ("2020", "2025", 5, "A"),
        ("2020", "2025-06-30", 4, "E"),
        ("2020-07-01", "2025-06-30", 4, "A"),
        ("2020-06", "2024-07-01/P1Y", 5, "A"),
        ("2025-12-31", "2025-12-31", 0, "A"),
    ],
)
def test_the_age_of_a_place_is_in_whole_years(opened: str, period: str, age: int, status: str) -> None:
    found = of_opening(indicator("placeAge"), period, "a", opened)
    assert found is not None
    assert (found.value, found.status) == (Decimal(age), status)
    assert aggregate("placeAge", period, [found], universe("a")).n_reporting == 1
    assert of_opening(indicator("visits"), period, "a", opened) is None
    assert of_opening(indicator("placeAge"), period, "a", "") is None
