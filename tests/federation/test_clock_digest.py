"""Dates and digests in headers: one form each, the right value, or refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.clock import http_date, judge_time, read_http_date, read_timestamp, timestamp
from federation.digest import check_content_digest, check_digest, content_digest_header, digest_header
from federation.errors import Refused
from tests.federation.signing import NOW

_FIRST, _LAST = datetime(1970, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 - the strategy adds the zone
seconds = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0))


def reason(judged: Refused | None) -> str | None:
    return judged.reason if judged else None


@given(seconds)
def test_dates_round_trip(time: datetime) -> None:
    assert read_http_date(http_date(time)) == time
    assert read_timestamp(timestamp(time)) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sun, 05 Jan 2014 21:31:40",
        "Sun, 05 Jan 2014 21:31:40 +0000",
        "Mon, 05 Jan 2014 21:31:40 GMT",
        "Sun, 5 Jan 2014 21:31:40 GMT",
        "Sun, 32 Jan 2014 21:31:40 GMT",
        "Sun, 05 Jam 2014 21:31:40 GMT",
        "Sun, 05 Jan 2014 24:31:40 GMT",
        "Sun, ٠٥ Jan 2014 21:31:40 GMT",
        "Sunday, 05-Jan-14 21:31:40 GMT",
        "2014-01-05T21:31:40Z",
    ],
)
def test_other_dates_are_not_read(text: str) -> None:
    assert read_http_date(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T12:00:00Z", NOW),
        ("2026-11-20T12:00:00.123456789Z", NOW),
        ("2026-11-20T13:00:00+01:00", NOW),
        ("2026-11-20T12:00:00", None),
        ("2026-11-20 12:00:00Z", None),
        ("2026-13-20T12:00:00Z", None),
        ("2026-11-20T12:00:00+99:00", None),
        (1763640000, None),
        (None, None),
    ],
)
def test_timestamps_say_their_zone(text: object, expected: datetime | None) -> None:
    assert read_timestamp(text) == expected


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(0, None), (-300, None), (300, None), (-301, "stale"), (301, "future"), (-3600, "stale"), (600, "future")],
)
def test_the_window_is_five_minutes_either_side(offset: int, expected: str | None) -> None:
    assert reason(judge_time(NOW + timedelta(seconds=offset), NOW)) == expected


@given(st.binary(max_size=60))
def test_our_digests_are_right_and_of_one_body(body: bytes) -> None:
    assert check_digest(digest_header(body), body) is None
    assert check_content_digest(content_digest_header(body), body) is None
    assert reason(check_digest(digest_header(body), body + b" ")) == "digest"
    assert reason(check_content_digest(content_digest_header(body), body + b" ")) == "digest"


GOOD = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
GOOD_512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="
HELLO = b'{"hello": "world"}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"SHA-256={GOOD}", None),
        (f"sha-256={GOOD}", None),
        (f"Sha-256={GOOD}, unixsum=30637", None),
        (f"SHA-512={GOOD_512}", None),
        (f"SHA-512={GOOD_512},SHA-256={GOOD}", None),
        (f"SHA-512={GOOD_512},SHA-256={GOOD[:-2]}F=", "digest_form"),
        (f"SHA-512={GOOD_512},SHA-256={digest_header(b'')[8:]}", "digest"),
        (f"SHA-256={digest_header(b'')[8:]},SHA-256={GOOD}", "digest"),
        ("SHA-256=", "digest"),
        ("MD5=abc", "digest_form"),
        ("unixsum=30637", "digest_form"),
        (GOOD[:-1], "digest_form"),
        ("", "digest_form"),
    ],
)
def test_digest(value: str, expected: str | None) -> None:
    assert reason(check_digest(value, HELLO)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"sha-256=:{GOOD}:", None),
        (f"sha-512=:{GOOD_512}:", None),
        (f"sha-512=:{GOOD_512}:, sha-256=:{GOOD}:", None),
        (f"sha-256=:{GOOD}:, md5=:AAAA:", None),
        (f"sha-256=:{GOOD}:, sha-512=:AAAA:", "digest"),
        (f"sha-256=:{GOOD}:, sha-256=:{GOOD}:", "digest_form"),
        (f"sha-256={GOOD}", "digest_form"),
        (f'sha-256="{GOOD}"', "digest_form"),
        (f"SHA-256=:{GOOD}:", "digest_form"),
        ("md5=:AAAA:", "digest_form"),
        ("sha-256", "digest_form"),
        ("é", "digest_form"),
        ("", "digest_form"),
    ],
)
def test_content_digest(value: str, expected: str | None) -> None:
    assert reason(check_content_digest(value, HELLO)) == expected


@given(st.text(max_size=80))
def test_no_text_is_a_digest_by_chance(value: str) -> None:
    assert isinstance(check_digest(value, HELLO), Refused)
    assert isinstance(check_content_digest(value, HELLO), Refused)
