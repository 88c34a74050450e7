"""ActivityStreams answers: their media type, who may keep them, and the tombstone of what is gone."""

import orjson
from aiohttp import web

from node.api.signer import ACTIVITY_JSON
from vocab.contexts import AS2_URL


def answered(body: bytes, status: int = 200, private: bool = False) -> web.Response:
    """`private`: made for the one who signed the request, and for no cache that others share."""
    headers = {"Vary": "Accept, Signature, Signature-Input"}
    headers["Cache-Control"] = "private, no-store" if private else "public, max-age=60"
    return web.Response(body=body, status=status, content_type=ACTIVITY_JSON, headers=headers)


def tombstone(iri: str) -> dict[str, str]:
    """What is left of something: its name, and nothing that it was."""
    return {"id": iri, "type": "Tombstone"}


def gone(iri: str) -> web.Response:
    """410 for what was deleted."""
    return answered(orjson.dumps({"@context": AS2_URL} | tombstone(iri)), status=410)
