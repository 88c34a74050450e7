"""Signatures of requests by RFC 9421 (HTTP Message Signatures), with digests by RFC 9530.

Decides what such a signature says and which bytes it signs, and writes our own. Judges no key and no time.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.digest import check_content_digest, content_digest_header, dictionary, write_base64
from federation.errors import Refused, refuse
from federation.httpsig_request import (
    Dialect,
    Headers,
    IncomingRequest,
    Rules,
    Signature,
    authority,
    has_content,
    host_of,
    joined,
    missing,
    one,
    split,
)
from federation.keys import KeyKind, signed

ALGORITHMS: Final = {KeyKind.RSA: "rsa-v1_5-sha256", KeyKind.ED25519: "ed25519"}
_LABEL: Final = "sig1"
_CHARACTERS: Final = 8192
_DERIVED: Final = ("@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query")


def _dictionary(headers: Headers, name: str) -> dict[str, Any] | Refused:
    """A structured dictionary of exactly one member: of several signatures we could not say which one counts."""
    text = joined(headers, name)
    if isinstance(text, Refused):
        return refuse("unsigned", name) if text.reason == "header_absent" else text
    if len(text) > _CHARACTERS:
        return refuse("signature_form", name)
    found = dictionary(text)
    if not found:
        return refuse("signature_form", name)
    return found if len(found) == 1 else refuse("several_signatures", name)


def _components(items: list[Any]) -> tuple[str, ...] | Refused:
    """The covered components; none may carry a parameter, repeat, or be one that we do not derive."""
    names: list[str] = []
    for item in items:
        name, parameters = item if isinstance(item, tuple) else (item, {})
        if type(name) is not str or parameters or name in names or name != name.lower():
            return refuse("signature_component", str(name)[:64])
        if name.startswith("@") and name not in _DERIVED:
            return refuse("signature_component", name[:64])
        names.append(name)
    return tuple(names)


def _typed(parameters: dict[str, Any]) -> Refused | None:
    kinds = {"created": int, "expires": int, "keyid": str, "alg": str, "nonce": str, "tag": str}
    for name, value in parameters.items():
        if type(value) is not kinds.get(name, type(value)):
            return refuse("signature_form", name[:64])
    if not parameters.get("keyid"):
        return refuse("signature_form", "keyid")
    return None


def _value(headers: Headers, label: str) -> bytes | Refused:
    found = _dictionary(headers, "signature")
    if isinstance(found, Refused):
        return found
    item = found.get(label)
    value = item[0] if isinstance(item, tuple) else None
    if not isinstance(value, bytes) or joined(headers, "signature") != f"{label}=:{write_base64(value)}:":
        return refuse("signature_form", "signature")
    return value


def read(headers: Headers) -> Signature | Refused:
    """The signature in `Signature-Input` and `Signature`."""
    found = _dictionary(headers, "signature-input")
    if isinstance(found, Refused):
        return found
    label, member = next(iter(found.items()))
    if not isinstance(member, tuple) or not isinstance(member[0], list):
        return refuse("signature_form", "signature-input")
    components, parameters = _components(member[0]), member[1]
    wrong = components if isinstance(components, Refused) else _typed(parameters)
    if wrong is not None or isinstance(components, Refused):
        return wrong or refuse("signature_form")
    value = _value(headers, label)
    if isinstance(value, Refused):
        return value
    created, expires = parameters.get("created"), parameters.get("expires")
    written = http_sf.ser([member])
    key_id, algorithm = parameters["keyid"], parameters.get("alg", "")
    return Signature(Dialect.RFC9421, key_id, algorithm, components, created, expires, value, written)


def judge_algorithm(signature: Signature, kind: KeyKind) -> Refused | None:
    """The key says how it signs; a declared algorithm may only agree."""
    if signature.algorithm not in ("", ALGORITHMS[kind]):
        return refuse("algorithm", signature.algorithm[:40])
    return None


def _coverage(request: IncomingRequest, signature: Signature) -> Refused | None:
    """Refuses a signature that leaves open where the request goes, when it was made or what it says."""
    covered = signature.components
    if signature.created is None:
        return refuse("not_covered", "created")
    lacking = missing(covered, ("@method",))
    if lacking is None and "@target-uri" not in covered:
        path = "@path" if "@request-target" not in covered else "@request-target"
        lacking = missing(covered, ("@authority", path))
    if lacking is None and has_content(request):
        lacking = missing(covered, ("content-digest",))
    return lacking


def _digest(request: IncomingRequest, headers: Headers, signature: Signature) -> Refused | None:
    """Refuses a covered digest that is not of this body."""
    if "content-digest" not in signature.components:
        return None
    value = joined(headers, "content-digest")
    return value if isinstance(value, Refused) else check_content_digest(value, request.body)


def _derived(name: str, scheme: str, host: str, request: IncomingRequest) -> str:
    path, _, query = request.target.partition("?")
    known = {
        "@method": request.method,
        "@target-uri": f"{scheme}://{authority(host)}{request.target}",
        "@authority": authority(host),
        "@scheme": scheme,
        "@request-target": request.target,
        "@path": path or "/",
        "@query": "?" + query,
    }
    return known[name]


def base(scheme: str, request: IncomingRequest, headers: Headers, signature: Signature) -> bytes | Refused:
    """The signature base (RFC 9421 §2.5), were the request sent under that scheme."""
    host = host_of(request, headers)
    if isinstance(host, Refused):
        return host
    lines: list[str] = []
    for name in signature.components:
        if name.startswith("@"):
            value: str | Refused = _derived(name, scheme, host, request)
        else:
            value = one(headers, name) if name in ("host", "date", "content-type") else joined(headers, name)
        if isinstance(value, Refused):
            return value
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {signature.parameters}')
    text = "\n".join(lines)
    if not text.isascii() or text.count("\n") != len(lines) - 1 or "\r" in text:
        return refuse("header_text")
    return text.encode("ascii")


def _bases(request: IncomingRequest, headers: Headers, signature: Signature) -> Iterator[bytes | Refused]:
    """The bytes that may have been signed: a proxy hides the scheme, so both are tried where it matters."""
    yield base("https", request, headers, signature)
    if {"@target-uri", "@scheme"} & set(signature.components):
        yield base("http", request, headers, signature)


RULES: Final = Rules(_coverage, _digest, _bases)


def sign_rfc9421(
    method: str,
    url: str,
    body: bytes | None,
    key_id: str,
    private: RSAPrivateKey | Ed25519PrivateKey,
    now: datetime,
    content_type: str = "application/activity+json",
) -> dict[str, str]:
    """The headers to send with a request, its signature among them."""
    host, target = split(url)
    kind = KeyKind.RSA if isinstance(private, RSAPrivateKey) else KeyKind.ED25519
    sent = {"Host": host}
    covered: tuple[str, ...] = ("@method", "@target-uri")
    if body is not None:
        sent |= {"Content-Digest": content_digest_header(body), "Content-Type": content_type}
        covered += ("content-digest", "content-type")
    quoted = " ".join(f'"{name}"' for name in covered)
    created = int(now.timestamp())
    written = f'({quoted});created={created};keyid="{key_id}";alg="{ALGORITHMS[kind]}"'
    request = IncomingRequest(method.upper(), target, tuple(sent.items()), body or b"", host)
    signature = Signature(Dialect.RFC9421, key_id, ALGORITHMS[kind], covered, created, None, b"", written)
    made = base(url.partition("://")[0].lower(), request, request.named, signature)
    if isinstance(made, Refused):
        raise ValueError(f"{made.reason}: {made.detail}")
    sent["Signature-Input"] = f"{_LABEL}={written}"
    sent["Signature"] = f"{_LABEL}=:{write_base64(signed(private, made))}:"
    return sent
