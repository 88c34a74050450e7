"""Which names may be asked and which addresses connected to: published lists of what must never be reached."""

import json
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.addresses import is_public, may_ask, may_connect
from federation.errors import Refused
from federation.transport import Transport
from tests.shared import shared

PEERS = frozenset({"127.0.0.1:9001"})


def vectors(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared(f"vectors/{name}.json").read_text("utf-8"))
    return found


def test_published_addresses() -> None:
    found = vectors("ssrf_addresses")
    assert [each for each in found["deny"] if is_public(each)] == []
    assert [each for each in found["allow"] if not is_public(each)] == []


def test_published_hosts_are_refused_before_any_name_is_resolved() -> None:
    transport = Transport(PEERS)
    hosts = vectors("ssrf_hosts")["refuse"]
    assert [host for host in hosts if transport.may_ask(f"https://{host}/actor") is None] == []


def test_an_address_inside_a_url_is_judged_as_one() -> None:
    transport = Transport()
    for vector in vectors("url_hosts_wpt")["vectors"]:
        if vector["failure"]:
            assert isinstance(transport.may_ask(vector["input"]), Refused), vector["input"]


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_no_private_address_by_another_name(address: IPv4Address | IPv6Address) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast
        assert getattr(address, "ipv4_mapped", None) is None


@given(st.ip_addresses(v=4))
def test_no_form_that_carries_an_ipv4_address(address: IPv4Address) -> None:
    number = int(address)
    forms = [0xFFFF << 32, 0xFFFF << 48, 0, 0x64FF9B << 96]
    carried = [IPv6Address(form | number) for form in forms] + [IPv6Address(0x2002 << 112 | number << 80)]
    assert [str(each) for each in carried if is_public(str(each))] == []


def test_loopback_only_to_the_exact_list() -> None:
    assert may_connect("127.0.0.1", 9001, PEERS)
    assert not may_connect("127.0.0.1", 9002, PEERS)
    assert not may_connect("127.0.0.2", 9001, PEERS)
    assert not may_connect("::1", 9001, PEERS)
    assert not may_connect("::ffff:127.0.0.1", 9001, PEERS)
    assert not may_connect("10.0.0.1", 9001, frozenset({"10.0.0.1:9001"}))


@pytest.mark.parametrize(
    "url", ["https://tiers-lieux.fr/a", "https://xn--lectricit-b4ab.fr/a", "https://8.8.8.8/a", "https://tl.fr:8443/a"]
)
def test_public_names_may_be_asked(url: str) -> None:
    assert Transport().may_ask(url) is None


def test_plain_http_only_to_listed_peers() -> None:
    transport = Transport(PEERS)
    assert transport.may_ask("http://127.0.0.1:9001/actor") is None
    for url in ("http://tiers-lieux.fr/a", "http://127.0.0.1:9002/a", "http://localhost:9001/a", "ws://127.0.0.1:9001"):
        assert isinstance(transport.may_ask(url), Refused), url
    assert not may_ask("place.fr", 22)
