"""When to try again, and when to leave a host alone: after any sequence of answers, the waits stay within bounds."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from federation.breaker import FIRST, LONGEST, THRESHOLD, Breaker, step
from federation.delivery import _MAX_WAIT, _asked_for
from federation.queue import FIRST_RETRY, LONGEST_RETRY, PATIENCE, is_patience_over, retry_after
from tests.fuzz.shapes import MANY, texts

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
jitters = st.floats(0, 1, exclude_max=True)
events = st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(0), timedelta(hours=3))), max_size=40)


@MANY
@given(st.integers(-1, 10**6), jitters)
@example(10**6, 0.999)
def test_a_wait_grows_and_is_bounded(attempts: int, jitter: float) -> None:
    wait = retry_after(attempts, jitter)
    assert FIRST_RETRY / 2 <= wait <= LONGEST_RETRY * 1.5
    assert retry_after(attempts + 1, jitter) >= wait


@MANY
@given(st.lists(jitters, min_size=40, max_size=40))
def test_what_never_succeeds_is_given_up_within_a_day_of_its_patience(chances: list[float]) -> None:
    """By its own waits and those of the breaker, whatever chance says; and it was tried often enough before."""
    now, state, tries = START, Breaker(), 0
    for jitter in chances * 5:
        if is_patience_over(START, now):
            break
        tries += 1
        state = step(state, False, now)
        now = max(now + retry_after(tries, jitter), state.open_until or now)
    assert PATIENCE < now - START < PATIENCE + LONGEST_RETRY * 1.5
    assert tries >= 15


@MANY
@given(events)
def test_a_breaker_counts_failures_in_a_row_and_always_opens_again(happened: list[tuple[bool, timedelta]]) -> None:
    now, state, in_a_row = START, Breaker(), 0
    for is_success, later in happened:
        now += later
        if not state.lets_pass(now):
            continue
        state = step(state, is_success, now)
        in_a_row = 0 if is_success else in_a_row + 1
        assert state.failures == in_a_row
        assert (state.open_until is None) == (in_a_row < THRESHOLD)
        if state.open_until is not None:
            assert FIRST <= state.open_until - now <= LONGEST
            assert state.lets_pass(state.open_until)


@MANY
@given(
    st.none()
    | texts
    | st.integers(-1, 10**20).map(str)
    | st.sampled_from(["Fri, 31 Dec 9999 23:59:59 GMT", " 12 ", "²"])
)
def test_any_retry_after_is_at_most_a_day(header: str | None) -> None:
    asked = _asked_for(header, START)
    assert asked is None or asked <= START + _MAX_WAIT
