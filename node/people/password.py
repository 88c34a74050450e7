"""Passwords: Argon2id with 19 MiB and 2 passes (OWASP Password Storage), the least that is advised, one at a time.

RFC 9106 would take 64 MiB, more than half of what a small server has for us; the lock keeps a crowd of logins from
taking it many times over. Who is unknown costs as much as who is known.
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

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


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
