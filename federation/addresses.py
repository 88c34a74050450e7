"""Which names a node may ask and which addresses it may connect to: public ones, and an exact list of loopback peers.

`ipaddress.is_global` misses several special-use ranges, so the registries are written out (RFC 6890; IANA IPv4 and
IPv6 Special-Purpose Address Registries). Addresses that carry an IPv4 address inside are judged by it too.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_GLOBAL_V6 = IPv6Network("2000::/3")
_V6 = tuple(
    IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20")
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# RFC 6761, 6762, 7686, 8375, 9476, and the names that private networks give themselves
_SPECIAL_NAMES = "alt arpa corp example home internal intranet invalid lan local localhost onion private test"
_SPECIAL = frozenset(_SPECIAL_NAMES.split(" "))
_LOWEST_PORT = 1024


def may_ask(host: str, port: int | None) -> bool:
    """Whether a URL may name this host and port, before anything is resolved: a public name or literal, a web port."""
    if port is not None and port != 443 and port < _LOWEST_PORT:
        return False
    if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return is_public(host)
    labels = host.split(".")
    return len(labels) > 1 and len(host) < 254 and labels[-1] not in _SPECIAL and all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    """A label of letters, digits and inner hyphens; what claims to be Punycode must be it, and of no other label."""
    if not _LABEL.fullmatch(label) or not label.startswith("xn--"):
        return _LABEL.fullmatch(label) is not None
    try:
        text = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return False
    return not text.isascii() and text.isprintable() and text.encode("punycode").decode("ascii") == label[4:]


def is_public(text: str) -> bool:
    """Whether an IP address literal is a public unicast address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _V4)
    return _public_v6(address)


def _public_v6(address: IPv6Address) -> bool:
    """Mapped, 6to4, NAT64 and Teredo forms all lie outside what is let through."""
    return address in _GLOBAL_V6 and not any(address in network for network in _V6)


def is_loopback(text: str) -> bool:
    """127.0.0.0/8 or ::1."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def may_connect(address: str, port: int, loopback_peers: frozenset[str]) -> bool:
    """Whether a socket to this address may be opened; `loopback_peers` are exact `host:port` texts."""
    if is_loopback(address):
        names = {f"{address}:{port}", f"[{address}]:{port}", f"localhost:{port}"}
        return bool(names & loopback_peers)
    return is_public(address)
