"""Signatures of requests by draft-cavage-http-signatures-12, as the fediverse speaks it.

Decides what such a signature says and which string it signs, and writes our own. Judges no key and no time.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.clock import http_date
from federation.digest import check_digest, digest_header, read_base64, write_base64
from federation.errors import Refused, refuse
from federation.httpsig_request import (
    Dialect,
    Headers,
    IncomingRequest,
    Rules,
    Signature,
    has_content,
    host_of,
    joined,
    missing,
    one,
    split,
)
from federation.keys import signed

ALGORITHMS: Final = ("", "hs2019", "rsa-sha256")
_PARAMETERS: Final = ("keyId", "algorithm", "created", "expires", "headers", "signature")
_PARAMETER: Final = re.compile(r'([A-Za-z]{1,20})=(?:"([^"\\\x00-\x1f\x7f-\U0010ffff]*)"|(\d{1,12}))', re.ASCII)
_SEPARATOR: Final = re.compile(r"[ \t]*,[ \t]*")
_COMPONENT: Final = re.compile(r"\((?:request-target|created|expires)\)|[!#$%&'*+.^_`|~0-9a-z-]{1,64}", re.ASCII)
_CHARACTERS: Final = 8192
_ONCE: Final = ("date", "digest", "content-type", "signature")


def _parameters(text: str) -> dict[str, str] | Refused:
    """The parameters, each once and each known: one that we would ignore could be changed unseen."""
    if len(text) > _CHARACTERS:
        return refuse("signature_form", f"over {_CHARACTERS} characters")
    found: dict[str, str] = {}
    position = 0
    while match := _PARAMETER.match(text, position):
        name, quoted, number = match.groups()
        if name in found or name not in _PARAMETERS:
            return refuse("signature_form", name)
        if (number is not None) != (name in ("created", "expires")):
            return refuse("signature_form", name)
        found[name] = quoted if number is None else number
        if match.end() == len(text):
            return found
        separator = _SEPARATOR.match(text, match.end())
        if separator is None:
            break
        position = separator.end()
    return refuse("signature_form", f"character {position}")


@lru_cache(maxsize=64)
def _components(listed: str | None) -> tuple[str, ...] | Refused:
    components = tuple(listed.split(" ")) if listed is not None else ("date",)
    for name in components:
        if not _COMPONENT.fullmatch(name):
            return refuse("signature_component", name[:64])
    if len(set(components)) != len(components):
        return refuse("signature_component", "repeated")
    return components


def read(headers: Headers) -> Signature | Refused:
    """The signature in the one `Signature` header."""
    text = one(headers, "signature")
    if isinstance(text, Refused):
        return refuse("several_signatures") if text.reason == "header_repeated" else refuse("unsigned")
    found = _parameters(text)
    if isinstance(found, Refused):
        return found
    if not found.get("keyId"):
        return refuse("signature_form", "keyId")
    value = read_base64(found.get("signature", ""))
    if not value:
        return refuse("signature_form", "signature")
    components = _components(found.get("headers"))
    if isinstance(components, Refused):
        return components
    created, expires = (int(found[name]) if name in found else None for name in ("created", "expires"))
    return Signature(Dialect.CAVAGE, found["keyId"], found.get("algorithm", ""), components, created, expires, value)


def judge_algorithm(signature: Signature) -> Refused | None:
    """Refuses names that we do not verify, and (created) with a name of a family that must not cover it."""
    if signature.algorithm not in ALGORITHMS:
        return refuse("algorithm", signature.algorithm[:40])
    timed = "(created)" in signature.components or "(expires)" in signature.components
    if timed and signature.algorithm.startswith("rsa"):
        return refuse("algorithm", "(created) needs hs2019")
    return None


def _coverage(request: IncomingRequest, signature: Signature) -> Refused | None:
    """Refuses a signature that leaves open where the request goes, when it was made or what it says."""
    needed = ("(request-target)", "host", "digest") if has_content(request) else ("(request-target)", "host")
    lacking = missing(signature.components, needed)
    if lacking is None and not {"date", "(created)"} & set(signature.components):
        return refuse("not_covered", "date")
    return lacking


def _digest(request: IncomingRequest, headers: Headers, signature: Signature) -> Refused | None:
    """Refuses a covered digest that is not of this body."""
    if "digest" not in signature.components:
        return None
    value = one(headers, "digest")
    return value if isinstance(value, Refused) else check_digest(value, request.body)


def _line(name: str, target: str, request: IncomingRequest, headers: Headers, signature: Signature) -> str | Refused:
    if name == "(request-target)":
        return f"{request.method.lower()} {target}"
    if name in ("(created)", "(expires)"):
        number = signature.created if name == "(created)" else signature.expires
        return refuse("signature_component", name) if number is None else str(number)
    if name == "host":
        return host_of(request, headers)
    return one(headers, name) if name in _ONCE else joined(headers, name)


def _base(target: str, request: IncomingRequest, headers: Headers, signature: Signature) -> bytes | Refused:
    lines: list[str] = []
    for name in signature.components:
        value = _line(name, target, request, headers, signature)
        if isinstance(value, Refused):
            return value
        lines.append(f"{name}: {value}")
    text = "\n".join(lines)
    if not text.isascii() or text.count("\n") != len(lines) - 1 or "\r" in text:
        return refuse("header_text")
    return text.encode("ascii")


def _bases(request: IncomingRequest, headers: Headers, signature: Signature) -> Iterator[bytes | Refused]:
    """The strings that may have been signed: with the query, then, as some peers do, without."""
    yield _base(request.target, request, headers, signature)
    path, mark, _ = request.target.partition("?")
    if mark and "(request-target)" in signature.components:
        yield _base(path, request, headers, signature)


RULES: Final = Rules(_coverage, _digest, _bases)


def sign_cavage(
    method: str,
    url: str,
    body: bytes | None,
    key_id: str,
    rsa_private: RSAPrivateKey,
    now: datetime,
    content_type: str = "application/activity+json",
) -> dict[str, str]:
    """The headers to send with a request, its signature among them."""
    host, target = split(url)
    sent = {"Host": host, "Date": http_date(now)}
    if body is not None:
        sent |= {"Digest": digest_header(body), "Content-Type": content_type}
    lines = [f"(request-target): {method.lower()} {target}"]
    lines += [f"{name.lower()}: {value}" for name, value in sent.items()]
    value = write_base64(signed(rsa_private, "\n".join(lines).encode("ascii")))
    covered = " ".join(["(request-target)", *map(str.lower, sent)])
    sent["Signature"] = f'keyId="{key_id}",algorithm="rsa-sha256",headers="{covered}",signature="{value}"'
    return sent
