"""What a person or a program holds, and what is kept of it: 256 bits of chance, and their SHA-256."""

import hashlib
from secrets import token_urlsafe


def made() -> str:
    """A new secret, 43 characters of base64url; no guess finds it, so that its digest needs no salt."""
    return token_urlsafe(32)


def kept(secret: str) -> str:
    """What the database has of it."""
    return hashlib.sha256(secret.encode()).hexdigest()
