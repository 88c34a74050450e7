"""Names of hosts: what browsers and registries make of odd ones, and that one host is asked for under one name."""

import unicodedata
from ipaddress import ip_address
from typing import Any

import pytest
from yarl import URL

from federation.activity import id_of, is_iri, origin
from federation.addresses import is_public
from federation.errors import Refused
from federation.transport import Transport, _target
from tests.corpus.attacks import attack
from tests.corpus.vectors import cases

GUARD = Transport()


@pytest.mark.parametrize("address", cases("ssrf_addresses", "deny"))
def test_special_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", cases("ssrf_addresses", "allow"))
def test_public_addresses(address: str) -> None:
    assert is_public(address)
    assert GUARD.may_ask(f"https://[{address}]/" if ":" in address else f"https://{address}/") is None


@attack("F02")
@pytest.mark.parametrize("vector", cases("url_hosts_wpt"))
def test_hosts_as_browsers_read_them(vector: dict[str, Any]) -> None:
    """What they refuse is refused; what may be asked has for everybody the host that it has for them, and no user."""
    url = vector["input"]
    if vector["failure"]:
        assert isinstance(GUARD.may_ask(url), Refused)
        return
    if is_iri(url):
        assert (URL(url, encoded=True).raw_host or "") == (vector["hostname"] or "").strip("[]")
        assert origin(url)[1] == vector["hostname"]
        assert not vector["username"]
    if GUARD.may_ask(url) is None:
        assert not _is_literal(vector["hostname"]) or is_public(vector["hostname"].strip("[]"))


def _is_literal(host: str) -> bool:
    try:
        return bool(ip_address(host.strip("[]")))
    except ValueError:
        return False


def unescaped(text: str) -> str:
    return (
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode().decode("raw_unicode_escape")
        if ("\\u" in text and text.isascii())
        else text
    )


@attack("I07")
@pytest.mark.parametrize("vector", cases("idna_v2_sample"))
def test_internationalised_names(vector: dict[str, Any]) -> None:
    """Only an A-label names a host: the name as people write it names none, and an A-label is that of one name."""
    source = unescaped(vector["source"])
    as_written = f"https://{source}/actor"
    if not source.isascii() or source != source.lower():
        assert not id_of(as_written)
        assert isinstance(GUARD.may_ask(as_written), Refused)
    ascii_name = vector["toAsciiN"] or source
    if id_of(as_written) and not set("?#/:@") & set(source):
        assert origin(as_written)[1] == source
    for label in ascii_name.split("."):
        if label.startswith("xn--") and GUARD.may_ask(f"https://{label}.tiers-lieux.fr/") is None:
            read = label[4:].encode().decode("punycode")
            assert read.encode("punycode").decode() == label[4:]
            assert not read.isascii()


@attack("I07")
@pytest.mark.parametrize(
    "label",
    ["xn--",
     "xn---", "xn--a", "xn--abc-", "xn--99999999999", "xn--\u00e9", "xn--0", "XN--LECTRICIT-B4AB",
     "a_b", "-a", "a-", "a" * 64, "", "é", "ａ", "a\u00ad", "a\u200d", "a\u2024b"],
)  # fmt: skip
def test_labels_that_are_none(label: str) -> None:
    assert isinstance(GUARD.may_ask(f"https://{label}.tiers-lieux.fr/"), Refused)
    assert unicodedata.is_normalized("NFC", label)


@pytest.mark.parametrize("vector", cases("rfc3986_resolution"))
def test_where_a_redirect_leads(vector: dict[str, Any]) -> None:
    """RFC 3986 §5.4, as a `Location` is read."""
    assert _target(vector["base"], vector["ref"]) == vector["target"]
