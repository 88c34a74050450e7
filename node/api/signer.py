"""Requests as they came over the wire, who signed them, and how a refusal is answered (RFC 9457)."""

import math

from aiohttp import web

from federation.errors import Refused
from federation.httpsig import IncomingRequest, signature_of, verify
from node.context import Node
from node.lookup import Lookup
from node.policy import policy

LOOKUP: web.AppKey[Lookup] = web.AppKey("lookup", Lookup)
ACTIVITY_JSON = "application/activity+json"
_PROBLEM = "application/problem+json"


def incoming(request: web.Request, body: bytes = b"") -> IncomingRequest:
    """The request unchanged: raw target, headers in order, raw body."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers)
    return IncomingRequest(request.method, request.raw_path, headers, body, request.host)


def problem(refused: Refused) -> web.Response:
    """A refusal with its stable reason and, for a signature, the string that we expected."""
    said = {"type": "about:blank", "status": refused.status, "title": refused.reason, "reason": refused.reason}
    if refused.detail:
        said["detail"] = refused.detail
    if refused.expected:
        said["expected"] = refused.expected
    headers = {"Retry-After": str(math.ceil(refused.wait))} if refused.wait else None
    return web.json_response(said, status=refused.status, content_type=_PROBLEM, headers=headers)


async def reader_of(request: web.Request, node: Node) -> str | Refused | None:
    """The actor who signed a GET; None for nobody whom we can know, a refusal for a wrong signature.

    Where the key cannot be had, nothing is proved and nothing is disproved: the answer is what anybody may read.
    """
    if "Signature" not in request.headers and "Signature-Input" not in request.headers:
        return None
    came = incoming(request)
    signature = signature_of(came)
    if isinstance(signature, Refused):
        return signature
    blocked = policy(node).judge(signature.key_id)
    if blocked is not None:
        return blocked
    keys = request.app[LOOKUP]
    key = await keys.key(signature.key_id)
    if isinstance(key, Refused):
        return None
    authorities = frozenset({node.config.authority})
    wrong = verify(came, signature, key, node.clock(), authorities)
    if wrong is not None and wrong.reason in ("signature", "key_expired"):
        fresh = await keys.fresh_key(signature.key_id)  # it may have another key by now
        wrong = wrong if isinstance(fresh, Refused) else verify(came, signature, fresh, node.clock(), authorities)
    return key.owner if wrong is None else wrong
