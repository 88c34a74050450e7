"""Passwords: Argon2id with the second choice of RFC 9106 (section 4: 64 MiB, 3 passes, 4 lanes), one at a time.

The lock keeps a crowd of logins from taking the memory of a small server; who is unknown costs as much as who is known.
"""

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10
LONGEST = 200
_ONE = threading.Lock()


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@cache
def _nobody() -> str:
    return _hasher().hash("nobody")


def hashed(password: str) -> str:
    """The PHC string to keep."""
    with _ONE:
        return _hasher().hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether it is the one that was kept; without one it takes the same time, and is not."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _ONE:
        try:
            return _hasher().verify(kept or _nobody(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False
