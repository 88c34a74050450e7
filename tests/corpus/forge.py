"""Signatures as an attacker, or a peer with other habits, makes them: whatever is covered, whatever is declared."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.clock import http_date
from federation.digest import content_digest_header, digest_header, write_base64
from federation.keys import signed
from node.context import utc_now
from tests.node.sender import Sender

CAVAGE = "(request-target) host date digest content-type"
RFC9421 = "@method @target-uri content-digest content-type"
ACTIVITY_JSON = "application/activity+json"
Key = RSAPrivateKey | Ed25519PrivateKey | bytes


@dataclass
class Forged:
    """A request to be signed; `headers` replace those it would have, None takes one away, and what is signed is said by
    `covered` and `declared` (the parameters after it, as they are written)."""

    url: str
    body: bytes
    by: Sender
    covered: str = ""
    declared: str | None = None
    method: str = "POST"
    target: str = ""
    key_id: str = ""
    key: Key | None = None
    now: datetime = field(default_factory=utc_now)
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def _sent(self) -> dict[str, str]:
        plain: dict[str, str | None] = {
            "Host": urlsplit(self.url).netloc,
            "Date": http_date(self.now),
            "Digest": digest_header(self.body),
            "Content-Digest": content_digest_header(self.body),
            "Content-Type": ACTIVITY_JSON,
        }
        return {name: value for name, value in (plain | dict(self.headers)).items() if value is not None}

    def _signed(self, text: str) -> str:
        key = self.by.keys.rsa if self.key is None else self.key
        raw = text.encode()
        return write_base64(hmac.digest(key, raw, sha256) if isinstance(key, bytes) else signed(key, raw))

    @property
    def _target(self) -> str:
        parts = urlsplit(self.url)
        return self.target or parts.path + (f"?{parts.query}" if parts.query else "")

    def cavage(self) -> dict[str, str]:
        """Its headers; `declared`: such as `algorithm="hs2019",created=1`."""
        sent, covered = self._sent(), CAVAGE if self.covered == "" else self.covered
        declared = 'algorithm="rsa-sha256"' if self.declared is None else self.declared
        said = dict(each.split("=", 1) for each in declared.split(",") if "=" in each)
        known = {name.lower(): value for name, value in sent.items()}
        known |= {"(request-target)": f"{self.method.lower()} {self._target}"}
        known |= {f"({name})": said.get(name, "") for name in ("created", "expires")}
        text = "\n".join(f"{name}: {known.get(name, '')}" for name in covered.split())
        head = f'keyId="{self.key_id or self.by.id + "#main-key"}"' + (f",{declared}" if declared else "")
        return sent | {"Signature": f'{head},headers="{covered}",signature="{self._signed(text)}"'}

    def rfc9421(self) -> dict[str, str]:
        """Its headers; `declared`: such as `;created=1;keyid="…"`."""
        sent, covered = self._sent(), RFC9421 if self.covered == "" else self.covered
        key_id = self.key_id or self.by.id + "#main-key"
        parameters = (
            f';created={int(self.now.timestamp())};keyid="{key_id}"' if self.declared is None else self.declared
        )
        known = {name.lower(): value for name, value in sent.items()}
        known |= {"@method": self.method, "@authority": sent["Host"], "@path": self._target.partition("?")[0]}
        known |= {"@target-uri": f"{self.url.partition('://')[0]}://{sent['Host']}{self._target}", "@query": "?"}
        names = covered.split()
        written = " ".join(name if '"' in name else f'"{name}"' for name in names)
        member = f"({written}){parameters}"
        lines = [f"{name if chr(34) in name else chr(34) + name + chr(34)}: {known.get(name, '')}" for name in names]
        text = "\n".join([*lines, f'"@signature-params": {member}'])
        return sent | {"Signature-Input": f"sig1={member}", "Signature": f"sig1=:{self._signed(text)}:"}
