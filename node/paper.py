"""The recovery key as it is written on paper: sixteen groups of four signs, four a line, each line with its check.

The signs are those of Crockford's base 32, which has no I, L, O or U; case, spaces and dashes do not count. A line
is eight bytes of the key and two that depend on these and on the line's place, so that a slip of the pen is found
where it is, and two lines that changed places too.
"""

import hashlib
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from node.errors import RecoveryRefused

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {sign: value for value, sign in enumerate(_SIGNS)} | {"O": 0, "I": 1, "L": 1}
_LINES, _BYTES, _LINE_SIGNS = 4, 8, 16


def made() -> bytes:
    """A new recovery key: the 32 bytes of an Ed25519 private key."""
    return token_bytes(_LINES * _BYTES)


def key_of(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret)


def _check(number: int, part: bytes) -> bytes:
    return hashlib.sha256(b"maillage recovery key" + bytes([number]) + part).digest()[:2]


def lines(secret: bytes) -> tuple[str, ...]:
    """The four lines to write down."""
    found = []
    for number in range(_LINES):
        part = secret[_BYTES * number : _BYTES * (number + 1)]
        value = int.from_bytes(part + _check(number, part))
        signs = "".join(_SIGNS[value >> 5 * (_LINE_SIGNS - 1 - place) & 31] for place in range(_LINE_SIGNS))
        found.append(" ".join(signs[start : start + 4] for start in range(0, _LINE_SIGNS, 4)))
    return tuple(found)


def is_whole(text: str) -> bool:
    """Whether as many signs were typed as there are on the paper."""
    return len(_signs(text)) >= _LINES * _LINE_SIGNS


def _signs(text: str) -> str:
    return "".join(text.replace("-", " ").split()).upper()


def read(text: str) -> bytes:
    """The key that was typed; raises `RecoveryRefused`, which names the line."""
    signs, found = _signs(text), b""
    if len(signs) != _LINES * _LINE_SIGNS:
        raise RecoveryRefused("recovery_signs", signs=len(signs))
    for number in range(_LINES):
        line = signs[_LINE_SIGNS * number : _LINE_SIGNS * (number + 1)]
        value = 0
        for sign in line:
            value = value << 5 | _VALUES.get(sign, 0)
        part, check = value.to_bytes(10)[:_BYTES], value.to_bytes(10)[_BYTES:]
        if check != _check(number, part) or not all(sign in _VALUES for sign in line):
            raise RecoveryRefused("recovery_line", line=number + 1)
        found += part
    return found
