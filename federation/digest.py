"""The digest of a body in a header: `Digest` as draft-cavage peers send it, `Content-Digest` (RFC 9530).

Decides whether a header says the truth about raw bytes. A header may carry several digests: at least one is of an
algorithm that we know, and each one that we know must be right.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final

import http_sf

from federation.errors import Refused, refuse

_KNOWN: Final[dict[str, Callable[[bytes], Any]]] = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def read_base64(text: str) -> bytes | None:
    """The bytes of a base64 text in its one canonical form (RFC 4648 §3.5), or None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if write_base64(data) == text else None


def write_base64(data: bytes) -> str:
    """Base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def dictionary(text: str) -> dict[str, Any] | None:
    """A structured dictionary (RFC 9651), no key twice; None for anything else."""
    repeated: list[str] = []
    try:
        raw = text.encode("ascii")
        read = http_sf.parse(raw, tltype="dictionary", on_duplicate_key=lambda key, _: repeated.append(key))
    except (http_sf.StructuredFieldError, UnicodeEncodeError):
        return None
    return read if isinstance(read, dict) and not repeated else None


def _right(algorithm: str, claimed: bytes, body: bytes) -> bool:
    return hmac.compare_digest(claimed, _KNOWN[algorithm](body).digest())


def digest_header(body: bytes) -> str:
    """The value of `Digest`."""
    return "SHA-256=" + write_base64(hashlib.sha256(body).digest())


def content_digest_header(body: bytes) -> str:
    """The value of `Content-Digest`."""
    return f"sha-256=:{write_base64(hashlib.sha256(body).digest())}:"


def check_digest(value: str, body: bytes) -> Refused | None:
    """Whether a `Digest` header is of this body; its algorithm names know no case."""
    known = 0
    for part in value.split(","):
        name, equals, text = part.strip(" \t").partition("=")
        if not equals:
            return refuse("digest_form", part[:100])
        algorithm = name.lower()
        if algorithm not in _KNOWN:
            continue
        claimed = read_base64(text)
        if claimed is None:
            return refuse("digest_form", part[:100])
        if not _right(algorithm, claimed, body):
            return refuse("digest", "digest", digest_header(body))
        known += 1
    return None if known else refuse("digest_form", "no algorithm that we know")


def check_content_digest(value: str, body: bytes) -> Refused | None:
    """Whether a `Content-Digest` header is of this body."""
    read = dictionary(value)
    if read is None:
        return refuse("digest_form", value[:100])
    known = {name: item for name, item in read.items() if name in _KNOWN}
    for name, item in known.items():
        claimed = item[0] if isinstance(item, tuple) else item
        if not isinstance(claimed, bytes):
            return refuse("digest_form", name)
        if not _right(name, claimed, body):
            return refuse("digest", "content-digest", content_digest_header(body))
    return None if known else refuse("digest_form", "no algorithm that we know")
