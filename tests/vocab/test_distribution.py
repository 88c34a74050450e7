"""How answers spread: quantiles against the standard library, bins that hold every answer, nothing of a few."""

import statistics
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from vocab.distribution import FEWEST, QUANTILES, distribution

answers = st.lists(st.decimals(-10_000, 1_000_000, places=2, allow_nan=False), min_size=FEWEST, max_size=60)


@given(answers)
def test_the_quantiles_are_those_of_type_seven(values: list[Decimal]) -> None:
    found = distribution(values)
    assert found is not None
    hundredths = statistics.quantiles(sorted(values), n=20, method="inclusive")
    expected = [hundredths[int(share * 20) - 1] for share in QUANTILES]
    assert all(abs(a - b) < Decimal("0.00001") for a, b in zip(found.quantiles, expected, strict=True))


@given(answers)
def test_every_answer_is_in_one_bin(values: list[Decimal]) -> None:
    found = distribution(values)
    assert found is not None
    assert sum(each.n for each in found.bins) == found.n == len(values)
    assert (found.bins[0].low, found.bins[-1].high) == (None, None), "no bound tells the least or the greatest"
    assert all(a.high == b.low for a, b in zip(found.bins, found.bins[1:], strict=False))
    assert len(found.bins) <= 13


def test_a_few_answers_are_nobodys_business() -> None:
    assert distribution([Decimal(n) for n in range(FEWEST - 1)]) is None
    assert distribution([Decimal(7)] * FEWEST) is not None
