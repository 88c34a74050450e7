"""Whom a node refuses: a block list, or with an allow list everybody who is not on it. Hosts, with their subdomains.

A host is compared as its A-label in lower case, without a final dot, an address as RFC 5952 writes it; with a port it
means that port only. What is blocked stays so, whatever else is allowed.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

from federation.errors import Refused, refuse

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?", re.ASCII)
_LITERAL = re.compile(r"\[[0-9a-f:.]{2,45}\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Policy:
    """`block` and `allow` hold host names; `listed`: only those who are allowed are heard."""

    block: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()
    listed: bool = False

    def judge(self, iri: str) -> Refused | None:
        """`blocked`, or None."""
        if not self.block and not self.listed and not self.allow:
            return None
        host, names = _names(iri)
        if names & self.block or ((self.listed or self.allow) and not names & self.allow):
            return refuse("blocked", host)
        return None

    def blocks(self, host: str) -> tuple[str, ...]:
        """The hosts of the block list that a host (as `host_name` gives it) is one of, or within."""
        return tuple(sorted(_names(f"https://{host}/")[1] & self.block))


@lru_cache(maxsize=1_024)
def _names(iri: str) -> tuple[str, frozenset[str]]:
    """The host that an IRI names, and all that it may be listed as; nothing for what is no IRI, as a key id may be."""
    try:
        parts = urlsplit(iri)
        host = _canonical(parts.hostname or "")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", frozenset()
    if ":" in host:
        host = f"[{host}]"
    labels = host.split(".")
    within = {host} if _is_address(host) else {".".join(labels[i:]) for i in range(len(labels))}
    return host, frozenset(within | {f"{host}:{port}"})


def _is_address(host: str) -> bool:
    return host.startswith("[") or host.rpartition(".")[2].isdecimal()


def _canonical(name: str) -> str:
    """An IP address in its one form (RFC 5952), brackets taken off; any other name as it is, without a final dot."""
    plain = name.rstrip(".").removeprefix("[").removesuffix("]")
    try:
        return str(ip_address(plain)) if _is_address(plain) or ":" in plain else plain
    except ValueError:
        return plain


def host_name(text: str) -> str | None:
    """A host as it is compared, from what a person writes: a name, a handle or an address; None when it is none.

    `Exemple.FR.`, `https://exemple.fr/x`, `@nom@exemple.fr` are `exemple.fr`; `élan.fr` is its A-label (RFC 5890).
    """
    plain = text.strip().rpartition("@")[2].lower()
    plain = plain.partition("://")[2] or plain
    plain = re.split(r"[/?#]", plain, maxsplit=1)[0]
    host, _, port = (plain, "", "") if plain.endswith("]") or ":" not in plain else plain.rpartition(":")
    if ":" in plain.removeprefix(host) and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        return None
    name = _a_label(host.rstrip("."))
    if len(name) > 253 or not (_HOST.fullmatch(name) or _LITERAL.fullmatch(name)):
        return None
    name = f"[{_canonical(name)}]" if name.startswith("[") else _canonical(name)
    return f"{name}:{int(port)}" if port else name


def _a_label(host: str) -> str:
    """The A-label form of an internationalised name (IDNA 2008, mapped by UTS 46); empty when it has none."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii").rstrip(".")
    except (idna.IDNAError, UnicodeError):
        return ""
