"""Charts as shapes: the axis is round and holds nought, what is missing is a gap."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from node.web import charts

VALUES = st.decimals(-(10**12), 10**12, places=3)


@given(VALUES, VALUES)
def test_the_axis_is_round_holds_nought_and_covers_the_values(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    ticks = charts.ticks(low, high)
    assert Decimal(0) in ticks
    assert ticks[0] <= low or low > 0
    assert ticks[-1] >= high or high < 0
    steps = {after - before for before, after in pairwise(ticks)}
    assert len(steps) == 1
    assert steps.pop().normalize().as_tuple().digits in ((1,), (2,), (5,))
    assert 2 <= len(ticks) <= 7


def test_what_is_counted_has_whole_steps() -> None:
    assert charts.ticks(Decimal(0), Decimal(2), Decimal(1)) == (0, 1, 2)
    assert charts.ticks(Decimal(0), Decimal(0)) == (0, 1)


@given(st.lists(st.none() | VALUES, min_size=1, max_size=8))
def test_a_column_is_in_its_box_and_what_is_missing_has_none(values: list[Decimal | None]) -> None:
    made = charts.series([(str(2018 + n), value) for n, value in enumerate(values)], str)
    assert len(made.columns) == sum(value is not None for value in values)
    for column, value in zip(made.columns, (each for each in values if each is not None), strict=True):
        assert made.left <= column.x
        assert column.x + column.width <= made.right + 0.1
        assert 0 <= column.y <= column.y + column.height <= charts.HEIGHT
        assert abs((column.y if value < 0 else column.y + column.height) - made.zero) <= 0.2


def test_names_below_never_touch() -> None:
    edges = [f"{n:,} 000" for n in range(1000, 12000, 1000)]
    made = charts.histogram([1] * 12, edges, str)
    assert 1 < len(made.along) < len(edges)
    wide = max(len(tick.text) for tick in made.along) * 6
    assert all(after.at - before.at > wide for before, after in pairwise(made.along))
    assert len(charts.histogram([12], [], str).columns) == 1


def test_a_line_leaves_a_gap_open() -> None:
    values = [Decimal(1), Decimal(3), None, Decimal(2), Decimal(5)]
    made = charts.line(values)
    assert made is not None
    assert (len(made.runs), len(made.dots)) == (2, 4)
    alone = charts.line([Decimal(1), None, Decimal(2)])
    assert alone is not None
    assert (alone.runs, len(alone.dots)) == ((), 2)
    assert charts.line([None, Decimal(1), None]) is None
