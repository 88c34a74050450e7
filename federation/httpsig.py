"""Whether a request was signed by a key, for us, now, and as it stands: the one verifier of every signed request.

Two dialects are read, draft-cavage-12 and RFC 9421; the order of the checks is the same for both. Whose key it is
and what its owner may do is judged elsewhere.
"""

from datetime import datetime
from typing import Final

from federation import httpsig_cavage, httpsig_rfc9421
from federation.clock import from_epoch, judge_time, read_http_date, timestamp
from federation.errors import Refused, refuse
from federation.httpsig_cavage import sign_cavage
from federation.httpsig_request import (
    Dialect,
    Headers,
    IncomingRequest,
    Signature,
    host_of,
    judge_target,
    one,
)
from federation.httpsig_rfc9421 import sign_rfc9421
from federation.keys import KeyKind, PublicKey, judge_life, verifies

__all__ = ["Dialect", "IncomingRequest", "Signature", "sign_cavage", "sign_rfc9421", "signature_of", "verify"]

_RULES: Final = {Dialect.CAVAGE: httpsig_cavage.RULES, Dialect.RFC9421: httpsig_rfc9421.RULES}


def signature_of(request: IncomingRequest) -> Signature | Refused:
    """What the request says of its signature; RFC 9421 if it has a `Signature-Input`."""
    headers = request.named
    return httpsig_rfc9421.read(headers) if "signature-input" in headers else httpsig_cavage.read(headers)


def _judge_algorithm(signature: Signature, key: PublicKey) -> Refused | None:
    if signature.key_id != key.id:
        return refuse("key_mismatch", signature.key_id[:200])
    if key.kind is KeyKind.RECOVERY:
        return refuse("key_kind", key.kind)
    if signature.dialect is Dialect.RFC9421:
        return httpsig_rfc9421.judge_algorithm(signature, key.kind)
    if signature.algorithm == "rsa-sha256" and key.kind is not KeyKind.RSA:
        return refuse("algorithm", "not the algorithm of the key")
    return httpsig_cavage.judge_algorithm(signature)


def _times(headers: Headers, signature: Signature) -> list[datetime | Refused | None]:
    """Every covered time of signing."""
    times: list[datetime | Refused | None] = []
    created = "(created)" in signature.components or signature.dialect is Dialect.RFC9421
    if created and signature.created is not None:
        times.append(from_epoch(signature.created))
    if "date" in signature.components:
        text = one(headers, "date")
        times.append(text if isinstance(text, Refused) else read_http_date(text))
    return times


def _judge_times(headers: Headers, signature: Signature, now: datetime) -> Refused | None:
    for time in _times(headers, signature):
        if isinstance(time, Refused):
            return time
        wrong = refuse("date_form") if time is None else judge_time(time, now)
        if wrong is not None:
            return wrong
    if signature.expires is not None:
        until = from_epoch(signature.expires)
        if until is None or until < now:
            return refuse("expired", timestamp(until) if until else "")
    return None


def _judge_target(request: IncomingRequest, headers: Headers, ours: frozenset[str]) -> Refused | None:
    if not request.target.startswith("/"):  # another host may stand there, and count (RFC 9112 §3.2.2)
        return refuse("wrong_target", request.target[:200])
    host = host_of(request, headers)
    return host if isinstance(host, Refused) else judge_target(host, ours)


def _judge_bytes(request: IncomingRequest, headers: Headers, signature: Signature, key: PublicKey) -> Refused | None:
    expected = ""
    for base in _RULES[signature.dialect].bases(request, headers, signature):
        if isinstance(base, Refused):
            return base
        if verifies(key.key, signature.value, base):
            return None
        expected = expected or base.decode("ascii")
    return refuse("signature", signature.key_id[:200], expected)


def verify(
    request: IncomingRequest,
    signature: Signature,
    public_key: PublicKey,
    now: datetime,
    our_authorities: frozenset[str],
) -> Refused | None:
    """None when the request is signed by this key, covers what it must, is for us, of now, and unchanged."""
    headers, rules = request.named, _RULES[signature.dialect]
    return (
        _judge_algorithm(signature, public_key)
        or judge_life(public_key, now, now)
        or rules.coverage(request, signature)
        or _judge_times(headers, signature, now)
        or _judge_target(request, headers, our_authorities)
        or rules.digest(request, headers, signature)
        or _judge_bytes(request, headers, signature, public_key)
    )
