"""How an actor's document lists its keys: those that sign for it, those that did, and the one that speaks of them.

`publicKey` holds the key of requests; `assertionMethod` those of documents (FEP-521a), one whose place was taken with
its `expires`. `capabilityInvocation` holds the recovery key, which DID Core §5.3.4 gives the right to change this
list and nothing else: no software looks there for the author of a document. A revoked key is under
`verificationMethod` alone, where it has no purpose left, with its `revoked`. What is said of a key is proved by the
recovery key in the entry itself, so that it holds wherever the entry is read.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.activity import is_iri
from federation.clock import read_timestamp, timestamp
from federation.errors import Refused, refuse
from federation.keys import ActorKeys, KeyKind, PublicKey, is_of_another_kind, load_public
from federation.proof import add_proof, method_of, verify_proof

MAX_KEYS: Final = 32
MAIN: Final = "#main-key"
PROVING: Final = "#ed25519-key"
RECOVERY: Final = "#recovery-key"
_WITHIN: Final = re.compile(r"(?:#|/#?)[^#/?]+")
_LISTS: Final = (
    ("publicKey", KeyKind.RSA),
    ("assertionMethod", KeyKind.ED25519),
    ("capabilityInvocation", KeyKind.RECOVERY),
    ("verificationMethod", None),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A key as a document lists it, and the entry itself, which may carry a proof."""

    key: PublicKey
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyList:
    """What a document lists: keys that sign, recovery keys with the newest first, and keys that are revoked."""

    signing: tuple[PublicKey, ...]
    recovery: tuple[Listed, ...] = ()
    revoked: tuple[Listed, ...] = ()


def first(actor: str, keys: ActorKeys) -> tuple[PublicKey, PublicKey]:
    """The first two keys of an actor, under the ids that they have."""
    return (
        PublicKey(actor + MAIN, actor, KeyKind.RSA, keys.rsa.public_key()),
        PublicKey(actor + PROVING, actor, KeyKind.ED25519, keys.ed25519.public_key()),
    )


def entry_of(key: PublicKey) -> dict[str, Any]:
    """A key as it is listed, without a proof."""
    if key.kind is KeyKind.RSA:
        entry = {"id": key.id, "owner": key.owner, "publicKeyPem": key.text}
    else:
        entry = {"id": key.id, "type": "Multikey", "controller": key.owner, "publicKeyMultibase": key.text}
    times = {"expires": key.expires, "revoked": key.revoked}
    return entry | {name: timestamp(time) for name, time in times.items() if time is not None}


def proved_by(key: PublicKey, recovery: Ed25519PrivateKey, recovery_id: str, created: str) -> dict[str, Any]:
    """What is said of a key, that it is revoked or that it is the next recovery key, with the recovery key's proof."""
    return add_proof(entry_of(key), recovery, recovery_id, created, KeyKind.RECOVERY)


def written(entries: Iterable[Listed]) -> dict[str, Any]:
    """The members of an actor's document that list its keys; one key of requests is a lone object, as others expect."""
    found: dict[str, Any] = {}
    for listed in entries:
        purpose = next(name for name, kind in _LISTS if kind is listed.key.kind)
        found.setdefault(purpose if listed.key.revoked is None else "verificationMethod", []).append(listed.entry)
    if len(found.get("publicKey", ())) == 1:
        found["publicKey"] = found["publicKey"][0]
    return found


def read(document: Mapping[str, Any], actor: str) -> KeyList:
    """Keys that the actor lists as its own; one that names another owner, is weak, or shares its id is left out."""
    found = list(_read(document, actor))
    revoked = tuple(each for each in found if each.key.revoked is not None)
    texts = {(each.key.id, each.key.text) for each in found if each.key.revoked is None}
    named = Counter(key_id for key_id, _ in texts)
    living = [each for each in found if each.key.revoked is None and named[each.key.id] == 1]
    recovery = tuple(each for each in living if each.key.kind is KeyKind.RECOVERY)
    return KeyList(tuple(e.key for e in living if e.key.kind is not KeyKind.RECOVERY), recovery, revoked)


def _read(document: Mapping[str, Any], actor: str) -> Iterator[Listed]:
    for name, kind in _LISTS:
        for entry in _entries(document.get(name))[:MAX_KEYS]:
            key = _key(entry, actor, kind) if isinstance(entry, Mapping) else None
            if isinstance(key, PublicKey) and (kind is not None or key.revoked is not None):
                yield Listed(key, entry)


def examined(document: Mapping[str, Any], actor: str) -> Iterator[tuple[str, PublicKey | Refused]]:
    """Every entry of the lists by its id, and the key that it is, or why it is none; `key_kind`: of no use here."""
    for name, kind in _LISTS[:-1]:
        for entry in _entries(document.get(name))[:MAX_KEYS]:
            if isinstance(entry, Mapping):
                is_other = kind is not KeyKind.RSA and is_of_another_kind(entry.get("publicKeyMultibase"))
                yield str(entry.get("id"))[:200], refuse("key_kind") if is_other else _key(entry, actor, kind)


def _entries(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _key(entry: Mapping[str, Any], actor: str, purpose: KeyKind | None) -> PublicKey | Refused:
    """The key of an entry, whose times must be such if it has any."""
    kind = purpose or (KeyKind.RSA if "publicKeyPem" in entry else KeyKind.ED25519)
    is_rsa = kind is KeyKind.RSA
    text, key_id = entry.get("publicKeyPem" if is_rsa else "publicKeyMultibase"), entry.get("id")
    is_its_own = entry.get("owner" if is_rsa else "controller") == actor and (is_rsa or entry.get("type") == "Multikey")
    if not (isinstance(text, str) and isinstance(key_id, str) and is_iri(key_id)):
        return refuse("key_form", str(key_id)[:200])
    if not is_its_own or not _is_within(key_id, actor):
        return refuse("key_owner", key_id[:200])
    key, times = load_public(kind, text), [read_timestamp(entry.get(name)) for name in ("expires", "revoked")]
    is_timed = all(time is not None for time, name in zip(times, ("expires", "revoked"), strict=True) if name in entry)
    if isinstance(key, Refused) or not is_timed:
        return key if isinstance(key, Refused) else refuse("key_form", "expires or revoked")
    return PublicKey(key_id, actor, kind, key, *times)


def _is_within(key_id: str, actor: str) -> bool:
    """`ACTOR#name`, `ACTOR/name` or `ACTOR/#name`: nobody can list a key under the id of a neighbour's."""
    return key_id.startswith(actor) and _WITHIN.fullmatch(key_id.removeprefix(actor)) is not None


def judge_entry(entry: Mapping[str, Any], recovery: PublicKey) -> Refused | None:
    """None when what an entry says of its key is proved by this recovery key."""
    named = method_of(entry)
    if isinstance(named, Refused):
        return named
    if named != recovery.id:
        return refuse("key_mismatch", named[:200])
    return verify_proof(entry, recovery, None, KeyKind.RECOVERY)


def successor(known: PublicKey, listed: Iterable[Listed]) -> PublicKey:
    """The recovery key that a known one leads to, each proved by the one before; itself when none is."""
    waiting = list(listed)
    while True:
        following = next((each for each in waiting if judge_entry(each.entry, known) is None), None)
        if following is None:
            return known
        waiting.remove(following)
        known = following.key
