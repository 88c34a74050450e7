"""Whom a node refuses: a block list, or with an allow list everybody who is not on it. Hosts, with their subdomains.

A host is compared as its A-label in lower case, without a final dot; with a port it means that port only.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

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
        host, port = _host(iri)
        parts = host.split(".")
        names = {".".join(parts[i:]) for i in range(len(parts))} | {f"{host}:{port}"}
        if names & self.block or ((self.listed or self.allow) and not names & self.allow):
            return refuse("blocked", host)
        return None


def _host(iri: str) -> tuple[str, int]:
    """The host and port that an IRI names; an empty host for what is no IRI, as a key id may be before it is read."""
    try:
        parts = urlsplit(iri)
        name = parts.hostname or ""
        host = f"[{name}]" if ":" in name else name
        return host.rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", 0


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
    try:
        name = host.rstrip(".") if host.isascii() else host.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if len(name) > 253 or not (_HOST.fullmatch(name) or _LITERAL.fullmatch(name)):
        return None
    return f"{name}:{int(port)}" if port else name
