"""When a delivery is tried again, and when a host is left alone."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from federation.breaker import LONGEST, THRESHOLD, Breaker, step
from federation.policy import Policy
from federation.queue import LONGEST_RETRY, PATIENCE, is_patience_over, retry_after
from tests.federation.signing import NOW

SECOND = timedelta(seconds=1)


def test_the_first_retry_is_two_seconds_later() -> None:
    assert retry_after(1, 0.5) == 2 * SECOND
    assert [retry_after(n, 0.5).total_seconds() for n in (2, 3, 4)] == [4, 8, 16]


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_waits_grow_to_six_hours_and_are_spread(attempts: int, jitter: float) -> None:
    wait = retry_after(attempts, jitter)
    assert SECOND <= wait <= 1.5 * LONGEST_RETRY
    assert retry_after(attempts + 1, jitter) >= wait


def test_patience_lasts_three_days() -> None:
    assert not is_patience_over(NOW - PATIENCE, NOW)
    assert is_patience_over(NOW - PATIENCE - SECOND, NOW)


def test_a_breaker_opens_after_five_failures_and_one_attempt_then_decides() -> None:
    state = Breaker()
    for _ in range(THRESHOLD - 1):
        state = step(state, False, NOW)
        assert state.lets_pass(NOW)
    state = step(state, False, NOW)
    assert not state.lets_pass(NOW)
    assert state.open_until is not None
    assert state.lets_pass(state.open_until)
    assert not step(state, False, state.open_until).lets_pass(state.open_until)
    assert step(state, True, state.open_until) == Breaker()


@given(st.lists(st.booleans(), max_size=60))
def test_whatever_happens_a_host_is_tried_again_within_an_hour(outcomes: list[bool]) -> None:
    state = Breaker()
    for outcome in outcomes:
        state = step(state, outcome, NOW)
    assert state.lets_pass(NOW + LONGEST)
    assert state.lets_pass(NOW) or (not outcomes[-1] and state.failures >= THRESHOLD)


def test_blocking_and_allowing_reach_subdomains_and_nobody_else() -> None:
    block = Policy(block=frozenset({"bad.fr"}))
    assert [bool(block.judge(f"https://{host}/a")) for host in ("bad.fr", "sub.bad.fr", "notbad.fr", "bad.fr.org")] == [
        True, True, False, False,
    ]  # fmt: skip
    allow = Policy(allow=frozenset({"good.fr"}))
    assert [bool(allow.judge(f"https://{host}/a")) for host in ("good.fr", "a.good.fr", "other.fr")] == [
        False, False, True,
    ]  # fmt: skip
