"""Which names may be asked and which addresses connected to: published lists of what must never be reached."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.addresses import is_public, may_ask, may_connect
from federation.errors import Refused
from federation.transport import Transport

PEERS = frozenset({"127.0.0.1:9001"})


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
