"""Keys of actors: RSA-2048 for requests, Ed25519 for documents; ours in PEM files, theirs in actor documents.

Decides which public keys are fit to be believed. Knows nothing of who owns them.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

import base58
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from federation.errors import KeyUnreadable, Refused, refuse

RSA_BITS: Final = 2048
RSA_BITS_MOST: Final = 8192
_ED25519_MULTICODEC: Final = b"\xed\x01"
_OTHER_MULTICODECS: Final = (b"\x85\x24", b"\x80\x24", b"\x81\x24", b"\xe7\x01", b"\xec\x01")  # RSA, P-256, P-384, …
_BASE58: Final = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{1,120}", re.ASCII)
_PEM_CHARACTERS: Final = 2048  # more than 8192 bits need
_PKCS1: Final = PKCS1v15()
_SHA256: Final = SHA256()

_P: Final = 2**255 - 19
_D: Final = (-121665 * pow(121666, -1, _P)) % _P


class KeyKind(StrEnum):
    """What keys are for: requests, documents, and what is said of the other keys. The last two are Ed25519."""

    RSA = "rsa"
    ED25519 = "ed25519"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key under its id, with the actor that it is said to belong to.

    `expires`: another took its place, what it signed until then stays proved. `revoked`: from when somebody else
    may have had it; what it signs is not taken any more, whatever date it gives itself.
    """

    id: str
    owner: str
    kind: KeyKind
    key: RSAPublicKey | Ed25519PublicKey
    expires: datetime | None = None
    revoked: datetime | None = None

    @property
    def text(self) -> str:
        """The form in which actor documents carry it: PEM for RSA, Multikey for Ed25519."""
        return public_text(self.key)


@dataclass(frozen=True, slots=True)
class ActorKeys:
    """The private keys of one actor of ours."""

    rsa: RSAPrivateKey
    ed25519: Ed25519PrivateKey

    @property
    def public_pem(self) -> str:
        return public_text(self.rsa.public_key())

    @property
    def multibase(self) -> str:
        return public_text(self.ed25519.public_key())

    def to_pems(self) -> tuple[bytes, bytes]:
        """The RSA and the Ed25519 private key, each as unencrypted PKCS #8."""
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self.rsa.private_bytes(*form), self.ed25519.private_bytes(*form)

    @classmethod
    def from_pems(cls, rsa: bytes, ed25519: bytes) -> "ActorKeys":
        """Raises `KeyUnreadable`."""
        first, second = _private(rsa), _private(ed25519)
        if not isinstance(first, RSAPrivateKey) or not isinstance(second, Ed25519PrivateKey):
            raise KeyUnreadable("expected an RSA key, then an Ed25519 key")
        return cls(first, second)


def generate() -> ActorKeys:
    """New keys for an actor."""
    return ActorKeys(generate_private_key(65537, RSA_BITS), Ed25519PrivateKey.generate())


def _private(pem: bytes) -> object:
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable("not an unencrypted PEM private key") from error


def multibase_encode(data: bytes) -> str:
    """Base 58 (Bitcoin alphabet) with its multibase prefix."""
    return "z" + base58.b58encode(data).decode("ascii")


def multibase_decode(text: str) -> bytes | None:
    """The bytes of a base-58 multibase text, or None; one text, one value."""
    if not _BASE58.fullmatch(text):
        return None
    number = base58.b58decode_int(text[1:])
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def is_of_another_kind(text: object) -> bool:
    """Whether a Multikey is of a kind that proves nothing here, as many servers list beside their Ed25519 key."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > 1_024:
        return False
    try:
        return base58.b58decode(text[1:])[:2] in _OTHER_MULTICODECS
    except ValueError:
        return False


def public_text(key: RSAPublicKey | Ed25519PublicKey) -> str:
    """PEM for RSA, Multikey for Ed25519."""
    if isinstance(key, Ed25519PublicKey):
        return multibase_encode(_ED25519_MULTICODEC + key.public_bytes_raw())
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _on_the_curve(y: int) -> bool:
    """Whether a point of edwards25519 has this y: x^2 = (y^2 - 1) / (d y^2 + 1) is a square."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    return square == 0 or pow(square, (_P - 1) // 2, _P) == 1


def _doubled(y: int) -> int:
    """The y of the double of a point of that y: (y^2 + x^2) / (1 - d x^2 y^2)."""
    x2 = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    return (y * y + x2) * pow(1 - _D * x2 * y * y, -1, _P) % _P


def ed25519_from_bytes(raw: bytes) -> Ed25519PublicKey | Refused:
    """A key from its 32 bytes; refused when not canonical, off the curve or of small order (RFC 8032 §5.1.3)."""
    if len(raw) != 32:
        return refuse("key_form", "an Ed25519 key has 32 bytes")
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P:
        return refuse("key_weak", "not canonical")
    if not _on_the_curve(y):
        return refuse("key_weak", "not a point of the curve")
    if _doubled(_doubled(_doubled(y))) == 1:
        return refuse("key_weak", "small order")
    return Ed25519PublicKey.from_public_bytes(raw)


def _load_ed25519(text: str) -> Ed25519PublicKey | Refused:
    raw = multibase_decode(text)
    if raw is None or not raw.startswith(_ED25519_MULTICODEC):
        return refuse("key_form", "not an Ed25519 Multikey")
    return ed25519_from_bytes(raw[len(_ED25519_MULTICODEC) :])


def _load_rsa(text: str) -> RSAPublicKey | Refused:
    if len(text) > _PEM_CHARACTERS or not text.isascii():
        return refuse("key_form", "not a PEM public key")
    try:
        key = load_pem_public_key(text.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm):
        return refuse("key_form", "not a PEM public key")
    if not isinstance(key, RSAPublicKey):
        return refuse("key_kind", "not an RSA key")
    if not RSA_BITS <= key.key_size <= RSA_BITS_MOST:
        return refuse("key_weak", f"{key.key_size} bits")
    numbers = key.public_numbers()
    if numbers.e.bit_length() > 32 or not numbers.n & 1:
        return refuse("key_weak", "exponent or modulus")
    return key


@lru_cache(maxsize=4096)
def load_public(kind: str, text: str) -> RSAPublicKey | Ed25519PublicKey | Refused:
    """A public key from the text of an actor document, if it is fit to be believed; remembered, for keys come back."""
    if kind in (KeyKind.ED25519, KeyKind.RECOVERY):
        return _load_ed25519(text)
    if kind == KeyKind.RSA:
        return _load_rsa(text)
    return refuse("key_kind", kind[:40])


def judge_life(key: PublicKey, signed_at: datetime, now: datetime | None) -> Refused | None:
    """Whether a key may have signed something at a time.

    Without `now`, as for an archive whose rows were taken before it was known, a revoked key proves what it signed
    before; with it, nothing: who has stolen a key can give its signatures any date.
    """
    if key.revoked is not None and (now is not None or signed_at >= key.revoked):
        return refuse("key_revoked", key.revoked.isoformat())
    if key.expires is not None and signed_at > key.expires:
        return refuse("key_expired", key.expires.isoformat())
    return None


def verifies(key: RSAPublicKey | Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is that of `message`, by the one algorithm of the key's kind."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, message, _PKCS1, _SHA256)
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def signed(key: RSAPrivateKey | Ed25519PrivateKey, message: bytes) -> bytes:
    """The signature of `message`: PKCS #1 v1.5 with SHA-256 for RSA, pure Ed25519."""
    if isinstance(key, RSAPrivateKey):
        return key.sign(message, _PKCS1, _SHA256)
    return key.sign(message)
