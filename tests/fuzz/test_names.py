"""Names that others give: IRIs, hosts, handles, keys. None breaks a reader; all readers see the same in it."""

import socket
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from hypothesis import assume, example, given
from hypothesis import strategies as st
from yarl import URL

from federation.activity import is_iri, origin
from federation.addresses import is_loopback, is_public, may_ask, may_connect
from federation.discovery import read_handle
from federation.errors import Refused
from federation.keys import KeyKind, load_public, multibase_decode, multibase_encode, public_text, verifies
from federation.policy import Policy
from federation.transport import Transport, _target
from tests.federation.signing import actor_keys
from tests.fuzz.shapes import MANY, SOME, damaged, in_table, texts

_PARTS = (
    "http:", "https:", "//", "/", "@", ":", "[", "]", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "127.0.0.1",
    "0x7f.1", "2130706433", "0177.1", "127.1", "169.254.169.254", "10.0.0.1", "localhost", "a.fr", "A.fr", "xn--9ca.fr",
    "xn--.fr", "é.fr", "℀.fr", "a。fr", "a.local", "user", "user:pass@", ":0", ":443", ":80", ":8080", ":99999", ":٣",
    ":-1", "?q", "#f", "%2f", "%00", "%", "\\", " ", "\t", "\n", "\x00", ".", "..", ";", "&", "acct:", "places",
    "{}", "`", "^",
)  # fmt: skip
names = st.lists(st.sampled_from(_PARTS) | texts, max_size=7).map("".join)
iris = st.builds(lambda scheme, rest: f"{scheme}://{rest}", st.sampled_from(["http", "https"]), names) | names


@MANY
@given(iris)
@example("https://[")
@example("https://a.fr:99999/")
@example("https://a.fr\\@b.fr/")
@example("https://[::1]a.fr/")
@example("http://[::1]")
def test_all_readers_of_an_iri_see_the_same_origin(iri: str) -> None:
    if not is_iri(iri):
        return
    scheme, host, port = origin(iri)
    url = URL(iri, encoded=True)
    assert (url.scheme, (url.raw_host or "").strip("[]"), url.port) == (scheme, host.strip("[]"), port)
    assert url.user is None
    assert url.raw_path_qs.isascii()


@MANY
@given(iris, st.frozensets(st.sampled_from(["127.0.0.1:8080", "localhost:8080"])))
@example("https://0x7f.1/", frozenset())
def test_what_may_be_asked_is_public_or_listed(iri: str, peers: frozenset[str]) -> None:
    wrong = Transport(peers).may_ask(iri)
    if wrong is not None:
        in_table(wrong)
        return
    parts = urlsplit(iri)
    if parts.netloc in peers:
        return
    assert parts.scheme == "https"
    assert parts.hostname is not None
    _public_if_literal(parts.hostname)


def _public_if_literal(host: str) -> None:
    """What any C library takes for an address is a public one, in its usual spelling."""
    try:
        packed = socket.inet_pton(socket.AF_INET6, host) if ":" in host else socket.inet_aton(host)
    except OSError:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    assert is_public(socket.inet_ntop(family, packed))


@MANY
@given(names, st.none() | st.integers(-1, 70_000))
@example("127.0.0.1.", None)
@example("١٢٧.0.0.1", None)
def test_any_host_is_judged(host: str, port: int | None) -> None:
    if may_ask(host, port):
        _public_if_literal(host)
        assert port is None or port == 443 or port >= 1024
        assert URL.build(scheme="https", host=host).raw_host == host


addresses = st.ip_addresses().map(str) | names


@MANY
@given(addresses, st.integers(0, 65_535), st.frozensets(addresses, max_size=2))
@example("::ffff:10.0.0.1", 443, frozenset())
@example("64:ff9b::7f00:1", 443, frozenset())
@example("2001:0:7f00:1::", 443, frozenset())
@example("fe80::1%eth0", 443, frozenset())
def test_a_socket_is_opened_to_public_or_listed_addresses(text: str, port: int, peers: frozenset[str]) -> None:
    assert not (is_loopback(text) and is_public(text))
    listed = frozenset(f"{peer}:{port}" for peer in peers)
    if may_connect(text, port, listed):
        assert is_public(text) or (is_loopback(text) and any(text in peer or "localhost" in peer for peer in listed))


@MANY
@given(names, names)
def test_a_redirect_leads_to_an_iri_or_nowhere(base: str, location: str) -> None:
    url = _target("https://a.fr/" + base, location)
    assert not is_iri(url) or origin(url)[1]


@MANY
@given(iris, st.frozensets(st.sampled_from(["a.fr", "127.0.0.1"])), st.frozensets(st.sampled_from(["a.fr", "b.fr"])))
@example("https://[", frozenset(), frozenset({"a.fr"}))
@example("https://℀.fr", frozenset({"a.fr"}), frozenset())
def test_any_name_is_judged_by_the_lists(iri: str, block: frozenset[str], allow: frozenset[str]) -> None:
    wrong = Policy(block, allow).judge(iri)
    if wrong is not None:
        in_table(wrong)
    elif allow:
        assert any(name in iri.lower() for name in allow)


handles = st.builds(lambda *parts: "".join(parts), st.sampled_from(["", "@", "acct:"]), names, st.just("@"), names)


@MANY
@given(handles | names)
@example("@a@[::1")
@example("a@b@c")
def test_any_handle_is_read_or_not(text: str) -> None:
    handle = read_handle(text)
    if handle is not None:
        assert read_handle(str(handle)) == handle
        assert "@" not in handle.user + handle.host
        assert handle.host == handle.host.lower()


_PEM, _MULTIKEY = actor_keys().public_pem, actor_keys().multibase
_WORDS = (b"RSA ", b"EC ", b"-----BEGIN CERTIFICATE-----", b"-----BEGIN PRIVATE KEY-----", b"AAAA", b"=", b"\r\n")


@MANY
@given(
    st.tuples(st.just(KeyKind.RSA), damaged(_PEM.encode(), pieces=_WORDS))
    | st.tuples(st.just(KeyKind.ED25519), damaged(_MULTIKEY.encode(), pieces=[b"z6Mk", b"1", b"0", b"u"]))
    | st.tuples(texts, st.binary(max_size=20))
)
def test_any_key_is_fit_or_refused(said: tuple[str, bytes]) -> None:
    kind, raw = said
    key = load_public(kind, raw.decode("latin-1"))
    if isinstance(key, Refused):
        in_table(key)
        return
    assert load_public(kind, public_text(key)) is not None
    assert not verifies(key, b"\x00" * 256, b"message")


@SOME
@given(st.integers(2**2046, 2**2049), st.sampled_from([1, 2, 3, 4, 65537, 2**32 + 1]))
def test_an_rsa_key_of_any_numbers_verifies_nothing_by_chance(n: int, e: int) -> None:
    try:
        text = public_text(RSAPublicNumbers(e, n).public_key())
    except ValueError:
        assume(False)
    key = load_public(KeyKind.RSA, text)
    if isinstance(key, Refused):
        in_table(key)
        return
    for value in (0, 1, n - 1):
        assert not verifies(key, value.to_bytes((n.bit_length() + 7) // 8, "big"), b"message")


@MANY
@given(st.binary(max_size=40) | st.binary(max_size=4).map(lambda end: b"\x00\x00" + end), names)
def test_multibase_has_one_form(data: bytes, text: str) -> None:
    if data:
        assert multibase_decode(multibase_encode(data)) == data
    read = multibase_decode(text)
    assert read is None or multibase_encode(read) == text


@pytest.mark.parametrize("y", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18, 2])
def test_weak_points_are_no_keys(y: int) -> None:
    for sign in (0, 1 << 255):
        key = load_public(KeyKind.ED25519, multibase_encode(b"\xed\x01" + (y | sign).to_bytes(32, "little")))
        assert isinstance(key, Refused)
        assert key.reason == "key_weak"
