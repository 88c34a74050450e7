"""Signed requests: what we sign verifies, and one table of everything that must be refused, for both dialects."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.digest import content_digest_header, digest_header, write_base64
from federation.errors import Refused
from federation.httpsig import (
    Dialect,
    IncomingRequest,
    Signature,
    sign_cavage,
    sign_rfc9421,
    signature_of,
    verify,
)
from federation.httpsig_rfc9421 import base
from federation.keys import KeyKind, PublicKey, signed
from tests.federation.signing import (
    ACTOR,
    BODY,
    NOW,
    OURS,
    URL,
    actor_keys,
    cavage_post,
    ed25519_key,
    other_keys,
    request,
    rfc9421_post,
    rsa_key,
    with_header,
    without_header,
)


def judged(incoming: IncomingRequest, key: PublicKey | None = None, offset: int = 0) -> str | None:
    signature = signature_of(incoming)
    if isinstance(signature, Refused):
        return signature.reason
    refused = verify(incoming, signature, key or rsa_key(), NOW + timedelta(seconds=offset), OURS)
    return refused.reason if refused else None


def cavage_by_hand(headers: str, algorithm: str = "hs2019", **parameters: int) -> IncomingRequest:
    """A POST signed over exactly these components, as a careless or hostile peer would."""
    sent = {"Host": "council.example", "Date": "Fri, 20 Nov 2026 12:00:00 GMT", "Digest": digest_header(BODY)}
    special = {"(request-target)": "post /inbox"} | {f"({name})": str(value) for name, value in parameters.items()}
    values = special | {name.lower(): value for name, value in sent.items()}
    message = "\n".join(f"{name}: {values[name]}" for name in headers.split(" "))
    value = write_base64(signed(actor_keys().rsa, message.encode()))
    extra = "".join(f",{name}={value}" for name, value in parameters.items())
    named = f',algorithm="{algorithm}"' if algorithm else ""
    text = f'keyId="{rsa_key().id}"{named}{extra},headers="{headers}",signature="{value}"'
    return request(sent | {"Signature": text})


NOW_EPOCH = int(NOW.timestamp())
FULL = "(request-target) host date digest"
TIMED = "(request-target) host (created) digest"


@pytest.mark.parametrize("url", [URL, "https://council.example:443/inbox", "https://COUNCIL.example/inbox"])
def test_what_we_sign_we_verify(url: str) -> None:
    assert judged(cavage_post(url)) is None
    assert judged(rfc9421_post(url)) is None


def test_each_signature_says_its_key_and_dialect() -> None:
    for incoming, dialect in ((cavage_post(), Dialect.CAVAGE), (rfc9421_post(), Dialect.RFC9421)):
        signature = signature_of(incoming)
        assert isinstance(signature, Signature)
        assert (signature.key_id, signature.dialect) == (rsa_key().id, dialect)


@pytest.mark.parametrize("query", ["", "?after=5"])
def test_signed_gets(query: str) -> None:
    target, url = "/places/atelier/changes" + query, "https://council.example/places/atelier/changes" + query
    for sign in (sign_cavage, sign_rfc9421):
        headers = sign("GET", url, None, rsa_key().id, actor_keys().rsa, NOW)
        assert judged(request(headers, "GET", target, b"")) is None
        assert judged(request(headers, "GET", target + "/", b"")) == "signature"
        assert judged(request(headers, "POST", target, b"")) == "not_covered"
        assert judged(request(headers, "GET", target, b"smuggled")) == "not_covered"


def test_ed25519_requests() -> None:
    headers = sign_rfc9421("POST", URL, BODY, ed25519_key().id, actor_keys().ed25519, NOW)
    assert judged(request(headers), ed25519_key()) is None
    assert judged(request(headers), PublicKey(ed25519_key().id, ACTOR, KeyKind.RSA, rsa_key().key)) == "algorithm"


def test_plain_http_on_loopback() -> None:
    headers = sign_rfc9421("POST", "http://127.0.0.1:9001/inbox", BODY, rsa_key().id, actor_keys().rsa, NOW)
    signature = signature_of(request(headers))
    assert isinstance(signature, Signature)
    assert verify(request(headers), signature, rsa_key(), NOW, frozenset({"127.0.0.1:9001"})) is None
    assert verify(request(headers), signature, rsa_key(), NOW, frozenset({"127.0.0.1:9002"})) is not None


def test_a_query_may_be_left_out_of_the_string() -> None:
    """Some peers sign the path alone; RFC 9421 knows no such thing."""
    incoming = replace(cavage_post(), target="/inbox?from=there")
    assert judged(incoming) is None
    assert judged(replace(rfc9421_post(), target="/inbox?from=there")) == "signature"


@pytest.mark.parametrize("algorithm", ["", "hs2019", "rsa-sha256"])
def test_cavage_algorithms(algorithm: str) -> None:
    assert judged(cavage_by_hand(FULL, algorithm)) is None


@pytest.mark.parametrize("post", [cavage_post, rfc9421_post])
@pytest.mark.parametrize(("offset", "expected"), [(300, None), (-300, None), (301, "stale"), (-301, "future")])
def test_the_window(post: object, offset: int, expected: str | None) -> None:
    assert callable(post)
    assert judged(post(), offset=offset) == expected


@pytest.mark.parametrize(
    ("incoming", "expected"),
    [
        (cavage_by_hand("(request-target) date digest"), "not_covered"),
        (cavage_by_hand("(request-target) host date"), "not_covered"),
        (cavage_by_hand("(request-target) host digest"), "not_covered"),
        (cavage_by_hand("host date digest"), "not_covered"),
        (cavage_by_hand("date", "rsa-sha256"), "not_covered"),
        (cavage_by_hand(TIMED, created=NOW_EPOCH), None),
        (cavage_by_hand(TIMED, "", created=NOW_EPOCH), None),
        (cavage_by_hand(TIMED, "rsa-sha256", created=NOW_EPOCH), "algorithm"),
        (cavage_by_hand(TIMED, created=NOW_EPOCH - 3600), "stale"),
        (cavage_by_hand(TIMED, created=NOW_EPOCH + 600), "future"),
        (cavage_by_hand(TIMED + " (expires)", created=NOW_EPOCH, expires=NOW_EPOCH + 60), None),
        (cavage_by_hand(TIMED + " (expires)", created=NOW_EPOCH, expires=NOW_EPOCH - 1), "expired"),
        (cavage_by_hand(TIMED, created=999_999_999_999), "date_form"),
        (cavage_by_hand(FULL, "hmac-sha256"), "algorithm"),
        (cavage_by_hand(FULL, "rsa-sha1"), "algorithm"),
        (cavage_by_hand(FULL, "ed25519"), "algorithm"),
    ],
)
def test_cavage_coverage(incoming: IncomingRequest, expected: str | None) -> None:
    assert judged(incoming) == expected


GOOD = 'keyId="k",headers="(request-target) host date digest",signature="AAAA"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "signature_form"),
        ("Signature " + GOOD, "signature_form"),
        (GOOD + ",", "signature_form"),
        (GOOD + ',keyId="other"', "signature_form"),
        (GOOD + ',headers="date"', "signature_form"),
        (GOOD + ',unknown="x"', "signature_form"),
        (GOOD + ",created=soon", "signature_form"),
        (GOOD + ',created="5"', "signature_form"),
        (GOOD + ",created=-5", "signature_form"),
        (GOOD + ";created=5", "signature_form"),
        (GOOD.replace("keyId", "keyid"), "signature_form"),
        (GOOD.replace('"k"', '""'), "signature_form"),
        (GOOD.replace('"k"', "7"), "signature_form"),
        (GOOD.replace('"k"', '"k\\""'), "signature_form"),
        (GOOD.replace('keyId="k",', ""), "signature_form"),
        (GOOD.replace('"AAAA"', '""'), "signature_form"),
        (GOOD.replace('"AAAA"', '"AAAB=="'), "signature_form"),
        (GOOD.replace('"AAAA"', '"AAB="'), "signature_form"),
        (GOOD.replace('"AAAA"', '"AA AA"'), "signature_form"),
        (GOOD.replace("host", "Host"), "signature_component"),
        (GOOD.replace("host", "host host"), "signature_component"),
        (GOOD.replace("host", ""), "signature_component"),
        (GOOD.replace("host", "(status)"), "signature_component"),
        (GOOD.replace(" date", "\tdate"), "signature_form"),
        ("x" * 10_000, "signature_form"),
        (GOOD, "key_mismatch"),
    ],
)
def test_cavage_forms(text: str, expected: str) -> None:
    assert judged(with_header(cavage_post(), "Signature", text)) == expected


@pytest.mark.parametrize("post", [cavage_post, rfc9421_post])
def test_what_is_changed_or_missing_is_refused(post: object) -> None:
    assert callable(post)
    incoming: IncomingRequest = post()
    digest_name = "Digest" if "Digest" in dict(incoming.headers) else "Content-Digest"
    assert judged(replace(incoming, body=BODY + b" ")) == "digest"
    assert judged(replace(incoming, body=b"")) == "digest"
    assert judged(replace(incoming, method="PUT")) == "signature"
    assert judged(replace(incoming, target="/places/a/inbox")) == "signature"
    assert judged(without_header(incoming, "Signature")) == "unsigned"
    assert judged(without_header(incoming, digest_name)) == "header_absent"
    assert judged(without_header(incoming, "Content-Type")) == "header_absent"
    assert judged(with_header(incoming, "Content-Type", "text/plain")) == "signature"
    assert judged(without_header(incoming, "Host")) == "header_absent"
    assert judged(with_header(incoming, "Host", "other.example")) == "wrong_target"
    assert judged(replace(incoming, received_host="other.example")) == "wrong_target"
    assert judged(replace(incoming, headers=(*incoming.headers, ("Host", "council.example")))) == "header_repeated"
    new = digest_header(b"other") if digest_name == "Digest" else content_digest_header(b"other")
    assert judged(replace(with_header(incoming, digest_name, new), body=b"other")) == "signature"


@pytest.mark.parametrize("post", [cavage_post, rfc9421_post])
def test_only_the_key_that_it_names(post: object) -> None:
    assert callable(post)
    incoming: IncomingRequest = post()
    stranger = PublicKey(rsa_key().id, ACTOR, KeyKind.RSA, other_keys().rsa.public_key())
    assert judged(incoming, stranger) == "signature"
    assert judged(incoming, PublicKey("https://evil.example/#k", ACTOR, KeyKind.RSA, rsa_key().key)) == "key_mismatch"


def test_a_request_for_another_node_is_not_ours() -> None:
    """A replay to a second node, unchanged, is refused by the host that it was signed for."""
    for incoming in (cavage_post("https://other.example/inbox"), rfc9421_post("https://other.example/inbox")):
        assert judged(incoming) == "wrong_target"
        moved = with_header(incoming, "Host", "council.example")
        assert judged(moved) == "signature"


def test_a_refusal_says_the_string_that_we_expected() -> None:
    incoming = with_header(cavage_post(), "Content-Type", "text/plain")
    signature = signature_of(incoming)
    assert isinstance(signature, Signature)
    refused = verify(incoming, signature, rsa_key(), NOW, OURS)
    assert refused is not None
    assert refused.expected.startswith("(request-target): post /inbox\nhost: council.example\ndate: ")
    assert refused.expected.endswith("content-type: text/plain")


def test_a_date_must_be_one_and_well_formed() -> None:
    assert judged(with_header(cavage_post(), "Date", "20 Nov 2026")) == "date_form"
    twice = cavage_post()
    assert judged(replace(twice, headers=(*twice.headers, ("date", "x")))) == "header_repeated"
    assert judged(without_header(twice, "Date")) == "header_absent"
    several = replace(twice, headers=(*twice.headers, ("signature", "x")))
    assert judged(several) == "several_signatures"


def rfc9421_by_hand(member: str, label: str = "sig1", headers: dict[str, str] | None = None) -> IncomingRequest:
    value = write_base64(b"\x00" * 256)
    sent = {"Host": "council.example", "Content-Digest": content_digest_header(BODY)}
    return request(sent | {"Signature-Input": f"{label}={member}", "Signature": f"{label}=:{value}:"} | (headers or {}))


KEY = f';keyid="{rsa_key().id}"'
AT = f";created={NOW_EPOCH}" + KEY
ALL = '("@method" "@target-uri" "content-digest")'


@pytest.mark.parametrize(
    ("incoming", "expected"),
    [
        (rfc9421_by_hand("()" + AT), "not_covered"),
        (rfc9421_by_hand('("@method" "@target-uri")' + AT), "not_covered"),
        (rfc9421_by_hand('("@method" "content-digest")' + AT), "not_covered"),
        (rfc9421_by_hand('("@method" "@path" "content-digest")' + AT), "not_covered"),
        (rfc9421_by_hand('("@method" "@authority" "content-digest")' + AT), "not_covered"),
        (rfc9421_by_hand('("@target-uri" "content-digest")' + AT), "not_covered"),
        (rfc9421_by_hand(ALL + KEY), "not_covered"),
        (rfc9421_by_hand(f"{ALL};created={NOW_EPOCH}"), "signature_form"),
        (rfc9421_by_hand(f'{ALL};created="{NOW_EPOCH}"{KEY}'), "signature_form"),
        (rfc9421_by_hand(f"{ALL};created=1.5{KEY}"), "signature_form"),
        (rfc9421_by_hand(f"{ALL};created{KEY}"), "signature_form"),
        (rfc9421_by_hand(f"{ALL};created={NOW_EPOCH};keyid=token"), "signature_form"),
        (rfc9421_by_hand(f"{ALL};created=1;created={NOW_EPOCH}{KEY}"), "signature_form"),
        (rfc9421_by_hand(f"{ALL};created={NOW_EPOCH - 3600}{KEY}"), "stale"),
        (rfc9421_by_hand(f"{ALL};created={NOW_EPOCH + 600}{KEY}"), "future"),
        (rfc9421_by_hand(f"{ALL};created=-1{KEY}"), "date_form"),
        (rfc9421_by_hand(f"{ALL}{AT};expires={NOW_EPOCH - 1}"), "expired"),
        (rfc9421_by_hand(f'{ALL}{AT};alg="hmac-sha256"'), "algorithm"),
        (rfc9421_by_hand(f'{ALL}{AT};alg="ed25519"'), "algorithm"),
        (rfc9421_by_hand(f'{ALL}{AT};alg="rsa-pss-sha512"'), "algorithm"),
        (rfc9421_by_hand('("@method";req "@target-uri" "content-digest")' + AT), "signature_component"),
        (rfc9421_by_hand('("@method" "@method" "@target-uri" "content-digest")' + AT), "signature_component"),
        (rfc9421_by_hand('("@method" "@target-uri" "Content-Digest")' + AT), "signature_component"),
        (rfc9421_by_hand('("@status" "@method" "@target-uri" "content-digest")' + AT), "signature_component"),
        (rfc9421_by_hand('("@query-param";name="a" "@target-uri" "content-digest")' + AT), "signature_component"),
        (rfc9421_by_hand('("@signature-params" "@method" "@target-uri" "content-digest")' + AT), "signature_component"),
        (rfc9421_by_hand(ALL + AT, headers={"Signature": "other=:AAAA:"}), "signature_form"),
        (rfc9421_by_hand(ALL + AT, headers={"Signature": "sig1=AAAA"}), "signature_form"),
        (rfc9421_by_hand(ALL + AT, headers={"Signature": "sig1=:AAB=:"}), "signature_form"),
        (rfc9421_by_hand(ALL + AT, headers={"Signature": "sig1=:AAAA:, sig2=:AAAA:"}), "several_signatures"),
        (rfc9421_by_hand(ALL + AT + ", sig2=()"), "several_signatures"),
        (rfc9421_by_hand(ALL + AT + f", sig1={ALL}{AT}"), "signature_form"),
        (rfc9421_by_hand('"@method"' + AT), "signature_form"),
        (rfc9421_by_hand("("), "signature_form"),
        (rfc9421_by_hand("(" + '"a" ' * 3000 + ")" + AT), "signature_form"),
        (rfc9421_by_hand(ALL + AT), "signature"),
        (without_header(rfc9421_post(), "Signature"), "unsigned"),
    ],
)
def test_rfc9421_forms(incoming: IncomingRequest, expected: str) -> None:
    assert judged(incoming) == expected


def test_authority_and_path_do_for_the_uri() -> None:
    written = '("@method" "@authority" "@path" "content-digest")' + AT
    incoming = rfc9421_by_hand(written)
    signature = signature_of(incoming)
    assert isinstance(signature, Signature)
    message = base("https", incoming, incoming.named, signature)
    assert isinstance(message, bytes)
    value = write_base64(signed(actor_keys().rsa, message))
    assert judged(with_header(incoming, "Signature", f"sig1=:{value}:")) is None


def test_a_value_cannot_pretend_to_be_a_line() -> None:
    for incoming in (cavage_post(), rfc9421_post()):
        assert judged(with_header(incoming, "Content-Type", "text/plain\nhost: evil.example")) is not None
        assert judged(with_header(incoming, "Content-Type", "text/plaïn")) == "header_text"


header_texts = st.text(st.characters(max_codepoint=0x2FF), max_size=120)
pieces = st.sampled_from(
    [
        'keyId="',
        "headers=",
        "signature=",
        '"',
        ",",
        "(",
        ")",
        ";",
        ":",
        "=",
        " ",
        "sig1=",
        "created=1",
        '"@method"',
        "AAAA",
    ]
)


@given(header_texts | st.lists(pieces, max_size=15).map("".join))
def test_no_signature_header_is_taken_by_chance(text: str) -> None:
    for name in ("Signature", "Signature-Input"):
        for incoming in (cavage_post(), rfc9421_post()):
            assert judged(with_header(incoming, name, text)) is not None


@given(st.lists(st.tuples(st.sampled_from(["Signature", "Signature-Input", "Host", "Date", "Digest"]), header_texts)))
def test_no_headers_raise(headers: list[tuple[str, str]]) -> None:
    assert judged(IncomingRequest("POST", "/inbox", tuple(headers), BODY, "council.example")) is not None
