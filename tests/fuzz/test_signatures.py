"""Signature headers: whatever is in them, a signature or a refusal; and what verifies is what was signed."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from federation.clock import from_epoch, http_date, judge_time, read_http_date, read_timestamp, timestamp
from federation.digest import check_content_digest, check_digest, dictionary, read_base64, write_base64
from federation.errors import Refused
from federation.httpsig import IncomingRequest, sign_cavage, sign_rfc9421, signature_of, verify
from federation.httpsig_request import authority
from node.api.signer import problem
from tests.federation.signing import BODY, NOW, OURS, URL, actor_keys, cavage_post, request, rfc9421_post, rsa_key
from tests.fuzz.shapes import MANY, damaged, in_table

_TOKENS = (
    'keyId="', 'algorithm="hs2019",', "algorithm=", 'headers="(request-target) host date digest"', "created=",
    "expires=", "(created)", "(expires)", "signature=", '"', ",", ", ", ";", "=", "sig1=", "sig2=", "()", "1.5", "?1",
    '("@method" "@target-uri")', '"@query-param";name="a"', '"content-digest";sf', '"digest";bs', ";created=",
    ";expires=", ";keyid=", ";alg=", ";tag=", "1763640000", "-1", "0", "999999999999999", "@0", "@999999999999999",
    "@-999999999999999", ":AAAA:", "::", ":A:", '%"%c3%a9"', '%"%ff"', '%"', "sha-256=", "SHA-256=", "sha-512=:", "*",
    "a", "é", "\x7f", "\t", "\\", "\r\n x",
)  # fmt: skip
latin = st.text(st.characters(max_codepoint=255), max_size=6)  # what a server makes of the bytes of a header
tokens = st.lists(st.sampled_from(_TOKENS) | latin, max_size=12).map("".join)
SIGNED = (
    cavage_post(),
    rfc9421_post(),
    cavage_post(URL + "?page=2"),
    rfc9421_post(URL + "?page=2"),
    request(sign_cavage("GET", URL, None, rsa_key().id, actor_keys().rsa, NOW), "GET", body=b""),
    request(sign_rfc9421("GET", URL, None, rsa_key().id, actor_keys().rsa, NOW), "GET", body=b""),
)
_NAMES = ("Signature", "Signature-Input", "Digest", "Content-Digest", "Date", "Host", "Content-Type", "X-Other")
_AMONG = tuple(token.encode("latin-1") for token in _TOKENS)


def _values(before: str) -> st.SearchStrategy[str]:
    raw = damaged(before.encode("latin-1"), pieces=_AMONG).map(lambda value: value.decode("latin-1"))
    return raw | tokens | st.sampled_from(["", before.upper(), before + ", " + before, " " + before + "\t"])


@st.composite
def requests(draw: st.DrawFn) -> IncomingRequest:
    """A request signed well, then one or two of its parts damaged."""
    before = draw(st.sampled_from(SIGNED))
    headers, body, target, method = list(before.headers), before.body, before.target, before.method
    for _ in range(draw(st.integers(0, 2))):
        act = draw(st.sampled_from(["change", "change", "drop", "add", "double", "rename", "body", "target", "method"]))
        place = draw(st.integers(0, len(headers) - 1)) if headers else None
        if act == "body":
            body = draw(damaged(body) | st.just(BODY))
        elif act == "target":
            target = "/" + draw(damaged(target.encode())).decode("latin-1")[1:]
        elif act == "method":
            method = draw(st.sampled_from(["POST", "GET", "post", "PUT", "HEAD"]))
        elif act == "add" or place is None:
            headers.append((draw(st.sampled_from(_NAMES)), draw(tokens)))
        elif act == "drop":
            del headers[place]
        elif act == "double":
            headers.append(headers[place])
        else:
            name, value = headers[place]
            headers[place] = (name.upper(), value) if act == "rename" else (name, draw(_values(value)))
    return IncomingRequest(method, target, tuple(headers), body, before.received_host)


@MANY
@given(requests(), st.sampled_from([0, 0, 0, 299, 301, -301]))
def test_what_verifies_is_what_was_signed(incoming: IncomingRequest, seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    signature = signature_of(incoming)
    wrong = signature if isinstance(signature, Refused) else verify(incoming, signature, rsa_key(), now, OURS)
    if wrong is not None:
        in_table(wrong)
        assert problem(wrong).status == wrong.status
        return
    assert abs(seconds) <= 300
    assert any(_same(incoming, signed) for signed in SIGNED)


def _same(incoming: IncomingRequest, signed: IncomingRequest) -> bool:
    """The same act at the same place; of a cavage signature the query may be left out (as some peers do)."""
    host = next(value for name, value in incoming.headers if name.lower() == "host")
    target = signed.target in (incoming.target, incoming.target.partition("?")[0])
    return (
        (incoming.method.upper(), incoming.body) == (signed.method, signed.body) and target and authority(host) in OURS
    )


@MANY
@given(st.lists(st.tuples(st.sampled_from(_NAMES), tokens), max_size=5))
@example([("Signature-Input", 'sig1=("@method");created=@999999999999999;keyid="a"'), ("Signature", "sig1=:AAAA:")])
@example([("Signature-Input", 'sig1=("@method");keyid=%"%ff"'), ("Signature", "sig1=:AAAA:")])
def test_any_headers_are_a_signature_or_a_refusal(headers: list[tuple[str, str]]) -> None:
    incoming = IncomingRequest("POST", "/inbox", tuple(headers), BODY, "council.example")
    signature = signature_of(incoming)
    if isinstance(signature, Refused):
        in_table(signature)
        return
    wrong = verify(incoming, signature, rsa_key(), NOW, OURS)
    assert wrong is not None
    in_table(wrong)


@MANY
@given(tokens, st.binary(max_size=8))
def test_any_digest_is_right_or_refused(value: str, body: bytes) -> None:
    for wrong in (check_digest(value, body), check_content_digest(value, body)):
        if wrong is not None:
            in_table(wrong)
    read = dictionary(value)
    assert read is None or all(isinstance(name, str) for name in read)


@MANY
@given(tokens | st.binary(max_size=12).map(write_base64))
def test_base64_has_one_form(text: str) -> None:
    data = read_base64(text)
    assert data is None or write_base64(data) == text


dates = damaged(http_date(NOW).encode()).map(lambda raw: raw.decode("latin-1")) | tokens
moments = damaged(timestamp(NOW).encode(), pieces=[b"+14:00", b"-23:59", b"0001", b"9999", b".123456789"])


@MANY
@given(dates)
@example("Mon, 01 Jan 0001 00:00:00 GMT")
@example("Fri, 31 Dec 9999 23:59:59 GMT")
def test_any_date_is_read_or_not(text: str) -> None:
    then = read_http_date(text)
    if then is not None:
        assert http_date(then) == text
        assert judge_time(then, NOW) is None or abs(then - NOW) > timedelta(seconds=300)


@MANY
@given(moments.map(lambda raw: raw.decode("latin-1")) | tokens)
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:59-23:59")
def test_any_timestamp_is_read_or_not(text: str) -> None:
    then = read_timestamp(text)
    assert then is None or (then < NOW) != (then >= NOW)


@MANY
@given(st.integers(-(10**20), 10**20))
@example(253_402_300_799)
@example(253_402_300_800)
def test_any_number_of_seconds_is_a_time_or_not(seconds: int) -> None:
    then = from_epoch(seconds)
    assert then is None or (then.tzinfo is UTC and datetime.timestamp(then) == seconds)
    assert then is None or judge_time(then, NOW) is None or abs(then - NOW) > timedelta(seconds=300)
