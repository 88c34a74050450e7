"""The parts of a total: by the indicator's own rule, over those that give them, never added where they overlap."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from vocab.indicators import Universe
from vocab.parts import dimensions_of, parts
from vocab.resolve import Fact

PLACES = ("a", "b", "c")
UNIVERSE = Universe({place: place for place in PLACES}, frozenset(PLACES), frozenset(PLACES))


def fact(place: str, name: str, value: int | None, breakdown: str = "", period: str = "2025") -> Fact:
    return Fact(
        place, name, period, None if value is None else Decimal(value), "A" if value is not None else "L", "", breakdown
    )


def test_each_part_is_over_those_that_give_it() -> None:
    facts = [
        fact("a", "events", 10), fact("a", "events", 4, "eventAccess=public"),
        fact("a", "events", 6, "eventAccess=private"),
        fact("b", "events", 5), fact("b", "events", 5, "eventAccess=public"), fact("c", "events", 100),
        fact("a", "events", 3, "eventAccess=public&eventType=talk"),
    ]  # fmt: skip
    found = parts("events", "eventAccess", "2025", facts, UNIVERSE)
    assert [(p.code, p.aggregate.value, p.aggregate.n_reporting, p.share) for p in found] == [
        ("public", Decimal(9), 2, Decimal("0.6")),
        ("private", Decimal(6), 1, Decimal("0.4")),
    ]
    assert found[0].aggregate.n_connected == 3


def test_a_ratio_is_made_of_the_parts_of_both() -> None:
    facts = [
        fact("a", "events", 4, "eventAccess=public"), fact("a", "eventAttendance", 40, "eventAccess=public"),
        fact("b", "events", 1, "eventAccess=public"), fact("b", "eventAttendance", 60, "eventAccess=public"),
        fact("c", "eventAttendance", 999, "eventAccess=public"),
    ]  # fmt: skip
    (part,) = parts("attendancePerEvent", "eventAccess", "2025", facts, UNIVERSE)
    assert (part.aggregate.value, part.aggregate.n_reporting, part.share) == (Decimal(20), 2, None)


def test_parts_that_overlap_are_no_share_of_a_whole() -> None:
    facts = [fact("a", "visits", 10, "audience=students"), fact("a", "visits", 8, "audience=residents")]
    found = parts("visits", "audience", "2025", facts, UNIVERSE)
    assert [(p.code, p.share) for p in found] == [("students", None), ("residents", None)]
    assert dimensions_of("attendancePerEvent") == ("eventAccess",)


@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(("public", "private")), st.integers(0, 10**6)), max_size=12
    )
)
def test_shares_of_a_partition_add_up(given_parts: list[tuple[str, str, int]]) -> None:
    facts = [fact(place, "events", value, f"eventAccess={code}") for place, code, value in given_parts]
    found = parts("events", "eventAccess", "2025", facts, UNIVERSE)
    shares = [part.share for part in found if part.share is not None]
    assert not shares or abs(sum(shares) - 1) < Decimal("0.00001")
