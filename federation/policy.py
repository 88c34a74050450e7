"""Whom a node refuses: a block list, or with an allow list everybody who is not on it. Hosts, with their subdomains."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from federation.errors import Refused, refuse


@dataclass(frozen=True, slots=True)
class Policy:
    """`block` and `allow` hold host names; an empty `allow` allows everybody."""

    block: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()

    def judge(self, iri: str) -> Refused | None:
        """`blocked`, or None."""
        if not self.block and not self.allow:
            return None
        host = _host(iri)
        parts = host.split(".")
        names = {".".join(parts[i:]) for i in range(len(parts))}
        if names & self.block or (self.allow and not names & self.allow):
            return refuse("blocked", host)
        return None


def _host(iri: str) -> str:
    """The host that an IRI names; `""` for what is no IRI, as a key id that nobody has read yet may be."""
    try:
        return (urlsplit(iri).hostname or "").lower()
    except ValueError:
        return ""
