"""Keys and requests that the tests of signatures share; keys are made once, for they are slow to make."""

from datetime import UTC, datetime
from functools import cache

from federation.canonical import jcs
from federation.httpsig import IncomingRequest, sign_cavage, sign_rfc9421
from federation.keys import ActorKeys, KeyKind, PublicKey, generate

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ACTOR = "https://place.example/places/atelier"
URL = "https://council.example/inbox"
OURS = frozenset({"council.example"})
BODY = jcs({"id": f"{ACTOR}/activities/1", "type": "Follow", "actor": ACTOR, "object": "https://council.example/actor"})


@cache
def actor_keys() -> ActorKeys:
    return generate()


@cache
def other_keys() -> ActorKeys:
    return generate()


def rsa_key(keys: ActorKeys | None = None) -> PublicKey:
    return PublicKey(f"{ACTOR}#main-key", ACTOR, KeyKind.RSA, (keys or actor_keys()).rsa.public_key())


def ed25519_key(keys: ActorKeys | None = None) -> PublicKey:
    return PublicKey(f"{ACTOR}#ed25519-key", ACTOR, KeyKind.ED25519, (keys or actor_keys()).ed25519.public_key())


def request(
    headers: dict[str, str], method: str = "POST", target: str = "/inbox", body: bytes = BODY
) -> IncomingRequest:
    return IncomingRequest(method, target, tuple(headers.items()), body, headers["Host"])


def cavage_post(url: str = URL, body: bytes = BODY) -> IncomingRequest:
    return request(sign_cavage("POST", url, body, rsa_key().id, actor_keys().rsa, NOW), body=body)


def rfc9421_post(url: str = URL, body: bytes = BODY) -> IncomingRequest:
    return request(sign_rfc9421("POST", url, body, rsa_key().id, actor_keys().rsa, NOW), body=body)


def with_header(incoming: IncomingRequest, name: str, value: str) -> IncomingRequest:
    """The same request, one header put or replaced."""
    kept = tuple(pair for pair in incoming.headers if pair[0].lower() != name.lower())
    host = value if name.lower() == "host" else incoming.received_host
    return IncomingRequest(incoming.method, incoming.target, (*kept, (name, value)), incoming.body, host)


def without_header(incoming: IncomingRequest, name: str) -> IncomingRequest:
    kept = tuple(pair for pair in incoming.headers if pair[0].lower() != name.lower())
    return IncomingRequest(incoming.method, incoming.target, kept, incoming.body, incoming.received_host)
